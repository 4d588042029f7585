"""Looks up papers by their arXiv id."""

from core.corpora import arxiv_api
from core.corpora.arxiv_api import FoundPaper


def look_up(id: str) -> FoundPaper:
    """The paper of an id. Raises what `arxiv_api.look_up` does."""
    return arxiv_api.look_up(id)
