"""Papers by their arXiv id."""

from dataclasses import dataclass

from core.messages import PaperlensError


class Offline(PaperlensError):
    """arXiv cannot be asked."""


class NotFound(PaperlensError):
    """arXiv has no paper of this id."""


@dataclass(frozen=True)
class FoundPaper:
    """A paper as arXiv has it; categories, its primary one first; source: where it was found."""

    id: str
    title: str
    abstract: str
    categories: tuple[str, ...]
    source: str


def look_up(paper_id: str) -> FoundPaper:
    """The paper of an id. Raises Offline and NotFound."""
    raise Offline(
        "arXiv cannot be asked for {id}; paste the title and the abstract of the paper.",
        id=paper_id,
    )
