"""Shows answers of models to one text side by side, and as downloads."""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

import pandas as pd
import streamlit as st

from core.cards import Card, ModelError
from core.evaluation.decisions import Ranked
from core.i18n import _, join_list, label_title, translate
from core.plots import ranking
from core.tasks import TASKS
from core.taxonomy import title
from core.text.markdown import escape_markdown
from pages.components import models
from pages.components.outputs import download, download_csv, show_figure

MAX_DOTS = 8


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
            show_failure(problem)
    return answers


def show_failure(problem: ModelError) -> None:
    """Why a model gives no answer."""
    st.warning(escape_markdown(translate(problem)), icon=":material/error:")


def task_name(card: Card) -> str:
    """The name of a model's task, within a sentence."""
    return _(TASKS[card.task].title).lower()


def show_side_by_side(
    answers: Sequence[ModelAnswer],
    task: str,
    name: Callable[[str], str] = label_title,
    short: Callable[[str], str] = str,
) -> None:
    """What several models say, as dots over the same labels, and whether they agree.

    task: what is compared if no other one is answered by more models; name, short: of a label in
    the figure and in the sentence.
    """
    st.subheader(_("Side by side"), anchor=False)
    tasks = Counter(answer.card.task for answer in answers)
    compared_task = max(tasks, key=lambda other: (tasks[other], other == task))
    if tasks[compared_task] < 2:
        st.caption(_("These models answer different questions, so there is nothing to compare."))
        return
    compared = [answer for answer in answers if answer.card.task == compared_task]
    st.markdown(agreement([answer.rows[0].label for answer in compared], short))
    labels = dict.fromkeys(row.label for answer in compared for row in answer.rows if row.predicted)
    best = zip(*(answer.rows for answer in compared), strict=False)
    labels |= dict.fromkeys(row.label for rows in best for row in rows)
    figure = ranking.dots(
        list(labels)[:MAX_DOTS],
        {_(answer.card.label): {row.label: row for row in answer.rows} for answer in compared},
        _("What each model says"),
        name,
    )
    show_figure(figure, "side-by-side", zoom=False)
    st.caption(_("A filled mark is suggested by its model, a hollow one is not."))


def agreement(best: Sequence[str], name: Callable[[str], str]) -> str:
    """A sentence on how many models have the same best label."""
    ((label, count),) = Counter(best).most_common(1)
    if count == 1:
        named = join_list(f"**{escape_markdown(name(label))}**" for label in best)
        return _("The models disagree: {labels}.").format(labels=named)
    return _("{n} of {total} models agree on **{label}**.").format(
        n=count, total=len(best), label=escape_markdown(name(label))
    )


def show_downloads(
    answers: Sequence[ModelAnswer],
    text: Mapping[str, str],
    name: str,
    suggestion: Mapping[str, object] | None = None,
) -> None:
    """The answers as CSV and JSON.

    text: the classified text by field; suggestion: what is suggested, by column.
    """
    records = [
        {"task": a.card.task, "model": a.card.name, "labels": [asdict(row) for row in a.rows]}
        for a in answers
    ]
    suggested = {"suggestion": suggestion} if suggestion else {}
    content = json.dumps({**text, **suggested, "answers": records}, indent=1, ensure_ascii=False)
    with st.container(horizontal=True):
        table = pd.concat([answer_table(answer) for answer in answers])
        download_csv(table.assign(**(suggestion or {})), name)
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
