"""Trains a dense layer on an encoder's vectors, which are computed once and stored."""

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import numpy as np

from core.messages import N_
from core.training.keras_loop import fit
from core.training.runs import TrainingRun

CHUNK = 128
"""Texts embedded between two checks for a stop."""

MAX_BYTES = 500_000_000
"""The maximum size of a file of vectors (about 300,000 texts); a larger one is deleted."""


def stored_vectors(
    path: Path, texts: Sequence[str], embed: Callable[[Sequence[str]], np.ndarray], run: TrainingRun
) -> dict[str, np.ndarray]:
    """The vector of each text, float16 (d,); missing ones are computed and added to the file.

    path: an SQLite file. Raises Stopped; vectors computed until then are stored.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_file() and path.stat().st_size > MAX_BYTES:
        path.unlink()
    vectors: dict[str, np.ndarray] = {}
    with closing(sqlite3.connect(path, timeout=60)) as file:
        file.execute("CREATE TABLE IF NOT EXISTS vectors (hash BLOB PRIMARY KEY, vector BLOB)")
        for start in range(0, len(texts), CHUNK):
            run(
                start / len(texts),
                N_("reading: {done:,} of {of:,} papers have a vector"),
                done=start,
                of=len(texts),
            )
            chunk = {text: _hash(text) for text in texts[start : start + CHUNK]}
            for text, key in chunk.items():
                query = file.execute("SELECT vector FROM vectors WHERE hash = ?", (key,))
                if row := query.fetchone():
                    vectors[text] = np.frombuffer(row[0], np.float16)
            missing = [text for text in chunk if text not in vectors]
            new = dict(zip(missing, embed(missing).astype(np.float16), strict=True))
            rows = [(chunk[text], vector.tobytes()) for text, vector in new.items()]
            with file:
                file.executemany("INSERT OR IGNORE INTO vectors VALUES (?, ?)", rows)
            vectors |= new
    return vectors


def _hash(text: str) -> bytes:
    return sha256(text.encode("utf-8", "replace")).digest()


def fit_dense(
    run: TrainingRun, x: np.ndarray, y: np.ndarray, validation: tuple[np.ndarray, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Kernel (d, k) and bias (k,) of a dense layer, from vectors (n, d) to the log-odds of labels.

    Adam's steps have the same size for all columns, so these are standardised. Initially the kernel
    is zero and the bias matches each label's frequency.
    """
    import keras

    mean, deviation = x.mean(axis=0), x.std(axis=0) + 1e-6
    frequency = (y.sum(axis=0) + 0.5) / (len(y) + 1)
    dense = keras.layers.Dense(y.shape[1], kernel_initializer="zeros")
    model = keras.Sequential([keras.Input(x.shape[1:]), dense])
    model.set_weights([np.zeros((x.shape[1], y.shape[1])), np.log(frequency / (1 - frequency))])
    steps = run.options.epochs * -(-len(x) // run.options.batch_size)
    rate = keras.optimizers.schedules.CosineDecay(run.options.learning_rate, steps, alpha=0.02)
    model.compile(
        keras.optimizers.AdamW(rate, weight_decay=0.1),
        keras.losses.BinaryCrossentropy(from_logits=True),
        metrics=[keras.metrics.BinaryAccuracy(name="binary_accuracy", threshold=0.0)],
    )
    fit(
        run,
        model,
        (x - mean) / deviation,
        y.astype(np.float32),
        validation_data=((validation[0] - mean) / deviation, validation[1].astype(np.float32)),
        validation_batch_size=1024,
    )
    kernel, bias = model.get_weights()
    kernel = kernel / deviation[:, None]
    return kernel, bias - mean @ kernel
