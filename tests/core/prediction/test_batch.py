"""Files in, files out: every format, every row in its place, bad rows noted, no half file."""

import csv
import gzip
import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from core import cards, settings
from core.classifiers import store
from core.files.errors import OtherFormat, Unreadable
from core.files.readers import open_reader
from core.files.records import Row, RowReader, read_rows
from core.prediction import batch
from core.prediction.batch import classify_file
from core.prediction.questions import CLASSIFIED, ClassifyingRespondent
from core.text import documents

Records = list[dict[str, Any]]
NAMES = ("id", "title", "abstract", "categories")
NAMES_OF_ANSWERS = [name for name, _ in CLASSIFIED]


def json_lines(records: Records) -> bytes:
    return "".join(json.dumps(record) + "\n" for record in records).encode()


def table(records: Records, path: Path, delimiter: str = ",") -> bytes:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, NAMES, delimiter=delimiter)
        writer.writeheader()
        writer.writerows(records)
    return path.read_bytes()


def write(path: Path, records: Records) -> Path:
    """Write records in the format of a file's ending."""
    kind = path.name.partition(".")[2].removesuffix(".gz").removesuffix(".zst")
    if kind == "parquet":
        pq.write_table(pa.Table.from_pylist(records), path)
        return path
    if kind in ("jsonl", "ndjson", "json"):
        content = json_lines(records)
    else:
        content = table(records, path, "\t" if kind == "tsv" else ",")
    pack = {".gz": gzip.compress, ".zst": zstandard.compress}.get(path.suffix)
    # Packed in two pieces, as parallel compressors do.
    path.write_bytes(pack(content[:1000]) + pack(content[1000:]) if pack else content)
    return path


def answers(path: Path) -> Records:
    """Read an output file back, the scores as objects with their labels in order."""
    if path.suffix == ".parquet":
        found = pq.read_table(path)
        assert found.column_names == NAMES_OF_ANSWERS
        rows = found.to_pylist()
    elif path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            assert reader.fieldnames == NAMES_OF_ANSWERS
            rows = list(reader)
    else:
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        assert all(list(row) == NAMES_OF_ANSWERS for row in rows)
    for row in rows:
        if isinstance(row["scores"], str):
            row["scores"] = json.loads(row["scores"])
    return rows


INPUTS = [
    *("in.jsonl", "in.ndjson", "in.json", "in.csv", "in.tsv", "in.parquet"),
    *(f"in.{kind}.{how}" for kind in ("jsonl", "json", "csv", "tsv") for how in ("gz", "zst")),
    *("IN.JSONL", "in.CSV", "a.b.jsonl"),
]


@pytest.mark.parametrize("name", INPUTS)
def test_every_input_reads_the_same(name: str, papers: Records, tmp_path: Path) -> None:
    papers[3] |= {"title": "Naïve, “quoted”", "abstract": 'A "comma", here.\nAnd a line.'}
    written = write(tmp_path / name.lower().replace("a.b.", "a."), papers).rename(tmp_path / name)
    rows = list(read_rows(written))
    assert [row.id for row in rows] == [paper["id"] for paper in papers]
    assert [row.text for row in rows] == [
        documents.paper_text(paper["title"], paper["abstract"]) for paper in papers
    ]
    assert [row.truth for row in rows] == [paper["categories"] for paper in papers]
    assert {row.note for row in rows} == {""}


@pytest.mark.parametrize("name", ["out.csv", "out.jsonl", "out.parquet"])
def test_every_output_holds_the_same(
    name: str, papers: Records, tmp_path: Path, tiny_models: Path
) -> None:
    papers[4]["id"] = "=HYPERLINK(1)"
    papers[5] |= {"title": "", "abstract": " "}
    papers[6] |= {"title": "Qqq", "abstract": "zzz"}
    summary = classify_file(write(tmp_path / "in.jsonl", papers), tmp_path / name, "archive")
    assert (summary.rows, summary.noted) == (30, 2)
    rows = answers(tmp_path / name)
    # A spreadsheet would run what begins with a sign, and spreadsheets open CSV.
    ids = [paper["id"] for paper in papers]
    ids[4] = ids[4] if name != "out.csv" else f"'{ids[4]}"
    assert [row["id"] for row in rows] == ids
    model = store.load(cards.find("archive"))
    for paper, row in zip(papers, rows, strict=True):
        if row["id"] in ("p5", "p6"):
            assert (row["predicted"], row["scores"]) == ("", {})
            assert row["note"]
            continue
        assert row["note"] == ""
        whole = documents.paper_text(paper["title"], paper["abstract"])
        wanted = dict(zip(model.labels, model.predict_scores([whole])[0].tolist(), strict=True))
        values = list(row["scores"].values())
        assert len(values) == 20
        assert values == sorted(values, reverse=True)
        assert row["scores"] == pytest.approx({k: wanted[k] for k in row["scores"]}, abs=1e-4)
        assert min(values) >= sorted(wanted.values())[-20] - 1e-4
        predicted = row["predicted"].split(" ")
        assert predicted == list(row["scores"])[: len(predicted)]
        over = [k for k, v in wanted.items() if v >= 0.3]
        assert set(predicted) == set(over or predicted[:1])


def test_model_with_few_labels_scores_all(
    papers: Records, tmp_path: Path, tiny_models: Path
) -> None:
    out = tmp_path / "out.jsonl"
    classify_file(write(tmp_path / "in.csv", papers), out, "subject")
    labels = cards.find("subject").labels
    assert len(labels) < 20
    assert all(set(row["scores"]) == set(labels) for row in answers(out))


def test_bad_rows_of_json_are_noted_in_their_place(tmp_path: Path) -> None:
    lines = {
        "a": b'\xef\xbb\xbf{"id": "a", "title": "Knots", "abstract": "A knot in a loop."}',
        "2": b"{not json",
        "3": b"[1, 2]\n",
        "5": b'{"id": 5, "title": null, "abstract": NaN}',
        "f": b'{"id": "f", "abstract": "Galaxies \xff"}',
        "7": b'{"title": "Strings on branes"}',
        "h": b'{"id": "h", "title": ["Spiral"], "abstract": {"x": "galaxies"}}',
        "9": b"[" * 100_000,
        "?x": b'{"id": "\\ud800x", "title": "Knots \\ud800 loops", "abstract": "\\u0000torus"}',
        "11": b'{"id": null, "string": "We train a network."}',
        "12": b'{"id": "", "text": "Solitons collide."}',
    }
    (tmp_path / "in.jsonl").write_bytes(b"\n".join(lines.values()))
    rows = list(read_rows(tmp_path / "in.jsonl"))
    assert [row.id for row in rows] == list(lines)
    assert [row.id for row in rows if row.note] == ["2", "3", "5", "9"]


def test_absent_ids_are_row_numbers(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("title,id\nKnots,\nLoops,x\nTori\n")
    assert [row.id for row in read_rows(tmp_path / "in.csv")] == ["1", "x", "3"]
    pq.write_table(pa.table({"abstract": ["a", None, "c"]}), tmp_path / "in.parquet")
    rows = list(read_rows(tmp_path / "in.parquet"))
    assert [row.id for row in rows] == ["1", "2", "3"]
    assert [bool(row.note) for row in rows] == [False, True, False]


def test_parquet_of_other_types_is_read(tmp_path: Path) -> None:
    columns = {
        "id": [7, 8],
        "title": ["Knots", None],
        "abstract": pa.array(["loop", "torus"]).dictionary_encode(),
        "categories": [["math.GT", "math.AT"], None],
        "other": [{"x": 1}, {"x": 2}],
    }
    pq.write_table(pa.table(columns), tmp_path / "in.parquet")
    rows = list(read_rows(tmp_path / "in.parquet"))
    assert [(row.id, row.text, row.truth) for row in rows] == [
        ("7", "Knots\nloop", "math.GT math.AT"),
        ("8", "\ntorus", ""),
    ]


def broken_text(*cells: bytes) -> pa.Array:
    """A column of text whose bytes nobody has checked."""
    return pa.Array.from_buffers(pa.string(), len(cells), pa.array(cells, pa.binary()).buffers())


def test_parquet_that_python_cannot_hold_is_read(tmp_path: Path) -> None:
    columns = {
        "id": pa.array([10**15, 0], pa.timestamp("s")),
        "title": broken_text(b"Na\xefve knots", b"Tori"),
        "abstract": ["loops", "holes"],
        "when": pa.array([10**18, 0], pa.duration("ms")),
        "where": pa.array([0, 0], pa.timestamp("us", "Mars/Phobos")),
        "nested": pa.ListArray.from_arrays([0, 1, 2], broken_text(b"\xff", b"x")),
    }
    names = [*columns, "title", "when"]
    arrays = [*columns.values(), ["another", "another"], [1, 2]]
    path = tmp_path / "in.parquet"
    pq.write_table(pa.Table.from_arrays(list(map(pa.array, arrays)), names), path)
    reader = RowReader(path)
    assert [(row.id, row.text, row.note) for row in reader] == [
        ("1", "", "row 1 has a cell that cannot be read"),
        ("1970-01-01 00:00:00", "Tori\nholes", ""),
    ]
    reader = RowReader(path, columns={"id": "abstract"})
    assert [(row.id, row.text) for row in reader] == [
        ("loops", "Naïve knots\nloops"),
        ("holes", "Tori\nholes"),
    ]
    head = reader.file.head(5)
    assert [list(record) for record in head] == [list(columns)] * 2
    assert [record["title"] for record in head] == ["Naïve knots", "Tori"]
    assert [record["when"] for record in head] == ["", "0:00:00"]


def test_unknown_words_are_noted(model: Any) -> None:
    texts = [
        Row("a", "\nzzz qqq"),
        Row("b", "\n量子"),
        Row("c", "\nzzz galaxies"),
        Row("d", "", note="bad"),
    ]
    found, scores = ClassifyingRespondent(model).ask(texts)
    assert scores.shape == (4, len(model.labels))
    assert [r.id for r in found] == ["a", "b", "c", "d"]
    assert found[0].note == found[1].note == "no word of the text is known to the model"
    assert (found[0].predicted, found[0].scores) == ("", "{}")
    assert found[2].predicted.split()[0] == "astro-ph"
    assert (found[3].predicted, found[3].scores, found[3].note) == ("", "{}", "bad")


def noise(count: int) -> Records:
    """Papers that do not compress, so that a cut file ends in the middle of them."""
    generator = random.Random(1)
    return [
        {"id": str(i), "title": "Knots", "abstract": f"{generator.getrandbits(2000):x}"}
        for i in range(count)
    ]


def test_a_run_that_fails_midway_leaves_the_old_output(
    tmp_path: Path, tiny_models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "CHUNK", 50)
    source, out = tmp_path / "in.jsonl.gz", tmp_path / "out.csv"
    packed = gzip.compress(json_lines(noise(3000)))
    source.write_bytes(packed[: len(packed) * 3 // 4])
    out.write_text("old")
    done: list[float] = []
    with pytest.raises(Unreadable) as caught:
        classify_file(source, out, "archive", progress=lambda share, *_, **__: done.append(share))
    assert caught.value.fields["name"] == source.name
    assert done
    assert out.read_text() == "old"
    assert set(tmp_path.iterdir()) == {source, out}


@pytest.mark.parametrize("name", ["in.png", "in", "in.gz"])
def test_a_format_that_is_not_read(name: str, tmp_path: Path) -> None:
    (tmp_path / name).touch()
    with pytest.raises(OtherFormat) as caught:
        list(read_rows(tmp_path / name))
    assert caught.value.fields["name"] == name
    assert ".jsonl" in caught.value.fields["endings"]


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    for name in ("none.csv", "folder.csv"):
        with pytest.raises(Unreadable) as caught:
            open_reader(tmp_path / name)
        assert caught.value.fields == {"path": tmp_path / name}


def test_memory_does_not_grow_with_the_file(
    papers: Records, tmp_path: Path, tiny_models: Path
) -> None:
    # The peak of the process itself: that which getrusage gives counts its parent's too.
    program = (
        "import sys; from core.cli import main; code = main(sys.argv[1:]); "
        "print(next(x for x in open('/proc/self/status') if x.startswith('VmHWM')).split()[1]); "
        "sys.exit(code)"
    )
    peaks = []
    for count in (6_000, 36_000):
        long = [paper | {"abstract": paper["abstract"] * 20} for paper in papers]
        source = write(tmp_path / "in.jsonl", long * (count // len(papers)))
        done = subprocess.run(
            [sys.executable, "-c", program, "classify", source, "--out", tmp_path / "out.csv"],
            cwd=settings.ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        peaks.append(int(done.stdout))
    assert peaks[1] < 1.2 * peaks[0]
