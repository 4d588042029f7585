"""SciCite: citation sentences and their intents (Cohan et al. 2019, arXiv:1904.01608)."""

import math
from pathlib import Path
from typing import Any

import pandas as pd

from core.corpora.blocks import MissingCorpus, NotCorpus, as_corpus_error
from core.files.base import Record
from core.files.readers import open_reader
from core.messages import Message

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
    with as_corpus_error(file):
        rows = [_row(file, number, record) for number, record in open_reader(file).records()]
    return pd.DataFrame(rows).drop_duplicates("id", ignore_index=True)


def _row(file: Path, number: int, record: Record | Message) -> dict[str, Any]:
    try:
        if isinstance(record, str):
            raise TypeError
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
    except (ValueError, KeyError, TypeError, OverflowError):
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
