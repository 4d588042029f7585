"""Pieces that several pages draw, and the loaders they share."""

import html
import runpy
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from core import cards, settings, taxonomy
from core.classifiers import store
from core.classifiers.base import Classifier, Explanation, TokenAttribution
from core.evaluation.decisions import Ranked, rank
from core.i18n import carry, phrase, say, spoken
from core.plots import theme
from core.text import markdown

NO_MODEL = phrase(
    "No model is installed: the models folder is empty. Restore it from the checkout, or train one "
    "with `python -m core train linear --data PATH`."
)


def through_router() -> None:
    """Hand over to app.py if Streamlit runs a page file by itself.

    It does so once after a start, when the first visitor comes by a link to a page: only the first
    call of `st.navigation` tells it that app.py is the router.
    """
    if "routed" not in st.session_state:
        runpy.run_path(str(settings.ROOT / "app.py"), run_name="__main__")
        st.stop()


def address(query: Mapping[str, str | Sequence[str]]) -> dict[str, str | list[str]]:
    """The options of a link as the page that it opens writes them, in the language in use."""
    found: dict[str, str | list[str]] = {
        name: say(value) if isinstance(value, str) else [say(one) for one in value]
        for name, value in query.items()
    }
    return found | ({} if spoken() == "en" else {"lang": spoken()})


def fingerprint(card: cards.Card) -> str:
    """What tells one model, and one training of it, from another."""
    return repr((card.task, card.name, cards.version(card)))


@st.cache_resource(show_spinner=False)
def loaders() -> ThreadPoolExecutor:
    """The threads that load models, for all users."""
    return ThreadPoolExecutor(4, "models")


MODELS_KEPT = 32
"""More than there are recipes: timing all models must not throw out those that others use."""


@st.cache_resource(show_spinner=False, max_entries=MODELS_KEPT)
def loading(task: str, name: str, files: str) -> "Future[Classifier]":
    """A model on its way; `files` is its fingerprint, so that a retrained one is loaded anew."""
    return loaders().submit(carry(load_warm), task, name)


def load_warm(task: str, name: str) -> Classifier:
    """Load a model and let it answer once: the first answer builds tables and compiles networks."""
    card = cards.find(task, name)
    found = store.load(card)
    # Some import their library only now.
    with store.as_model_error(card):
        found.predict_scores(["warm"])
    return found


def warm(card: cards.Card) -> None:
    """Begin to load a model, to have it when it is asked for."""
    loading(card.task, card.name, fingerprint(card))


def loaded(card: cards.Card) -> Classifier:
    """The model of a card, once it is loaded.

    Raises store.ModelError for one that cannot be; it is tried again the next time.
    """
    key = (card.task, card.name, fingerprint(card))
    coming = loading(*key)
    try:
        if coming.done():
            return coming.result()
        with st.spinner(
            say(
                "Loading {model} … A network takes some seconds the first time.",
                model=markdown.plain(say(card.label)),
            )
        ):
            return coming.result()
    except Exception:
        loading.clear(*key)
        raise


@st.cache_data(show_spinner=False, max_entries=512, hash_funcs={cards.Card: fingerprint})
def scored(card: cards.Card, text: str) -> tuple[np.ndarray, float]:
    """A model's scores of a text, float32 (k,), and the seconds that it took for them."""
    model = loaded(card)
    started = time.perf_counter()
    scores = model.predict_scores([text])[0]
    return scores, time.perf_counter() - started


def ranking(
    card: cards.Card, text: str, override: float | None = None
) -> tuple[tuple[Ranked, ...], float]:
    """All labels of a text, best first, and the seconds that the model took for their scores.

    They are predicted by the model's own thresholds, or by one for all.
    """
    scores, seconds = scored(card, text)
    model = loaded(card)
    thresholds = model.thresholds if override is None else model.thresholds * 0 + override
    return rank(model.labels, scores, thresholds), seconds


def clock(seconds: float) -> str:
    """A time in words."""
    minutes, rest = divmod(round(seconds), 60)
    return say("{m} min {s} s", m=minutes, s=rest) if minutes else say("{s} s", s=rest)


def reasons_table(explanation: Explanation, count: int, head: str) -> None:
    """The strongest words under a head, what all others add, and what stood before any word."""
    terms = explanation.features[:count]
    rest = explanation.log_odds - explanation.bias - sum(r.weight for r in terms)
    st.dataframe(
        {
            head: [r.term for r in terms] + [say("all others"), say("before any word")],
            say("log-odds"): [r.weight for r in terms] + [rest, explanation.bias],
        },
        column_config={say("log-odds"): st.column_config.NumberColumn(format="%+.2f")},
        hide_index=True,
        height="content",
    )


def metrics(told: Mapping[str, str], helps: Mapping[str, str] | None = None) -> None:
    """Figures side by side, each under its name; helps: by name, what a figure means."""
    with st.container(horizontal=True, gap="medium"):
        for name, value in told.items():
            st.metric(name, value, help=(helps or {}).get(name), width="content")


def download(label: str, content: Any, name: str, mime: str, key: str | None = None) -> None:
    """A button that saves a file; content: bytes or text, or what makes them once it is pressed."""
    table = mime.startswith(("text/", "application/")) and mime != "application/pdf"
    st.download_button(
        label,
        # What is made later is made in another thread.
        carry(content) if callable(content) else content,
        name,
        mime,
        key=key,
        icon=":material/download:" if table else ":material/image:",
        on_click="ignore",
    )


def show_problems(problems: Sequence[str]) -> None:
    """One warning a problem, each a sentence."""
    for problem in problems:
        st.warning(markdown.plain(problem), icon=":material/error:")


def marked_text(text: str, credits: Sequence[TokenAttribution]) -> str:
    """The text as HTML, escaped, each word shaded by what it adds to or takes from a label."""
    strongest = max((abs(c.weight) for c in credits), default=1.0)
    out, position = [], 0
    for credit in credits:
        strength = abs(credit.weight) / strongest
        # One character can be two words: ½ is 1 and 2.
        if strength < 0.05 or credit.start < position:
            continue
        colour = theme.FOR if credit.weight > 0 else theme.AGAINST
        out.append(html.escape(text[position : credit.start]))
        out.append(
            f'<span style="background-color:rgba({colour}, {0.08 + 0.5 * strength:.2f}); '
            f'border-radius:3px" title="{credit.weight:+.2f}">'
            f"{html.escape(text[credit.start : credit.end])}</span>"
        )
        position = credit.end
    out.append(html.escape(text[position:]))
    return "".join(out).replace("\n", "<br>").removeprefix("<br>")


def answer_table(rows: Sequence[Ranked], task: str, name: str) -> pd.DataFrame:
    """An answer as a table: one row a label, best first."""
    return pd.DataFrame(
        {
            "task": task,
            "model": name,
            "label": [row.label for row in rows],
            "name": [taxonomy.title(row.label) for row in rows],
            "probability": [round(row.probability, 6) for row in rows],
            "threshold": [round(row.threshold, 6) for row in rows],
            "predicted": [row.predicted for row in rows],
        }
    )
