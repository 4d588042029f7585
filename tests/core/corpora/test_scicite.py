"""SciCite's files: TensorFlow Datasets' rows of them, odd fields, lines that are no citation."""

import gzip
import json
import os
from pathlib import Path
from typing import Any

import pytest

from core.corpora import scicite
from core.corpora.blocks import CorpusError, MissingCorpus, NotCorpus

DATA = Path(os.environ.get("PAPERLENS_DATA", ""))

LINE = {
    "unique_id": "p1>p2",
    "citingPaperId": "p1",
    "string": "Otters were counted as in Tarn (2011).",
    "sectionName": "Methods",
    "label": "method",
    "label_confidence": 0.5,
}


def write(folder: Path, name: str, *records: dict[str, Any] | str) -> Path:
    """Write records, or lines as they are, as a file of a `scicite` folder; the data folder."""
    place = folder / "scicite"
    place.mkdir(exist_ok=True)
    lines = (r if isinstance(r, str) else json.dumps(r) for r in records)
    content = "".join(f"{line}\n" for line in lines).encode()
    packed = gzip.compress(content) if name.endswith(".gz") else content
    (place / name).write_bytes(packed)
    return folder


@pytest.mark.skipif(not scicite.installed(DATA), reason="no SciCite in PAPERLENS_DATA")
@pytest.mark.parametrize(
    ("split", "kept"), [("train", 8_194), ("validation", 916), ("test", 1_859)]
)
def test_the_official_files_have_the_published_counts(split: str, kept: int) -> None:
    result = scicite.read(DATA, split)
    assert len(result) == kept
    assert result["id"].is_unique
    assert set(result["label"]) == set(scicite.LABELS)
    assert result["confidence"].between(0, 1).all()
    assert (result["string"].str.strip() != "").all()


def test_fields_become_columns(tmp_path: Path) -> None:
    labels = ("method", "background", "result")
    records = [LINE | {"unique_id": label, "label": label} for label in reversed(labels)]
    citations = scicite.read(write(tmp_path, "dev.jsonl", *records), "validation")
    shared = {"paper": "p1", "string": LINE["string"], "section": "Methods", "confidence": 0.5}
    assert citations.to_dict("records") == [
        {"id": label, "label": label, "label_id": labels.index(label)} | shared
        for label in reversed(labels)
    ]


@pytest.mark.parametrize("name", ["test.jsonl", "test.jsonl.gz"])
def test_the_first_row_of_an_id_is_kept(name: str, tmp_path: Path) -> None:
    records = [
        LINE | {"unique_id": one, "string": f"Sentence {i} of [{i}]."}
        for i, one in enumerate(("a", "b", "a", "c", "b", "a"))
    ]
    data = write(tmp_path, name, *records)
    kept = scicite.read(data, "test")
    assert list(kept["id"]) == ["a", "b", "c"]
    assert list(kept["string"]) == [f"Sentence {i} of [{i}]." for i in (0, 1, 3)]
    assert list(kept.index) == [0, 1, 2]


def test_plain_comes_before_packed_and_a_folder_of_ones_own_is_found(tmp_path: Path) -> None:
    write(tmp_path, "train.jsonl.gz", LINE | {"string": "packed [1]"})
    assert scicite.read(tmp_path, "train")["string"].tolist() == ["packed [1]"]
    write(tmp_path, "train.jsonl", LINE | {"string": "plain [1]"})
    assert scicite.read(tmp_path, "train")["string"].tolist() == ["plain [1]"]
    assert scicite.find(tmp_path / "scicite", "train").name == "train.jsonl"


@pytest.mark.parametrize(
    ("key", "value", "column", "wanted"),
    [
        *(("sectionName", v, "section", "") for v in ("NaN", "null", "3", '["Methods"]', "")),
        *(
            ("label_confidence", v, "confidence", 1.0)
            for v in ("NaN", "null", '"high"', "Infinity", "")
        ),
    ],
)
def test_a_field_that_is_not_given_has_a_default(
    key: str, value: str, column: str, wanted: object, tmp_path: Path
) -> None:
    line = json.dumps({k: v for k, v in LINE.items() if k != key})
    if value:
        line = f'{line[:-1]}, "{key}": {value}}}'
    citations = scicite.read(write(tmp_path, "train.jsonl", line), "train")
    assert citations[column].tolist() == [wanted]


@pytest.mark.parametrize(
    "damaged",
    [
        "{",
        "[]",
        "7",
        '"text"',
        "{}",
        "[" * 100_000,
        LINE | {"label": "praise"},
        LINE | {"label": None},
        LINE | {"label": ["method"]},
        LINE | {"string": None},
        LINE | {"string": " \t"},
        LINE | {"string": ["a"]},
        LINE | {"unique_id": None},
        {k: v for k, v in LINE.items() if k != "unique_id"},
        {k: v for k, v in LINE.items() if k != "string"},
        json.dumps(LINE)[:-1] + f', "label_confidence": 1{"0" * 400}}}',
    ],
)
def test_a_damaged_line_is_named(damaged: dict[str, Any] | str, tmp_path: Path) -> None:
    data = write(tmp_path, "train.jsonl", LINE, "", damaged, LINE | {"unique_id": "z"})
    with pytest.raises(NotCorpus) as caught:
        scicite.read(data, "train")
    assert caught.value.fields["file"] == data / "scicite" / "train.jsonl"
    assert caught.value.fields["number"] == 3
    assert "\n" not in str(caught.value)


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path: Path) -> None:
    other = LINE | {"unique_id": "b"}
    lines = (f"\ufeff{json.dumps(LINE)}\r", "\r", f"{json.dumps(other)}\r")
    data = write(tmp_path, "train.jsonl", *lines)
    assert scicite.read(data, "train")["id"].tolist() == ["p1>p2", "b"]


def test_a_missing_file_names_the_command(tmp_path: Path) -> None:
    write(tmp_path, "train.jsonl", LINE)
    file = tmp_path / "scicite" / "train.jsonl"
    for data, split, name in (
        (tmp_path, "validation", "dev"),
        (tmp_path / "nowhere", "train", "train"),
        (file, "train", "train"),
    ):
        with pytest.raises(MissingCorpus) as caught:
            scicite.read(data, split)
        assert caught.value.fields["name"] == name
        assert "`python -m core download scicite`" in str(caught.value)


def test_installed_means_all_three(tmp_path: Path) -> None:
    for name in ("train.jsonl", "dev.jsonl.gz", "test.jsonl"):
        assert not scicite.installed(tmp_path)
        write(tmp_path, name, LINE)
    assert scicite.installed(tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("train.jsonl", b"", CorpusError),
        ("train.jsonl", b"\n \n", CorpusError),
        ("train.jsonl.gz", b"no gzip", NotCorpus),
        ("train.jsonl.gz", gzip.compress(json.dumps(LINE).encode() * 99)[:-20], CorpusError),
    ],
)
def test_files_that_cannot_be_read(
    name: str, content: bytes, error: type[CorpusError], tmp_path: Path
) -> None:
    write(tmp_path, name, LINE)
    (tmp_path / "scicite" / name).write_bytes(content)
    with pytest.raises(error):
        scicite.read(tmp_path, "train")
