"""What a model is, in plain words, and what it was made from."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.cards import Card
from core.embeddings import hub_module
from core.i18n import listed, phrases, say
from core.text.markdown import escape_markdown

CARD_WORDS = phrases(
    *("corpus", "files", "papers", "split", "trained on", "validation", "words"),
    *("batch size", "columns", "cost", "dimension", "epochs", "features", "learning rate"),
    *("length", "pairs", "paper weights", "patience", "rounds", "sample", "seed", "temperature"),
    *("title words", "trainable", "vocabulary", "weights", "weights kept", "window"),
    *("network", "networks", "network share", "network words", "transformer", "package", "vector"),
    *("module", "module label", "shard", "tokens"),
    *("accuracy on held-out folds", "sentence", "section"),
    "by a hash of the abstract's letters: 90% train, 5% validation, 5% test",
    "the course's: 80 % train, 20 % test, random_state=1",
    "train and validation; measured on test",
    "SciCite, the splits of TensorFlow Datasets",
)
"""Names and values of cards that are translated; others are shown as they are."""


def show(card: Card, slice_name: str | None) -> None:
    """The summary, the labels and sizes, and the card's records as lists."""
    st.markdown(escape_markdown(say(str(card.summary))))
    notes = [_labels_note(card)] if card.labels else []
    notes.append(say("Its {n} files take {mb:.1f} MB.", n=len(card.files), mb=card.size / 1e6))
    if card.needs:
        notes.append(
            say("Needs {libraries}.", libraries=escape_markdown(listed(map(str, card.needs))))
        )
    st.caption(" ".join(notes))
    records = (
        (say("Training data"), card.data),
        (say("Parameters"), card.parameters),
        (say("Versions"), card.versions),
    )
    for column, (title, record) in zip(st.columns([2, 2, 1]), records, strict=True):
        with column:
            _show_record(title, record)


def _labels_note(card: Card) -> str:
    low, high = min(card.thresholds, default=1), max(card.thresholds, default=1)
    if card.task == "intent" or low >= 1:
        return say("Answers with {n} labels, one of them a text.", n=len(card.labels))
    same = f"{low:.2f}" == f"{high:.2f}"
    return say(
        "Answers with {n} labels; predicts one from a probability of {span}.",
        n=len(card.labels),
        span=f"{low:.2f}" if same else say("{a:.2f} to {b:.2f}", a=low, b=high),
    )


def _show_record(title: str, record: Any) -> None:
    """A record of a card as names and values, all text, records within it in one line."""
    lines = [
        "- " + escape_markdown(f"{_name_text(name)}: {hub_module.corpus_told(_value_text(value))}")
        for name, value in (record.items() if isinstance(record, Mapping) else ())
    ]
    st.markdown(f"**{title}**")
    st.markdown("\n".join(lines) or say("Not told on the card."))


def _name_text(name: Any) -> str:
    text = str(name).replace("_", " ")
    return say(text)


def _value_text(value: Any) -> str:
    if isinstance(value, dict):
        # Of files the names say enough; their checksums stand on the card.
        if value and all(isinstance(v, str) and len(v) == 64 for v in value.values()):
            return ", ".join(map(str, value))
        return ", ".join(f"{say(str(name))}: {_value_text(part)}" for name, part in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(_value_text, value))
    if isinstance(value, int) and not isinstance(value, bool):
        # A year or a seed has no thousands.
        return f"{value:,}" if abs(value) >= 10_000 else str(value)
    return f"{value:.4g}" if isinstance(value, float) else str(value)
