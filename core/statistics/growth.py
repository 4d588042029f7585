"""How many more papers a category has than some years before."""

import numpy as np
import pandas as pd

from core import taxonomy
from core.statistics.label_counts import MIN_SHARED, Counts, over_time


def months_compared(counts: Counts) -> tuple[int, int, int] | None:
    """The first year, the last, and the months of it that have papers; None within one year.

    The first year must be complete up to that month.
    """
    if not counts.years or counts.years[0] == counts.years[1]:
        return None
    first, last = counts.years
    return first, last, int(counts.months.max()) % 12 + 1


def growth(counts: Counts, level: str) -> pd.DataFrame:
    """One row per label, the fastest growth first: code, name, before, after, growth.

    before, after: papers of the first and of the last year, both only up to the last month that
    has papers; growth: their difference over `before`. Labels with fewer than `MIN_SHARED` papers
    before are left out.
    """
    years = months_compared(counts)
    empty = pd.DataFrame({"code": [], "name": [], "before": [], "after": [], "growth": []})
    if not years:
        return empty
    first, last, months = years
    table = over_time(counts, level, "month").drop(columns="papers")
    in_months = table["period"].dt.month <= months
    year = table.pop("period").dt.year
    before = table[in_months & (year == first)].sum()
    after = table[in_months & (year == last)].sum()
    enough = np.array(before >= MIN_SHARED)
    if not enough.any():
        return empty
    before, after = before[enough], after[enough]
    found = pd.DataFrame(
        {
            "code": before.index,
            "name": [taxonomy.name(code) for code in before.index],
            "before": before.to_numpy(),
            "after": after.to_numpy(),
            "growth": after.to_numpy() / before.to_numpy() - 1,
        }
    )
    return found.sort_values(["growth", "code"], ascending=[False, True], ignore_index=True)
