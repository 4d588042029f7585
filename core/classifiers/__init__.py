"""One model family a file, each behind the contract in `base.py`."""
