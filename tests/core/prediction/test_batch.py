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
from core.files import writers
from core.files.errors import BatchError
from core.files.records import Row, RowReader, read_rows
from core.prediction import batch
from core.prediction.batch import ProcessExecutor, classify_file, score_rows
from core.text import documents

Records = list[dict[str, Any]]
NAMES = ("id", "title", "abstract", "categories")


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
    if path.suffix == ".gz":
        content = gzip.compress(content)
    if path.suffix == ".zst":
        content = zstandard.compress(content)
    path.write_bytes(content)
    return path


def answers(path: Path) -> Records:
    """Read an output file back, the scores as objects with their labels in order."""
    if path.suffix == ".parquet":
        found = pq.read_table(path)
        assert found.column_names == list(writers.COLUMNS)
        rows = found.to_pylist()
    elif path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            assert reader.fieldnames == list(writers.COLUMNS)
            rows = list(reader)
    else:
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        assert all(list(row) == list(writers.COLUMNS) for row in rows)
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
    papers[5] |= {"title": "", "abstract": " "}
    papers[6] |= {"title": "Qqq", "abstract": "zzz"}
    summary = classify_file(write(tmp_path / "in.jsonl", papers), tmp_path / name, "archive")
    assert (summary.rows, summary.noted) == (30, 2)
    rows = answers(tmp_path / name)
    assert [row["id"] for row in rows] == [paper["id"] for paper in papers]
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


def test_bad_rows_of_json_are_noted_in_their_place(tmp_path: Path, tiny_models: Path) -> None:
    lines = [
        b'\xef\xbb\xbf{"id": "a", "title": "Knots", "abstract": "A knot in a loop."}',
        b"{not json",
        b"[1, 2]",
        b"",
        b'{"id": 5, "title": null, "abstract": NaN}',
        b'{"id": "f", "abstract": "Galaxies \xff"}',
        b'{"title": "Strings on branes"}',
        b'{"id": "h", "title": ["Spiral"], "abstract": {"x": "galaxies"}}',
        b"[" * 100_000,
        b'{"id": "\\ud800x", "title": "Knots \\ud800 loops", "abstract": "\\u0000torus"}',
        b'{"id": null, "string": "We train a network."}',
        b'{"id": "", "text": "Solitons collide."}',
    ]
    path = tmp_path / "in.jsonl"
    path.write_bytes(b"\n".join(lines))
    for name in ("out.csv", "out.jsonl", "out.parquet"):
        summary = classify_file(path, tmp_path / name, "archive")
        rows = answers(tmp_path / name)
        assert [row["id"] for row in rows] == [
            "a",
            "2",
            "3",
            "5",
            "f",
            "7",
            "h",
            "9",
            "?x",
            "11",
            "12",
        ]
        noted = [row["id"] for row in rows if row["note"]]
        assert noted == ["2", "3", "5", "9"]
        assert summary.noted == 4
        for row in rows:
            assert bool(row["predicted"]) != bool(row["note"])
            assert bool(row["scores"]) != bool(row["note"])
    notes = {row["id"]: row["note"] for row in rows}
    assert notes["2"] == "line 2 is not valid JSON"
    assert notes["3"] == "line 3 is not a JSON object"
    assert notes["5"] == "row 5 has neither a title nor an abstract"


def test_ragged_csv_with_bom_and_nul_loses_no_row(tmp_path: Path, tiny_models: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_bytes(
        b"\xef\xbb\xbf\r\nID, Title ,abstract\r\n"
        b"a,Kn\x00ots,A knot in a loop\r\n"
        b"b,Spiral galaxies\r\n"
        b"c,one,two,three,four\r\n"
        b"\r\n"
        b"e\r\n"
        b'f,"Quoted, title","Solitons\ncollide"\r\n'
        b"g,\xff\xfe,Strings end on branes"
    )
    rows = list(read_rows(path))
    assert [row.id for row in rows] == ["a", "b", "3", "e", "f", "g"]
    assert rows[0].text == "Knots\nA knot in a loop"
    assert rows[1].text == "Spiral galaxies\n"
    assert rows[2].note == "row 3 has 5 cells, the header 3"
    assert rows[3].note == "row 5 has neither a title nor an abstract"
    assert rows[4].text == "Quoted, title\nSolitons\ncollide"
    assert rows[5].text.endswith("Strings end on branes")
    summary = classify_file(path, tmp_path / "out.csv", "archive")
    assert (summary.rows, summary.noted) == (6, 2)


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


def test_zst_of_several_frames_is_read_whole(papers: Records, tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl.zst"
    frames = [zstandard.compress(json_lines(papers[i : i + 10])) for i in (0, 10, 20)]
    path.write_bytes(b"".join(frames))
    assert len(list(read_rows(path))) == 30


def test_gz_of_several_members_is_read_whole(papers: Records, tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl.gz"
    path.write_bytes(b"".join(gzip.compress(json_lines(papers[i : i + 10])) for i in (0, 10, 20)))
    assert len(list(read_rows(path))) == 30


def test_hidden_characters_do_not_reach_the_model(tmp_path: Path) -> None:
    record = {"title": "Kn\u202eots\x07", "abstract": "\u2066lo\x00op\u2069\r\ntorus"}
    (tmp_path / "in.jsonl").write_bytes(json_lines([record]))
    assert [row.text for row in read_rows(tmp_path / "in.jsonl")] == ["Knots\nloop\ntorus"]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_formulas_are_neutralised_in_csv_alone(
    start: str, papers: Records, tmp_path: Path, tiny_models: Path
) -> None:
    papers[0]["id"] = f"{start}HYPERLINK(1)"
    source = write(tmp_path / "in.jsonl", papers[:2])
    classify_file(source, tmp_path / "out.csv", "archive")
    classify_file(source, tmp_path / "out.jsonl", "archive")
    assert [row["id"] for row in answers(tmp_path / "out.csv")] == [f"'{papers[0]['id']}", "p1"]
    assert answers(tmp_path / "out.jsonl")[0]["id"] == papers[0]["id"]


def test_unknown_words_are_noted(model: Any) -> None:
    texts = [
        Row("a", "\nzzz qqq"),
        Row("b", "\n量子"),
        Row("c", "\nzzz galaxies"),
        Row("d", "", note="bad"),
    ]
    found, scores = score_rows(model, texts)
    assert scores.shape == (4, len(model.labels))
    assert [r.id for r in found] == ["a", "b", "c", "d"]
    assert found[0].note == found[1].note == "no word of the text is known to the model"
    assert (found[0].predicted, found[0].scores) == ("", "{}")
    assert found[2].predicted.split()[0] == "astro-ph"
    assert (found[3].predicted, found[3].scores, found[3].note) == ("", "{}", "bad")


def test_workers_give_the_identical_file(
    papers: Records, tmp_path: Path, tiny_models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "CHUNK", 4)
    papers[7] |= {"title": "", "abstract": ""}
    source = write(tmp_path / "in.jsonl", papers)
    done: list[int] = []

    def progress(share: float, template: str, rows: int, rate: float) -> None:
        done.append(rows)

    for executor, name in ((None, "one.csv"), (ProcessExecutor(2), "two.csv")):
        classify_file(source, tmp_path / name, "archive", None, executor, progress)
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()
    assert done == [4, 8, 12, 16, 20, 24, 28, 30] * 2


def noise(count: int) -> Records:
    """Papers that do not compress, so that a cut file ends in the middle of them."""
    generator = random.Random(1)
    return [
        {"id": str(i), "title": "Knots", "abstract": f"{generator.getrandbits(2000):x}"}
        for i in range(count)
    ]


@pytest.mark.parametrize("packing", ["gz", "zst"])
@pytest.mark.parametrize("out", ["out.csv", "out.jsonl", "out.parquet"])
def test_a_run_that_fails_midway_leaves_the_old_output(
    packing: str,
    out: str,
    tmp_path: Path,
    tiny_models: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(batch, "CHUNK", 50)
    source = tmp_path / f"in.jsonl.{packing}"
    pack = {"gz": gzip.compress, "zst": zstandard.compress}[packing]
    packed = pack(json_lines(noise(6000)))
    source.write_bytes(packed[: len(packed) * 3 // 4])
    (tmp_path / out).write_text("old")
    done: list[float] = []
    with pytest.raises(BatchError, match=r"in\.jsonl\.(gz|zst) cannot be read"):
        classify_file(
            source, tmp_path / out, "archive", progress=lambda share, *_, **__: done.append(share)
        )
    assert done
    assert (tmp_path / out).read_text() == "old"
    assert {path.name for path in tmp_path.iterdir()} == {source.name, out}


def test_damaged_gz_is_a_batch_error(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(json_lines(noise(500))))
    packed[len(packed) // 2] ^= 0xFF
    packed[20] ^= 0xFF
    (tmp_path / "in.jsonl.gz").write_bytes(packed)
    with pytest.raises(BatchError, match="cannot be read"):
        list(read_rows(tmp_path / "in.jsonl.gz"))


def test_output_over_the_input_is_refused(
    papers: Records, tmp_path: Path, tiny_models: Path
) -> None:
    source = write(tmp_path / "in.csv", papers)
    before = source.read_bytes()
    with pytest.raises(BatchError, match="is the file to read"):
        classify_file(source, tmp_path / "." / "in.csv", "archive")
    assert source.read_bytes() == before


PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x1b[31m\x00\xff\xfe" * 40


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("in.csv", b"", "is empty"),
        ("in.tsv", b"\n\n", "is empty"),
        ("in.jsonl", b"", "is empty"),
        ("in.jsonl", b"\n\n", "holds no JSON objects|is empty"),
        ("in.parquet", b"", "is not a Parquet file"),
        ("in.csv", b"title,abstract\n", "is empty"),
        ("in.csv.gz", gzip.compress(b"title,abstract\n"), "is empty"),
        ("in.csv", PNG, "is a PNG image"),
        ("in.tsv", PNG, "is a PNG image"),
        ("in.jsonl", PNG, "is a PNG image"),
        ("in.parquet", PNG, "is not a Parquet file"),
        ("in.jsonl.gz", PNG, "is a PNG image"),
        ("in.jsonl.zst", PNG, "is a PNG image"),
        ("in.csv", b"name,words\nx,y\n", "no column title.*'name', 'words'"),
        ("in.csv", b"x" * 3_000_000 + b"\n1\n", "no column title"),
        ("in.png", PNG, r"should end in one of \.jsonl"),
        ("in", b"title\nx\n", "should end in"),
        ("in.gz", b"", "should end in"),
    ],
)
def test_hopeless_files_say_why(name: str, content: bytes, words: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BatchError, match=words) as caught:
        list(read_rows(tmp_path / name))
    assert name in str(caught.value)
    assert len(str(caught.value)) < 800
    assert "\x1b" not in str(caught.value)


def test_json_array_over_lines_keeps_its_objects(tmp_path: Path) -> None:
    (tmp_path / "in.json").write_text('[\n{"title": "Knots"}\n]\n')
    rows = list(read_rows(tmp_path / "in.json"))
    assert [(row.text, row.note) for row in rows] == [
        ("", "line 1 is not valid JSON"),
        ("Knots\n", ""),
        ("", "line 3 is not valid JSON"),
    ]


def test_missing_file_and_folder_say_so(tmp_path: Path) -> None:
    with pytest.raises(BatchError, match="There is no file"):
        list(read_rows(tmp_path / "none.csv"))
    for kind in ("csv", "jsonl.zst", "parquet"):
        folder = tmp_path / f"folder.{kind}"
        folder.mkdir()
        with pytest.raises(BatchError, match=r"is a folder|cannot be read"):
            list(read_rows(folder))


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
