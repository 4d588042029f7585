"""What a corpus is made of."""
