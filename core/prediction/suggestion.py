"""Suggests where to submit and cross-list a paper, from archive and subject scores."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from core import taxonomy
from core.evaluation.decisions import Ranked

MOST_CROSS_LISTS = 5
NEAR = 0.5


@dataclass(frozen=True)
class Suggestion:
    """A primary category and cross-lists, all live, and the archives they are based on."""

    primary: str
    cross_lists: tuple[str, ...]
    archives: tuple[str, ...]


def live_archives(archives: Sequence[Ranked]) -> tuple[str, ...]:
    """The predicted archives, best first, retired ones replaced by their successors."""
    live: dict[str, None] = {}
    for row in archives:
        if row.predicted:
            live[taxonomy.archive_of(taxonomy.successor(row.label))] = None
    return tuple(live)


def agree(archives: Sequence[Ranked], subjects: Sequence[Ranked]) -> tuple[Ranked, ...]:
    """Subjects made consistent with the archives, best first.

    A paper in math.AT is in math, so no subject is likelier than its archive, and none is
    predicted without its archive. A predicted archive without a predicted subject gets its best
    one if that reaches half its threshold, or if no subject at all is predicted.
    """
    chosen = live_archives(archives)
    likely = {row.label: row.probability for row in archives}
    capped = [
        replace(
            row,
            probability=min(row.probability, likely.get(taxonomy.archive_of(row.label), 1.0)),
            predicted=row.predicted and taxonomy.archive_of(row.label) in chosen,
        )
        for row in subjects
    ]
    capped.sort(key=lambda row: -row.probability)
    for archive in chosen:
        _promote(capped, archive, NEAR)
    # There must be a primary category, however uncertain.
    for archive in chosen:
        if not any(row.predicted for row in capped):
            _promote(capped, archive, 0.0)
    return tuple(capped)


def _promote(rows: list[Ranked], archive: str, near: float) -> None:
    """Predict an archive's best subject if none is predicted and it is near its threshold."""
    in_archive = [i for i, row in enumerate(rows) if taxonomy.archive_of(row.label) == archive]
    if not in_archive or any(rows[i].predicted for i in in_archive):
        return
    best = rows[in_archive[0]]
    if best.probability >= near * best.threshold:
        rows[in_archive[0]] = replace(best, predicted=True)


def suggest(archives: Sequence[Ranked], subjects: Sequence[Ranked]) -> Suggestion | None:
    """The suggestion for subjects as `agree` returns them; None where there is no subject."""
    # On arXiv math.MP is math-ph under another name, cs.NA is math.NA: one of the two suffices.
    codes = [taxonomy.ALIASES.get(row.label, row.label) for row in subjects if row.predicted]
    predicted = list(dict.fromkeys(codes))
    if not predicted:
        return None
    cross = tuple(predicted[1 : 1 + MOST_CROSS_LISTS])
    return Suggestion(predicted[0], cross, live_archives(archives))
