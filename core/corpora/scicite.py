"""SciCite: citation sentences and their intents (Cohan et al. 2019, arXiv:1904.01608)."""

import gzip
import json
import math
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from core.corpora.blocks import DamagedCorpus, MissingCorpus, NoRecords, NotCorpus

LABELS = ("method", "background", "result")
"""The labels in the order of TensorFlow Datasets' ids."""

SPLITS = {"train": "train", "validation": "dev", "test": "test"}
"""The official file of each of TensorFlow Datasets' splits."""

FOLDER = "scicite"
HOW_TO_GET = "python -m core download scicite"


def find(data: Path, split: str) -> Path:
    """The file of a split in a data folder, its `scicite` folder, or that folder itself.

    Raises MissingCorpus where there is none; the message says how to get it.
    """
    for folder in (data / FOLDER, data):
        for ending in (".jsonl", ".jsonl.gz"):
            if (folder / f"{SPLITS[split]}{ending}").is_file():
                return folder / f"{SPLITS[split]}{ending}"
    raise MissingCorpus(
        "{folder} holds no SciCite ({name}.jsonl or {name}.jsonl.gz); get it with `{command}`.",
        folder=data,
        name=SPLITS[split],
        command=HOW_TO_GET,
    )


def installed(data: Path) -> bool:
    """Whether all three splits are present."""
    try:
        return all(find(data, split).is_file() for split in SPLITS)
    except MissingCorpus:
        return False


def read(data: Path, split: str) -> pd.DataFrame:
    """The citations of a split, in file order.

    As in TensorFlow Datasets, only the first row of each `unique_id` is kept.

    Columns: `id` (unique_id), `paper` (the citing paper's), `string`, `section` (the section's name
    as printed, empty where not given), `label`, `label_id` (TensorFlow Datasets'), `confidence`
    (the annotators', 1 where not given).
    Raises CorpusError for a missing or damaged file, NotCorpus for a line that is not a citation.
    """
    file = find(data, split)
    rows = [_row(file, number, line) for number, line in _lines(file)]
    if not rows:
        raise NoRecords("{file} holds no citations.", file=file)
    return pd.DataFrame(rows).drop_duplicates("id", ignore_index=True)


def _lines(file: Path) -> Iterator[tuple[int, str]]:
    opener = gzip.open if file.suffix == ".gz" else open
    try:
        with opener(file, "rt", encoding="utf-8-sig", errors="replace") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield number, line
    except (OSError, EOFError, zlib.error) as problem:
        raise DamagedCorpus(
            "{file} cannot be read: {problem}.", file=file, problem=problem
        ) from None


def _row(file: Path, number: int, line: str) -> dict[str, Any]:
    try:
        record = json.loads(line)
        label = record["label"]
        return {
            "id": _needed(record["unique_id"]),
            "paper": _text(record.get("citingPaperId")),
            "string": _needed(record["string"]),
            "section": _text(record.get("sectionName")),
            "label": label,
            "label_id": LABELS.index(label),
            "confidence": _share(record.get("label_confidence")),
        }
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        raise NotCorpus(
            "{file}, line {number} is no citation: it needs `unique_id`, `string` and a `label` "
            "that is one of {labels}.",
            file=file,
            number=number,
            labels=", ".join(LABELS),
        ) from None


def _needed(value: Any) -> str:
    """A required text. Raises TypeError for another type, ValueError for blank text.

    Null is not converted, which would give the word "None".
    """
    if not isinstance(value, str):
        raise TypeError
    if not value.strip():
        raise ValueError
    return value


def _text(value: Any) -> str:
    """A text, empty for other types; the official files have NaN for missing section names."""
    return value if isinstance(value, str) else ""


def _share(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else 1.0
