"""Word embeddings, and comparisons of terms."""
