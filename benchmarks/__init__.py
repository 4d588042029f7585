"""Benchmarks of Paperlens against the course's code, on the same machine in the same run."""
