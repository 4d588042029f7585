"""Paperlens without its user interface."""
