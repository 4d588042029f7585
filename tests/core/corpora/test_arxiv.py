"""The arXiv loader: what it gives of good files, and what it reports of bad ones."""

import gzip
import json
import os
import zipfile
from pathlib import Path

import pandas as pd
import pytest
import zstandard

from core.corpora import arxiv, arxiv_tables, blocks
from core.corpora.blocks import (
    CorpusError,
    DamagedCorpus,
    MissingCorpus,
    MissingCorpusColumn,
    NoRecords,
    NotCorpus,
)
from core.files.errors import NoDataFiles, OtherFormat
from core.files.limits import MAX_CELL_LENGTH
from core.files.records import RowReader

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
PACK = {"gz": gzip.compress, "zst": zstandard.ZstdCompressor(write_checksum=True).compress}


def lines_of(papers: list[dict[str, object]] = PAPERS) -> list[bytes]:
    return [json.dumps(record, ensure_ascii=False).encode() for record in papers]


def write(path: Path, lines: list[bytes], end: bytes = b"\n") -> Path:
    path.write_bytes(b"".join(line + end for line in lines))
    return path


def write_frame(path: Path, frame: pd.DataFrame) -> Path:
    """A table in the format of the file's ending, packed where it says so."""
    form, _, packing = path.name.partition(".")[2].partition(".")
    plain = path.with_name("plain")
    if form == "json":
        frame.to_json(plain, orient="records", lines=True)
    elif form == "parquet":
        frame.to_parquet(plain)
    else:
        frame.to_csv(plain, index=False, sep="\t" if form == "tsv" else ",")
    path.write_bytes(PACK[packing](plain.read_bytes()) if packing else plain.read_bytes())
    plain.unlink()
    return path


def course_reader(path: Path, columns: list[str]) -> pd.DataFrame:
    """Read as the course does."""
    records = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return pd.DataFrame([{name: record[name] for name in columns} for record in records])


def ids(path: Path, **options: object) -> list[str]:
    return arxiv.read(path, **options).papers["id"].tolist()


def damaged(path: Path, columns: tuple[str, ...] = ("id", "title")) -> list[int]:
    """The numbers of the damaged lines."""
    return [line for block in arxiv.blocks(path, columns) for _, line in block.damaged]


def many(number: int) -> list[dict[str, object]]:
    return [paper(f"2401.{i:05}", "cs.CL", f"Title {i}", f"Abstract {i}") for i in range(number)]


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    return write(tmp_path / "papers.json", lines_of())


# Good files.


def test_columns_are_those_of_the_course(papers: Path) -> None:
    columns = list(PAPERS[0])
    ours, theirs = arxiv.read(papers, columns), course_reader(papers, columns)
    for name in ("versions", "authors_parsed"):
        ours.papers[name] = ours.papers[name].map(json.loads)
    pd.testing.assert_frame_equal(ours.papers, theirs.astype({"doi": "str"}), check_dtype=False)
    assert not damaged(papers)


@pytest.mark.parametrize("packing", PACK)
@pytest.mark.parametrize("parts", [1, 2], ids=["one member", "two members"])
@pytest.mark.parametrize("name", ["packed.jsonl", "packed.jsonl.gz"], ids=["bare", "gz"])
def test_compression_is_told_by_the_bytes(
    tmp_path: Path, packing: str, parts: int, name: str
) -> None:
    halves = [b"".join(line + b"\n" for line in lines_of()[part::parts]) for part in range(parts)]
    (tmp_path / name).write_bytes(b"".join(map(PACK[packing], halves)))
    assert sorted(ids(tmp_path / name)) == sorted(IDS)


@pytest.mark.parametrize("ending", ["csv", "tsv", "csv.gz", "tsv.zst", "json", "parquet"])
def test_tables_read_like_json_lines(tmp_path: Path, papers: Path, ending: str) -> None:
    expected = arxiv.read(papers).papers
    written = write_frame(tmp_path / f"table.{ending}", expected)
    pd.testing.assert_frame_equal(arxiv.read(written).papers, expected)


def test_nested_columns_of_parquet_read_like_json_lines(tmp_path: Path, papers: Path) -> None:
    frame = course_reader(papers, list(PAPERS[0]))
    frame["update_date"] = pd.to_datetime(frame["update_date"]).dt.date
    frame.to_parquet(tmp_path / "papers.parquet")
    columns = ("title", "id", "versions", "authors_parsed", "update_date", "doi")
    ours, plain = (
        arxiv.read(path, columns).papers for path in (tmp_path / "papers.parquet", papers)
    )
    for name in ("versions", "authors_parsed"):
        ours[name], plain[name] = ours[name].map(json.loads), plain[name].map(json.loads)
    pd.testing.assert_frame_equal(ours, plain)


@pytest.mark.parametrize("name", ["papers.csv", "papers.tsv", "papers.json"])
def test_ids_that_look_like_numbers_stay_text(tmp_path: Path, name: str) -> None:
    numbers = ["0704.0297", "0801.0010", "9999", "1e5"]
    path = write_frame(tmp_path / name, pd.DataFrame({"id": numbers, "title": "t"}))
    assert ids(path, columns=("id",)) == numbers


@pytest.mark.parametrize(
    ("line", "title"),
    [
        (b'{"id": 1204.5, "title": 7}', "7"),
        (b'{"id": "x", "title": true}', "true"),
        (b'{"id": "a", "title": "half \\ud800 pair"}', "half ? pair"),
        (b'{"id": "b", "title": "t", "score": NaN}', "t"),
        (b'{"id": "c", "title": "t", "title": "t"}', "t"),
        (b'{"id": "\xff", "title": ["x", {"y": 1}]}', "x"),
        (b'{"id": "d", "title": "caf\xe9", "doi": null}', "caf\N{REPLACEMENT CHARACTER}"),
    ],
)
def test_odd_json_becomes_text(tmp_path: Path, line: bytes, title: str) -> None:
    path = write(tmp_path / "p.json", [*lines_of(), line])
    assert arxiv.read(path, ("title",)).papers["title"].tolist()[-1] == title
    assert not damaged(path)


@pytest.mark.parametrize("name", ["p.json", "p.csv"])
@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"], ids=["bare", "bom"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"], ids=["unix", "windows"])
def test_line_ends_and_byte_order_marks_do_no_harm(
    tmp_path: Path, name: str, start: bytes, end: bytes
) -> None:
    lines = [b"id,title", b"0704.0297,Knots"] if name == "p.csv" else lines_of()
    path = write(tmp_path / name, [start + lines[0], *lines[1:]], end)
    corpus = arxiv.read(path, ("id", "title"))
    assert corpus.papers["id"][0] == "0704.0297"
    assert not corpus.papers["title"][0].endswith("\r")
    assert not damaged(path)


def test_the_last_line_may_lack_its_end_and_lines_may_be_blank(tmp_path: Path) -> None:
    first, second, *_ = lines_of()
    path = tmp_path / "p.json"
    path.write_bytes(b"\n" + first + b"\n \t\n\n" + second)
    assert (ids(path), damaged(path)) == (IDS[:2], [])


@pytest.mark.parametrize("name", ["it's", "a*b", "a[1]", "a?", "é x;--"])
@pytest.mark.parametrize("form", ["json", "parquet"])
def test_a_name_is_taken_as_it_stands(tmp_path: Path, name: str, form: str) -> None:
    write(tmp_path / "aXb.json", lines_of(PAPERS[3:]))
    write(tmp_path / "a1.json", lines_of(PAPERS[3:]))
    frame = pd.DataFrame(PAPERS[:1])[list(blocks.PAPER_COLUMNS)]
    assert ids(write_frame(tmp_path / f"{name}.{form}", frame)) == IDS[:1]


@pytest.mark.parametrize("form", ["json", "parquet", "csv"])
def test_column_names_are_taken_as_they_stand(tmp_path: Path, form: str) -> None:
    name = "odd\"name'; drop"
    path = write_frame(tmp_path / f"p.{form}", pd.DataFrame({"id": ["a"], name: ["b"]}))
    assert arxiv.read(path, (name,)).papers[name].tolist() == ["b"]


@pytest.mark.parametrize("name", ["p.json", "p.parquet", "p.csv"])
def test_columns_are_found_in_any_case(tmp_path: Path, name: str) -> None:
    frame = pd.DataFrame({"ID": ["a"], "Title": ["b"], "title": ["c"], "Categories": ["cs.CL"]})
    if name == "p.json":
        # What must be repaired is looked for under the same names.
        (tmp_path / name).write_bytes(
            b'\xef\xbb\xbf{"ID":"a","Title":"b","title":"c","Categories":"cs.CL"}\n'
        )
    else:
        write_frame(tmp_path / name, frame if name == "p.csv" else frame.drop(columns="Title"))
    rows = arxiv.read(tmp_path / name, ("categories", "title", "id")).papers
    assert rows.to_dict("records") == [{"categories": "cs.CL", "title": "c", "id": "a"}]


def test_a_very_long_line_is_read(tmp_path: Path) -> None:
    long = paper("2401.00011", "cs.CL", "Long", "x" * (40 << 20))
    path = write(tmp_path / "p.json", lines_of([*many(20_000), long, *PAPERS]))
    papers = arxiv.read(path).papers
    assert papers["id"].tolist()[20_000:] == ["2401.00011", *IDS]
    assert len(papers["abstract"][20_000]) == 40 << 20


def test_a_column_that_is_often_null_costs_no_row(tmp_path: Path) -> None:
    with_doi = [PAPERS[0], PAPERS[1] | {"doi": "10.1/x"}, PAPERS[2]]
    path = write(tmp_path / "p.json", lines_of(with_doi))
    assert arxiv.read(path, ("doi",)).papers["doi"].fillna("").tolist() == ["", "10.1/x", ""]
    assert not damaged(path, ("doi",))


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252", "gb18030"]
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_tables_as_spreadsheets_write_them(tmp_path: Path, encoding: str, delimiter: str) -> None:
    title = "图神经网络与论文分类" if encoding == "gb18030" else "café, “naïve”"
    rows = [["ID", " Title ", "Categories"], ["0704.0001", title, "cs.LG stat.ML"]]
    lines = [delimiter.join(f'"{cell}"' for cell in row) for row in rows]
    path = tmp_path / "p.csv"
    path.write_bytes("\r\n".join(lines).encode(encoding))
    assert arxiv.read(path, ("id", "title", "categories")).papers.values.tolist() == rows[1:]
    (block,) = arxiv.blocks(path, ("categories",), ("title", "doi"))
    assert block.table.to_pylist() == [{"categories": "cs.LG stat.ML", "title": title, "doi": None}]


# Shards.


def test_shards_are_joined_by_name(tmp_path: Path) -> None:
    write(tmp_path / "b.jsonl", lines_of(PAPERS[2:3]))
    (tmp_path / "c.json.gz").write_bytes(gzip.compress(b"\n".join(lines_of(PAPERS[3:]))))
    write_frame(tmp_path / "a.csv", pd.DataFrame(PAPERS[:2])[list(blocks.PAPER_COLUMNS)])
    (tmp_path / "README.txt").write_text("Not a shard.")
    (tmp_path / ".hidden.json").write_text("Not a shard.")
    assert ids(tmp_path) == IDS


def test_damage_names_the_shard(tmp_path: Path) -> None:
    write(tmp_path / "a.json", [*lines_of(), b"{"])
    write(tmp_path / "b.json", [b"[]", *lines_of()])
    places = [
        str(arxiv.Damage(Path(block.file.name), line))
        for block in arxiv.blocks(tmp_path, ("id",))
        for _, line in block.damaged
    ]
    assert places == ["a.json, line 7", "b.json, line 1"]


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
    path = write(tmp_path / "p.json", [*good[:2], b"", bad, *good[2:]])
    assert (ids(path), damaged(path)) == (IDS, [4])


def test_a_file_cut_short_loses_its_last_line_only(tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    path.write_bytes(b"\n".join(lines_of())[:-20])
    assert (ids(path), damaged(path)) == (IDS[:-1], [6])


def test_damage_across_blocks_keeps_its_line_numbers(tmp_path: Path) -> None:
    lines = lines_of(many(25_000))
    bad = [0, 9_999, 10_000, 12_345, 24_999]
    for index in bad:
        lines[index] = b"{"
    path = write(tmp_path / "p.json", lines)
    assert damaged(path) == [index + 1 for index in bad]
    assert len(ids(path)) == 25_000 - len(bad)


def test_damaged_rows_of_a_table(tmp_path: Path) -> None:
    long = b"x" * (MAX_CELL_LENGTH + 1)
    rows = [
        *(b'"a","over', b'two lines"', b'bad,"never closed', b"b,x", b"", b"c,x,y", b","),
        *(b"long," + long, b"fits," + long[1:], b"short"),
    ]
    path = write(tmp_path / "p.csv", [b"A title line", b"", b"id,title", *rows])
    corpus = arxiv.read(path, ("id", "title"))
    titles = dict(corpus.papers.fillna("").values.tolist())
    assert list(titles) == ["a", "b", "fits", "short"]
    assert (titles["a"], titles["short"]) == ("over\ntwo lines", "")
    assert damaged(path) == [6, 9, 10, 11]
    assert arxiv_tables.skipped_lines(path) == 1


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
    rows = list(RowReader(path))
    corpus = arxiv.read(path, ("id", "title"))
    # A row that cannot be read goes by its number, which no id here is.
    good = [row.id for row in rows if not row.id.isdigit()]
    assert good
    assert corpus.papers["id"].tolist() == good
    assert len(damaged(path)) == len(rows) - len(good)


# Files that hold no papers.

FRAME = pd.DataFrame({"id": ["a"], "title": ["b"], "categories": ["cs.CL"]})
FULL = FRAME.assign(abstract="c")
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20
PROSE = b"Plain prose, nothing else.\nAnd a second line.\n"
ARRAY = b'[{"id": "a", "title": "t"},\n {"id": "b", "title": "u"}]\n'


def refused(path: Path, error: type[CorpusError]) -> CorpusError:
    """The error of a class with which a path is refused, in one sentence that names it."""
    with pytest.raises(error) as caught:
        arxiv.read(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize("ending", ["json", "csv", "parquet", "json.gz"])
@pytest.mark.parametrize(
    ("content", "errors"),
    [
        (None, (MissingCorpus,) * 4),
        (b"", (NoRecords,) * 4),
        (FULL.head(0), (NotCorpus, NoRecords, NoRecords, NotCorpus)),
        (FRAME, (MissingCorpusColumn,) * 4),
        (PNG, (NotCorpus, NotCorpus, CorpusError, NotCorpus)),
        (b"%PDF-1.7\n1 0 obj\n", (NotCorpus, NotCorpus, CorpusError, NotCorpus)),
        (PROSE, (NotCorpus, CorpusError, CorpusError, NotCorpus)),
        (ARRAY, (MissingCorpusColumn, CorpusError, CorpusError, MissingCorpusColumn)),
        (b"\n \n", (NotCorpus, CorpusError, CorpusError, NotCorpus)),
        (bytes(range(255, 0, -1)) * 50, (NotCorpus, CorpusError, CorpusError, NotCorpus)),
    ],
    ids=["none", "nothing", "header", "column", "png", "pdf", "prose", "array", "blank", "binary"],
)
def test_what_holds_no_papers_is_refused(
    tmp_path: Path,
    ending: str,
    content: bytes | pd.DataFrame | None,
    errors: tuple[type[CorpusError], ...],
) -> None:
    path = tmp_path / f"p.{ending}"
    if isinstance(content, pd.DataFrame):
        write_frame(path, content)
    elif content is not None:
        path.write_bytes(content)
    error = refused(path, errors[["json", "csv", "parquet", "json.gz"].index(ending)])
    if content is FRAME:
        assert error.fields["column"] == "'abstract'"
        assert error.fields["columns"] == "'id', 'title', 'categories'"
    if content is PNG and ending == "parquet":
        assert isinstance(error.__cause__, OtherFormat)


def test_a_zip_archive(tmp_path: Path, papers: Path) -> None:
    path = tmp_path / "archive.json"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(papers, "papers.json")
    assert refused(path, NotCorpus).fields["what"].startswith("a ZIP archive")


def test_a_folder_without_shards(tmp_path: Path) -> None:
    (tmp_path / "README.txt").write_text("Nothing else.")
    assert isinstance(refused(tmp_path, CorpusError).__cause__, NoDataFiles)


@pytest.mark.parametrize("packing", PACK)
@pytest.mark.parametrize("form", ["json", "csv"])
@pytest.mark.parametrize("harm", ["cut short", "overwritten"])
def test_a_harmed_archive(tmp_path: Path, packing: str, form: str, harm: str) -> None:
    # Titles that do not compress, so that the harm comes after the first blocks.
    frame = pd.DataFrame(many(20_000))[list(blocks.PAPER_COLUMNS)]
    frame["title"] = [os.urandom(20).hex() for _ in range(len(frame))]
    path = write_frame(tmp_path / f"packed.{form}.{packing}", frame)
    packed = path.read_bytes()
    middle = len(packed) * 9 // 10
    tail = b"" if harm == "cut short" else bytes(64) + packed[middle + 64 :]
    path.write_bytes(packed[:middle] + tail)
    refused(path, DamagedCorpus)


# Samples.


def test_a_sample_is_always_the_same(tmp_path: Path) -> None:
    path = write(tmp_path / "p.json", lines_of(many(25_000)))

    def sampled(size: int) -> list[str]:
        return ids(path, columns=("id",), sample=size)

    assert sampled(500) == sampled(500) == sorted(sampled(500))
    assert len(set(sampled(500))) == 500
    assert set(sampled(500)) <= set(sampled(5_000))
    assert len(sampled(30_000)) == 25_000
    assert sampled(0) == []
    assert 10_000 < sum(int(id[5:]) for id in sampled(500)) / 500 < 15_000


# Blocks.


def test_blocks_are_what_read_gives(tmp_path: Path) -> None:
    path = write(tmp_path / "p.json", [*lines_of(many(25_000)), b"bad", *lines_of()])
    parts = [block.table.to_pandas() for block in arxiv.blocks(path, ("title", "id", "versions"))]
    assert len(parts) > 2
    whole = arxiv.read(path, ("title", "id", "versions")).papers
    pd.testing.assert_frame_equal(pd.concat(parts, ignore_index=True), whole)


def test_blocks_read_no_further_than_asked(tmp_path: Path) -> None:
    """The third shard would stop the reading if it were opened."""
    for name in ("a.json", "b.json"):
        write(tmp_path / name, lines_of())
    (tmp_path / "c.json").write_bytes(b"\x89PNG")
    parts = arxiv.blocks(tmp_path, ("id",))
    assert next(parts).table["id"].to_pylist() == next(parts).table["id"].to_pylist() == IDS
    with pytest.raises(NotCorpus):
        list(parts)


# The course's sample.

COURSE = Path(os.environ.get("PAPERLENS_DATA", ""), "arxiv", "arxiv-course.jsonl.zst")


@pytest.mark.skipif(not COURSE.is_file(), reason="no course's corpus in PAPERLENS_DATA")
def test_the_complete_sample_is_read() -> None:
    corpus = arxiv.read(COURSE)
    assert len(corpus.papers) == 170_618
    assert not corpus.papers.isna().any().any()


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet", "xlsx"])
def test_one_column_for_each_category(tmp_path: Path, ending: str) -> None:
    table = pd.DataFrame(
        {
            "id": ["2101.00001", "2101.00002", "2101.00003"],
            "title": ["A", "B", "C"],
            "abstract": ["One.", "Two.", "Three."],
            "cs.LG": [1, 0, 0],
            "math.ST": [1, 1, 0],
        }
    )
    file = tmp_path / f"papers.{ending}"
    if ending == "jsonl":
        table.to_json(file, orient="records", lines=True)
    else:
        write = {"csv": table.to_csv, "parquet": table.to_parquet, "xlsx": table.to_excel}[ending]
        write(file, index=False)
    found = arxiv.read(file).papers
    assert found["categories"].fillna("").tolist() == ["cs.LG math.ST", "math.ST", ""]
    assert found["title"].tolist() == ["A", "B", "C"]
