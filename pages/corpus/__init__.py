"""Explore a corpus."""
