"""A model's card: description, data and parameters."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.cards import Card
from core.embeddings import hub_module
from core.i18n import _, join_list, ngettext, translate
from core.text.markdown import escape_markdown
from pages.models.leaderboard import figures, number


def show(card: Card, slice_name: str | None) -> None:
    """The summary, the labels and sizes, and the card's records as lists."""
    st.markdown(escape_markdown(_(card.summary)))
    notes = [_labels_note(card)] if card.labels else []
    notes.append(_("Its {n} files take {mb:.1f} MB.").format(n=len(card.files), mb=card.size / 1e6))
    metrics = figures(card, slice_name)
    notes += [*_sets_note(metrics), *_unknown_note(metrics)]
    if card.needs:
        notes.append(
            _("Needs {libraries}.").format(
                libraries=escape_markdown(join_list(map(str, card.needs)))
            )
        )
    st.caption(" ".join(notes))
    records = (
        (_("Training data"), card.data),
        (_("Parameters"), card.parameters),
        (_("Versions"), card.versions),
    )
    for column, (title, record) in zip(st.columns([2, 2, 1]), records, strict=True):
        with column:
            _show_record(title, record)


def _labels_note(card: Card) -> str:
    low, high = min(card.thresholds, default=1), max(card.thresholds, default=1)
    if low >= 1:
        return _("Answers with {n} labels, one of them a text.").format(n=len(card.labels))
    same = f"{low:.2f}" == f"{high:.2f}"
    return _("Answers with {n} labels; predicts one from a probability of {span}.").format(
        n=len(card.labels),
        span=f"{low:.2f}" if same else _("{a:.2f} to {b:.2f}").format(a=low, b=high),
    )


def _sets_note(metrics: dict[str, Any]) -> list[str]:
    """How often the model's prediction sets hold the true label, and how many labels they have."""
    share, size = number(metrics, "set_coverage"), number(metrics, "set_size")
    if share is None or size is None:
        return []
    text = _(
        "Its 90 % sets hold the true category for {share:.1%} of the papers measured, with "
        "{size:.1f} categories on average."
    )
    return [text.format(share=share, size=size)]


def _unknown_note(metrics: dict[str, Any]) -> list[str]:
    """How many papers were left out since the model knows none of their labels."""
    n = number(metrics, "unknown")
    if not n:
        return []
    text = ngettext(
        "{n:,} held-back paper has none of its labels and is not measured.",
        "{n:,} held-back papers have none of its labels and are not measured.",
        int(n),
    )
    return [text.format(n=int(n))]


def _show_record(title: str, record: Mapping[str, Any]) -> None:
    """A record of a card as names and values, with nested records in one line."""
    lines = [
        f"- {escape_markdown(_name_text(name))}: {escape_markdown(_translated(value))}"
        for name, value in record.items()
    ]
    st.markdown(f"**{title}**")
    st.markdown("\n".join(lines) or _("Not told on the card."))


def _translated(value: Any) -> str:
    return translate(hub_module.corpus_text(_value_text(value)))


def _name_text(name: Any) -> str:
    text = str(name).replace("_", " ")
    return _(text)


def _value_text(value: Any) -> str:
    if isinstance(value, dict):
        # Only the names of files; their checksums are on the card.
        if value and all(isinstance(v, str) and len(v) == 64 for v in value.values()):
            return ", ".join(map(str, value))
        # Likewise of a blend's parts, whose files stand on their own cards.
        if value and all(isinstance(v, dict) for v in value.values()):
            return ", ".join(map(str, value))
        return ", ".join(f"{_(str(name))}: {_value_text(part)}" for name, part in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(_value_text, value))
    if isinstance(value, int) and not isinstance(value, bool):
        # Years and seeds have no thousands separator.
        return f"{value:,}" if abs(value) >= 10_000 else str(value)
    return f"{value:.4g}" if isinstance(value, float) else str(value)
