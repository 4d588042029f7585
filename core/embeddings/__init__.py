"""Word embeddings: what their vectors say about terms."""
