"""Compare terms in a text embedding."""
