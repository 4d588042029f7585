"""Latencies of models on this machine, measured on demand."""

import statistics
import time
from collections.abc import Callable
from typing import Any

import streamlit as st

from core.cards import EMBEDDING, Card, ModelError, find
from core.classifiers import store
from core.embeddings import hub_module, module_table
from core.embeddings.term_list import NOTEBOOK
from core.i18n import _, translate
from core.text.documents import citation_text, paper_text
from core.text.markdown import escape_markdown
from pages.classify.examples import CITATIONS, EXAMPLES
from pages.components.models import fingerprint, get_model

RUNS = 20


def milliseconds(predict: Callable[[], Any]) -> float:
    """The median time of a prediction, after a warm-up."""
    predict()
    times = []
    for _run in range(RUNS):
        started = time.perf_counter()
        predict()
        times.append(time.perf_counter() - started)
    return 1_000 * statistics.median(times)


@st.cache_resource(show_spinner=False)
def _latencies() -> dict[str, float]:
    """The latencies that anybody measured on this server, in ms, by `_key`."""
    return {}


def latency(card: Card) -> float | None:
    """A model's latency in ms, if it has been measured on this server."""
    return _latencies().get(_key(card))


def _key(card: Card) -> str:
    return f"{card.folder} {fingerprint(card)}"


def model_of(card: Card) -> Any:
    """The model of a card, from the common cache if the card can be found by name."""
    if find(card.task, card.name).folder == card.folder:
        return get_model(card)
    return store.load(card)


def predictor(card: Card) -> Callable[[], Any]:
    """A function that predicts one text, with the model loaded.

    Raises ModelError or ModuleError for a model that cannot be used.
    """
    if card.task == EMBEDDING:
        vectors = hub_module.load(card.folder, hub_module.SHIPPED)
        return lambda: vectors.embed(NOTEBOOK.terms[:1])
    model, text = model_of(card), paper_text(EXAMPLES[0].title, EXAMPLES[0].abstract)
    if card.task == "intent":
        text = citation_text(CITATIONS[0].sentence)
    return lambda: model.predict_scores([text])


def time_models(by_title: dict[str, Card]) -> None:
    """Load and time every model; `show_result` then tells the outcome."""
    latencies, problems = _latencies(), []
    bar = st.progress(0.0, _("Loading and timing the models ..."))
    for index, (title, card) in enumerate(by_title.items()):
        text = _("Loading and timing {model} ...").format(model=escape_markdown(title))
        bar.progress(index / len(by_title), text)
        try:
            latencies[_key(card)] = milliseconds(predictor(card))
        except (ModelError, module_table.ModuleError) as problem:
            problems.append(translate(problem))
    st.session_state.timed = problems


def show_result(by_title: dict[str, Card]) -> None:
    """The fastest model and the problems, once after they were timed."""
    problems = st.session_state.pop("timed", None)
    if problems is None:
        return
    for problem in problems:
        st.warning(escape_markdown(problem), icon=":material/error:")
    timed = {title: time for title, card in by_title.items() if (time := latency(card))}
    if timed:
        fastest = min(timed, key=lambda title: timed[title])
        text = _("Fastest here: {model}, {ms:.2f} ms a text.").format(
            model=escape_markdown(fastest), ms=timed[fastest]
        )
        st.toast(text, icon=":material/timer:")
