"""Figures, a file a subject, and one theme."""
