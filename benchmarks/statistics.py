"""Corpus statistics at the size of arXiv: first open, later opens, filters, beside the course's.

By itself: `python -m benchmarks.statistics [PAPERS ...]`, by default one and three million.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import zstandard

from benchmarks import course
from benchmarks.clock import timed
from core import settings
from core.training.papers import COURSE_FILE

MILLION = 1_000_000
SIZES = (MILLION, 3 * MILLION)
THEIRS = MILLION
"""So many papers at most for the course's loop, which holds all of them in memory."""

BYTES_A_PAPER = 2_500  # of the file and of its cache, with room to spare


def repeat(source: Path, target: Path, count: int) -> None:
    """Write so many papers: the lines of a file again and again, under new ids of the same month.

    The id must stand first in each line, as it does in the Kaggle snapshot.
    """
    head = b'{"id":"'
    lines = []
    with source.open("rb") as file:
        for line in file:
            id, _, rest = line.removeprefix(head).partition(b'"')
            lines.append((id, b'"' + rest))
    used: Counter[bytes] = Counter()
    copy, left = 0, count
    with target.open("wb", buffering=1 << 22) as file:
        while left:
            out = []
            for id, rest in lines[:left]:
                if b"/" in id:
                    # Old ids have room for a subject before their number.
                    archive, _, number = id.partition(b"/")
                    archive = archive.partition(b".")[0]
                    new = b"%s.%c%c/%s" % (archive, 65 + copy // 26, 65 + copy % 26, number)
                else:
                    month = id[:4]
                    used[month] += 1
                    new = b"%s.%05d" % (month, used[month])
                out.append(head + new + rest)
            file.writelines(out)
            left -= len(out)
            copy += 1


def in_a_process(program: str, *arguments: str, runs: Path) -> tuple[list[str], float]:
    """What a program of its own prints, and its peak memory in megabytes."""
    told = "import resource\nprint(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\n{program}\n{told}", *arguments],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PAPERLENS_RUNS": str(runs)},
    )
    *lines, peak = done.stdout.splitlines()
    return lines, int(peak) / 1024


FIRST = (
    "import time\nfrom core.statistics import conversion\nstarted = time.perf_counter()\n"
    "conversion.convert(sys.argv[1])\nprint(time.perf_counter() - started)"
)
LATER = "from benchmarks import statistics\nstatistics.ask(sys.argv[1])"
COURSE = (
    "from pathlib import Path\nfrom benchmarks import statistics\n"
    "statistics.course_way(Path(sys.argv[1]))"
)


def course_way(path: Path) -> None:
    """Print the seconds of the course's way: load, encode, count archives, archives by year."""
    started = time.perf_counter()
    data = course.read_file(path)
    print("load", time.perf_counter() - started)
    started = time.perf_counter()
    truth, names = course.labels(data)
    dict(zip(names, truth.sum(axis=0), strict=True))
    print("papers by archive", time.perf_counter() - started)
    started = time.perf_counter()
    years = data["id"].str.extract(r"(\d\d)\d\d", expand=False)
    for year in years.unique():
        truth[(years == year).to_numpy()].sum(axis=0)
    print("archives by year", time.perf_counter() - started)
    started = time.perf_counter()
    data["abstract"].str.contains("zebrafish", case=False, regex=False).sum()
    print("search", time.perf_counter() - started)


def ask(path: str) -> None:
    """Print what each question to a converted corpus takes in seconds, asked for the first time."""
    from core.statistics import conversion
    from core.statistics.corpus import CorpusDatabase
    from core.statistics.label_counts import Filter, by_label, clustered, over_time, together

    def tell(name: str, run: Callable[[], object]) -> object:
        started = time.perf_counter()
        found = run()
        print(name, time.perf_counter() - started)
        return found

    # Imported at the first question, whatever it is.
    import scipy.cluster.hierarchy
    import scipy.sparse  # noqa: F401

    corpus = tell("open", lambda: CorpusDatabase(conversion.convert(path)))
    tell("papers by archive", lambda: by_label(corpus.counts(), "archive"))
    tell("papers by subject", lambda: by_label(corpus.counts(), "subject"))
    tell("archives by year", lambda: over_time(corpus.counts(), "archive", "year"))
    tell("subjects by month", lambda: over_time(corpus.counts(), "subject", "month"))
    tell(
        "co-occurrence of 80 subjects, clustered",
        lambda: clustered(together(corpus.counts(), "subject", 80)),
    )
    few = Filter(years=(2010, 2019), archives=("math", "stat"))
    tell("years and archives changed", lambda: by_label(corpus.counts(few), "subject"))
    tell("retired archives merged", lambda: by_label(corpus.counts(Filter(merged=True)), "archive"))
    tell("lengths of abstracts", lambda: corpus.numbers("abstract_length"))
    tell("the same, years and archives changed", lambda: corpus.numbers("abstract_length", few))
    tell("lengths of abstracts by archive", lambda: corpus.numbers_by_archive("abstract_length"))
    for text in ("zebrafish", "quantum", "graph neural network"):
        tell(f"search “{text}”", lambda text=text: corpus.counts(Filter(text=text)))
    tell(
        "years changed while searching",
        lambda: corpus.counts(Filter(text="quantum", years=(2010, 2019))),
    )
    tell("words, counted the first time", lambda: corpus.words(Filter(), "archive", "cs"))
    tell("words of another archive", lambda: corpus.words(Filter(), "archive", "math"))


def rows(sizes: tuple[int, ...] = SIZES) -> list[tuple[str, str, str]]:
    """What was measured, the course's figure and ours; needs the course sample."""
    packed = settings.data_folder() / "arxiv" / COURSE_FILE
    found = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        sample = folder / "sample.json"
        with packed.open("rb") as source, sample.open("wb") as target:
            zstandard.ZstdDecompressor().copy_stream(source, target)
        for count in sizes:
            free = os.statvfs(folder).f_bavail * os.statvfs(folder).f_frsize
            if free < count * BYTES_A_PAPER:
                found.append((f"{count:,} papers", "", "left out: the disk is too full"))
                continue
            found += of_size(sample, folder, count)
    return found


def of_size(sample: Path, folder: Path, count: int) -> list[tuple[str, str, str]]:
    """The rows of a corpus of so many papers, deleted afterwards."""
    path, runs = folder / f"{count}.json", folder / f"runs-{count}"
    repeat(sample, path, count)
    size = path.stat().st_size / 1e6
    # DuckDB may draw a bar of its own before it.
    (*_, spent), peak = in_a_process(FIRST, str(path), runs=runs)
    seconds = float(spent)
    asked, later = in_a_process(LATER, str(path), runs=runs)
    theirs: dict[str, str] = {}
    if count <= THEIRS:
        told, memory = in_a_process(COURSE, str(path), runs=runs)
        theirs = {k: f"{float(v):.2f} s" for k, v in (line.rsplit(" ", 1) for line in told)}
        theirs["load"] += f", {memory:,.0f} MB of memory"
        theirs["search “zebrafish”"] = theirs.pop("search")
    name = f"{count / MILLION:g} M papers ({size:,.0f} MB)"
    ours = f"{seconds:.1f} s, {size / seconds:.0f} MB a second, {peak:,.0f} MB of memory"
    found = [(f"{name}: load, or first open", theirs.get("load", ""), ours)]
    for line in asked:
        what, spent = line.rsplit(" ", 1)
        called = "open again" if what == "open" else what
        found.append((f"{name}: {called}", theirs.get(what, ""), f"{float(spent):.2f} s"))
    found.append((f"{name}: memory of all of these", "", f"{later:,.0f} MB"))
    path.unlink()
    return found


def lines(sizes: tuple[int, ...] = SIZES) -> list[str]:
    """The part of the benchmarks' page."""
    return [
        "## Corpus statistics",
        "",
        "The course sample again and again, under new ids, as plain JSON lines. The course’s way: "
        "`json.loads` a line, a frame, `MultiLabelBinarizer`; its load holds four columns.",
        "",
        "| | the course's way | Paperlens |",
        "|---|---|---|",
        *(f"| {' | '.join(row)} |" for row in rows(sizes)),
    ]


if __name__ == "__main__":
    spent, page = timed(lambda: lines(tuple(int(word) for word in sys.argv[1:]) or SIZES), 1)
    print("\n".join(page))
    print(f"\n{spent:.0f} s in all", file=sys.stderr)
