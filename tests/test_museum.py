"""Bad uploads: each is read right or refused in a sentence, by the reader and by the page alike."""

import csv
import gzip
import io
import shutil
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.corpora import arxiv
from core.corpora.blocks import CorpusError
from core.files import readers
from core.files.compression import Unpacked
from core.files.limits import MOST_TIMES, UPLOADED, BatchError, Limits
from core.files.readers import Reader, read_rows
from core.files.records import Row, paper
from tests.visit import visit

TABLE = (
    "id,title,abstract\n"
    "a,Knots naïve,A knot in a loop.\n"
    "b,“Strings”,Open strings end on branes – déjà vu.\n"
)
READ = [
    ("a", "Knots naïve\nA knot in a loop.", ""),
    ("b", "“Strings”\nOpen strings end on branes – déjà vu.", ""),
]


def zeros() -> bytes:
    """A gigabyte of zeros, packed."""
    return gzip.compress(bytes(1 << 24)) * 64


def repeated() -> bytes:
    """A gigabyte of good rows, packed: no line of it is odd."""
    return gzip.compress(b"title,abstract\n") + gzip.compress(b"Knots,A knot.\n" * (1 << 20)) * 70


def zipped() -> bytes:
    """A ZIP archive with a good table."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("in.csv", TABLE)
    return out.getvalue()


HUGE = "id,title\na," + "x" * 50_000_000 + "\nb,Knots\n"
QUOTE = 'id,title,abstract\na,"Knots in loops,text\nb,Tori,holes\nc,"Quoted, title",loops\nd,Z,y\n'
LAST = 'id,title\na,Knots\nb,"Tori and\nholes\n'

Wanted = list[tuple[str, str, str]] | str
"""Identifier, text and note of each row, or how the sentence begins that refuses the file."""

MUSEUM: dict[str, tuple[str, bytes | Callable[[], bytes], Wanted]] = {
    "utf-8": ("in.csv", TABLE.encode(), READ),
    "bom": ("in.csv", b"\xef\xbb\xbf" + TABLE.encode(), READ),
    "utf-16": ("in.csv", TABLE.encode("utf-16"), READ),
    "utf-16-be": ("in.csv", b"\xfe\xff" + TABLE.encode("utf-16-be"), READ),
    "utf-16 without a mark": ("in.csv", TABLE.encode("utf-16-le"), READ),
    "utf-16 json": ("in.jsonl", '{"id": "a", "title": "é"}\n'.encode("utf-16"), [("a", "é", "")]),
    "windows": ("in.csv", TABLE.encode("cp1252"), READ),
    "latin-1": (
        "in.csv",
        TABLE.replace("“", "").replace("”", "").replace(" –", ",").encode("latin-1")
        .replace(b"branes, d\xe9j\xe0", b'branes; d\xe9j\xe0'),
        [READ[0], ("b", "Strings\nOpen strings end on branes; déjà vu.", "")],
    ),
    "one stray byte": (
        "in.csv", TABLE.encode() + b"c,Caf\xe9,Tori\n", [*READ, ("c", "Café\nTori", "")],
    ),
    "semicolons": (
        "in.csv", b"id;title;abstract\na;Knots, tied;x\n", [("a", "Knots, tied\nx", "")],
    ),
    "tabs in .csv": ("in.csv", b"id\ttitle\na\tKnots, tied\n", [("a", "Knots, tied", "")]),
    "commas in .tsv": ("in.tsv", b"id,title\na,Knots\n", [("a", "Knots", "")]),
    "capitals": ("in.csv", b"ID,TITLE,Abstract\na,Knots,x\n", [("a", "Knots\nx", "")]),
    "old mac": ("in.csv", b"id,title\ra,Knots\rb,Tori\r", [("a", "Knots", ""), ("b", "Tori", "")]),
    "ragged": (
        "in.csv",
        b"id,title,abstract\na,Knots\nb,1,2,3\nc,Tori,x\n",
        [("a", "Knots", ""), ("2", "", "row 2 has 4 cells, the header 3"), ("c", "Tori\nx", "")],
    ),
    "nuls": ("in.csv", b"id,title\na,Kn\0ots\n", [("a", "Knots", "")]),
    "duplicate headers": ("in.csv", b"id,title,title\na,Knots,Tori\n", [("a", "Knots", "")]),
    "formulas": ("in.csv", b'id,title\n=1+1,"=HYPERLINK(1)"\n', [("=1+1", "=HYPERLINK(1)", "")]),
    "quote": (
        "in.csv",
        QUOTE.encode(),
        [
            ("1", "", "row 1 has a quote that is not closed"),
            ("b", "Tori\nholes", ""),
            ("c", "Quoted, title\nloops", ""),
            ("d", "Z\ny", ""),
        ],
    ),
    "quote at the end": (
        "in.csv",
        LAST.encode(),
        [
            ("a", "Knots", ""),
            ("2", "", "row 2 has a quote that is not closed"),
            ("holes", "", "row 3 has neither a title nor an abstract"),
        ],
    ),
    "huge cell": (
        "in.csv",
        HUGE.encode(),
        [("1", "", "row 1 is longer than 4,000,000 characters"), ("b", "Knots", "")],
    ),
    "long cell": (
        "in.csv",
        b"id,title\na," + b"x" * 1_000_001 + b"\nb,Knots\n",
        [("1", "", "row 1 has a cell of more than 1,000,000 characters"), ("b", "Knots", "")],
    ),
    "huge json": (
        "in.jsonl",
        b'{"title": "' + b"x" * 50_000_000 + b'"}\n{"id": "b", "title": "Knots"}\n',
        [("1", "", "line 1 is longer than 4,000,000 characters"), ("b", "Knots", "")],
    ),
    "gzip by another name": ("in.csv", gzip.compress(TABLE.encode()), READ),
    "header only": ("in.csv", b"title,abstract\n", "in.csv is empty: it holds no rows."),
    "empty": ("in.csv", b"", "in.csv is empty: it holds no rows."),
    "blank": ("in.csv", b"\n \n\n", "in.csv is empty: it holds no rows."),
    "zip": ("in.csv", zipped, "in.csv is a ZIP archive; unpack it first."),
    "picture": ("in.csv", b"\x89PNG\r\n\x1a\n" + bytes(99), "in.csv is a PNG image."),
    "noise": ("in.csv", bytes(range(256)) * 9, "in.csv has no column title"),
    "zeros": ("in.csv.gz", zeros, "in.csv.gz holds bytes that are no text."),
    "bomb": ("in.csv.gz", repeated, "in.csv.gz holds more than 200,000 rows"),
    "100,000 columns": (
        "in.csv",
        ",".join(f"title{i}" for i in range(100_000)).encode() + b"\n1\n",
        "in.csv has more than 1,000 columns",
    ),
    "1,001 columns": (
        "in.csv",
        ",".join(f"c{i}" for i in range(1_001)).encode() + b"\n1\n",
        "in.csv has more than 1,000 columns",
    ),
}  # fmt: skip


def piece(name: str) -> tuple[str, bytes, Wanted]:
    """A file's name, its bytes, and what is read or said; large ones are made when asked for."""
    file, content, wanted = MUSEUM[name]
    return file, content() if callable(content) else content, wanted


@pytest.fixture(params=MUSEUM)
def exhibit(request: pytest.FixtureRequest) -> tuple[str, bytes, Wanted]:
    """A piece of the museum."""
    return piece(request.param)


def test_the_reader_reads_it_right_or_says_why(
    exhibit: tuple[str, bytes, Wanted], tmp_path: Path
) -> None:
    name, content, wanted = exhibit
    path = tmp_path / name
    path.write_bytes(content)
    if isinstance(wanted, str):
        with pytest.raises(BatchError) as caught:
            for _ in read_rows(path, limits=UPLOADED):
                pass
        assert str(caught.value).startswith(wanted)
        assert len(str(caught.value)) < 800
    else:
        found = [(row.id, row.text.strip(), row.note) for row in read_rows(path)]
        assert found == wanted


SHOWN = ("utf-16", "quote", "zip", "ragged")
"""One of each fate. The page shows what the reader gives, which is tested above for all."""


def test_the_page_does_the_same_and_goes_on(tiny_models: Path) -> None:
    app = visit("classify", {"kind": "Many at once"})
    for number, (name, content, wanted) in enumerate(map(piece, SHOWN)):
        app.file_uploader[0].set_value((name, content, "text/csv")).run()
        if not app.error:
            app.button(key="many-start").click().run()
            deadline = time.monotonic() + 60
            while any(button.key == "many-cancel" for button in app.button):
                assert time.monotonic() < deadline
                app.run()
        assert not app.exception, name
        said = " ".join(error.value for error in app.error).replace("\\", "")
        if isinstance(wanted, str):
            assert wanted.rstrip(".") in said, number
        else:
            assert not said, number
            shown = app.dataframe[1].value
            assert shown["note"].tolist()[: len(wanted)] == [
                note or shown["note"][i] for i, (_, _, note) in enumerate(wanted)
            ]
            assert [cell.split() for cell in shown["text"]] == [
                text[:300].split() for _, text, _ in wanted
            ]


def test_what_a_packed_file_holds_is_counted_as_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "ALWAYS", 1 << 20)
    path = tmp_path / "in.csv.gz"
    path.write_bytes(gzip.compress(b"title\n" + (b"x" * 1_199 + b"\n") * 30_000, 9))
    assert path.stat().st_size * MOST_TIMES < 1_200 * 30_000
    count = 0
    with pytest.raises(BatchError, match=r"is refused: it holds more than .* MB once unpacked"):
        for _ in read_rows(path):
            count += 1
    assert 800 < count < 30_000


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (Limits(rows=2, size=1000, unpacked=1000), "holds more than 2 rows"),
        (Limits(rows=9, size=20, unpacked=1000), "is refused: it has more than"),
        (Limits(rows=9, size=1000, unpacked=20), "is refused: it holds more than"),
    ],
)
def test_limits_hold_for_every_kind(limits: Limits, said: str, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("title\nKnots\nTori\nLoops\n")
    (tmp_path / "in.jsonl").write_text('{"title": "Knots"}\n' * 3)
    for name in ("in.csv", "in.jsonl"):
        with pytest.raises(BatchError, match=said):
            list(Reader(tmp_path / name, limits=limits))


def test_a_parquet_file_keeps_to_the_limits(tmp_path: Path) -> None:
    path = tmp_path / "in.parquet"
    pq.write_table(pa.table({"title": ["Knots", "x" * 1_000_001, "Tori"]}), path)
    found = list(read_rows(path))
    assert [row.text for row in found] == ["Knots\n", "", "Tori\n"]
    assert found[1].note == "row 2 has a cell of more than 1,000,000 characters"
    with pytest.raises(BatchError, match="holds more than 2 rows"):
        list(Reader(path, limits=Limits(2, 1 << 30, 1 << 30)))
    with pytest.raises(BatchError, match="is refused: it holds more than 0 MB unpacked"):
        Reader(path, limits=Limits(9, 1 << 30, 100_000))


def test_columns_may_be_named(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("No,Heading,Summary,title\n7,Knots,A loop.,wrong\n")
    (tmp_path / "in.jsonl").write_text('{"No": 7, "Heading": "Knots", "Summary": "A loop."}\n')
    pq.write_table(
        pa.table({"No": [7], "Heading": ["Knots"], "Summary": ["A loop."]}),
        tmp_path / "in.parquet",
    )
    columns = {"id": "no", "title": "Heading", "abstract": "Summary"}
    for name in ("in.csv", "in.jsonl", "in.parquet"):
        found = list(read_rows(tmp_path / name, columns=columns))
        assert found == [Row("7", "Knots\nA loop.")]
        with pytest.raises(BatchError, match=f"{name} has no column 'Titel'; its columns are 'No'"):
            list(read_rows(tmp_path / name, columns={"title": "Titel"}))
    found = list(read_rows(tmp_path / "in.csv", columns={"title": "", "abstract": "Summary"}))
    assert [row.text for row in found] == ["\nA loop."]
    same = {"title": "Heading", "abstract": "Heading"}
    assert [r.text for r in read_rows(tmp_path / "in.csv", columns=same)] == ["Knots\nKnots"]


CELLS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30)


@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=8), st.sampled_from(",;\t|"))
@settings(max_examples=200)
def test_what_a_writer_quotes_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, cells: list[tuple[str, str]], delimiter: str
) -> None:
    path = tmp_path_factory.mktemp("csv") / "in.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter, quoting=csv.QUOTE_ALL)
        writer.writerows([("id", "title", "abstract"), *((i, *c) for i, c in enumerate(cells))])
    found = list(read_rows(path))
    assert [row.id for row in found] == [str(i) for i in range(len(cells))]
    for row, (title, abstract) in zip(found, cells, strict=True):
        blank = not (title.strip() or abstract.strip())
        assert row == paper({"id": row.id, "title": title, "abstract": abstract}, int(row.id) + 1)
        assert bool(row.note) == blank


@given(st.binary(max_size=300), st.sampled_from(["in.csv", "in.tsv", "in.jsonl", "in.parquet"]))
@settings(max_examples=300)
def test_any_bytes_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, name: str
) -> None:
    path = tmp_path_factory.mktemp("any") / name
    for start in (b"", b"title,abstract\n", b'{"title": "x"}\n'):
        path.write_bytes(start + content)
        try:
            for row in read_rows(path):
                row.text.encode()
                row.id.encode()
        except BatchError as refused:
            assert str(refused).startswith(name)


def test_every_row_of_a_broken_table_is_answered(tmp_path: Path) -> None:
    lines = [f'{i},"Knots {i}",A loop.' for i in range(3000)]
    for broken in (5, 1500, 2999):
        lines[broken] = f'{broken},"Knots,A loop.'
    (tmp_path / "in.csv").write_text("id,title,abstract\n" + "\n".join(lines) + "\n")
    found = list(read_rows(tmp_path / "in.csv"))
    assert len(found) == 3000
    assert [row.id for row in found if row.note] == ["6", "1501", "3000"]


# Previews.

UNREADABLE = {
    "quotes that open": ("in.csv", "title,abstract\n", '"a","b\n'),
    "quotes that open again": ("in.csv", "title,abstract\n", 'ab","d\n'),
    "a cell too many": ("in.csv", "title,abstract\n", "a,b,c\n"),
    "blank rows": ("in.csv", "title,abstract\n", "\n"),
    "no objects": ("in.jsonl", "", "1\n"),
    "blank lines": ("in.jsonl", "1\n", "\n"),
    "one long line": ("in.jsonl", "1\n", "[1,"),
}


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "packed"])
@pytest.mark.parametrize("name", UNREADABLE)
def test_a_preview_reads_no_further_than_is_said(
    name: str, packed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ending, start, line = UNREADABLE[name]
    monkeypatch.setattr(readers, "PREVIEW_BYTES", 1 << 20)
    content = (start + line * (3_000_000 // len(line))).encode()
    path = tmp_path / (f"{ending}.gz" if packed else ending)
    path.write_bytes(gzip.compress(content) if packed else content)
    given = []
    tried = []

    class Counted(Unpacked):
        def readinto(self, buffer: memoryview) -> int:
            given.append(super().readinto(buffer))
            return given[-1]

    reader = Reader(path)
    records = reader._records
    monkeypatch.setattr(readers, "Unpacked", Counted)
    monkeypatch.setattr(
        reader, "_records", lambda whole: (tried.append(1) or row for row in records(whole))
    )
    assert reader.head(5) == []
    assert 0 < sum(given) <= 1 << 20
    assert len(tried) <= readers.PREVIEW_ROWS


def test_a_preview_passes_bad_rows_and_long_files_still_tell_what_they_are(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("title,abstract\n" + "a,b,c\n" * 900 + "Knots,A loop.\n" * 9)
    assert Reader(path).head(2) == [{"title": "Knots", "abstract": "A loop."}] * 2
    path = tmp_path / "in.jsonl"
    path.write_text("1\n" * 500)
    with pytest.raises(BatchError, match="holds no JSON objects"):
        Reader(path).head(5)


def test_a_preview_of_parquet_takes_a_few_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "in.parquet"
    pq.write_table(pa.table({"title": ["x" * 10_000] * 3_000}), path)
    taken = []
    values = readers._values
    monkeypatch.setattr(
        readers, "_values", lambda column: taken.append(len(column)) or values(column)
    )
    assert len(Reader(path).head(5)) == 5
    assert sum(taken) == readers.PREVIEW_BATCH


# Lines before the header.


def test_lines_before_the_header_are_passed_and_told(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("# My papers, of May\nsep=;\n\nid;title;Summary\na;Knots;x\n")
    reader = Reader(path)
    assert (reader.layout.skipped_lines, reader.layout.delimiter) == (2, ";")
    assert reader.layout.columns == ("id", "title", "Summary")
    assert list(reader) == [Row("a", "Knots\n")]
    assert reader.head(5) == [{"id": "a", "title": "Knots", "Summary": "x"}]
    path.write_text("# My papers\nNo,Heading\n7,Knots\n")
    assert Reader(path).layout.columns == ("# My papers",)
    reader = Reader(path, columns={"title": "heading"})
    assert (reader.layout.skipped_lines, list(reader)) == (1, [Row("1", "Knots\n")])


# Files of other hands.

FILES = Path(__file__).parent / "files"


def test_rows_that_are_short_are_papers_for_every_reader() -> None:
    assert [row.note for row in read_rows(FILES / "short.csv")] == [""] * 5
    corpus = arxiv.read(FILES / "short.csv")
    assert (len(corpus.papers), corpus.damaged_count) == (5, 0)


def test_ndjson_is_json_lines_for_every_reader(tmp_path: Path) -> None:
    shutil.copy(FILES / "papers.ndjson", tmp_path)
    ids = ["2101.00000", "2101.00001", "2101.00002"]
    assert [row.id for row in read_rows(tmp_path) if not row.note] == ids
    assert arxiv.read(tmp_path).papers["id"].tolist() == ids


def test_parquet_whose_count_of_rows_is_wrong_is_read() -> None:
    reader = Reader(FILES / "repeated_no_annotation.parquet", columns={"title": "id"})
    assert [row.text for row in reader] == [f"{number}\n" for number in range(1, 7)]
    assert len(Reader(reader.path).head(9)) == 6
    with pytest.raises(BatchError, match="no column title"):
        list(read_rows(reader.path))


def test_parquet_that_unfolds_is_refused_before_it_does() -> None:
    path = FILES / "large_string_map.brotli.parquet"
    before = pa.default_memory_pool().bytes_allocated()
    with pytest.raises(BatchError, match="is refused: it holds more than"):
        Reader(path)
    for read in (lambda: arxiv.read(path, ("arr",)), lambda: list(arxiv.blocks(path, ("arr",)))):
        with pytest.raises(CorpusError, match="is refused: it holds more than"):
            read()
    assert pa.default_memory_pool().bytes_allocated() - before < 1 << 20


def test_a_damaged_page_of_parquet_is_told() -> None:
    path = FILES / "datapage_v1-corrupt-checksum.parquet"
    with pytest.raises(BatchError, match=r"damaged.*CRC"):
        Reader(path).head(5)
    with pytest.raises(BatchError, match=r"damaged.*CRC"):
        list(read_rows(path, columns={"title": "a"}))
    with pytest.raises(CorpusError, match=r"damaged.*CRC"):
        arxiv.read(path, ("a",))


def test_damage_of_a_column_that_is_not_read_does_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "in.parquet"
    columns = {"title": ["Knots"] * 9, "other": ["harmless"] * 9}
    pq.write_table(
        pa.table(columns),
        path,
        compression="none",
        use_dictionary=False,
        write_page_checksum=True,
        write_statistics=False,
    )
    path.write_bytes(path.read_bytes().replace(b"harmless", b"harmfull", 1))
    assert [row.text for row in read_rows(path)] == ["Knots\n"] * 9
    assert len(arxiv.read(path, ("title",)).papers) == 9
    with pytest.raises(CorpusError, match="CRC"):
        arxiv.read(path, ("title", "other"))
