"""Text processing: documents, tokens, TF-IDF, cleaning, checks of pasted texts."""
