"""From a paper to an answer, for one and for many."""
