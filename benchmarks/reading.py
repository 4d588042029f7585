"""`python -m benchmarks.reading`: tables read well-formed, beside Python's `csv`, and broken.

The broken ones are of lines each of which opens a quote that nothing closes; they must take time in
proportion to their rows.
"""

import csv
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.clock import timed
from core.files.records import RowReader

SIZES = (10_000, 20_000, 40_000)
MOST = 20.0
"""Seconds in which the most rows must be read."""
BROKEN = {"quotes never closed": '"a","b\n', "quotes that open where others end": 'ab","d\n'}
HEAD = "| table | rows | seconds | Python’s csv, seconds | ratio |\n|---|---|---|---|---|"


def well_formed(path: Path, count: int) -> None:
    """Write so many invented papers, each abstract of 150 words on three lines."""
    abstract = "\n".join(["we study, at length, knots in loops and their holes " * 5] * 3)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("id", "title", "abstract", "categories"))
        writer.writerows((f"n{i}", f"Knots, {i}", abstract, "math.GT") for i in range(count))


def ours(path: Path) -> int:
    """How many rows there are, bad ones too."""
    return sum(1 for _ in RowReader(path))


def theirs(path: Path) -> int:
    """How many rows Python's `csv` finds, its header too."""
    with path.open(encoding="utf-8", newline="") as file:
        return sum(1 for _ in csv.reader(file))


def rows() -> Iterator[str]:
    """The table's rows, one after another as they are measured.

    Raises RuntimeError where broken rows take longer than they may.
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
