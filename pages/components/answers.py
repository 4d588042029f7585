"""Shows answers of models to one text, with explanations and downloads."""

import html
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import pandas as pd
import streamlit as st

from core.cards import Card, ModelError
from core.classifiers.base import Explanation, TokenAttribution
from core.evaluation.decisions import Ranked
from core.i18n import _, translate
from core.plots import theme
from core.tasks import TASKS
from core.taxonomy import title
from core.text import markdown
from pages.components import models
from pages.components.outputs import download, download_csv

MAX_MARKED = 4_000
"""The maximum number of characters shown with highlighted words."""


@dataclass(frozen=True)
class ModelAnswer:
    """All labels of a text by one model, best first, and the milliseconds it took."""

    card: Card
    rows: tuple[Ranked, ...]
    milliseconds: float


def ask_models(
    cards: Sequence[Card], text: str, threshold: float | None = None
) -> list[ModelAnswer]:
    """The answers of the models; a failed one is left out, and the page says why."""
    answers = []
    for card in cards:
        try:
            rows, seconds = models.ranking(card, text, threshold)
            answers.append(ModelAnswer(card, rows, 1000 * seconds))
        except ModelError as problem:
            st.warning(markdown.escape_markdown(translate(problem)), icon=":material/error:")
    return answers


def task_name(card: Card) -> str:
    """The name of a model's task, within a sentence."""
    return _(TASKS[card.task].title).lower()


def show_side_by_side(
    answers: Sequence[ModelAnswer], label_name: Callable[[str], str] = str, limit: int = 5
) -> None:
    """The best labels of each model, predicted ones marked."""
    st.subheader(_("Side by side"), anchor=False)
    for column, answer in zip(st.columns(len(answers)), answers, strict=True):
        with column, st.container(border=True):
            label = markdown.escape_markdown(_(answer.card.label))
            st.markdown(f"**{label}** · {task_name(answer.card)}")
            for row in answer.rows[:limit]:
                mark = ":material/check:" if row.predicted else ":material/remove:"
                name = markdown.escape_markdown(label_name(row.label))
                st.markdown(f"{mark} {name} · {row.probability:.0%}")
            st.caption(markdown.escape_markdown(_(answer.card.summary)))


def show_downloads(answers: Sequence[ModelAnswer], text: dict[str, str], name: str) -> None:
    """The answers as CSV and JSON; text: the classified text by field."""
    records = [
        {"task": a.card.task, "model": a.card.name, "labels": [asdict(row) for row in a.rows]}
        for a in answers
    ]
    content = json.dumps({**text, "answers": records}, indent=1, ensure_ascii=False)
    with st.container(horizontal=True):
        download_csv(pd.concat([answer_table(answer) for answer in answers]), name)
        label = _("Download as {name}").format(name="JSON")
        download(label, content, f"{name}.json", "application/json")


def answer_table(answer: ModelAnswer) -> pd.DataFrame:
    """An answer as a table: one row per label, best first."""
    card = answer.card
    rows = [
        {"task": card.task, "model": card.name, "label": row.label, "name": title(row.label)}
        | asdict(row)
        for row in answer.rows
    ]
    return pd.DataFrame(rows).round(6)


def show_explanation(
    text: str, explanation: Explanation, *, terms: int, head: str, marks: str, total: str
) -> None:
    """The words for and against a label: highlighted in the text, and the strongest as a table.

    head: the header of the table's terms; marks, total: captions of the text and the table.
    """
    left, right = st.columns([3, 2])
    with left, st.container(border=True):
        credits = [credit for credit in explanation.tokens if credit.end <= MAX_MARKED]
        st.html(marked_text(text[:MAX_MARKED], credits))
        if len(text) > MAX_MARKED:
            marks += " " + _("The first {n:,} characters are shown.").format(n=MAX_MARKED)
        st.caption(marks)
    with right:
        reasons = explanation.features[:terms]
        rest = explanation.log_odds - explanation.bias - sum(reason.weight for reason in reasons)
        log_odds = _("log-odds")
        st.dataframe(
            {
                head: [*(r.term for r in reasons), _("all others"), _("before any word")],
                log_odds: [*(r.weight for r in reasons), rest, explanation.bias],
            },
            column_config={log_odds: st.column_config.NumberColumn(format="%+.2f")},
            hide_index=True,
            height="content",
        )
        st.caption(total)


def marked_text(text: str, credits: Sequence[TokenAttribution]) -> str:
    """The text as escaped HTML, each word highlighted by its contribution to a label."""
    strongest = max((abs(credit.weight) for credit in credits), default=1.0)
    parts, position = [], 0
    for credit in credits:
        strength = abs(credit.weight) / strongest
        # One character can be in two words: ½ is 1 and 2.
        if strength < 0.05 or credit.start < position:
            continue
        colour = theme.FOR if credit.weight > 0 else theme.AGAINST
        parts.append(html.escape(text[position : credit.start]))
        parts.append(
            f'<span style="background-color:rgba({colour}, {0.08 + 0.5 * strength:.2f}); '
            f'border-radius:3px" title="{credit.weight:+.2f}">'
            f"{html.escape(text[credit.start : credit.end])}</span>"
        )
        position = credit.end
    parts.append(html.escape(text[position:]))
    return "".join(parts).replace("\n", "<br>").removeprefix("<br>")
