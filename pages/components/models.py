"""Models shared by all visitors, loaded in the background, with cached scores."""

import time
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import streamlit as st

from core import cards
from core.classifiers import store
from core.classifiers.base import Classifier
from core.evaluation.decisions import Ranked, rank
from core.i18n import _
from core.messages import N_
from core.text import markdown

NO_MODEL = N_(
    "No model is installed: the models folder is empty. Restore it from the checkout, or train one "
    "with `python -m core train linear --data PATH`."
)
MAX_MODELS = 32
"""More than there are recipes, so that timing all models does not evict those in use."""


def fingerprint(card: cards.Card) -> str:
    """Identifies a model and its training."""
    return repr((card.task, card.name, cards.version(card)))


@st.cache_resource(show_spinner=False)
def _executor() -> ThreadPoolExecutor:
    """The threads that load models."""
    return ThreadPoolExecutor(4, "models")


@st.cache_resource(show_spinner=False, max_entries=MAX_MODELS)
def model_future(task: str, name: str, version: str) -> "Future[Classifier]":
    """A model being loaded; `version` is its fingerprint, so that retrained models are reloaded."""
    return _executor().submit(load_and_warm_up, task, name)


def load_and_warm_up(task: str, name: str) -> Classifier:
    """Load a model and run it once, since the first run builds tables and compiles networks."""
    card = cards.find(task, name)
    model = store.load(card)
    # Some models import their library only now.
    with store.as_model_error(card):
        model.predict_scores(["warm"])
    return model


def preload(card: cards.Card) -> None:
    """Start loading a model that will soon be needed."""
    model_future(card.task, card.name, fingerprint(card))


def get_model(card: cards.Card) -> Classifier:
    """The model of a card, once it is loaded.

    Raises ModelError if that fails; the next call tries again.
    """
    key = (card.task, card.name, fingerprint(card))
    future = model_future(*key)
    try:
        if future.done():
            return future.result()
        model = markdown.escape_markdown(_(card.label))
        with st.spinner(
            _("Loading {model} … A network takes some seconds the first time.").format(model=model)
        ):
            return future.result()
    except Exception:
        model_future.clear(*key)
        raise


@st.cache_data(show_spinner=False, max_entries=512, hash_funcs={cards.Card: fingerprint})
def scores_and_seconds(card: cards.Card, text: str) -> tuple[np.ndarray, float]:
    """A model's scores of a text, float32 (k,), and the seconds it took."""
    model = get_model(card)
    started = time.perf_counter()
    scores = model.predict_scores([text])[0]
    return scores, time.perf_counter() - started


def ranking(
    card: cards.Card, text: str, threshold: float | None = None
) -> tuple[tuple[Ranked, ...], float]:
    """All labels of a text, best first, and the seconds it took.

    threshold: one for all labels, None for the model's thresholds.
    """
    # Called first, so that its spinner is not part of the cached function.
    model = get_model(card)
    scores, seconds = scores_and_seconds(card, text)
    thresholds = model.thresholds
    if threshold is not None:
        thresholds = np.full_like(thresholds, threshold)
    return rank(model.labels, scores, thresholds), seconds
