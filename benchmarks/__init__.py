"""Ours beside the course's own way, on the same machine in the same run."""
