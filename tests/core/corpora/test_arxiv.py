"""The arXiv loader: what it gives of good files, and what it says of bad ones."""

import gzip
import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import zstandard

from core.corpora import arxiv, blocks
from core.corpora.arxiv import Corpus
from core.corpora.blocks import CorpusError
from core.files.readers import LONGEST_CELL, Reader

WRITTEN = [
    ("0704.0297", "math.AT cs.CG", "Knots in a shoelace", "We untie them.\nThen we tie them."),
    ("0801.0010", "solv-int nlin.SI", 'A "quoted" title,\n with a comma', "Soliton\there."),
    ("math.AG/9103001", "math.AG", "Curves of café and naïveté", "Σ of x\\y, and 𝔸."),
    ("hep-th/0611012", "hep-th cs.IT math.IT", "Strings", "Short."),
    ("2401.00010", "cs.CL", "Words", "About words."),
    ("2401.12345v2", "cs.LG stat.ML", "Learning", "About learning."),
]


def paper(id: str, categories: str, title: str, abstract: str) -> dict[str, object]:
    return {
        "id": id,
        "title": title,
        "doi": None,
        "categories": categories,
        "abstract": abstract,
        "versions": [{"version": "v1", "created": "Mon, 2 Apr 2007 19:18:42 GMT"}],
        "authors_parsed": [["Doe", "Jane", ""], ["Núñez", "Ana", "Jr"]],
        "update_date": "2008-11-26",
    }


PAPERS = [paper(*fields) for fields in WRITTEN]
IDS = [record["id"] for record in PAPERS]


def lines_of(papers: list[dict[str, object]] = PAPERS) -> list[bytes]:
    return [json.dumps(record, ensure_ascii=False).encode() for record in papers]


def write(path: Path, lines: list[bytes], end: bytes = b"\n") -> Path:
    path.write_bytes(b"".join(line + end for line in lines))
    return path


def course_reader(path: Path, columns: list[str]) -> pd.DataFrame:
    """Read as the course does."""
    records = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return pd.DataFrame([{name: record[name] for name in columns} for record in records])


def places(corpus: Corpus) -> list[tuple[str, int]]:
    return [(damage.file.name, damage.line) for damage in corpus.damaged]


def many(number: int) -> list[dict[str, object]]:
    return [paper(f"2401.{i:05}", "cs.CL", f"Title {i}", f"Abstract {i}") for i in range(number)]


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    return write(tmp_path / "papers.json", lines_of())


# Good files.


def test_columns_are_those_of_the_course(papers: Path) -> None:
    columns = ["title", "id", "abstract", "categories"]
    ours = arxiv.read(papers, columns)
    pd.testing.assert_frame_equal(ours.papers, course_reader(papers, columns))
    assert ours.damaged == ()
    assert ours.damaged_count == 0


def test_every_column_has_the_course_values(papers: Path) -> None:
    ours = arxiv.read(papers, list(PAPERS[0])).papers
    theirs = course_reader(papers, list(PAPERS[0]))
    assert list(ours.columns) == list(theirs.columns)
    assert ours["title"].tolist() == theirs["title"].tolist()
    for name in ("versions", "authors_parsed"):
        assert ours[name].map(json.loads).tolist() == theirs[name].tolist()
    assert ours["doi"].isna().all()


def test_text_columns_are_ordinary_pandas_text(papers: Path) -> None:
    title = arxiv.read(papers).papers["title"]
    assert title.dtype == "str"
    assert title.str.replace("\n", " ").str.lower()[1] == 'a "quoted" title,  with a comma'


@pytest.mark.parametrize("packing", ["gz", "zst"])
@pytest.mark.parametrize("parts", [1, 2], ids=["one member", "two members"])
def test_compressed_files_read_like_plain_ones(
    tmp_path: Path, papers: Path, packing: str, parts: int
) -> None:
    compress = {"gz": gzip.compress, "zst": zstandard.compress}[packing]
    packed = tmp_path / f"packed.jsonl.{packing}"
    halves = [b"".join(line + b"\n" for line in lines_of()[part::parts]) for part in range(parts)]
    packed.write_bytes(b"".join(map(compress, halves)))
    ours = arxiv.read(packed).papers
    plain = arxiv.read(papers).papers
    pd.testing.assert_frame_equal(
        ours.sort_values("id", ignore_index=True), plain.sort_values("id", ignore_index=True)
    )


def test_compression_is_told_by_the_bytes_and_not_by_the_name(tmp_path: Path) -> None:
    packed = tmp_path / "papers.jsonl"
    packed.write_bytes(gzip.compress(b"\n".join(lines_of())))
    assert arxiv.read(packed).papers["id"].tolist() == IDS


@pytest.mark.parametrize("ending", ["csv", "tsv", "csv.gz", "tsv.zst"])
def test_tables_read_like_json_lines(tmp_path: Path, papers: Path, ending: str) -> None:
    expected = arxiv.read(papers).papers
    delimiter = "\t" if ending.startswith("tsv") else ","
    plain = tmp_path / "plain"
    expected.to_csv(plain, index=False, sep=delimiter)
    data = plain.read_bytes()
    if ending.endswith("gz"):
        data = gzip.compress(data)
    if ending.endswith("zst"):
        data = zstandard.compress(data)
    table = tmp_path / f"papers.{ending}"
    table.write_bytes(data)
    pd.testing.assert_frame_equal(arxiv.read(table).papers, expected)


def test_parquet_reads_like_json_lines(tmp_path: Path, papers: Path) -> None:
    table = tmp_path / "papers.parquet"
    frame = course_reader(papers, list(PAPERS[0]))
    frame["update_date"] = pd.to_datetime(frame["update_date"]).dt.date
    frame.to_parquet(table)
    columns = ("title", "id", "versions", "authors_parsed", "update_date", "doi")
    ours, plain = (arxiv.read(path, columns).papers for path in (table, papers))
    for name in ("versions", "authors_parsed"):
        ours[name], plain[name] = ours[name].map(json.loads), plain[name].map(json.loads)
    pd.testing.assert_frame_equal(ours, plain)


@pytest.mark.parametrize("name", ["papers.csv", "papers.tsv", "papers.json"])
def test_ids_that_look_like_numbers_stay_text(tmp_path: Path, name: str) -> None:
    ids = ["0704.0297", "0801.0010", "9999", "1e5"]
    frame = pd.DataFrame({"id": ids, "title": "t"})
    path = tmp_path / name
    if name.endswith("json"):
        frame.to_json(path, orient="records", lines=True)
    else:
        frame.to_csv(path, index=False, sep="\t" if name.endswith("tsv") else ",")
    assert arxiv.read(path, ("id",)).papers["id"].tolist() == ids


def test_a_json_number_becomes_text(tmp_path: Path) -> None:
    path = write(
        tmp_path / "n.json", [b'{"id": 1204.5, "title": 7}', b'{"id": "x", "title": true}']
    )
    assert arxiv.read(path, ("id", "title")).papers.values.tolist() == [
        ["1204.5", "7"],
        ["x", "true"],
    ]


def test_line_ends_of_windows(tmp_path: Path, papers: Path) -> None:
    windows = write(tmp_path / "windows.json", lines_of(), end=b"\r\n")
    pd.testing.assert_frame_equal(arxiv.read(windows).papers, arxiv.read(papers).papers)
    table = write(tmp_path / "windows.csv", [b"id,title", b"0704.0297,Knots"], end=b"\r\n")
    assert arxiv.read(table, ("id", "title")).papers["title"].tolist() == ["Knots"]


@pytest.mark.parametrize("name", ["bom.json", "bom.csv"])
def test_a_byte_order_mark_is_no_damage(tmp_path: Path, name: str) -> None:
    lines = [b"id,title", b"0704.0297,Knots"] if name.endswith("csv") else lines_of()
    path = write(tmp_path / name, [b"\xef\xbb\xbf" + lines[0], *lines[1:]])
    corpus = arxiv.read(path, ("id", "title"))
    assert corpus.papers["id"][0] == "0704.0297"
    assert corpus.damaged_count == 0


def test_the_last_line_may_lack_its_end_and_lines_may_be_blank(tmp_path: Path) -> None:
    first, second, *_ = lines_of()
    path = tmp_path / "p.json"
    path.write_bytes(b"\n" + first + b"\n \t\n\n" + second)
    corpus = arxiv.read(path)
    assert corpus.papers["id"].tolist() == IDS[:2]
    assert corpus.damaged_count == 0


@pytest.mark.parametrize("name", ["it's.json", "a*b.json", "a[1].json", "a?.json", "é x;--.json"])
@pytest.mark.parametrize("form", ["json", "parquet"])
def test_a_name_is_taken_as_it_stands(tmp_path: Path, name: str, form: str) -> None:
    write(tmp_path / "aXb.json", lines_of(PAPERS[3:]))
    write(tmp_path / "a1.json", lines_of(PAPERS[3:]))
    path = (tmp_path / name).with_suffix(f".{form}")
    if form == "json":
        write(path, lines_of(PAPERS[:1]))
    else:
        pd.DataFrame(PAPERS[:1])[list(blocks.PAPER_COLUMNS)].to_parquet(path)
    assert arxiv.read(path).papers["id"].tolist() == IDS[:1]


def test_column_names_are_taken_as_they_stand(tmp_path: Path) -> None:
    name = "odd\"name'; drop"
    path = write(tmp_path / "p.json", [json.dumps({"id": "a", name: "b"}).encode()])
    assert arxiv.read(path, (name,)).papers[name].tolist() == ["b"]
    table = tmp_path / "p.parquet"
    pd.DataFrame({name: ["b"]}).to_parquet(table)
    assert arxiv.read(table, (name,)).papers[name].tolist() == ["b"]


def test_a_very_long_line_is_read(tmp_path: Path) -> None:
    long = paper("2401.00011", "cs.CL", "Long", "x" * (40 << 20))
    path = write(tmp_path / "p.json", lines_of([*many(20_000), long, *PAPERS]))
    papers = arxiv.read(path).papers
    assert len(papers) == 20_000 + 1 + len(PAPERS)
    assert papers["id"].tolist()[20_000:] == ["2401.00011", *IDS]
    assert len(papers["abstract"][20_000]) == 40 << 20


def test_a_column_that_is_often_null_costs_no_row(tmp_path: Path) -> None:
    with_doi = [PAPERS[0], PAPERS[1] | {"doi": "10.1/x"}, PAPERS[2]]
    corpus = arxiv.read(write(tmp_path / "p.json", lines_of(with_doi)), ("doi",))
    assert corpus.papers["doi"].fillna("").tolist() == ["", "10.1/x", ""]
    assert corpus.damaged_count == 0


# Shards.


def test_shards_are_joined_by_name(tmp_path: Path) -> None:
    write(tmp_path / "b.jsonl", lines_of(PAPERS[2:3]))
    (tmp_path / "c.json.gz").write_bytes(gzip.compress(b"\n".join(lines_of(PAPERS[3:]))))
    pd.DataFrame(PAPERS[:2])[list(blocks.PAPER_COLUMNS)].to_csv(tmp_path / "a.csv", index=False)
    (tmp_path / "README.txt").write_text("Not a shard.")
    (tmp_path / ".hidden.json").write_text("Not a shard.")
    assert arxiv.read(tmp_path).papers["id"].tolist() == IDS


def test_damage_names_the_shard(tmp_path: Path) -> None:
    write(tmp_path / "a.json", [*lines_of(), b"{"])
    write(tmp_path / "b.json", [b"[]", *lines_of()])
    corpus = arxiv.read(tmp_path)
    assert places(corpus) == [("a.json", 7), ("b.json", 1)]
    assert str(corpus.damaged[0]).endswith("a.json, line 7")


def test_a_folder_without_shards(tmp_path: Path) -> None:
    (tmp_path / "README.txt").write_text("Nothing else.")
    with pytest.raises(CorpusError, match=r"is a folder without a file ending in \.json"):
        arxiv.read(tmp_path)


# Damaged lines.


@pytest.mark.parametrize(
    "bad",
    [
        b'{"id": "2401.00001", "title": ',
        b"garbage",
        b"[1, 2]",
        b"42",
        b"null",
        b"{}",
        b'{"other": 1}',
        lines_of()[0] + lines_of()[1],
        bytes(range(128, 256)),
        b"[" * 100_000,
    ],
    ids=["cut", "prose", "array", "number", "null", "empty", "other", "two", "binary", "deep"],
)
def test_a_damaged_line_is_counted_and_named(tmp_path: Path, bad: bytes) -> None:
    good = lines_of()
    corpus = arxiv.read(write(tmp_path / "p.json", [*good[:2], b"", bad, *good[2:]]))
    assert corpus.papers["id"].tolist() == IDS
    assert places(corpus) == [("p.json", 4)]
    assert corpus.damaged_count == 1


def test_a_file_cut_short_loses_its_last_line_only(tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    path.write_bytes(b"\n".join(lines_of())[:-20])
    corpus = arxiv.read(path)
    assert corpus.papers["id"].tolist() == IDS[:-1]
    assert places(corpus) == [("p.json", 6)]


def test_damage_across_blocks_keeps_its_line_numbers(tmp_path: Path) -> None:
    lines = lines_of(many(25_000))
    bad = [0, 9_999, 10_000, 12_345, 24_999]
    for at in bad:
        lines[at] = b"{"
    corpus = arxiv.read(write(tmp_path / "p.json", lines))
    assert [damage.line for damage in corpus.damaged] == [at + 1 for at in bad]
    assert len(corpus.papers) == 25_000 - len(bad)


def test_all_damage_is_counted_and_the_first_thousand_named(tmp_path: Path) -> None:
    lines = [line for good in lines_of(many(1_500)) for line in (good, b"bad")]
    corpus = arxiv.read(write(tmp_path / "p.json", lines))
    assert corpus.damaged_count == 1_500
    assert [damage.line for damage in corpus.damaged] == list(range(2, 2_001, 2))


def test_bytes_that_are_not_utf_8_are_replaced(tmp_path: Path) -> None:
    latin = b'{"id": "0704.0001", "title": "caf\xe9", "doi": null}'
    corpus = arxiv.read(write(tmp_path / "p.json", [*lines_of(), latin]), ("id", "title"))
    assert corpus.papers["title"].tolist()[-1] == "caf\N{REPLACEMENT CHARACTER}"
    assert corpus.damaged_count == 0


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_tables_as_spreadsheets_write_them(tmp_path: Path, encoding: str, delimiter: str) -> None:
    path = tmp_path / "p.csv"
    rows = [["ID", " Title ", "Categories"], ["0704.0001", "café, “naïve”", "cs.LG stat.ML"]]
    path.write_bytes("\r\n".join(map(delimiter.join, quoted(rows))).encode(encoding))
    found = arxiv.read(path, ("id", "title", "categories")).papers
    assert found.columns.tolist() == ["id", "title", "categories"]
    assert found.values.tolist() == rows[1:]
    (block,) = arxiv.blocks(path, ("categories",), ("title", "doi"))
    assert block.table.to_pylist() == [
        {"categories": "cs.LG stat.ML", "title": "café, “naïve”", "doi": None}
    ]


def quoted(rows: list[list[str]]) -> list[list[str]]:
    return [[f'"{cell}"' for cell in row] for row in rows]


@pytest.mark.parametrize("name", ["p.json", "p.parquet", "p.csv"])
def test_columns_are_found_in_any_case(tmp_path: Path, name: str) -> None:
    frame = pd.DataFrame({"ID": ["a"], "Title": ["b"], "title": ["c"], "Categories": ["cs.CL"]})
    path = tmp_path / name
    if name == "p.json":
        # What must be mended is looked for under the same names.
        path.write_bytes(b'\xef\xbb\xbf{"ID":"a","Title":"b","title":"c","Categories":"cs.CL"}\n')
    elif name == "p.csv":
        frame.to_csv(path, index=False)
    else:
        frame.drop(columns="Title").to_parquet(path)
    found = arxiv.read(path, ("categories", "title", "id")).papers
    assert found.to_dict("records") == [{"categories": "cs.CL", "title": "c", "id": "a"}]


def test_what_json_loads_forgives_is_forgiven(tmp_path: Path) -> None:
    odd = [
        b'{"id": "a", "title": "half \\ud800 pair"}',
        b'{"id": "b", "title": "t", "score": NaN}',
        b'{"id": "c", "title": "t", "title": "t"}',
        b'{"id": "\xff", "title": ["x", {"y": 1}]}',
    ]
    corpus = arxiv.read(write(tmp_path / "p.json", odd), ("id", "title"))
    assert corpus.papers["id"].tolist() == ["a", "b", "c", "\N{REPLACEMENT CHARACTER}"]
    assert corpus.papers["title"].tolist() == ["half ? pair", "t", "t", '["x",{"y":1}]']
    assert corpus.damaged_count == 0


def test_damaged_rows_of_a_table(tmp_path: Path) -> None:
    lines = [
        b"id,title,abstract",
        b'1,"over',
        b'two lines",a',
        b"2,short",
        b"",
        b"3,one,too,many",
        b",,",
        b"4,last,a",
    ]
    corpus = arxiv.read(write(tmp_path / "p.csv", lines), ("id", "title", "abstract"))
    assert corpus.papers.fillna("").values.tolist() == [
        ["1", "over\ntwo lines", "a"],
        ["2", "short", ""],
        ["4", "last", "a"],
    ]
    assert [damage.line for damage in corpus.damaged] == [6, 7]


def test_a_cell_is_as_long_as_a_row_to_classify_may_have(tmp_path: Path) -> None:
    cells = ["x" * LONGEST_CELL, "x" * (LONGEST_CELL + 1), "short"]
    rows = [b"id,title", *(f"{i},{cell}".encode() for i, cell in enumerate(cells))]
    path = write(tmp_path / "long.csv", rows)
    corpus = arxiv.read(path, ("id", "title"))
    assert corpus.papers["id"].tolist() == ["0", "2"]
    assert [damage.line for damage in corpus.damaged] == [3]
    assert [bool(row.note) for row in Reader(path)] == [False, True, False]


# What a row is does not depend on who reads it.

TABLES = {
    "an open quote": b'id,title,abstract\na,"Knots,x\nb,Tori,y\n' + b"c,Loops,z\n" * 999,
    "open quotes": b"id,title,abstract\n" + b'"a","b","c\n' * 50 + b"c,Loops,z\n",
    "a quote that opens another": b"id,title\n" + b'ab","d\n' * 50 + b"c,Loops\n",
    "short rows": b"id,title,abstract\na\nb,Tori\nc,Loops,z\n",
    "long rows": b"id,title\na,Knots,x,y\nb,Tori\n",
    "line breaks": b'id,title\na,"Knots\n\nand loops"\nb,Tori,x\nc,Loops\n',
    "a title line": b"Exported on 3 May\n\nid;title\na;Knots\nb;Tori;x\n",
    "a separator": b"sep=;\nid;title\na;Knots, tied\n",
    "NULs": b"id,title\na,Kn\0ots\n",
    "old line ends": b"id,title\ra,Knots\rb,Tori,x\r",
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_the_same_papers_for_every_reader(tmp_path: Path, name: str) -> None:
    path = tmp_path / "in.csv"
    path.write_bytes(TABLES[name])
    rows = list(Reader(path))
    corpus = arxiv.read(path, ("id", "title"))
    # A row that cannot be read goes by its number, which no id here is.
    good = [row.id for row in rows if not row.id.isdigit()]
    assert good
    assert corpus.papers["id"].tolist() == good
    assert corpus.damaged_count == len(rows) - len(good)


def test_damage_is_told_by_its_line_before_and_after_line_breaks(tmp_path: Path) -> None:
    rows = [b'"a","one', b'two"', b'bad,"never closed', b"b,x", b"", b"c,x,y", b"d,x"]
    path = write(tmp_path / "p.csv", [b"A title line", b"", b"id,title", *rows])
    corpus = arxiv.read(path, ("id", "title"))
    assert corpus.papers.values.tolist() == [["a", "one\ntwo"], ["b", "x"], ["d", "x"]]
    assert [damage.line for damage in corpus.damaged] == [6, 9]
    assert arxiv.skipped_lines(path) == 1


# Files that hold no papers.


def refused(path: Path, columns: tuple[str, ...] = blocks.PAPER_COLUMNS) -> str:
    """Return the one sentence with which a path is refused."""
    with pytest.raises(CorpusError) as caught:
        arxiv.read(path, columns)
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message
    return message


def test_a_missing_file(tmp_path: Path) -> None:
    assert "does not exist" in refused(tmp_path / "none.json")


@pytest.mark.parametrize("name", ["p.json", "p.csv", "p.parquet", "p.json.gz"])
def test_an_empty_file(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.touch()
    assert "is empty" in refused(path)


def test_a_file_without_a_paper(tmp_path: Path) -> None:
    assert "no column 'id'" in refused(write(tmp_path / "o.json", [b'{"name": "x"}'] * 3))
    assert "JSON object" in refused(write(tmp_path / "blank.json", [b"", b" "]))
    header = write(tmp_path / "h.csv", [b"id,title,abstract,categories"])
    assert "holds no papers" in refused(header)
    table = tmp_path / "p.parquet"
    pd.DataFrame(PAPERS)[list(blocks.PAPER_COLUMNS)].head(0).to_parquet(table)
    assert "holds no papers" in refused(table)


@pytest.mark.parametrize("name", ["p.json", "p.csv", "p.parquet"])
def test_a_missing_column_is_named_with_those_there(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    frame = pd.DataFrame({"id": ["a"], "title": ["b"], "categories": ["cs.CL"]})
    if name.endswith("json"):
        frame.to_json(path, orient="records", lines=True)
    elif name.endswith("csv"):
        frame.to_csv(path, index=False)
    else:
        frame.to_parquet(path)
    assert refused(path).endswith("has no column 'abstract'; it has 'id', 'title', 'categories'.")


@pytest.mark.parametrize("name", ["p.json", "p.csv", "p.parquet"])
@pytest.mark.parametrize(
    ("start", "said"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, "a PNG image"),
        (b"%PDF-1.7\n1 0 obj\n", "a PDF document"),
        (b"Plain prose, nothing else.\nAnd a second line.\n", "JSON object"),
        (b'[{"id": "a", "title": "t"},\n {"id": "b", "title": "u"}]\n', "JSON object"),
        (bytes(range(255, 0, -1)) * 50, "JSON object"),
    ],
    ids=["png", "pdf", "prose", "array", "binary"],
)
def test_a_file_that_is_something_else(tmp_path: Path, name: str, start: bytes, said: str) -> None:
    path = tmp_path / name
    path.write_bytes(start)
    message = refused(path)
    if name == "p.json":
        assert said in message


def test_a_zip_archive(tmp_path: Path, papers: Path) -> None:
    path = tmp_path / "archive.json"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(papers, "papers.json")
    assert "a ZIP archive" in refused(path)


@pytest.mark.parametrize(
    "compress",
    [gzip.compress, zstandard.ZstdCompressor(write_checksum=True).compress],
    ids=["gz", "zst"],
)
@pytest.mark.parametrize("form", ["json", "csv"])
@pytest.mark.parametrize("harm", ["cut short", "overwritten"])
def test_a_harmed_archive(
    tmp_path: Path, compress: Callable[[bytes], bytes], form: str, harm: str
) -> None:
    # Titles that do not compress, so that the harm comes after the first blocks.
    frame = pd.DataFrame(many(20_000))[list(blocks.PAPER_COLUMNS)]
    frame["title"] = [os.urandom(20).hex() for _ in range(len(frame))]
    plain = tmp_path / "plain"
    if form == "json":
        frame.to_json(plain, orient="records", lines=True)
    else:
        frame.to_csv(plain, index=False)
    packed = compress(plain.read_bytes())
    middle = len(packed) * 9 // 10
    tail = b"" if harm == "cut short" else bytes(64) + packed[middle + 64 :]
    path = tmp_path / f"packed.{form}.{'gz' if compress is gzip.compress else 'zst'}"
    path.write_bytes(packed[:middle] + tail)
    assert "damaged, cut short or unreadable" in refused(path)


# Years and samples.


@pytest.mark.parametrize(
    ("id", "year"),
    [
        ("0704.0297", 2007),
        ("2401.12345", 2024),
        ("2401.12345v2", 2024),
        ("math.AT/9903001", 1999),
        ("hep-th/9108001", 1991),
        ("hep-th/0012001", 2000),
        ("cs/0611012v1", 2006),
        ("704.0297", None),
        ("2413.00001", None),
        ("", None),
        ("a paper", None),
        (None, None),
        (float("nan"), None),
    ],
)
def test_year_of(id: str, year: int | None) -> None:
    assert arxiv.year_of(id) == year


def test_a_sample_is_always_the_same(tmp_path: Path) -> None:
    path = write(tmp_path / "p.json", lines_of(many(25_000)))

    def sampled(size: int) -> list[str]:
        return arxiv.read(path, ("id",), sample=size).papers["id"].tolist()

    assert sampled(500) == sampled(500) == sorted(sampled(500))
    assert len(set(sampled(500))) == 500
    assert set(sampled(500)) <= set(sampled(5_000))
    assert len(sampled(30_000)) == 25_000
    assert sampled(0) == []
    spread = [int(id[5:]) for id in sampled(500)]
    assert 10_000 < sum(spread) / len(spread) < 15_000


def test_a_sample_keeps_the_report_of_damage(tmp_path: Path) -> None:
    corpus = arxiv.read(write(tmp_path / "p.json", [*lines_of(), b"bad"]), sample=2)
    assert len(corpus.papers) == 2
    assert [damage.line for damage in corpus.damaged] == [7]


# Batches.


def test_batches_are_what_read_gives(tmp_path: Path) -> None:
    path = write(tmp_path / "p.json", [*lines_of(many(25_000)), b"bad", *lines_of()])
    parts = list(arxiv.batches(path, ("title", "id", "versions")))
    assert len(parts) > 2
    whole = arxiv.read(path, ("title", "id", "versions")).papers
    pd.testing.assert_frame_equal(pd.concat(parts, ignore_index=True), whole)


def test_batches_read_no_further_than_asked(tmp_path: Path) -> None:
    """The third shard would stop the reading if it were opened."""
    for name in ("a.json", "b.json"):
        write(tmp_path / name, lines_of())
    (tmp_path / "c.json").write_bytes(b"\x89PNG")
    parts = arxiv.batches(tmp_path, ("id",))
    assert next(parts)["id"].tolist() == next(parts)["id"].tolist() == IDS
    with pytest.raises(CorpusError, match="a PNG image"):
        list(parts)


# The course's sample.


COURSE = Path(os.environ.get("PAPERLENS_DATA", ""), "arxiv", "arxiv-course.jsonl.zst")


@pytest.mark.skipif(not COURSE.is_file(), reason="no course's corpus in PAPERLENS_DATA")
def test_the_whole_sample_is_read() -> None:
    corpus = arxiv.read(COURSE)
    assert len(corpus.papers) == 170_618
    assert corpus.damaged_count == 0
    assert not corpus.papers.isna().any().any()
