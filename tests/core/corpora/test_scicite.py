"""SciCite's files: TensorFlow Datasets' rows of them, odd fields, lines that are no citation."""

import gzip
import json
import os
from pathlib import Path
from typing import Any

import pytest

from core.corpora import scicite
from core.corpora.blocks import CorpusError

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
    found = scicite.read(DATA, split)
    assert len(found) == kept
    assert found["id"].is_unique
    assert set(found["label"]) == set(scicite.LABELS)
    assert found["confidence"].between(0, 1).all()
    assert (found["string"].str.strip() != "").all()


def test_fields_become_columns(tmp_path: Path) -> None:
    found = scicite.read(write(tmp_path, "train.jsonl", LINE), "train")
    assert found.to_dict("records") == [
        {
            "id": "p1>p2",
            "paper": "p1",
            "string": LINE["string"],
            "section": "Methods",
            "label": "method",
            "label_id": 0,
            "confidence": 0.5,
        }
    ]


def test_label_ids_are_tensorflow_datasets() -> None:
    assert scicite.LABELS == ("method", "background", "result")


def test_label_ids_follow_the_labels(tmp_path: Path) -> None:
    records = [
        LINE | {"unique_id": label, "label": label} for label in ("result", "method", "background")
    ]
    found = scicite.read(write(tmp_path, "dev.jsonl", *records), "validation")
    assert dict(zip(found["label"], found["label_id"], strict=True)) == {
        "method": 0,
        "background": 1,
        "result": 2,
    }


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


@pytest.mark.parametrize("section", ["NaN", "null", "3", '["Methods"]', None])
def test_a_section_without_a_name_is_empty(section: str | None, tmp_path: Path) -> None:
    record = {k: v for k, v in LINE.items() if k != "sectionName"}
    line = json.dumps(record)
    if section is not None:
        line = f'{line[:-1]}, "sectionName": {section}}}'
    assert scicite.read(write(tmp_path, "train.jsonl", line), "train")["section"].tolist() == [""]


@pytest.mark.parametrize("told", ["NaN", "null", '"high"', "Infinity", None])
def test_a_confidence_that_is_not_given_is_one(told: str | None, tmp_path: Path) -> None:
    line = json.dumps({k: v for k, v in LINE.items() if k != "label_confidence"})
    if told is not None:
        line = f'{line[:-1]}, "label_confidence": {told}}}'
    found = scicite.read(write(tmp_path, "train.jsonl", line), "train")
    assert found["confidence"].tolist() == [1.0]


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
    with pytest.raises(CorpusError, match=r"train\.jsonl, line 3 is no citation") as caught:
        scicite.read(data, "train")
    assert "method, background, result" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path: Path) -> None:
    data = write(tmp_path, "train.jsonl", "")
    content = f"\ufeff{json.dumps(LINE)}\r\n\r\n{json.dumps(LINE | {'unique_id': 'b'})}\r\n"
    (data / "scicite" / "train.jsonl").write_bytes(content.encode())
    assert scicite.read(data, "train")["id"].tolist() == ["p1>p2", "b"]


def test_a_missing_file_names_the_command(tmp_path: Path) -> None:
    write(tmp_path, "train.jsonl", LINE)
    with pytest.raises(CorpusError, match=r"dev\.jsonl.*`python -m core download scicite`"):
        scicite.read(tmp_path, "validation")
    with pytest.raises(CorpusError, match="download scicite"):
        scicite.read(tmp_path / "nowhere", "train")
    with pytest.raises(CorpusError, match="download scicite"):
        scicite.read(tmp_path / "scicite" / "train.jsonl", "train")


def test_installed_means_all_three(tmp_path: Path) -> None:
    for name in ("train.jsonl", "dev.jsonl.gz", "test.jsonl"):
        assert not scicite.installed(tmp_path)
        write(tmp_path, name, LINE)
    assert scicite.installed(tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("train.jsonl", b"", "holds no citations"),
        ("train.jsonl", b"\n \n", "holds no citations"),
        ("train.jsonl.gz", b"no gzip", "cannot be read"),
        ("train.jsonl.gz", gzip.compress(json.dumps(LINE).encode() * 99)[:-20], "cannot be read"),
    ],
)
def test_files_that_cannot_be_read(name: str, content: bytes, words: str, tmp_path: Path) -> None:
    write(tmp_path, name, LINE)
    (tmp_path / "scicite" / name).write_bytes(content)
    with pytest.raises(CorpusError, match=words):
        scicite.read(tmp_path, "train")
