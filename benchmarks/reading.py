"""`python -m benchmarks.reading`: reading well-formed and broken tables; Python's `csv` beside it.

In the broken tables every line opens a quote that is never closed; their time must be linear in the
number of rows.
"""

import csv
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.clock import timed
from core.files.records import RowReader

SIZES = (10_000, 20_000, 40_000)
MOST = 20.0
"""Time limit in seconds for a broken table."""
BROKEN = {"quotes never closed": '"a","b\n', "quotes that open where others close": 'ab","d\n'}
HEAD = "| table | rows | seconds | Python’s csv, seconds | ratio |\n|---|---|---|---|---|"


def well_formed(path: Path, count: int) -> None:
    """Write `count` invented papers, each with an abstract of 150 words on three lines."""
    abstract = "\n".join(["we study, at length, knots in loops and their holes " * 5] * 3)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("id", "title", "abstract", "categories"))
        writer.writerows((f"n{i}", f"Knots, {i}", abstract, "math.GT") for i in range(count))


def ours(path: Path) -> int:
    """Number of rows that Paperlens reads, bad ones included."""
    return sum(1 for _ in RowReader(path))


def theirs(path: Path) -> int:
    """Number of rows that Python's `csv` finds, header included."""
    with path.open(encoding="utf-8", newline="") as file:
        return sum(1 for _ in csv.reader(file))


def rows() -> Iterator[str]:
    """The rows of the table, each yielded as soon as it is measured.

    Raises RuntimeError if a broken table exceeds the time limit or loses rows.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "in.csv")
        for count in SIZES:
            well_formed(path, count)
            seconds, _ = timed(lambda: ours(path))
            plain, _ = timed(lambda: theirs(path))
            yield (
                f"| well-formed | {count:,} | {seconds:.2f} | {plain:.2f} | {seconds / plain:.1f} |"
            )
        for name, line in BROKEN.items():
            for count in SIZES:
                path.write_text("title,abstract\n" + line * count, encoding="utf-8")
                seconds, found = timed(lambda: ours(path), 1)
                if found != count or seconds > MOST:
                    raise RuntimeError(f"{name}: {found:,} of {count:,} rows in {seconds:.1f} s")
                yield f"| {name} | {count:,} | {seconds:.2f} | | |"


def main() -> None:
    """Measure and print."""
    print(HEAD)
    for line in rows():
        print(line, flush=True)


if __name__ == "__main__":
    main()
