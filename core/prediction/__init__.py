"""Classifies papers and citations, single ones and files."""
