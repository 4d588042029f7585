"""Classify: a paper, a citation, or a file of many."""
