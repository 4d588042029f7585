"""From characters to numbers: documents, tokens, TF-IDF, cleaning, checks of what is pasted."""
