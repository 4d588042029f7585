"""`python -m benchmarks.statistics [PAPERS ...]`: corpus statistics at the size of arXiv.

Measures the first and later openings, counts and filters, against the course's code. The default
is one and three million papers.
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
"""Maximum number of papers for the course's loop, which holds all of them in memory."""

BYTES_A_PAPER = 2_500  # of the file and of its cache, with room to spare


def repeat(source: Path, target: Path, count: int) -> None:
    """Write `count` papers: the lines of a file repeated, with new ids of the same month.

    The id must be the first field of each line, as it is in the Kaggle snapshot.
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
                    # In an old id a subject can precede the number.
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
    """The lines that a separate Python process prints, and its peak memory in MB."""
    report = "import resource\nprint(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\n{program}\n{report}", *arguments],
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
    """Print the seconds that the course's code takes to load, encode, count and search."""
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
    """Print the seconds that each query on a converted corpus takes the first time."""
    from core.statistics import conversion
    from core.statistics.corpus import CorpusDatabase
    from core.statistics.label_counts import Filter, by_label, clustered, co_occurrence, over_time

    def report(name: str, run: Callable[[], object]) -> object:
        started = time.perf_counter()
        found = run()
        print(name, time.perf_counter() - started)
        return found

    # Imported by the first query, whichever it is.
    import scipy.cluster.hierarchy
    import scipy.sparse  # noqa: F401

    corpus = report("open", lambda: CorpusDatabase(conversion.convert(path)))
    report("papers by archive", lambda: by_label(corpus.counts(), "archive"))
    report("papers by subject", lambda: by_label(corpus.counts(), "subject"))
    report("archives by year", lambda: over_time(corpus.counts(), "archive", "year"))
    report("subjects by month", lambda: over_time(corpus.counts(), "subject", "month"))
    report(
        "co-occurrence of 80 subjects, clustered",
        lambda: clustered(co_occurrence(corpus.counts(), "subject", 80)),
    )
    few = Filter(years=(2010, 2019), archives=("math", "stat"))
    report("years and archives changed", lambda: by_label(corpus.counts(few), "subject"))
    report(
        "retired archives merged", lambda: by_label(corpus.counts(Filter(merged=True)), "archive")
    )
    report("lengths of abstracts", lambda: corpus.numbers("abstract_length"))
    report(
        "lengths of abstracts, years and archives changed",
        lambda: corpus.numbers("abstract_length", few),
    )
    report("lengths of abstracts by archive", lambda: corpus.numbers_by_archive("abstract_length"))
    for text in ("zebrafish", "quantum", "graph neural network"):
        report(f"search “{text}”", lambda text=text: corpus.counts(Filter(text=text)))
    report(
        "years changed during a search",
        lambda: corpus.counts(Filter(text="quantum", years=(2010, 2019))),
    )
    report("distinctive words, first count", lambda: corpus.words(Filter(), "archive", "cs"))
    report(
        "distinctive words of another archive", lambda: corpus.words(Filter(), "archive", "math")
    )


def rows(sizes: tuple[int, ...] = SIZES) -> list[tuple[str, str, str]]:
    """Rows of the table: task, the course's figure, and ours. Needs the course sample."""
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
                found.append((f"{count:,} papers", "", "skipped: not enough disk space"))
                continue
            found += of_size(sample, folder, count)
    return found


def of_size(sample: Path, folder: Path, count: int) -> list[tuple[str, str, str]]:
    """The rows for a corpus of `count` papers, which is deleted afterwards."""
    path, runs = folder / f"{count}.json", folder / f"runs-{count}"
    repeat(sample, path, count)
    size = path.stat().st_size / 1e6
    # DuckDB may print a progress bar first.
    (*_, spent), peak = in_a_process(FIRST, str(path), runs=runs)
    seconds = float(spent)
    asked, later = in_a_process(LATER, str(path), runs=runs)
    theirs: dict[str, str] = {}
    if count <= THEIRS:
        printed, memory = in_a_process(COURSE, str(path), runs=runs)
        theirs = {k: f"{float(v):.2f} s" for k, v in (line.rsplit(" ", 1) for line in printed)}
        theirs["load"] += f", {memory:,.0f} MB of memory"
        theirs["search “zebrafish”"] = theirs.pop("search")
    name = f"{count / MILLION:g} M papers ({size:,.0f} MB)"
    ours = f"{seconds:.1f} s, {size / seconds:.0f} MB per second, {peak:,.0f} MB of memory"
    found = [(f"{name}: load, or first open", theirs.get("load", ""), ours)]
    for line in asked:
        what, spent = line.rsplit(" ", 1)
        called = "open again" if what == "open" else what
        found.append((f"{name}: {called}", theirs.get(what, ""), f"{float(spent):.2f} s"))
    found.append((f"{name}: peak memory of all queries", "", f"{later:,.0f} MB"))
    path.unlink()
    return found


def lines(sizes: tuple[int, ...] = SIZES) -> list[str]:
    """The section of BENCHMARKS.md."""
    return [
        "## Corpus statistics",
        "",
        "The course sample repeated with new ids, as uncompressed JSON lines. The course’s code: "
        "`json.loads` for each line, a data frame of four columns, `MultiLabelBinarizer`.",
        "",
        "| | the course's code | Paperlens |",
        "|---|---|---|",
        *(f"| {' | '.join(row)} |" for row in rows(sizes)),
    ]


if __name__ == "__main__":
    spent, page = timed(lambda: lines(tuple(int(word) for word in sys.argv[1:]) or SIZES), 1)
    print("\n".join(page))
    print(f"\n{spent:.0f} s in all", file=sys.stderr)
