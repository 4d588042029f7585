"""Model families, one per file, with the interface in `base.py`."""
