"""Models shared by all visitors, loaded in the background, with cached scores."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
import streamlit as st

from core import cards
from core.classifiers import store
from core.classifiers.base import Classifier, Explanation
from core.evaluation.decisions import Ranked, rank
from core.i18n import _
from core.messages import N_
from core.prediction import answer
from core.prediction.answer import Answerer
from core.text import markdown

Loaded = TypeVar("Loaded")

NO_MODEL = N_(
    "No model is installed: the models folder is empty. Restore it from the checkout, or train one "
    "with `python -m core train linear --data PATH`."
)
MAX_MODELS = 48
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
    return _loaded(model_future(*key), card.label, lambda: model_future.clear(*key))


def _loaded(future: "Future[Loaded]", label: str, clear: Callable[[], None]) -> Loaded:
    """What a future loads; a spinner shows while it does. After an error `clear` is called."""
    try:
        if future.done():
            return future.result()
        with st.spinner(
            _("Loading {model} … A network takes some seconds the first time.").format(
                model=markdown.escape_markdown(_(label))
            )
        ):
            return future.result()
    except Exception:
        clear()
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


@dataclass(frozen=True)
class DefaultModels:
    """The default models for papers, which give one answer together; cards: by task."""

    cards: dict[str, cards.Card]
    version: str = field(init=False)

    def __post_init__(self) -> None:
        """Identify the trainings of all of them."""
        version = " ".join(fingerprint(card) for card in self.cards.values())
        object.__setattr__(self, "version", version)

    def preload(self) -> None:
        """Start loading them."""
        answerer_future(self.version)

    def answerer(self) -> Answerer:
        """What answers, once it is loaded. Raises ModelError; the next call tries again."""
        return _loaded(
            answerer_future(self.version),
            self.cards["primary"].label,
            lambda: answerer_future.clear(self.version),
        )

    def answer(
        self, text: str, confidence: float, threshold: float | None
    ) -> tuple[answer.Answer, float]:
        """The answer for a text, and the seconds it took; only a new text is predicted.

        confidence, threshold: as in `Answerer.suggest`.
        """
        answerer = self.answerer()
        scores, seconds = _answer_scores(self.version, text, answerer)
        return answerer.answer(scores, 0, confidence, threshold), seconds

    def explain(self, text: str, task: str, label: str) -> Explanation:
        """Why a label of a task has its probability."""
        return self.answerer().explain(text, task, label)


def default_models(found: Sequence[cards.Card]) -> DefaultModels | None:
    """The default models, None where one of them is not installed."""
    by_task = {card.task: card for card in found if card.name == answer.NAME}
    if any(task not in by_task for task in answer.TASKS):
        return None
    return DefaultModels({task: by_task[task] for task in answer.TASKS})


@st.cache_resource(show_spinner=False, max_entries=4)
def answerer_future(version: str) -> "Future[Answerer]":
    """The default models being loaded; `version`: of all of them."""
    return _executor().submit(_load_answerer)


def _load_answerer() -> Answerer:
    """Load the default models and run them once, since the first run builds tables."""
    answerer = answer.load()
    with store.as_model_error(cards.find(answer.TASKS[0], answer.NAME)):
        answerer.scores(["warm"])
    return answerer


@st.cache_data(show_spinner=False, max_entries=512)
def _answer_scores(version: str, text: str, _answerer: Answerer) -> tuple[answer.Scores, float]:
    """All probabilities of a text, and the seconds it took."""
    started = time.perf_counter()
    scores = _answerer.scores([text])
    return scores, time.perf_counter() - started
