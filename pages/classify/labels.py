"""All labels of an answer as bars, one of them with its reasons."""

from collections.abc import Sequence
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core import taxonomy
from core.evaluation.decisions import Ranked
from core.i18n import _, label_title
from core.messages import N_
from core.plots import ranking
from core.plots.ranking import percent
from core.prediction.answer import without_aliases
from core.text.markdown import escape_markdown
from pages.classify.paper_answer import PaperAnswer
from pages.components import inputs
from pages.components.outputs import show_figure
from pages.components.reasons import show_explanation

VIEWS = {
    N_("Primary"): "primary",
    N_("Subject"): "subject",
    N_("Archive"): "archive",
}
MAX_BARS = 8
MAX_REASONS = 10
EXPLAINED, CLICKS = "reasons-text", "bar-clicks"
"""Session keys: the text whose reasons are shown, and how many bars were clicked."""


def show_labels(
    paper: PaperAnswer, confidence: float, bars: DeltaGenerator, why: DeltaGenerator
) -> None:
    """The labels of one task as bars, and the reasons for one of them, in two places."""
    with bars:
        view = inputs.pick(_("Show"), VIEWS, "task", label_visibility="collapsed")
    task = next(task for task in (VIEWS[view], *VIEWS.values()) if paper.of(task))
    rows = shown_rows(paper.rows(task), task)
    key = f"reasons-{task}"
    label = picked_label(key, [row.label for row in rows], paper.text)
    with bars:
        show_bars(rows, task, label, confidence)
    with why:
        show_reasons(paper, task, rows, key)


def shown_rows(rows: Sequence[Ranked], task: str) -> list[Ranked]:
    """The best labels and all suggested ones, categories with two codes once."""
    if task == "subject":
        rows = without_aliases(rows)
    return [row for index, row in enumerate(rows) if index < MAX_BARS or row.predicted]


def picked_label(key: str, labels: Sequence[str], text: str) -> str:
    """The label whose reasons are shown: what was picked for this text, else the best."""
    if st.session_state.get(EXPLAINED) != text:
        for task in VIEWS.values():
            st.session_state.pop(f"reasons-{task}", None)
        st.session_state[EXPLAINED] = text
    if st.session_state.get(key) not in labels:
        st.session_state[key] = labels[0]
    return str(st.session_state[key])


def label_name(label: str) -> str:
    """A label's name on screen: a category with two codes goes by the canonical one."""
    return label_title(taxonomy.ALIASES.get(label, label))


def show_bars(rows: Sequence[Ranked], task: str, label: str, confidence: float) -> None:
    """The labels as bars; a click on one shows its reasons."""
    if task == "primary":
        title, legends = _("Primary category"), (_("likely"), _("less likely"))
        figure = ranking.ranking(rows, title, picked=label, name=label_name, legends=legends)
        text = _(
            "A paper has one primary category, so these probabilities add up to 100%. Those that "
            "reach their thresholds hold it with {percent} confidence."
        ).format(percent=f"{confidence:.0%}")
    else:
        title = _("Categories, primary or cross-list") if task == "subject" else _("Archives")
        figure = ranking.ranking(rows, title, picked=label, name=label_name)
        text = _(
            "A paper may have several, each with a probability of its own. A bar that reaches its "
            "threshold is suggested."
        )
    key = f"bars-{task}-{st.session_state.get(CLICKS, 0)}"
    clicks = {"on_select": partial(pick_bar, key, f"reasons-{task}"), "selection_mode": "points"}
    show_figure(figure, task, key=key, zoom=False, **clicks)
    st.caption(text + " " + _("Click a bar to see its reasons."))


def pick_bar(key: str, reasons: str) -> None:
    """Show the reasons of the bar that was clicked."""
    points = st.session_state[key].selection.points
    if points:
        label = points[0].get("customdata")
        st.session_state[reasons] = label[0] if isinstance(label, list) else label
        # With another key the figure is reset, without the selection.
        st.session_state[CLICKS] = st.session_state.get(CLICKS, 0) + 1


def show_reasons(paper: PaperAnswer, task: str, rows: Sequence[Ranked], key: str) -> None:
    """The words for and against a label, as bars and in the text."""
    st.subheader(_("Why"), anchor=False)
    labels = [row.label for row in rows]
    label = st.selectbox(_("Reasons for"), labels, format_func=label_name, key=key) or labels[0]
    explanation = paper.explain(task, label)
    if not explanation:
        text = _("This model cannot explain its answers. Choose the default one to see the words.")
        st.caption(text)
        return
    name = escape_markdown(label_name(label))
    probability = next(row.probability for row in rows if row.label == label)
    show_explanation(
        paper.text,
        explanation,
        terms=MAX_REASONS,
        base=_("how common the category is"),
        marks=_(
            "Blue words point to {label}, orange ones away from it; darker means stronger. Fifteen "
            "of the strongest are shaded."
        ).format(label=name),
        total=_("All of it together gives {percent} (log-odds {log_odds:+.2f}).").format(
            percent=escape_markdown(percent(probability)), log_odds=explanation.log_odds
        ),
        key=f"reasons-chart-{task}",
    )
