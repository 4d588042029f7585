"""About Paperlens."""
