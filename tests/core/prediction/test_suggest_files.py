"""Suggestions in files: the same answer everywhere, own columns kept, every row in its place."""

import csv
import io
import json
import random
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.cards import CARD
from core.classifiers import blend, parts
from core.evaluation import prediction_sets
from core.files import checksum, own_columns
from core.files.errors import TooLarge
from core.files.records import RowReader, chunked
from core.messages import Progress
from core.prediction import answer, batch, questions, uploads
from core.prediction.batch import ProcessExecutor, classify_file, suggest_file
from core.prediction.questions import SuggestingRespondent
from core.prediction.uploads import ClassificationJob, ResultFilter, Upload
from core.text.documents import paper_text

Records = list[dict[str, Any]]
ANSWERS = [
    *("primary", "primary_probability", "cross_lists", "prediction_set", "certainty", "note")
]


@pytest.fixture(scope="module")
def doubtful(built_blend: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small blend, whose sets hold each category of 10 % with a confidence of 90 %, and so on.

    In a folder, since worker processes read it too.
    """
    folder = tmp_path_factory.mktemp("doubtful") / "models"
    shutil.copytree(built_blend, folder)
    for task in parts.PARTS:
        card = folder / task / "blend" / CARD
        stack = parts.Stack.load(card.with_name(blend.STACK))
        levels = np.tile(prediction_sets.LEVELS, (len(stack.quantiles), 1))
        replace(stack, quantiles=levels).save(card.with_name(blend.STACK))
        record = json.loads(card.read_text())
        record["files"][blend.STACK] = checksum.sha256(card.with_name(blend.STACK))
        card.write_text(json.dumps(record))
    return folder


@pytest.fixture(autouse=True)
def models(doubtful: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The small blend, and chunks of thirty rows."""
    monkeypatch.setenv("PAPERLENS_MODELS", str(doubtful))
    monkeypatch.setattr(batch, "CHUNK", 30)


@pytest.fixture
def mixed(papers: Records) -> Records:
    """200 invented papers, most of them of two fields, two without a word that is known."""
    rng = random.Random(4)
    found = []
    for i in range(200):
        one, other = rng.choices(papers, k=2)
        record = {"id": f"n{i}", "title": one["title"], "abstract": other["abstract"]}
        found.append(record | {"categories": one["categories"]})
    for i in (7, 90):
        found[i] |= {"title": "Qqq", "abstract": "zzz xxx"}
    return found


def lines(path: Path, records: Records) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


def read(path: Path) -> Records:
    """The rows of an output."""
    if path.suffix == ".parquet":
        return pq.read_table(path).to_pylist()
    if path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def suggest(source: Path, out: Path, confidence: float = 0.9, **more: Any) -> Records:
    """What is in the output."""
    suggest_file(source, out, confidence, **more)
    return read(out)


def uploaded(path: Path) -> ClassificationJob:
    """The job of the dashboard for a file, once it has ended."""
    upload = Upload(path.name)
    upload.receive(io.BytesIO(path.read_bytes()))
    job = upload.start(questions.suggestion(), {}, lambda: SuggestingRespondent(answer.load(), 0.9))
    assert job.wait(30)
    assert job.error is None
    return job


@pytest.fixture
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Uploads go to a folder of the test's own."""
    (tmp_path / "uploads").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "uploads"))


def test_the_same_papers_get_the_same_answer_everywhere(
    mixed: Records, tmp_path: Path, own_folder: None
) -> None:
    answerer = answer.load()
    texts = [paper_text(paper["title"], paper["abstract"]) for paper in mixed]
    wanted = answerer.suggest(answerer.scores(texts))
    assert {one.certainty for one in wanted} == {"sure", "unsure", "none"}
    assert [i for i, one in enumerate(wanted) if one.certainty == "none"] == [7, 90]

    source = lines(tmp_path / "in.jsonl", mixed)
    rows = suggest(source, tmp_path / "out.jsonl")
    assert [
        (row["primary"], row["cross_lists"].split(), row["prediction_set"].split()) for row in rows
    ] == [
        (one.primary, [code for code, _ in one.cross_lists], list(one.prediction_set))
        for one in wanted
    ]
    assert [row["certainty"] for row in rows] == [one.certainty for one in wanted]
    assert [row["primary_probability"] for row in rows] == [
        one.probability if one.primary else None for one in wanted
    ]

    saved = uploaded(source).export(ResultFilter(), ".jsonl")
    assert saved == (tmp_path / "out.jsonl").read_bytes()

    classify_file(source, tmp_path / "primary.jsonl", "primary")
    classified = read(tmp_path / "primary.jsonl")
    assert [row["predicted"] for row in classified] == [one.primary for one in wanted]
    assert [row["note"] for row in classified] == [one.note for one in wanted]
    assert [next(iter(row["scores"].values()), None) for row in classified] == [
        one.probability if one.primary else None for one in wanted
    ]


def test_a_text_that_is_no_paper_keeps_its_scores(
    papers: Records, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = lines(tmp_path / "in.jsonl", papers[:3])
    questions.respondent.cache_clear()
    real = parts.Stack.load

    def nothing_is_typical(file: Path) -> parts.Stack:
        stack = real(file)
        object.__setattr__(stack, "typical_from", stack.typical_from + 9)
        return stack

    monkeypatch.setattr(parts.Stack, "load", nothing_is_typical)
    for row in suggest(source, tmp_path / "out.jsonl"):
        assert [row[name] for name in ANSWERS] == [
            *("", None, "", "", "none"),
            "does not look like an arXiv paper",
        ]
    classify_file(source, tmp_path / "primary.jsonl", "primary")
    for row in read(tmp_path / "primary.jsonl"):
        assert (row["predicted"], row["note"]) == ("", "does not look like an arXiv paper")
        assert len(row["scores"]) == 8
    questions.respondent.cache_clear()


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_workers_give_the_same_bytes_and_a_run_goes_on(
    kind: str, mixed: Records, tmp_path: Path
) -> None:
    source = lines(tmp_path / "in.jsonl", mixed)
    whole, out = tmp_path / f"whole.{kind}", tmp_path / f"out.{kind}"
    suggest(source, whole)

    def stop(share: float, template: str, rows: int, rate: float) -> None:
        if rows >= 90:
            raise KeyboardInterrupt

    progress: Progress = stop
    with pytest.raises(KeyboardInterrupt):
        suggest(source, out, executor=ProcessExecutor(2), progress=progress)
    assert not out.exists()
    summary = suggest_file(source, out, executor=ProcessExecutor(2))
    assert (summary.rows, summary.resumed, summary.noted) == (200, 90, 2)
    assert out.read_bytes() == whole.read_bytes()


def test_another_confidence_changes_the_set_alone_and_does_not_go_on(
    mixed: Records, tmp_path: Path
) -> None:
    source, out = lines(tmp_path / "in.jsonl", mixed), tmp_path / "out.csv"

    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        suggest(source, out, progress=stop)
    assert suggest_file(source, out, 0.5).resumed == 0
    low, high = read(out), suggest(source, tmp_path / "high.csv", 0.99)
    for one, other in zip(low, high, strict=True):
        first, second = one.pop("prediction_set"), other.pop("prediction_set")
        assert one == other
        assert second.split()[: len(first.split())] == first.split()
    assert (tmp_path / "high.csv").stat().st_size > out.stat().st_size


ODD: Records = [
    {"title": "Knots in loops", "n": 7, "x": 0.5, "tags": ["a", "b"], "ok": True, "": "blank"},
    {"n": -1, "title": "=1+1 torus", "x": 2, "tags": [], "more": {"deep": [1, None]}, "ok": None},
    {"title": "", "n": None, "x": None, "note": "my own", "tags": None},
    {"title": "Branes \ud800 and “strings”", "n": 9, "later": "-5", "ok": False},
]


def test_cells_of_json_stay_as_they_were(tmp_path: Path) -> None:
    source = lines(tmp_path / "in.jsonl", ODD)
    with source.open("a") as file:
        file.write("{bad\n")
    rows = suggest(source, tmp_path / "out.jsonl")
    answers = [*ANSWERS[:-1], "note_suggested"]
    for row, record in zip(rows, [*ODD, {}], strict=True):
        assert list(row) == [*record, *answers]
        assert {name: row[name] for name in record} == record
    assert [row["primary"] for row in rows[2:5:2]] == ["", ""]
    assert rows[2]["note_suggested"] == "row 3 has neither a title nor an abstract"
    assert rows[4]["note_suggested"] == "line 5 is not valid JSON"
    assert rows[4]["certainty"] == "none"

    names = ["title", "n", "x", "tags", "ok", "", "more", "note", "later", *answers]
    table = suggest(source, tmp_path / "out.csv")
    assert [list(row) for row in table] == [names] * 5
    first = dict(zip(names, ["Knots in loops", "7", "0.5", '["a", "b"]', "true"], strict=False))
    assert {name: table[0][name] for name in first} == first
    # What a spreadsheet would run is made harmless, a number stays one.
    assert table[1]["title"] == "'=1+1 torus"
    assert (table[1]["n"], table[3]["later"]) == ("-1", "-5")
    assert table[1]["more"] == '{"deep": [1, null]}'
    assert table[3]["title"] == "Branes ? and “strings”"

    suggest(source, tmp_path / "out.parquet")
    kept = pq.read_table(tmp_path / "out.parquet")
    assert kept.column_names == names
    assert [str(kept.schema.field(name).type) for name in names[:7]] == [
        *("string", "int64", "double", "list<element: string>", "bool", "string", "string")
    ]
    assert kept["n"].to_pylist() == [7, -1, None, 9, None]
    assert kept["x"].to_pylist() == [0.5, 2.0, None, None, None]
    assert kept["tags"].to_pylist() == [["a", "b"], [], None, None, None]
    assert str(kept.schema.field("primary_probability").type) == "double"


def test_columns_of_a_table_keep_names_order_and_cells(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text(
        "Note;id;primary;Title;id;@x\nfirst;007;cs.AI;Knots in loops;1.50;-\n;;;Branes\n"
        "a;b;c;d;e;f;g\n",
        encoding="utf-8",
    )
    rows = suggest(source, tmp_path / "out.csv")
    own = ["Note", "id", "primary", "Title", "id_2", "'@x"]
    assert list(rows[0]) == [*own, "primary_suggested", *ANSWERS[1:]]
    assert [rows[0][name] for name in own] == [
        *("first", "007", "cs.AI", "Knots in loops", "1.50", "'-")
    ]
    assert [rows[1][name] for name in own] == ["", "", "", "Branes", "", ""]
    assert [rows[2][name] for name in own] == [""] * 6
    assert rows[2]["note"] == "row 3 has 7 cells, the header 6"
    assert rows[0]["primary_suggested"].startswith("math.")
    out = suggest(source, tmp_path / "out.jsonl")
    assert list(out[0]) == ["Note", "id", "primary", "Title", "id_2", "@x", *list(rows[0])[6:]]
    # Suggestions for suggestions.
    again = suggest(tmp_path / "out.csv", tmp_path / "again.csv")
    assert list(again[0])[-6:] == [
        *("primary_suggested_2", "primary_probability_suggested", "cross_lists_suggested"),
        *("prediction_set_suggested", "certainty_suggested", "note_suggested"),
    ]


def test_types_of_parquet_are_kept(tmp_path: Path) -> None:
    columns = {
        "title": pa.array(["Knots in loops", None, "Branes"]).dictionary_encode(),
        "small": pa.array([1, None, 3], pa.int8()),
        "big": pa.array([2**63, 0, 1], pa.uint64()),
        "single": pa.array([0.1, None, float("nan")], pa.float32()),
        "when": pa.array([10**18, 0, None], pa.timestamp("ns")),
        "zone": pa.array([0, 1, None], pa.timestamp("us", "UTC")),
        "vector": pa.array([[0.5, 1.5], None, []], pa.list_(pa.float32())),
        "bytes": pa.array([b"\xff\x00", None, b""]),
        "deep": pa.array([{"x": 1}, None, {"x": 2}]),
        "words": pa.array([["a", None], None, []]),
    }
    source = tmp_path / "in.parquet"
    pq.write_table(pa.table(columns), source)
    suggest(source, tmp_path / "out.parquet")
    kept = pq.read_table(tmp_path / "out.parquet")
    assert kept.column_names == [*columns, *ANSWERS]
    for name in ("small", "big", "when", "vector", "bytes", "words"):
        assert kept.schema.field(name).type == columns[name].type
        assert kept[name].to_pylist() == columns[name].to_pylist()
    assert kept["single"].to_pylist()[:2] == columns["single"].to_pylist()[:2]
    assert kept["zone"].to_pylist()[0] == "1970-01-01T00:00:00+00:00"
    assert kept["deep"].to_pylist() == ['{"x": 1}', None, '{"x": 2}']
    (first, second, third) = suggest(source, tmp_path / "out.jsonl")
    assert (first["bytes"], first["deep"], third["single"]) == ("/wA=", {"x": 1}, None)
    assert second["note"]


def test_a_folder_of_shards_becomes_one_with_the_columns_of_all(
    papers: Records, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for name, extra in (("a", {"x": 1}), ("b", {"y": "later"}), ("c", {"x": 0.5})):
        table = pa.Table.from_pylist([paper | extra for paper in papers])
        pq.write_table(table, folder / f"{name}.parquet")
    out = tmp_path / "out"
    suggest_file(folder, out, executor=ProcessExecutor(2))
    assert sorted(path.name for path in out.iterdir()) == ["a.parquet", "b.parquet", "c.parquet"]
    table = pq.read_table(out)
    assert table.column_names == ["id", "title", "abstract", "categories", "x", "y", *ANSWERS]
    assert table.num_rows == 90
    assert table["x"].to_pylist()[::30] == [1.0, None, 0.5]
    assert table["id"].to_pylist() == [paper["id"] for paper in papers] * 3


def test_columns_are_chosen_and_kept(papers: Records, tmp_path: Path) -> None:
    source = lines(tmp_path / "in.jsonl", [{"Heading": p["title"], "title": "zzz"} for p in papers])
    plain = suggest(source, tmp_path / "out.jsonl")
    assert {row["certainty"] for row in plain} == {"none"}
    found = suggest(source, tmp_path / "out.jsonl", columns={"title": "heading"})
    assert all(row["primary"] for row in found)
    assert list(found[0])[:2] == ["Heading", "title"]


def test_there_may_not_be_endless_columns(tmp_path: Path) -> None:
    records = [{"title": "Knots", f"key{i}": i} for i in range(1_001)]
    source = lines(tmp_path / "in.jsonl", records)
    with pytest.raises(TooLarge) as caught:
        suggest(source, tmp_path / "out.csv")
    assert caught.value.fields == {"name": "in.jsonl", "most": 1000}
    assert [path.name for path in tmp_path.iterdir()] == ["in.jsonl"]


def test_chunks_of_rows_with_much_in_them_are_short(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.files import records

    monkeypatch.setattr(records, "MAX_CHUNK_BYTES", 1_000)
    source = lines(tmp_path / "in.jsonl", [{"title": "Knots", "x": "y" * 300}] * 10)
    sizes = [len(part) for part in chunked(RowReader(source, own=True), 100)]
    assert sizes == [4, 4, 2]
    assert [len(part) for part in chunked(RowReader(source), 100)] == [10]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("plain", "plain"),
        (None, ""),
        (float("nan"), ""),
        ([float("inf"), 1], "[null, 1]"),
        (True, "true"),
        (10**40, "1" + "0" * 40),
    ],
)
def test_cells_as_text(cell: object, text: str) -> None:
    assert own_columns.text(cell) == text


def test_a_cell_that_is_nested_beyond_reason_is_no_error(tmp_path: Path) -> None:
    deep = "[" * 900 + "]" * 900
    (tmp_path / "in.jsonl").write_text(f'{{"title": "Knots in loops", "x": {deep}}}\n')
    for kind in (".csv", ".jsonl", ".parquet"):
        (row,) = suggest(tmp_path / "in.jsonl", tmp_path / f"out{kind}")
        assert row["primary"]


def test_filters_and_figures_of_an_upload(mixed: Records, tmp_path: Path, own_folder: None) -> None:
    mixed[3]["categories"] = "no.such"
    job = uploaded(lines(tmp_path / "in.jsonl", mixed))
    counts = job.certainties()
    assert sum(counts.values()) == 200
    assert counts["none"] == job.noted == 2
    count, table = job.page(ResultFilter(certainty="unsure"), 500)
    assert count == counts["unsure"] == len(table)
    assert set(table["certainty"]) == {"unsure"}
    rows = list(csv.DictReader(io.StringIO(job.export(
        ResultFilter(certainty="unsure"), ".csv").decode("utf-8-sig"))))  # fmt: skip
    assert [row["id"] for row in rows] == table["id"].tolist()
    assert list(rows[0]) == ["id", "title", "abstract", "categories", *ANSWERS]
    label = table["cross_lists"].str.split().explode().dropna().iloc[0]
    found, rows_of_label = job.page(ResultFilter(label=label), 500)
    assert found == uploads.count_labels(job.label_sets())[label][0] == len(rows_of_label)
    _, ordered = job.page(ResultFilter(), 500, problems_first=True)
    ranks = ["none", "unsure", "sure"]
    keys = [(ranks.index(c), row) for c, row in ordered[["certainty", "row"]].values]
    assert keys == sorted(keys)
    assert len({rank for rank, _ in keys}) == 3
    assert (job.report["n"], job.report["unknown_labels"]) == (199, 1)
    assert job.report["none"] == pytest.approx(2 / 199)
    assert job.right == round(job.report["accuracy"] * 199) - wrongly_right(mixed)


def wrongly_right(mixed: Records) -> int:
    """Rows without a suggestion whose likeliest category happens to be right."""
    answerer = answer.load()
    scores = answerer.scores(["Qqq\nzzz xxx"])
    best = answerer.labels["primary"][scores.primary[0].argmax()]
    return sum(mixed[i]["categories"].split()[0] == best for i in (7, 90))
