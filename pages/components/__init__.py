"""Pieces that several pages draw, and what they share."""
