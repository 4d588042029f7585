"""Figures by subject, with a common theme."""
