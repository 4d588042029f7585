"""SciCite's splits as texts, and metrics on them, for recipes for citations."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from core.corpora import scicite
from core.evaluation import curves, metrics
from core.files import checksum
from core.text.documents import citation_text
from core.training.recipe import Model, rounded

KINDS = ("sentence", "section")
"""The input of a model: the sentence alone, or with the name of its section."""

CORPUS = "SciCite, the splits of TensorFlow Datasets"


def read(data: Path) -> dict[str, pd.DataFrame]:
    """All splits, by their names in TensorFlow Datasets. Raises CorpusError without SciCite."""
    return {split: scicite.read(data, split) for split in scicite.SPLITS}


def facts(data: Path) -> dict[str, Any]:
    """The data for a card: the corpus, and the checksum of each file."""
    files = (scicite.find(data, split) for split in scicite.SPLITS)
    return {"corpus": CORPUS, "files": {file.name: checksum.sha256(file) for file in files}}


def texts(citations: pd.DataFrame, kind: str) -> list[str]:
    """Citation texts with their sections, or for the kind "sentence" without."""
    sections = citations["section"] if kind == "section" else [""] * len(citations)
    return [citation_text(*pair) for pair in zip(citations["string"], sections, strict=True)]


def truth(citations: pd.DataFrame) -> np.ndarray:
    """The labels' indices in `scicite.LABELS`; int (n,)."""
    return citations["label_id"].to_numpy()


def measure(
    model: Model, citations: pd.DataFrame, kinds: tuple[str, ...] = KINDS
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The contract's metrics, and the curves, for each kind of text."""
    figures, kind_curves = {}, {}
    for kind in kinds:
        scores = model.predict_scores(texts(citations, kind))
        figures[kind] = rounded(metrics.evaluate_single(model.labels, truth(citations), scores))
        kind_curves[kind] = curves.curves(model.labels, truth(citations), scores)
    return figures, kind_curves
