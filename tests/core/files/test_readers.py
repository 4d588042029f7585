"""Readers of every format: limits, previews, columns, the header, encodings, damage."""

import csv
import gzip
import shutil
from itertools import count
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.corpora import arxiv, arxiv_tables
from core.corpora.blocks import CorpusError, DamagedCorpus
from core.files import base, limits, parquet_reader, text_reader
from core.files.compression import Unpacked
from core.files.encoding import SAMPLE, detect_encoding
from core.files.errors import (
    BatchError,
    MissingColumn,
    NoDataFiles,
    NoHeader,
    OtherFormat,
    SizeLimitExceeded,
    TooLarge,
    Unreadable,
)
from core.files.formats import FORMATS, data_files
from core.files.limits import MAX_COMPRESSION_RATIO, Limits
from core.files.readers import open_reader
from core.files.records import Row, RowReader, paper, read_rows

FILES = Path(__file__).parents[2] / "files"


# Limits.


def test_what_a_packed_file_holds_is_counted_as_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base, "MIN_UNPACKED_ALLOWANCE", 1 << 20)
    path = tmp_path / "in.csv.gz"
    path.write_bytes(gzip.compress(b"title\n" + (b"x" * 1_199 + b"\n") * 30_000, 9))
    assert path.stat().st_size * MAX_COMPRESSION_RATIO < 1_200 * 30_000
    read = count()
    with pytest.raises(TooLarge) as caught:
        for _ in read_rows(path):
            next(read)
    assert isinstance(caught.value.fields["reason"], SizeLimitExceeded)
    assert 800 < next(read) < 30_000


@pytest.mark.parametrize(
    ("allowed", "most", "rows"),
    [
        (Limits(rows=2, size=10_000, unpacked=10_000), 2, 2),
        (Limits(rows=9, size=20, unpacked=10_000), 20 / 1e6, 0),
        (Limits(rows=9, size=10_000, unpacked=20), 20 / 1e6, 0),
    ],
)
@pytest.mark.parametrize("name", ["in.csv", "in.jsonl", "in.parquet"])
def test_limits_hold_for_every_kind(
    name: str, allowed: Limits, most: float, rows: int, tmp_path: Path
) -> None:
    path = tmp_path / name
    if name == "in.csv":
        path.write_text("title\nKnots\nTori\nLoops\n")
    elif name == "in.jsonl":
        path.write_text('{"title": "Knots"}\n' * 3)
    else:
        pq.write_table(pa.table({"title": ["Knots"] * 3}), path)
    read = []
    with pytest.raises(TooLarge) as caught:
        for row in RowReader(path, limits=allowed):
            read.append(row)
    fields = caught.value.fields
    assert fields.get("most") == most or fields["reason"].fields["most"] == most
    assert len(read) == rows


# Columns.


def test_columns_may_be_named(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("No,Heading,Summary,title,\n7,Knots,A loop.,wrong,odd\n")
    (tmp_path / "in.jsonl").write_text('{"No": 7, "Heading": "Knots", "Summary": "A loop."}\n')
    table = pa.table({"No": [7], "Heading": ["Knots"], "Summary": ["A loop."]})
    pq.write_table(table, tmp_path / "in.parquet")
    columns = {"id": "no", "title": "Heading", "abstract": "Summary"}
    for name in ("in.csv", "in.jsonl", "in.parquet"):
        assert list(read_rows(tmp_path / name, columns=columns)) == [Row("7", "Knots\nA loop.")]
        with pytest.raises(MissingColumn) as caught:
            list(read_rows(tmp_path / name, columns={"title": "Titel"}))
        assert caught.value.fields["column"] == "Titel"
        assert caught.value.fields["shown"].startswith("'No'")
    for columns, text in (
        ({"title": "", "abstract": "Summary"}, "\nA loop."),
        ({"title": "Heading", "abstract": "Heading"}, "Knots\nKnots"),
    ):
        assert [row.text for row in read_rows(tmp_path / "in.csv", columns=columns)] == [text]


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
    assert list(read_rows(path)) == [
        paper({"id": str(i), "title": title, "abstract": abstract}, i + 1)
        for i, (title, abstract) in enumerate(cells)
    ]


@given(st.binary(max_size=300), st.sampled_from([f"in{ending}" for ending in FORMATS]))
@settings(max_examples=400)
def test_any_bytes_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, name: str
) -> None:
    path = tmp_path_factory.mktemp("any") / name
    for start in (
        b"",
        b"title,abstract\n",
        b'{"title": "x"}\n',
        b"[",
        b"@a{b, ",
        b"TY  - \nTI  - ",
    ):
        path.write_bytes(start + content)
        try:
            for row in read_rows(path):
                row.text.encode()
                row.id.encode()
        except BatchError as refused:
            assert refused.fields["name"] == name


def test_every_row_of_a_broken_table_is_answered(tmp_path: Path) -> None:
    lines = [f'{i},"Knots {i}",A loop.' for i in range(3000)]
    for broken in (5, 1500, 2999):
        lines[broken] = f'{broken},"Knots,A loop.'
    (tmp_path / "in.csv").write_text("id,title,abstract\n" + "\n".join(lines) + "\n")
    rows = list(read_rows(tmp_path / "in.csv"))
    assert len(rows) == 3000
    assert [row.id for row in rows if row.note] == ["6", "1501", "3000"]


def test_an_error_can_be_given_under_another_name(tmp_path: Path) -> None:
    (tmp_path / "upload.csv").write_text("x,y\n1,2\n")
    with pytest.raises(MissingColumn) as caught:
        list(read_rows(tmp_path / "upload.csv"))
    renamed = caught.value.renamed("mine.csv")
    assert type(renamed) is MissingColumn
    assert renamed.fields == caught.value.fields | {"name": "mine.csv"}
    assert str(renamed) == str(caught.value).replace("upload.csv", "mine.csv")


# Encodings.

WESTERN = (
    "id,title\n0,$\\alpha_{1}^{2}$-decay {\\bf x} \\frac{a}{b}\n1,Schrödinger – “naïve”\n"
    "2,Señor Núñez à Évian\n3,Ångström, 3 µm ± 2°\n"
)
CHINESE = "编号,标题,摘要\n1,图神经网络,本文研究论文的分类。\n2,量子纠缠,我们研究二维系统。\n"
RUSSIAN = "id,title\n1,Мы изучаем узлы и петли в трёхмерном пространстве\n"
JAPANESE = "id,title\n1,論文の分類について,本研究では論文の分類を行う手法を提案する。\n"


@pytest.mark.parametrize(
    ("text", "encoding", "detected"),
    [
        (WESTERN, "utf-8", "utf-8-sig"),
        (WESTERN, "utf-8-sig", "utf-8-sig"),
        (WESTERN, "utf-16", "utf-16"),
        (WESTERN, "utf-16-le", "utf-16-le"),
        (WESTERN, "utf-16-be", "utf-16-be"),
        (WESTERN, "cp1252", "cp1252"),
        (CHINESE, "gb18030", "gb18030"),
        (CHINESE, "gbk", "gb18030"),
        (CHINESE, "utf-8", "utf-8-sig"),
        (CHINESE, "utf-16", "utf-16"),
        (RUSSIAN, "cp1251", "cp1251"),
        (JAPANESE, "cp932", "cp932"),
        ("plain words\n", "ascii", "utf-8-sig"),
        ("", "ascii", "utf-8-sig"),
    ],
)
@pytest.mark.parametrize("times", [1, 2_000], ids=["short", "long"])
def test_encodings(text: str, encoding: str, detected: str, times: int) -> None:
    # The sample of a long file ends anywhere, within a character too.
    start = (text * times).encode(encoding)[: text_reader.START]
    assert detect_encoding(start) == detected
    assert start.decode(detected, "ignore")[:10] == text[:10]


@pytest.mark.parametrize(
    "word", ["Núñez", "Müller", "“a”", "x – y", "10 µm ± 3°C", "© 2020", "Åse"]
)
def test_a_few_accents_are_not_taken_for_another_script(word: str) -> None:
    assert detect_encoding(f"id,title\n1,{word} and so on\n".encode("cp1252")) == "cp1252"


def test_stray_bytes_do_not_make_another_encoding() -> None:
    assert detect_encoding("naïve “words”\n".encode() + b"Caf\xe9\n") == "utf-8-sig"


def test_only_a_sample_is_guessed_from(monkeypatch: pytest.MonkeyPatch) -> None:
    import charset_normalizer

    sizes = []
    real = charset_normalizer.from_bytes

    def counted(sample: bytes, **options: Any) -> Any:
        sizes.append(len(sample))
        return real(sample, **options)

    monkeypatch.setattr(charset_normalizer, "from_bytes", counted)
    assert detect_encoding((CHINESE * 9_000).encode("gb18030")) == "gb18030"
    assert 0 < max(sizes) <= SAMPLE


# Previews.

BAD = {
    "quotes that open": ("in.csv", "title,abstract\n", '"a","b\n'),
    "quotes that open again": ("in.csv", "title,abstract\n", 'ab","d\n'),
    "a cell too many": ("in.csv", "title,abstract\n", "a,b,c\n"),
    "blank rows": ("in.csv", "title,abstract\n", "\n"),
    "no objects": ("in.jsonl", "", "1\n"),
    "blank lines": ("in.jsonl", "1\n", "\n"),
    "one long line": ("in.jsonl", "1\n", "[1,"),
}


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "packed"])
@pytest.mark.parametrize("name", BAD)
def test_a_preview_reads_no_further_than_its_limits(
    name: str, packed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ending, start, line = BAD[name]
    monkeypatch.setattr(base, "PREVIEW_BYTES", 1 << 20)
    content = (start + line * (3_000_000 // len(line))).encode()
    path = tmp_path / (f"{ending}.gz" if packed else ending)
    path.write_bytes(gzip.compress(content) if packed else content)
    given, tried = [], []

    class Counted(Unpacked):
        def readinto(self, buffer: memoryview) -> int:
            given.append(super().readinto(buffer))
            return given[-1]

    reader = open_reader(path)
    read = reader._read
    monkeypatch.setattr(text_reader, "Unpacked", Counted)
    monkeypatch.setattr(reader, "_read", lambda *a: (tried.append(1) or row for row in read(*a)))
    assert reader.head(5) == []
    assert 0 < sum(given) <= 1 << 20
    assert len(tried) <= base.PREVIEW_ROWS


def test_a_preview_passes_bad_rows(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("title,abstract\n" + "a,b,c\n" * 900 + "Knots,A loop.\n" * 9)
    assert open_reader(path).head(2) == [{"title": "Knots", "abstract": "A loop."}] * 2
    path = tmp_path / "in.jsonl"
    path.write_text("1\n" * 500)
    with pytest.raises(OtherFormat):
        open_reader(path).head(5)


def test_a_preview_of_parquet_takes_a_few_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "in.parquet"
    pq.write_table(pa.table({"title": ["x" * 10_000] * 3_000}), path)
    taken = []
    values = parquet_reader._values
    monkeypatch.setattr(
        parquet_reader, "_values", lambda column: taken.append(len(column)) or values(column)
    )
    assert len(open_reader(path).head(5)) == 5
    assert sum(taken) == parquet_reader.PREVIEW_BATCH


# The header of a table.


def test_lines_before_the_header_are_skipped_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("# My papers, of May\nsep=;\n\nid;title;Summary\na;Knots;x\n")
    rows = RowReader(path)
    layout = rows.file.layout
    assert (layout.skipped_lines, layout.delimiter) == (2, ";")
    assert layout.columns == ("id", "title", "Summary")
    assert list(rows) == [Row("a", "Knots\nx")]
    assert rows.file.head(5) == [{"id": "a", "title": "Knots", "Summary": "x"}]
    assert arxiv_tables.skipped_lines(path) == 2
    path.write_text("# My papers\nNo,Overskrift\n7,Knots\n")
    assert RowReader(path).file.layout.columns == ("# My papers",)
    rows = RowReader(path, columns={"title": "overskrift"})
    assert (rows.file.layout.skipped_lines, list(rows)) == (1, [Row("1", "Knots\n")])


@pytest.mark.parametrize("header", ['id,"title\n', "x" * 300 + "\n"], ids=["open", "long"])
def test_a_header_that_cannot_be_read(
    header: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.files.delimited.MAX_LINE_LENGTH", 200)
    (tmp_path / "in.csv").write_text(header + "1,b\n")
    with pytest.raises(NoHeader):
        open_reader(tmp_path / "in.csv")


# Which files.


def test_data_files_of_a_path(tmp_path: Path) -> None:
    with pytest.raises(NoDataFiles) as caught:
        data_files(tmp_path)
    assert caught.value.fields["path"] == tmp_path
    for name in ("b.csv", "A.JSONL.zst", "notes.md", "c.txt", "notes.csv.bak", "_d.csv", ".e.csv"):
        (tmp_path / name).touch()
    (tmp_path / "folder.csv").mkdir()
    assert [path.name for path in data_files(tmp_path)] == ["A.JSONL.zst", "b.csv"]
    assert data_files(tmp_path / "notes.md") == [tmp_path / "notes.md"]


def test_ndjson_is_json_lines_for_every_reader(tmp_path: Path) -> None:
    shutil.copy(FILES / "papers.ndjson", tmp_path)
    ids = ["2101.00000", "2101.00001", "2101.00002"]
    assert [row.id for row in read_rows(tmp_path) if not row.note] == ids
    assert arxiv.read(tmp_path).papers["id"].tolist() == ids


def test_rows_that_are_short_are_papers_for_every_reader() -> None:
    assert [row.note for row in read_rows(FILES / "short.csv")] == [""] * 5
    assert len(arxiv.read(FILES / "short.csv").papers) == 5


# Parquet.


def test_a_long_cell_of_parquet_costs_its_row(tmp_path: Path) -> None:
    path = tmp_path / "in.parquet"
    pq.write_table(pa.table({"title": ["Knots", "x" * (limits.MAX_CELL_LENGTH + 1), "Tori"]}), path)
    rows = list(read_rows(path))
    assert [row.text for row in rows] == ["Knots\n", "", "Tori\n"]
    assert rows[1].note.fields == {"number": 2, "most": limits.MAX_CELL_LENGTH}


def test_parquet_whose_count_of_rows_is_wrong_is_read() -> None:
    rows = RowReader(FILES / "repeated_no_annotation.parquet", columns={"title": "id"})
    assert [row.id for row in rows] == ["1", "2", "3", "4", "5", "6"]
    assert len(rows.file.head(9)) == 6
    with pytest.raises(MissingColumn):
        list(read_rows(rows.file.path))


def test_parquet_that_unfolds_is_refused_before_it_does() -> None:
    path = FILES / "large_string_map.brotli.parquet"
    before = pa.default_memory_pool().bytes_allocated()
    with pytest.raises(TooLarge):
        open_reader(path)
    for read in (lambda: arxiv.read(path, ("arr",)), lambda: list(arxiv.blocks(path, ("arr",)))):
        with pytest.raises(CorpusError) as caught:
            read()
        assert isinstance(caught.value.__cause__, TooLarge)
        assert caught.value.fields["name"] == path
    assert pa.default_memory_pool().bytes_allocated() - before < 1 << 20


def test_a_damaged_page_of_parquet_is_told() -> None:
    path = FILES / "datapage_v1-corrupt-checksum.parquet"
    for read in (
        lambda: open_reader(path).head(5),
        lambda: list(read_rows(path, columns={"title": "a"})),
        lambda: arxiv.read(path, ("a",)),
    ):
        with pytest.raises((Unreadable, DamagedCorpus)) as caught:
            read()
        assert "CRC" in caught.value.fields["reason"]


def test_damage_of_a_column_that_is_not_read_does_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "in.parquet"
    pq.write_table(
        pa.table({"title": ["Knots"] * 9, "other": ["harmless"] * 9}),
        path,
        compression="none",
        use_dictionary=False,
        write_page_checksum=True,
        write_statistics=False,
    )
    path.write_bytes(path.read_bytes().replace(b"harmless", b"harmfull", 1))
    assert [row.text for row in read_rows(path)] == ["Knots\n"] * 9
    assert len(arxiv.read(path, ("title",)).papers) == 9
    with pytest.raises(DamagedCorpus):
        arxiv.read(path, ("title", "other"))
