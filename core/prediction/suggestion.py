"""From archive and subject scores to one consistent proposal: where to submit and cross-list."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from core import taxonomy
from core.evaluation.decisions import Ranked

MOST_CROSS_LISTS = 5
NEAR = 0.5


@dataclass(frozen=True)
class Suggestion:
    """A primary category and cross-lists, all live, and the archives they rest on."""

    primary: str
    cross_lists: tuple[str, ...]
    archives: tuple[str, ...]


def live_archives(archives: Sequence[Ranked]) -> tuple[str, ...]:
    """The predicted archives, best first, each retired one replaced by what subsumed it."""
    found: dict[str, None] = {}
    for row in archives:
        if row.predicted:
            found[taxonomy.archive_of(taxonomy.successor(row.label))] = None
    return tuple(found)


def agree(archives: Sequence[Ranked], subjects: Sequence[Ranked]) -> tuple[Ranked, ...]:
    """Subjects made consistent with the archives, best first.

    A paper in math.AT is in math, so no subject is likelier than its archive, and none is
    predicted whose archive is not. A predicted archive without one gets its best subject, if that
    comes at least half way to its threshold, or if no subject at all is predicted.
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
    # Something has to be the primary category, however unsure.
    for archive in chosen:
        if not any(row.predicted for row in capped):
            _promote(capped, archive, 0.0)
    return tuple(capped)


def _promote(rows: list[Ranked], archive: str, near: float) -> None:
    """Predict an archive's best subject, if none is yet and it comes near its threshold."""
    own = [i for i, row in enumerate(rows) if taxonomy.archive_of(row.label) == archive]
    if not own or any(rows[i].predicted for i in own):
        return
    best = rows[own[0]]
    if best.probability >= near * best.threshold:
        rows[own[0]] = replace(best, predicted=True)


def suggest(archives: Sequence[Ranked], subjects: Sequence[Ranked]) -> Suggestion | None:
    """The proposal for subjects that `agree` with the archives; None where there is no subject."""
    # On arXiv math.MP is math-ph under another name, cs.NA is math.NA: one of the two is enough.
    codes = [taxonomy.ALIASES.get(row.label, row.label) for row in subjects if row.predicted]
    predicted = list(dict.fromkeys(codes))
    if not predicted:
        return None
    cross = tuple(predicted[1 : 1 + MOST_CROSS_LISTS])
    return Suggestion(predicted[0], cross, live_archives(archives))
