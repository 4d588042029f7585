"""Curves of a model on test texts: counts by threshold, reliability, confusions."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from core.cards import CURVES, Card, ChangedFileError, ModelError, json_default
from core.evaluation.decisions import apply_thresholds
from core.evaluation.metrics import BINS, MAX_CONFUSION
from core.files.json_shape import (
    dict_of,
    is_count,
    is_number,
    is_text,
    list_of,
    optional,
    record_of,
)

THRESHOLDS = np.round(np.arange(1, 50) * 0.02, 2)
"""0.02 to 0.98."""

MAX_ERRORS = 100


def curves(
    labels: Sequence[str],
    truth: np.ndarray,
    scores: np.ndarray,
    thresholds: np.ndarray | None = None,
) -> dict[str, Any]:
    """The data of all figures of a slice, as plain numbers.

    By label they are counts, not rates: counts are exact, show where nothing was predicted, and
    take half the space.

    truth: bool (n, k), or int (n,) with each text's label for single-label tasks; scores:
    probabilities (n, k); thresholds: the model's, (k,), for the errors of a multi-label model.

    Returns `n`; `thresholds` (t,); `per_label`: for each label `support`, and by threshold how many
    texts reach it (`predicted`) and how many of these are right (`hits`); `micro`:
    `precision`, `recall`, `f1` by threshold; `macro_f1` by threshold, over labels with support;
    `reliability`: for each bin of probability `count`, mean `probability` and share `true`, None in
    an empty bin, over all text-label pairs or, for single-label tasks, over each text's best
    label; `reliability_top`, for multi-label models: the same over each text's best label;
    `errors`: [label missed, label predicted instead, texts], the most frequent first, empty where
    a confusion matrix is kept.
    """
    single = truth.ndim == 1
    true = np.eye(len(labels), dtype=bool)[truth] if single else truth.astype(bool)
    hits, predicted = _counts(true, scores)
    support = true.sum(axis=0)
    micro = _rates(hits.sum(axis=0), predicted.sum(axis=0), support.sum())
    label_f1 = _rates(hits, predicted, support[:, None])["f1"][support > 0]
    macro = label_f1.mean(axis=0) if len(label_f1) else np.zeros(len(THRESHOLDS))
    best = scores.argmax(axis=1)
    top = _reliability(true[np.arange(len(true)), best], scores.max(axis=1, initial=0))
    return {
        "n": len(truth),
        "thresholds": THRESHOLDS.tolist(),
        "per_label": {
            label: {
                "support": int(support[i]),
                "hits": hits[i].tolist(),
                "predicted": predicted[i].tolist(),
            }
            for i, label in enumerate(labels)
        },
        "micro": {name: _rounded(column) for name, column in micro.items()},
        "macro_f1": _rounded(macro),
        **(
            {"reliability": top}
            if single
            else {"reliability": _reliability(true.ravel(), scores.ravel()), "reliability_top": top}
        ),
        "errors": _errors(labels, true, scores, thresholds, single),
    }


def rates(curve: dict[str, Any], label: str) -> dict[str, np.ndarray]:
    """A label's precision, recall and F1 by threshold, each (t,), 0 where undefined."""
    counts = curve["per_label"][label]
    return _rates(np.array(counts["hits"]), np.array(counts["predicted"]), counts["support"])


_COLUMN = list_of(is_number, len(THRESHOLDS))
_BINS = list_of(optional(is_number), BINS)
_RELIABILITY = record_of(count=_BINS, probability=_BINS, true=_BINS)
_CURVE = record_of(
    n=is_count,
    thresholds=_COLUMN,
    per_label=dict_of(record_of(support=is_count, hits=_COLUMN, predicted=_COLUMN)),
    micro=record_of(precision=_COLUMN, recall=_COLUMN, f1=_COLUMN),
    macro_f1=_COLUMN,
    reliability=_RELIABILITY,
    errors=list_of(
        lambda row: (
            isinstance(row, list)
            and len(row) == 3
            and is_text(row[0])
            and is_text(row[1])
            and is_count(row[2])
        )
    ),
)
# Curves of earlier versions are without `reliability_top`.
_CURVES = dict_of(
    lambda curve: _CURVE(curve) and optional(_RELIABILITY)(curve.get("reliability_top"))
)
"""The shape of `curves.json`: the result of `curves` by slice."""


def _counts(truth: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Correct and all predictions of each label at each threshold; int (k, t) each."""
    size, steps = truth.shape[1], len(THRESHOLDS) + 1
    # The number of thresholds that each score reaches; one pass then counts these by label.
    thresholds_reached = np.searchsorted(THRESHOLDS, scores.astype(np.float64), side="right")
    cells = thresholds_reached + steps * np.arange(size)

    def at_least(cells: np.ndarray) -> np.ndarray:
        table = np.bincount(cells, minlength=size * steps).reshape(size, steps)
        return table[:, ::-1].cumsum(axis=1)[:, ::-1][:, 1:]

    return at_least(cells[truth]), at_least(cells.ravel())


def _rates(hits: np.ndarray, predicted: np.ndarray, support: Any) -> dict[str, np.ndarray]:
    """Precision, recall and F1 of counts, 0 where the denominator is 0."""

    def ratio(part: np.ndarray, total: Any) -> np.ndarray:
        total = np.broadcast_to(total, part.shape)
        return np.divide(part, total, out=np.zeros(part.shape), where=total > 0)

    return {
        "precision": ratio(hits, predicted),
        "recall": ratio(hits, support),
        "f1": ratio(2 * hits, predicted + support),
    }


def _reliability(truth: np.ndarray, scores: np.ndarray) -> dict[str, list]:
    """Count, mean probability and true share of each bin of probability; truth, scores: (m,)."""
    bins = np.minimum((scores * BINS).astype(int), BINS - 1)
    count = np.bincount(bins, minlength=BINS)

    def mean(values: np.ndarray) -> list[float | None]:
        sums = np.bincount(bins, values, BINS)
        return [
            round(total / n, 4) if n else None
            for total, n in zip(sums.tolist(), count.tolist(), strict=True)
        ]

    return {"count": count.tolist(), "probability": mean(scores), "true": mean(truth)}


def _errors(
    labels: Sequence[str],
    truth: np.ndarray,
    scores: np.ndarray,
    thresholds: np.ndarray | None,
    single: bool,
) -> list[list]:
    """The most frequent pairs of a missed label and a wrongly predicted one.

    Empty without thresholds, except for a single-label task with many labels.
    """
    if single:
        if len(labels) <= MAX_CONFUSION:
            return []
        thresholds = np.full(len(labels), np.inf)
    elif thresholds is None:
        return []
    chosen = apply_thresholds(scores, thresholds)
    missed = (truth & ~chosen).astype(np.float32)
    counts = (missed.T @ (chosen & ~truth).astype(np.float32)).astype(int)
    order = np.argsort(-counts, axis=None, kind="stable")[:MAX_ERRORS]
    pairs = zip(*np.unravel_index(order, counts.shape), strict=True)
    return [[labels[i], labels[j], int(counts[i, j])] for i, j in pairs if counts[i, j]]


def _rounded(column: np.ndarray) -> list[float]:
    return [round(value, 4) for value in column.tolist()]


def curves_text(curves: dict[str, Any]) -> str:
    """Curves as JSON on one line."""
    # Indented, with one number per line, the file would be three times as large.
    return (
        json.dumps(curves, ensure_ascii=False, separators=(",", ":"), default=json_default) + "\n"
    )


class CurvesError(ModelError):
    """The curves of a model are missing, damaged or invalid; fields: model."""


def read_curves(card: Card) -> dict[str, Any]:
    """The curves of a model by slice, as `curves` returns them; empty where it has none.

    Raises ChangedFileError if the checksum is not that of the card, CurvesError for a file that
    cannot be read or is invalid.
    """
    if CURVES not in card.files:
        return {}
    model = f"{card.task}/{card.name}"
    try:
        content = (card.folder / CURVES).read_bytes()
        if hashlib.sha256(content).hexdigest() != card.files[CURVES]:
            raise ChangedFileError(
                "The curves of the model {model} are not those its card describes (the "
                "checksum of {file} differs); restore it from the checkout or train again.",
                model=model,
                file=CURVES,
            )
        by_slice = json.loads(content)
    except (OSError, ValueError, RecursionError) as error:
        raise CurvesError(
            "The curves of the model {model} cannot be read: {error}.", model=model, error=error
        ) from None
    if not _CURVES(by_slice):
        raise CurvesError(
            "The curves of the model {model} have another form than this version draws; train "
            "it again.",
            model=model,
        )
    return by_slice
