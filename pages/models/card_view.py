"""A model's card: description, data and parameters."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import streamlit as st

from core.cards import CARD, EMBEDDING, Card
from core.embeddings import hub_module
from core.i18n import _, join_list, ngettext, translate
from core.reports.model import model_report
from core.text.markdown import escape_markdown
from pages.components.outputs import download
from pages.components.report import report_button
from pages.models import leaderboard
from pages.models.leaderboard import figures, number


def show(cards: dict[str, Card], slice_name: str | None) -> None:
    """What each model is, in sentences; its card's records and files on demand."""
    for column, (title, card) in zip(st.columns(len(cards)), cards.items(), strict=True):
        with column:
            st.markdown(f"**{escape_markdown(title)}**")
            _show_card(card, slice_name)


def _show_card(card: Card, slice_name: str | None) -> None:
    st.markdown(escape_markdown(_(card.summary)))
    notes = notes_on(card, slice_name)
    st.markdown(escape_markdown(notes))
    records = records_of(card)
    with st.expander(_("Data, parameters and versions")):
        for title, record in records.items():
            _show_record(title, record)
    named = {
        _(leaderboard.slice_of(name).title): _named_figures(card, figures(card, name))
        for name in leaderboard.slices([card])
    }
    make = partial(model_report, card, notes, named, records, slice_name)
    with st.container(horizontal=True):
        name = f"{card.task}-{card.name}"
        report_button(make, name)
        content = (card.folder / CARD).read_text(encoding="utf-8")
        file = f"{name}-card.json"
        download(_("Model card"), content, file, "application/json", key=file)


def notes_on(card: Card, slice_name: str | None) -> str:
    """Sentences on a model: its labels, its size, what it was not measured on, what it needs."""
    notes = [_labels_note(card)] if card.labels else []
    notes.append(_("Its {n} files take {mb:.1f} MB.").format(n=len(card.files), mb=card.size / 1e6))
    metrics = figures(card, slice_name)
    notes += [*_sets_note(metrics), *_unknown_note(metrics)]
    if card.needs:
        notes.append(_("Needs {libraries}.").format(libraries=join_list(map(str, card.needs))))
    return " ".join(notes)


def records_of(card: Card) -> dict[str, list[tuple[str, str]]]:
    """The records of a card: names and values by title, nested records in one line."""
    records = {
        _("Training data"): card.data,
        _("Parameters"): card.parameters,
        _("Versions"): card.versions,
    }
    return {
        title: [(_name_text(name), _translated(value)) for name, value in record.items()]
        for title, record in records.items()
    }


def _named_figures(card: Card, values: dict[str, Any]) -> dict[str, str]:
    """The figures of a slice by name; of an embedding rho by word set."""
    if card.task == EMBEDDING:
        numbers = {name: number(result, "rho") for name, result in values.items()}
    else:
        names = leaderboard.COLUMNS[card.task]
        numbers = {_(name): number(values, key) for key, name in names.items()}
    return {name: f"{value:.3f}" for name, value in numbers.items() if value is not None}


def _labels_note(card: Card) -> str:
    n, low, high = (
        len(card.labels),
        min(card.thresholds, default=1),
        max(card.thresholds, default=1),
    )
    if low >= 1:
        return _("{n} categories, one for each text.").format(n=n)
    if f"{low:.2f}" == f"{high:.2f}":
        return _("{n} categories; threshold {a:.2f}.").format(n=n, a=low)
    return _("{n} categories; thresholds from {a:.2f} to {b:.2f}.").format(n=n, a=low, b=high)


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


def _show_record(title: str, record: Sequence[tuple[str, str]]) -> None:
    """A record of a card as a list."""
    lines = [f"- {escape_markdown(name)}: {escape_markdown(value)}" for name, value in record]
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
