"""The course's network as published against ours: time of one epoch, and of one paper.

The course's code runs on tf_keras, which still has its `Tokenizer` and `pad_sequences`.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.clock import milliseconds, timed
from core import cards
from core.classifiers import networks, store

PAPERS = 10_000
"""A tenth of the course's; the last fifth is for validation."""

BATCH, WORDS, LENGTH = 128, 500, 150


def course_network(labels: int) -> Any:
    """The course's model, line by line."""
    from tf_keras import layers
    from tf_keras.models import Model
    from tf_keras.optimizers import Adam

    given = layers.Input(shape=(LENGTH,))
    x = layers.Embedding(WORDS, 100, trainable=True)(given)
    x = layers.SpatialDropout1D(0.2)(x)
    cell = layers.GRU(128, return_sequences=True, dropout=0.1, recurrent_dropout=0.1)
    x = layers.Bidirectional(cell)(x)
    x = layers.Conv1D(64, 3, padding="valid", kernel_initializer="glorot_uniform")(x)
    pools = [layers.GlobalAveragePooling1D()(x), layers.GlobalMaxPooling1D()(x)]
    model = Model(given, layers.Dense(labels, activation="sigmoid")(layers.concatenate(pools)))
    model.compile(loss="binary_crossentropy", optimizer=Adam(1e-3), metrics=["accuracy"])
    return model


def rows(
    joined: pd.Series, papers: Sequence[str], truth: np.ndarray
) -> list[tuple[str, float, float]]:
    """Rows of the main table: task and unit, the course's figure, and ours.

    joined: the course's texts; papers: the same papers as `paper_text`; truth: (n, k).
    """
    import keras
    from tf_keras.preprocessing import sequence, text

    joined, papers, truth = joined.iloc[:PAPERS], papers[:PAPERS], truth[:PAPERS]
    tokens = text.Tokenizer(num_words=WORDS)
    tokens.fit_on_texts(list(joined))

    def pad(some: pd.Series) -> np.ndarray:
        return sequence.pad_sequences(tokens.texts_to_sequences(some), maxlen=LENGTH)

    design = networks.DESIGNS["bigru-conv"]
    vocabulary = networks.learn_words(design, papers)
    numbers = networks.number(design, vocabulary)
    theirs, given = timed(lambda: pad(joined), 1)
    ours, own = timed(lambda: networks.encode(design, numbers, papers), 1)
    found = [("convert 10,000 papers to word indices, s", theirs, ours)]

    model = course_network(truth.shape[1])
    network = networks.build_model(design, truth.shape[1])
    network.compile(keras.optimizers.Adam(1e-3), keras.losses.BinaryCrossentropy(from_logits=True))
    spans = []
    for one, x in ((model, given), (network, own)):
        fit = {"batch_size": BATCH, "epochs": 1, "verbose": 0, "validation_split": 0.2}
        one.fit(x[:640], truth[:640], **fit)
        spans.append(timed(lambda one=one, x=x, fit=fit: one.fit(x, truth, **fit), 1)[0])
    found.append(("one epoch of the course's network on 8,000 papers, s", *spans))

    first = joined.iloc[:1]
    served = networks.Network(
        "x",
        "bigru-conv",
        [str(i) for i in range(truth.shape[1])],
        vocabulary,
        network.get_weights(),
        np.full(truth.shape[1], 0.5),
    )
    theirs = milliseconds(lambda: model.predict(pad(first), verbose=0), 30)
    ours = milliseconds(lambda: served.predict_scores(papers[:1]), 100)
    found.append(("classify one paper with the course's network (median), ms", theirs, ours))
    return found


def latencies(paper: str) -> dict[str, str]:
    """Median time in ms, as text, to classify one paper, by `task/name` of each paper model."""
    found = {}
    for card in cards.installed(("archive", "subject"))[0]:
        model = store.load(card)
        span = milliseconds(lambda model=model: model.predict_scores([paper]), 50)
        found[f"{card.task}/{card.name}"] = f"{span:.2f}"
    return found
