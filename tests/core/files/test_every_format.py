"""The same three papers in every format, encoding and under odd names give the same rows."""

import csv
import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.corpora import arxiv
from core.files.base import Record
from core.files.readers import open_reader
from core.files.records import Row, mapping, read_rows
from core.taxonomy import split_categories

PAPERS = [
    (
        "2101.00001",
        "Knots in loops, “naïve” ones",
        "We tie\na knot;.",
        "math.GT math.AT",
    ),
    ("hep-th/9901001", "Schrödinger’s strings", 'Open "strings" end on branes.', "hep-th"),
    ("1905.00002", "Words of sentences", "A parser reads | sentences\tof words.", "cs.CL cs.LG"),
]
ROWS = [Row(id, f"{title}\n{abstract}", categories) for id, title, abstract, categories in PAPERS]

NAMES = (
    ("id", "title", "abstract", "categories"),
    ("ID", " Title ", "ABSTRACT", "Categories"),
    ("arxiv_id", "Paper Title", "Abstract Note", "arXiv categories"),
    ("entry_id", "titles", "summaries", "terms"),
    ("identifier", "Heading", "Summary Text", "Subjects"),
    ("paperId", "document-title", "Description of the paper", "category"),
    ("编号", "标题", "摘要", "分类"),
)
IDS = ("{}", "http://arxiv.org/abs/{}v3", "arXiv:{}v1", "https://doi.org/10.48550/arXiv.{}")
CATEGORIES: tuple[Callable[[str], str], ...] = (
    str,
    str.upper,
    lambda codes: str(codes.split()),
    lambda codes: json.dumps(codes.split()),
    lambda codes: "; ".join(f"Some name ({code})" for code in codes.split()),
)
TEXT_ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le")


def delimited(delimiter: str) -> Callable[[list[Record]], str]:
    """Records as a table."""

    def written(records: list[Record]) -> str:
        out = io.StringIO(newline="")
        table = csv.DictWriter(out, records[0], delimiter=delimiter)
        table.writeheader()
        table.writerows(records)
        return out.getvalue()

    return written


def lines(records: list[Record]) -> str:
    """Records as JSON lines."""
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)


def pandas(orient: str, **style: object) -> Callable[[list[Record]], str]:
    """Records in a JSON layout of pandas."""
    return lambda records: pd.DataFrame(records).to_json(orient=orient, force_ascii=False, **style)


TEXTS = {
    ".csv": (delimited(","), delimited(";")),
    ".tsv": (delimited("\t"),),
    ".jsonl": (lines,),
    ".ndjson": (lines,),
    ".json": (
        lines,
        *map(pandas, ("records", "columns", "index", "split", "table")),
        pandas("records", indent=2),
        lambda records: json.dumps(pd.DataFrame(records).to_dict("list"), ensure_ascii=False),
        lambda records: json.dumps({"papers": records}, ensure_ascii=False),
        lambda records: "\n".join(json.dumps(r, indent=1, ensure_ascii=False) for r in records),
        lambda records: lines([{n: [v] for n, v in record.items()} for record in records]),
    ),
}
WRITERS = [(ending, i) for ending, writers in TEXTS.items() for i in range(len(writers))]
BINARY = (".xlsx", ".parquet")


def write(path: Path, records: list[Record], writer: int, encoding: str, packed: bool) -> Path:
    """Write records in the format of the path's ending; the path."""
    if path.suffix == ".xlsx":
        book = openpyxl.Workbook()
        book.active.append(list(records[0]))
        for record in records:
            book.active.append(list(record.values()))
        book.save(path)
        return path
    if path.suffix == ".parquet":
        pd.DataFrame(records).to_parquet(path)
        return path
    content = TEXTS[path.suffix][writer](records).encode(encoding)
    path = path.with_name(f"{path.name}.gz") if packed else path
    path.write_bytes(gzip.compress(content) if packed else content)
    return path


def usual(row: Row) -> tuple[str, list[str], list[str]]:
    """A row with the blanks and the categories as they count."""
    return row.id, row.text.split(), list(split_categories(row.truth))


@given(
    st.sampled_from([*WRITERS, *((ending, 0) for ending in BINARY)]),
    st.sampled_from(NAMES),
    st.sampled_from(IDS),
    st.sampled_from(CATEGORIES),
    st.sampled_from(TEXT_ENCODINGS),
    st.booleans(),
    st.permutations(range(4)),
)
@settings(max_examples=200)
def test_the_same_papers_give_the_same_rows(
    tmp_path_factory: pytest.TempPathFactory,
    form: tuple[str, int],
    names: tuple[str, ...],
    address: str,
    of_categories: Callable[[str], str],
    encoding: str,
    packed: bool,
    order: list[int],
) -> None:
    ending, writer = form
    records = []
    for id, title, abstract, categories in PAPERS:
        values = (address.format(id), title, abstract, of_categories(categories))
        records.append({names[i]: values[i] for i in order})
    path = write(
        tmp_path_factory.mktemp("formats") / f"in{ending}", records, writer, encoding, packed
    )
    assert [usual(row) for row in read_rows(path)] == [usual(row) for row in ROWS]
    found = mapping(open_reader(path).layout)
    wanted = dict(zip(("id", "title", "abstract", "categories"), names, strict=True))
    assert {field: name.strip() for field, name in found.items()} == {
        field: name.strip() for field, name in wanted.items()
    }
    corpus = arxiv.read(path).papers
    assert corpus["id"].tolist() == [id for id, *_ in PAPERS]
    assert [title.split() for title in corpus["title"]] == [
        title.split() for _, title, *_ in PAPERS
    ]
