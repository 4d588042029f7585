"""Loaders for the corpora that Paperlens reads."""
