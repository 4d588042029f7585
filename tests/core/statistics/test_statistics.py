"""Statistics of a corpus, against the course's own way of counting on papers written by hand."""

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as some
from sklearn.preprocessing import MultiLabelBinarizer

from core import taxonomy
from core.cli import main
from core.files.export import ExportError
from core.statistics import (
    aggregates,
    conversion,
    data_folder,
    distinctive_words,
    label_counts,
    summaries,
)
from core.statistics.corpus import MAX_SEARCHES, CorpusDatabase
from core.statistics.distinctive_words import distinctive_z, log_odds_z
from core.statistics.distributions import histogram, quantile, quartiles
from core.statistics.label_counts import (
    Combinations,
    Counts,
    Filter,
    StatisticsError,
    by_label,
    co_occurrence,
    hierarchy,
    over_time,
    pair_table,
    per_paper,
)
from core.text import arxiv_ids

PAPERS = (
    ("2401.00001", "cs.CL cs.LG", "Words in sentences", "A network reads words."),
    ("2401.00002", "cs.LG stat.ML", "A network learns", "Training a network on data."),
    ("2402.00001", "math.AT math.GT", "Knots", "A knot in a loop."),
    ("2402.00002", "math-ph hep-th math.MP", "Strings", "Strings end on branes."),
    ("2312.00001", "hep-th", "Branes", "A brane and its strings."),
    ("solv-int/9901001", "solv-int nlin.SI", "Solitons", "Two solitons collide."),
    ("alg-geom/9902001", "alg-geom math.AG", "Curves", "A curve of genus two."),
    ("alg-geom/9902002", "alg-geom", "Surfaces", "A surface and a knot."),
    ("cs/0001001", "cs.CL", "Parsing", "A parser reads a sentence."),
    ("cs/0001002", "cs.CL cs.CL", "Twice", "Named twice."),
)


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The papers as a corpus."""
    folder = tmp_path_factory.mktemp("statistics")
    path = folder / "papers.jsonl"
    path.write_text(
        "".join(
            json.dumps(
                {"id": i, "categories": c, "title": t, "abstract": a, "authors": "A. B, C. D"}
            )
            + "\n"
            for i, c, t, a in PAPERS
        )
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PAPERLENS_RUNS", str(folder / "runs"))
        corpus = CorpusDatabase(conversion.convert(path))
    yield corpus
    corpus.close()


def course(papers: Any, level: str) -> tuple[np.ndarray, list[str]]:
    """The course's way: `split(" ")`, `split(".")[0]`, `MultiLabelBinarizer`."""
    lists = [c.split(" ") for c in papers]
    if level == "archive":
        lists = [[c.split(".")[0] for c in codes] for codes in lists]
    binarizer = MultiLabelBinarizer()
    return binarizer.fit_transform(lists).astype(int), list(binarizer.classes_)


@pytest.mark.parametrize("level", label_counts.LEVELS)
def test_counts_are_the_courses(opened: CorpusDatabase, level: str) -> None:
    truth, classes = course([p[1] for p in PAPERS], level)
    counts = opened.counts()
    table = by_label(counts, level)
    assert dict(zip(table["code"], table["papers"], strict=True)) == dict(
        zip(classes, truth.sum(axis=0).tolist(), strict=True)
    )
    assert table["share"].tolist() == pytest.approx((table["papers"] / len(PAPERS)).tolist())
    sizes = per_paper(counts, level)
    assert dict(zip(sizes["labels"], sizes["papers"], strict=True)) == Counter(
        truth.sum(axis=1).tolist()
    )
    found = co_occurrence(counts, level)
    places = [classes.index(code) for code in found.codes]
    np.testing.assert_array_equal(found.papers, (truth.T @ truth)[np.ix_(places, places)])


category = some.sampled_from(["cs.LG", "cs.CL", "math.AT", "hep-th", "alg-geom", "x.y.z", "math"])


@given(some.lists(some.lists(category, min_size=1, max_size=6), min_size=1, max_size=12))
def test_splitting_is_the_courses(papers: list[list[str]]) -> None:
    texts = [" ".join(codes) for codes in papers]
    table = Combinations(dict.fromkeys(" ".join(dict.fromkeys(codes)) for codes in papers))
    place = {text: i for i, text in enumerate(table.texts)}
    at = np.array([place[" ".join(dict.fromkeys(codes))] for codes in papers])
    counts = Counts(np.zeros(len(at), int), at, np.ones(len(at), int), table)
    for level in label_counts.LEVELS:
        truth, classes = course(texts, level)
        found = by_label(counts, level).set_index("code")
        assert found["papers"].to_dict() == dict(
            zip(classes, truth.sum(axis=0).tolist(), strict=True)
        )
        # Every paper has one primary label, the first as it stands in the file.
        firsts = Counter(c[0].split(".")[0] if level == "archive" else c[0] for c in papers)
        assert {k: v for k, v in found["primary"].items() if v} == firsts


def test_names_and_status(opened: CorpusDatabase) -> None:
    table = by_label(opened.counts(), "archive").set_index("code")
    assert table.loc["alg-geom", "status"] == "retired, now math.AG"
    assert table.loc["hep-th", "name"] == "High Energy Physics - Theory"
    assert table.loc["hep-th", "status"] == "live"
    assert label_counts.status("zz.top") == "not in the taxonomy"


def test_retired_archives_merge_into_their_successors(opened: CorpusDatabase) -> None:
    merged = opened.counts(Filter(merged=True))
    subjects = by_label(merged, "subject").set_index("code")["papers"]
    # A paper in alg-geom and math.AG counts once.
    assert subjects["math.AG"] == 2
    assert subjects["nlin.SI"] == 1
    archives = by_label(merged, "archive").set_index("code")["papers"]
    assert not set(archives.index) & set(taxonomy.RETIRED)
    assert archives["math"] == 4
    assert hierarchy(merged)["papers"].sum() == len(PAPERS)


def test_lift_is_shared_papers_over_those_by_chance(opened: CorpusDatabase) -> None:
    found = co_occurrence(opened.counts(), "archive")
    hep, physics = found.codes.index("hep-th"), found.codes.index("math-ph")
    assert found.papers[hep, physics] == 1
    assert found.lift[hep, physics] == pytest.approx(1 * 10 / (2 * 1))
    assert np.isnan(found.lift.diagonal()).all()
    table = pair_table(found)
    assert len(table) == len({frozenset(p) for p in zip(table["first"], table["second"])})  # noqa: B905
    assert sorted(label_counts.clustered(found).codes) == sorted(found.codes)


def test_a_lift_of_few_papers_is_not_told() -> None:
    """Of 10,000 papers; by hand: 100 · 1,000 / 10,000 = 10 expected, and so on."""
    texts = ("rare.A rare.B", "rare.A", "rare.B", "big.A big.B", "big.A", "big.B", "few.A few.B",
             "few.A", "few.B", "none.A", "none.B")  # fmt: skip
    papers = 10 * np.array([1, 1, 1, 1, 99, 99, 5, 5, 5, 150, 633])
    counts = Counts(np.zeros(len(texts), int), np.arange(len(texts)), papers, Combinations(texts))
    assert counts.total == 10_000
    found = co_occurrence(counts, "subject")

    def told(first: str, second: str) -> tuple[float, float]:
        at = found.codes.index(first), found.codes.index(second)
        return found.lift[at], found.reliable_lift[at]

    # Ten papers shared, 20 · 20 / 10,000 expected: 250 times as often, by ten papers.
    assert told("rare.A", "rare.B") == (pytest.approx(250), pytest.approx(np.nan, nan_ok=True))
    # Ten shared where 1,000 · 1,000 / 10,000 = 100 are expected: they avoid each other.
    assert told("big.A", "big.B") == (pytest.approx(0.1), pytest.approx(0.1))
    # Fifty shared, 100 · 100 / 10,000 expected.
    assert told("few.A", "few.B") == (pytest.approx(50), pytest.approx(50))
    # None shared: with 1,500 · 6,330 / 10,000 expected that means something, with 20 · 100 not.
    assert told("none.A", "none.B") == (0, 0)
    assert told("rare.A", "few.A") == (0, pytest.approx(np.nan, nan_ok=True))


def test_clustering_keeps_each_value_with_its_labels(opened: CorpusDatabase) -> None:
    found = co_occurrence(opened.counts(), "subject")
    turned = label_counts.clustered(found)
    for i, a in enumerate(turned.codes):
        for j, b in enumerate(turned.codes):
            at = found.codes.index(a), found.codes.index(b)
            assert turned.papers[i, j] == found.papers[at]


def test_months_between_are_drawn_too(opened: CorpusDatabase) -> None:
    table = over_time(opened.counts(Filter(years=(2023, 2024))), "archive", "month")
    assert [f"{p:%Y-%m}" for p in table["period"]] == ["2023-12", "2024-01", "2024-02"]
    assert table["papers"].tolist() == [1, 2, 2]
    assert table["hep-th"].tolist() == [1, 0, 1]
    years = over_time(opened.counts(), "archive", "year")
    assert len(years) == 2024 - 1999 + 1
    assert years["papers"].sum() == len(PAPERS)
    assert years.loc[years["period"].dt.year == 2010, "papers"].tolist() == [0]
    assert summaries.format_periods(years, "year")["period"].tolist()[0] == "1999"


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        (Filter(years=(1999, 2000)), {5, 6, 7, 8, 9}),
        (Filter(archives=("math",)), {2, 3, 6}),
        (Filter(archives=("math", "hep-th")), {2, 3, 4, 6}),
        (Filter(archives=("math",), merged=True), {2, 3, 6, 7}),
        (Filter(text="KNOT"), {2, 7}),
        (Filter(text="a  network"), {0, 1}),
        (Filter(text="reads", years=(2024, 2024)), {0}),
        (Filter(text="knot", archives=("alg-geom",)), {7}),
        (Filter(text="nowhere"), set()),
        (Filter(text="100%_'"), set()),
    ],
)
def test_filters_hold_for_everything(opened: CorpusDatabase, wanted: Filter, ids: set[int]) -> None:
    rows = [PAPERS[i] for i in sorted(ids)]
    counts = opened.counts(wanted)
    assert counts.total == len(rows)
    expected = Counter(arxiv_ids.year_of(row[0]) for row in rows)
    years = over_time(counts, "archive", "year")
    assert {p.year: n for p, n in zip(years["period"], years["papers"], strict=True) if n} == (
        expected
    )
    lengths = opened.numbers("title_length", wanted)
    assert dict(zip(lengths["value"], lengths["papers"], strict=True)) == Counter(
        len(row[2]) for row in rows
    )
    assert opened.sample(wanted) == len(rows)
    words = opened.words(wanted).set_index("word")["papers"]
    assert words.get("network", 0) == sum("network" in (r[2] + r[3]).lower() for r in rows)


def test_searches_are_kept_and_let_go(opened: CorpusDatabase) -> None:
    for text in ("knot", "string", "word", "curve", "brane"):
        opened.counts(Filter(text=text))
    tables = opened._database.sql("SELECT table_name FROM duckdb_tables()").fetchall()
    assert len(tables) == MAX_SEARCHES


def test_numbers_by_archive_count_a_paper_in_each(opened: CorpusDatabase) -> None:
    table = opened.numbers_by_archive("abstract_length")
    archives = by_label(opened.counts(), "archive").set_index("code")["papers"]
    assert table.groupby("archive")["papers"].sum().to_dict() == archives.to_dict()
    lengths = [len(p[3]) for p in PAPERS if "hep-th" in p[1]]
    row = quartiles(table).set_index("archive").loc["hep-th"]
    assert (row["median"], row["mean"]) == (min(lengths), np.mean(lengths))


def test_what_the_file_does_not_tell(opened: CorpusDatabase) -> None:
    assert opened.has("authors")
    assert opened.has("text")
    assert not opened.has("versions")
    assert not opened.has("license")
    assert opened.licences().empty
    assert opened.numbers("versions").empty
    assert opened.numbers_by_archive("versions").empty
    assert opened.numbers("authors").to_dict("list") == {"value": [2], "papers": [10]}


def test_words_that_tell_a_category(opened: CorpusDatabase) -> None:
    table = opened.words(Filter(), "archive", "cs").set_index("word")
    assert table.loc["network", "papers"] == 2
    assert table.loc["network", "share"] == pytest.approx(2 / 4)
    assert table.loc["network", "elsewhere"] == 0
    assert "the" not in table.index
    assert table["z"].idxmax() in {"network", "reads"}
    assert opened.words(Filter(), "archive", "nonsense").empty


def test_the_words_are_counted_once(
    opened: CorpusDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened.words(Filter())
    monkeypatch.setattr(distinctive_words, "_count_words", None)
    again = CorpusDatabase(opened.cached)
    assert again.words(Filter()).equals(opened.words(Filter()))
    again.close()


def test_log_odds_by_hand() -> None:
    ours, theirs = np.array([30, 10, 60]), np.array([10, 30, 60])
    z = log_odds_z(ours, theirs)
    prior = 1000 * np.array([40, 40, 120]) / 200
    a, b = ours + prior, theirs + prior
    expected = np.log(a / (1100 - a)) - np.log(b / (1100 - b))
    np.testing.assert_allclose(z, expected / np.sqrt(1 / a + 1 / b))
    assert z[0] == pytest.approx(-z[1])
    assert z[2] == pytest.approx(0)
    np.testing.assert_allclose(log_odds_z(np.zeros(2, int), np.zeros(2, int)), 0)


def test_the_limit_grows_with_the_words_compared() -> None:
    # The quantiles of the normal distribution, from a table.
    assert distinctive_z(1) == pytest.approx(1.6449, abs=1e-4)
    assert distinctive_z(50) == pytest.approx(3.0902, abs=1e-4)
    assert distinctive_z(18_000) == pytest.approx(4.54, abs=0.01)
    assert distinctive_z(0) == distinctive_z(1)


def test_two_halves_of_the_same_papers_have_no_distinctive_word() -> None:
    """3,000 papers of words as frequent as in any language (Zipf), halved at random 20 times."""
    rng = np.random.default_rng(5)
    shares = np.minimum(0.5, 3 / np.arange(1, 2_001))
    papers = rng.random((3_000, len(shares))) < shares
    limit = distinctive_z(len(shares))
    found, uncorrected = 0, 0
    for _ in range(20):
        half = rng.permutation(len(papers)) < len(papers) // 2
        z = log_odds_z(papers[half].sum(axis=0), papers[~half].sum(axis=0))
        found += (z >= limit).any()
        uncorrected += (z > 2).any()
    assert found <= 2
    assert uncorrected == 20
    # What is in a third of one half alone is found.
    ours, theirs = papers[half].sum(axis=0), papers[~half].sum(axis=0)
    ours[1_000] += 500
    assert (log_odds_z(ours, theirs) >= limit).nonzero()[0].tolist() == [1_000]


def test_a_closed_corpus_opens_again_for_the_next_question(opened: CorpusDatabase) -> None:
    corpus = CorpusDatabase(opened.cached)
    wanted = Filter(text="network")
    questions = (
        lambda: corpus.counts(wanted).total,
        lambda: corpus.words(wanted)["papers"].to_dict(),
        lambda: corpus.numbers("authors", wanted).to_dict("list"),
    )
    answers = [question() for question in questions]
    for question, answer in zip(questions, answers, strict=True):
        corpus.close()
        corpus.close()
        assert question() == answer
    corpus.close()


def test_a_corpus_is_closed_after_the_question_under_way(opened: CorpusDatabase) -> None:
    corpus = CorpusDatabase(opened.cached)
    released: list[Any] = []
    with ThreadPoolExecutor(1) as pool:
        with corpus._lock:  # a question is under way
            corpus.release()  # returns at once
            released.append(pool.submit(corpus.numbers, "authors"))
        assert not released[0].result().empty
    corpus.close()


def test_a_sample_of_a_larger_corpus(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAPERLENS_RUNS", str(tmp_path))
    monkeypatch.setattr(distinctive_words, "SAMPLE", 300)
    found = CorpusDatabase(conversion.convert(corpus))
    assert found.sample() == 300
    assert found.words(Filter())["papers"].max() <= 300
    found.close()


def test_bins_and_quantiles() -> None:
    values = pd.DataFrame({"value": [1, 9, 10, 25], "papers": [2, 1, 4, 3]})
    assert histogram(values, 10).to_dict("list") == {
        "from": [0, 10, 20],
        "to": [9, 19, 29],
        "papers": [3, 4, 3],
    }
    assert [quantile(values, q) for q in (0.2, 0.5, 0.75, 1)] == [1, 10, 25, 25]
    assert np.isnan(quantile(values.head(0), 0.5))


def test_papers_without_month_or_category(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAPERLENS_RUNS", str(tmp_path / "runs"))
    path = tmp_path / "odd.csv"
    path.write_text("id,categories,title\nx,cs.LG,A\n2401.00001,,B\n")
    found = CorpusDatabase(conversion.convert(path))
    counts = found.counts()
    assert (counts.total, counts.undated, summaries.unlabelled(counts)) == (2, 1, 1)
    assert per_paper(counts, "subject")["labels"].tolist() == [0, 1]
    assert found.counts(Filter(years=(1991, 2030))).total == 1
    assert hierarchy(counts)["papers"].tolist() == [1]
    only = found.counts(Filter(archives=("cs",)))
    assert over_time(only, "archive", "year").empty
    found.close()


# Counts that ship.


def test_an_aggregate_counts_as_its_corpus_does(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAPERLENS_RUNS", str(tmp_path / "runs"))
    out = aggregates.write_aggregate(corpus, tmp_path / "out", "Small", "Invented.")
    found = aggregates.read_aggregate(out)
    whole = CorpusDatabase(conversion.convert(corpus))
    for level in label_counts.LEVELS:
        pd.testing.assert_frame_equal(
            by_label(found.counts, level), by_label(whole.counts(), level)
        )
        pd.testing.assert_frame_equal(
            over_time(found.counts, level, "month"), over_time(whole.counts(), level, "month")
        )
    whole.close()
    card = json.loads((out / "card.json").read_text())
    assert (card["title"], card["papers"], list(card["sources"])) == ("Small", 1200, [corpus.name])
    assert {p.name for p in out.iterdir()} == {"card.json", "counts.parquet"}
    (out / "counts.parquet").write_bytes(b"other")
    for folder in (out, tmp_path):
        with pytest.raises(StatisticsError) as caught:
            aggregates.read_aggregate(folder)
        assert caught.value.fields["folder"] == folder
    (tmp_path / "file").touch()
    with pytest.raises(ExportError):
        aggregates.write_aggregate(corpus, tmp_path / "file" / "out", "Small")


def test_what_ships_is_counts_alone_and_small(monkeypatch: pytest.MonkeyPatch) -> None:
    import pyarrow.parquet as pq

    monkeypatch.delenv("PAPERLENS_MODELS", raising=False)
    folders = aggregates.aggregates()
    assert folders
    for folder in folders:
        found = aggregates.read_aggregate(folder)
        assert found.counts.total == found.card["papers"]
        assert found.listings or found.card["warning"]
        assert all(len(digest) == 64 for digest in found.card["sources"].values())
        assert sum(path.stat().st_size for path in folder.iterdir()) <= 1e6
        assert pq.read_schema(folder / "counts.parquet").names == ["month", "categories", "papers"]
        known = {*taxonomy.SUBJECTS, *taxonomy.ARCHIVES, *taxonomy.RETIRED}
        subjects = by_label(found.counts, "subject")
        assert set(subjects["code"]) <= known
        assert (subjects["primary"] <= subjects["papers"]).all()


# The data folder.


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "data"
    (folder / "arxiv").mkdir(parents=True)
    (folder / "arxiv" / "a.jsonl.zst").touch()
    (folder / "b.csv").touch()
    (folder / "notes.txt").touch()
    (folder / ".hidden.csv").touch()
    (tmp_path / "outside.jsonl").touch()
    (folder / "link.jsonl").symlink_to(tmp_path / "outside.jsonl")
    monkeypatch.setenv("PAPERLENS_DATA", str(folder))
    return folder


def test_the_corpora_of_the_data_folder(data: Path) -> None:
    assert [p.name for p in data_folder.corpora()] == ["b.csv", "link.jsonl", "a.jsonl.zst"]


def test_no_data_folder_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAPERLENS_DATA", str(tmp_path / "none"))
    assert data_folder.corpora() == []


def test_a_typed_path_is_found_in_the_data_folder(data: Path) -> None:
    assert data_folder.resolve_in_data_folder("b.csv") == (data / "b.csv").resolve()
    assert data_folder.resolve_in_data_folder(" arxiv ") == (data / "arxiv").resolve()


# The command.


def run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    code = main(["statistics", *map(str, words)])
    told = capsys.readouterr()
    assert "Traceback" not in told.err
    return code, told.out, told.err


def test_the_command_tells_a_summary(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setenv("PAPERLENS_RUNS", str(tmp_path))
    code, out, err = run(capsys, corpus, "--years", "2025")
    assert (code, err) == (0, "")
    assert out.startswith("papers.jsonl: 1,200 papers, 800 of them counted\nyears by id: 2025")
    assert "High Energy Physics - Theory" in out


def test_the_command_writes_every_table(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setenv("PAPERLENS_RUNS", str(tmp_path / "runs"))
    out = tmp_path / "new" / "tables"
    code, said, _ = run(capsys, corpus, "--out", out, "--merge")
    assert code == 0
    names = {path.name for path in out.iterdir()}
    assert {Path(line).name for line in said.splitlines() if line.endswith(".csv")} == names
    assert {"archives.csv", "subject-pairs.csv", "archives-by-month.csv", "title-length.csv",
            "words-by-archive.csv"} <= names  # fmt: skip
    table = pd.read_csv(out / "archives.csv", encoding="utf-8-sig").set_index("code")
    assert "solv-int" not in table.index
    assert table.loc["math", "papers"] == 200
    words = pd.read_csv(out / "words-by-archive.csv", encoding="utf-8-sig")
    assert set(words.loc[words["rank"] == 1, "archive"]) == set(table.index)


def test_the_command_writes_an_aggregate(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setenv("PAPERLENS_RUNS", str(tmp_path / "runs"))
    code, _, _ = run(capsys, corpus, "--aggregate", tmp_path / "out")
    assert code == 0
    assert aggregates.read_aggregate(tmp_path / "out").counts.total == 1200


@pytest.mark.parametrize(
    "more", ["--years 2025", "--archive math", "--text knot", "--merge", "--out tables"]
)
def test_an_aggregate_is_of_every_paper(
    corpus: Path, tmp_path: Path, capsys: Any, more: str
) -> None:
    option, *value = more.split()
    code, out, err = run(capsys, corpus, "--aggregate", tmp_path / "out", option, *value)
    assert (code, out) == (2, "")
    assert f"no {option}\n" in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["missing.jsonl"], 1, "missing.jsonl does not exist."),
        ([], 2, "IN"),
        (["x", "--years", "soon"], 2, "--years"),
        (["x", "--years", "2020-2010"], 2, "--years"),
    ],
)
def test_the_command_fails_in_a_sentence(
    words: list[str], code: int, said: str, capsys: Any
) -> None:
    found, _, err = run(capsys, *words)
    assert found == code
    assert said in err


def test_the_command_names_a_damaged_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setenv("PAPERLENS_RUNS", str(tmp_path / "runs"))
    path = tmp_path / "bad.jsonl"
    path.write_text('{"id": "2401.00001", "categories": "cs.LG"}\n{oops\n')
    code, out, _ = run(capsys, path)
    assert code == 0
    assert "damaged lines left out: 1 (bad.jsonl, line 2)" in out
