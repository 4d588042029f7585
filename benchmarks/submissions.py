"""Write the counts of all of arXiv that ship, from public tables of counts.

`python -m benchmarks.submissions` reads the folder `arxiv-submissions` of PAPERLENS_DATA and writes
`models/statistics/arxiv`.
"""

import csv
from pathlib import Path

from core import settings
from core.files import checksum
from core.statistics.aggregates import AGGREGATE, FOLDER, MONTHLY, count_table, write_tables

TOTALS, BY_MONTH = "all-by-category-2025-07.csv", "by-category-2022-2025.csv"
CARD = {
    "title": "All of arXiv",
    "counts": "papers by category, each category by itself: of all years without months, and new "
    "ones by month (12 times the year and the month less one)",
    "warning": "",
    "note": "All years: the Kaggle snapshot of July 2025, as counted by category in "
    "https://github.com/philmogu/DataTalent-Capstone-1 . By month, January 2022 to September 2025: "
    "the data behind arXiv’s report “Submissions by category since 2022” "
    "(https://github.com/arXiv/arxiv-docs ). A paper counts once under each of its categories, "
    "cross-lists included, so the numbers add up to more than arXiv has papers; an archive’s "
    "number is the sum of its categories’.",
    "date": "2025-09",
}


def write(source: Path, out: Path) -> Path:
    """Write the counts in a folder of tables, and their card; returns the folder."""
    totals, monthly = (_rows(source / name) for name in (TOTALS, BY_MONTH))
    papers = [int(row["papers"]) for row in totals]
    table = count_table([0] * len(totals), [row["category"] for row in totals], papers)
    by_month = count_table(
        [_month(row["month"]) for row in monthly],
        [row["category"] for row in monthly],
        [int(row["papers"]) for row in monthly],
    )
    sources = {name: checksum.sha256(source / name) for name in (TOTALS, BY_MONTH)}
    card = CARD | {"papers": sum(papers), "sources": sources}
    return write_tables(out, card, {AGGREGATE: table, MONTHLY: by_month})


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _month(text: str) -> int:
    year, month = text.split("-")
    return 12 * int(year) + int(month) - 1


if __name__ == "__main__":
    write(
        settings.data_folder() / "arxiv-submissions",
        settings.models_folder() / FOLDER / "arxiv",
    )
