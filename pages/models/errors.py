"""Models' confusions between labels."""

from typing import Any

import streamlit as st

from core.cards import Card
from core.evaluation.metrics import MAX_CONFUSION
from core.i18n import _, label_title
from core.plots import model_charts
from core.tasks import TASKS
from pages.components.outputs import show_figure
from pages.models import leaderboard
from pages.models.curves import curves_of


def show(cards: dict[str, Card], slice_name: str | None) -> None:
    """One model's confusions, or the most frequent ones of several models beside each other."""
    if len(cards) > 1:
        _show_models(cards, slice_name)
        return
    card = next(iter(cards.values()))
    single = not TASKS[card.task].multilabel
    if matrix := leaderboard.figures(card, slice_name).get("confusion"):
        figure = model_charts.confusion(card.labels, matrix)
        show_figure(figure, "confusion", zoom=False, alt=_("Confusion matrix"))
        st.caption(
            _(
                "Row: the true label. Column: the prediction. Each cell: texts, and their share of "
                "the row. The diagonal is right."
            )
        )
    elif single and len(card.labels) <= MAX_CONFUSION:
        st.info(
            _("The card holds no confusion matrix for these test texts."), icon=":material/info:"
        )
    elif curves := curves_of(cards, slice_name):
        pairs = next(iter(curves.values()))["errors"]
        if single and not pairs:
            st.info(
                _("The curves hold no confusions for these test texts."), icon=":material/info:"
            )
        else:
            _show_pairs(pairs, single)


def confusions(
    cards: dict[str, Card], slice_name: str | None
) -> dict[str, list[tuple[str, str, int]]]:
    """Each model's confusions: label missed, label predicted instead, texts; without the others."""
    found = {}
    for title, card in cards.items():
        matrix = leaderboard.figures(card, slice_name).get("confusion")
        if matrix:
            found[title] = [
                (card.labels[i], card.labels[j], count)
                for i, row in enumerate(matrix)
                for j, count in enumerate(row)
                if i != j and count
            ]
    others = {title: card for title, card in cards.items() if title not in found}
    curves = curves_of(others, slice_name) if others else {}
    found |= {title: curve["errors"] for title, curve in curves.items() if curve["errors"]}
    return {title: found[title] for title in cards if title in found}


def _show_models(cards: dict[str, Card], slice_name: str | None) -> None:
    pairs = confusions(cards, slice_name)
    if not pairs:
        st.info(
            _("These models came without confusions for these test texts."), icon=":material/info:"
        )
        return
    task = next(iter(cards.values())).task
    figure = model_charts.errors_of_models(pairs, _("texts"), names=task == "intent")
    show_figure(figure, "errors", zoom=False, alt=_("The commonest confusions of each model"))
    st.caption(
        _(
            "The label missed → the one predicted instead, for the commonest confusions of these "
            "models; shorter bars are better."
        )
    )


def _show_pairs(pairs: list[list[Any]], single: bool) -> None:
    """The most frequent pairs of a label missed and one predicted instead.

    single: whether a paper has one label.
    """
    if not pairs:
        st.info(_("No label was missed for another on these test texts."), icon=":material/check:")
        return
    alt = _("Labels missed against labels predicted instead")
    show_figure(model_charts.confused(pairs), "confused", zoom=False, alt=alt)
    notes = [_("Row: the category missed. Column: the one predicted instead.")]
    if not single:
        notes.append(_("At the model’s own thresholds."))
    notes.append(_("The {n} commonest pairs; empty cells are rarer.").format(n=len(pairs)))
    st.caption(" ".join(notes))
    st.dataframe(
        {
            _("Label missed"): [label_title(missed) for missed, _, _ in pairs],
            _("Label predicted instead"): [label_title(instead) for _, instead, _ in pairs],
            _("Papers"): [papers for _, _, papers in pairs],
        },
        column_config={_("Papers"): st.column_config.NumberColumn(format="localized")},
        hide_index=True,
        key="errors",
    )
