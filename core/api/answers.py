"""What the API answers: each function takes a checked request and returns what becomes JSON."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import lru_cache
from typing import Any

from core.cards import installed
from core.classifiers.base import Classifier
from core.embeddings import hub_module, similarity
from core.embeddings.vectors import WordVectors
from core.files import records
from core.prediction import questions
from core.prediction.answer import CONFIDENCE
from core.prediction.questions import Classified, ModelVersion, Question, Respondent, Suggested
from core.prediction.reports import record

Answer = dict[str, Any]
SENTENCE = "We prove new upper bounds on the Ramsey numbers of sparse graphs."
"""What the health check classifies."""


def suggest(request: Answer) -> Answer:
    """Suggestions for papers."""
    question = _suggestion_now(_second(), request.get("confidence", CONFIDENCE))
    return {"answers": [_suggestion(*pair) for pair in _asked(question, request["papers"])]}


def _suggestion(name: str, answer: Suggested) -> Answer:
    return {
        "id": name,
        "primary": answer.primary,
        "probability": answer.primary_probability,
        "cross_lists": answer.cross_lists.split(),
        "prediction_set": answer.prediction_set.split(),
        "certainty": answer.certainty,
        "note": answer.note,
    }


def classify(request: Answer) -> Answer:
    """The labels of papers."""
    task, model = request.get("task", "archive"), request.get("model")
    question = _classification_now(_second(), task, model)
    return {"answers": [_labels(*pair) for pair in _asked(question, request["papers"])]}


def intent(request: Answer) -> Answer:
    """The intents of citations."""
    question = _classification_now(_second(), "intent", request.get("model"))
    return {"answers": [_labels(*pair) for pair in _asked(question, request["citations"])]}


def _labels(name: str, answer: Classified) -> Answer:
    scores = json.loads(answer.scores)
    return {"id": name, "labels": answer.predicted.split(), "scores": scores, "note": answer.note}


def _asked(question: Question, texts: list[Answer]) -> Iterator[tuple[str, Any]]:
    """The id and the answer of each text; without an id its number."""
    make = records.citation if question.task == "intent" else records.paper
    rows = [make(text, number) for number, text in enumerate(texts, 1)]
    answers, _ = _respondent(question).ask(rows)
    for text, row, answer in zip(texts, rows, answers, strict=True):
        yield text.get("id", row.id), answer


def similarities(request: Answer) -> Answer:
    """How similar terms are."""
    table, measure = _table(), request.get("measure", "cosine")
    terms = request["term"]
    values = similarity.similarity(table.embed(terms), measure)
    rounded = [[round(float(value), 6) for value in row] for row in values]
    return {
        "terms": terms,
        "measure": measure,
        "values": rounded,
        "unknown": table.unknown_words_of(terms),
    }


def neighbours(request: Answer) -> Answer:
    """The words nearest to a term."""
    found = similarity.neighbours(_table(), request["term"], request.get("top", 10))
    return {"term": request["term"], "neighbours": [asdict(word) for word in found]}


def models(_: Answer) -> Answer:
    """The installed models."""
    cards, _problems = installed()
    return {"models": [record(card) for card in cards]}


def health(_: Answer) -> Answer:
    """That a sentence gets a category."""
    (answer,) = suggest({"papers": [{"title": SENTENCE}]})["answers"]
    return {"status": "ok", "primary": answer["primary"]}


HANDLERS: dict[str, Callable[[Answer], Answer]] = {
    "suggest": suggest,
    "classify": classify,
    "intent": intent,
    "similarity": similarities,
    "neighbours": neighbours,
    "models": models,
    "health": health,
}

# Looking for the models' cards takes a fifth of the time of an answer: once a second is enough to
# see a model that was trained again.
_suggestion_now = lru_cache(8)(lambda second, confidence: questions.suggestion(confidence))
_classification_now = lru_cache(8)(
    lambda second, task, model: questions.classification(task, model)
)


def _second() -> int:
    return int(time.monotonic())


@lru_cache(8)
def _respondent(question: Question) -> Respondent:
    """Who answers a question."""
    return questions.respondent_of(question, _models(question.models))


@lru_cache(8)
def _models(wanted: tuple[ModelVersion, ...]) -> list[Classifier]:
    """Loaded models; a retrained one has another version, and is loaded anew."""
    return questions.load(wanted)


@lru_cache(1)
def _table() -> WordVectors:
    """The word vectors of the dashboard's module."""
    return hub_module.with_table()[1]
