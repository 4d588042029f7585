"""Contexts of the CORD-19 corpus: a line of text each, without punctuation, no line twice."""

import gzip
import json
from pathlib import Path

import pytest

from core.corpora import cord19
from core.corpora.blocks import (
    CorpusError,
    DamagedCorpus,
    MissingCorpus,
    MissingCorpusColumn,
    NoRecords,
)
from core.files.errors import NoDataFiles


def written(path: Path, *papers: dict[str, object]) -> Path:
    """Papers as JSON lines."""
    path.write_text("".join(json.dumps(paper) + "\n" for paper in papers), encoding="utf-8")
    return path


def test_title_lines_and_references_are_contexts(tmp_path: Path) -> None:
    file = written(
        tmp_path / "a.jsonl",
        {
            "title": "Spike-proteins of\nan (odd) virus!",
            "abstract": "It binds; we see.\n\n  Twice   over\t\tagain \nalone",
            "body": "A first line.\nA second line, SARS-CoV-2.",
            "ref_titles": json.dumps(["On masks", "On hand\nwashing", 7, None, "Short"]),
        },
    )
    assert list(cord19.contexts([file])) == [
        ["Spikeproteins", "of", "an", "odd", "virus"],
        ["It", "binds", "we", "see"],
        ["Twice", "over", "again"],
        ["A", "first", "line"],
        ["A", "second", "line", "SARSCoV2"],
        ["On", "masks"],
        ["On", "hand", "washing"],
    ]


def test_words_are_printed_in_their_most_frequent_form(tmp_path: Path) -> None:
    title = "Covid‐19 (Covid-19) Covid19, IL6 IL6. IL-6 1,000 p<0.05, and/or and/or-- https://a.org"
    file = written(tmp_path / "a.jsonl", {"title": title, "abstract": "1'-cyano, mid-way"})
    tokens = ("Covid19", "IL6", "1000", "p<005", "andor", "httpsaorg", "1cyano", "none")
    printed = {"Covid19": "Covid-19", "andor": "and/or", "1cyano": "1'-cyano"}
    assert cord19.printed_forms([file], tokens) == printed


def test_a_line_counts_once(tmp_path: Path) -> None:
    licence = "All rights are reserved."
    file = written(
        tmp_path / "a.jsonl",
        {"title": "One paper", "abstract": f"{licence}\nIt says this."},
        {"title": "Another paper", "abstract": f"All rights (are) reserved\n{licence}\nall rights"},
        {"title": "One paper", "abstract": "It says this"},
    )
    assert [" ".join(words) for words in cord19.contexts([file])] == [
        "One paper",
        "All rights are reserved",
        "It says this",
        "Another paper",
        "all rights",
    ]


@pytest.mark.parametrize(
    ("more", "wanted"),
    [
        ({}, []),
        ({"body": "of the body"}, ["of the body"]),
        ({"ref_titles": '["A reference title"]'}, ["A reference title"]),
        ({"ref_titles": ["A reference title"]}, ["A reference title"]),
        ({"ref_titles": "no list", "body": None}, []),
        ({"ref_titles": '{"a": "b c"}', "body": "of the body"}, ["of the body"]),
        ({"ref_titles": "[1, [", "body": ""}, []),
        ({"ref_titles": "3", "body": "x"}, []),
    ],
)
def test_body_and_references_may_be_missing(
    tmp_path: Path, more: dict[str, object], wanted: list[str]
) -> None:
    file = written(tmp_path / "a.jsonl", {"title": "A title", "abstract": None} | more)
    assert [" ".join(words) for words in cord19.contexts([file])] == ["A title", *wanted]


@pytest.mark.parametrize("more", ["", ",body", ",body,ref_titles", ",ref_titles"])
def test_csv_tables(tmp_path: Path, more: str) -> None:
    file = tmp_path / "metadata.csv"
    cells = {"": "", ",body": ",of it", ",ref_titles": ',"[""of it""]"'}
    row = cells.get(more, ',of it,"[]"')
    file.write_text(f'cord_uid,title,abstract{more}\nx1,A title,"One line\nanother line"{row}\n')
    wanted = ["A title", "One line", "another line"] + (["of it"] if more else [])
    assert [" ".join(words) for words in cord19.contexts([file])] == wanted


def test_damaged_lines_are_left_out(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl.gz"
    good = [json.dumps({"title": f"Paper number {i}", "abstract": ""}).encode() for i in range(2)]
    file.write_bytes(gzip.compress(b"\n".join([good[0], b'{"title": "cut', b"\xff\xfe", good[1]])))
    assert [" ".join(words) for words in cord19.contexts([file])] == [
        "Paper number 0",
        "Paper number 1",
    ]


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").touch()
    cut = tmp_path / "cut.jsonl.gz"
    cut.write_bytes(gzip.compress(b'{"title": "a b", "abstract": "c d"}\n' * 99)[:-20])
    for path, error in (
        (tmp_path / "empty.jsonl", NoRecords),
        (cut, DamagedCorpus),
        (tmp_path / "none.jsonl", MissingCorpus),
    ):
        with pytest.raises(error) as caught:
            list(cord19.contexts([path]))
        assert path in caught.value.fields.values()
    file = written(tmp_path / "a.jsonl", {"title": "No abstract", "body": "here"})
    with pytest.raises(MissingCorpusColumn) as caught:
        list(cord19.contexts([file]))
    assert caught.value.fields["column"] == "'abstract'"


def test_files_of_a_data_folder(tmp_path: Path) -> None:
    with pytest.raises(CorpusError) as caught:
        cord19.files(tmp_path)
    assert isinstance(caught.value.__cause__, NoDataFiles)
    for name in ("b.csv", "a.jsonl.zst"):
        (tmp_path / name).touch()
    assert [path.name for path in cord19.files(tmp_path)] == ["a.jsonl.zst", "b.csv"]
    inner = tmp_path / cord19.FOLDER
    inner.mkdir()
    (inner / "z.parquet").touch()
    assert cord19.files(tmp_path) == [inner / "z.parquet"]
    assert cord19.files(tmp_path / "b.csv") == [tmp_path / "b.csv"]
