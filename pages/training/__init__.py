"""Watch models learn: training curves, and training on this server."""
