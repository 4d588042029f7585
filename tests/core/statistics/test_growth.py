"""Growth between the first and the last year of counts by month."""

import numpy as np

from core.statistics.growth import growth, months_compared
from core.statistics.label_counts import Combinations, Counts


def counted(*rows: tuple[int, int, str, int]) -> Counts:
    """Counts of rows of year, month, category, papers."""
    codes = tuple(dict.fromkeys(row[2] for row in rows))
    months = np.array([12 * year + month - 1 for year, month, *_ in rows])
    places = np.array([codes.index(code) for *_, code, _ in rows])
    return Counts(months, places, np.array([row[3] for row in rows]), Combinations(codes))


def test_only_months_that_both_years_have_are_compared() -> None:
    counts = counted(
        (2022, 1, "cs.LG", 100),
        (2022, 3, "cs.LG", 900),
        (2022, 1, "math.AT", 60),
        (2022, 1, "econ.EM", 49),
        (2024, 2, "cs.LG", 150),
        (2024, 1, "math.AT", 30),
        (2024, 1, "econ.EM", 490),
    )
    assert months_compared(counts) == (2022, 2024, 2)
    table = growth(counts, "subject")
    # March is not over yet; a category with 49 papers is too small to compare.
    assert table["code"].tolist() == ["cs.LG", "math.AT"]
    assert table["before"].tolist() == [100, 60]
    assert table["growth"].tolist() == [0.5, -0.5]


def test_one_year_has_no_growth() -> None:
    counts = counted((2024, 1, "cs.LG", 100), (2024, 5, "cs.LG", 200))
    assert months_compared(counts) is None
    assert growth(counts, "archive").empty
