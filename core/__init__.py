"""Everything of Paperlens that is not a screen."""
