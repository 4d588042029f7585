"""Training curves: training curves, and training on this server."""
