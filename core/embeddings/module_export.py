"""Writes word vectors as a TensorFlow Hub text embedding module."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.embeddings.hub_module import PUNCTUATION, index_table
from core.embeddings.module_table import TOKENS, ModuleError


def export(tokens: Sequence[str], vectors: np.ndarray, folder: Path) -> None:
    """Write tokens and their vectors, float32 (v, d), as a TF-Hub text module.

    The tokens are distinct and have no line ends. The module's table has an additional row of zeros
    for all unknown words. Raises ModuleError if the written module does not return the vectors of
    `WordVectors`.
    """
    import tensorflow as tf

    with tempfile.TemporaryDirectory() as scratch:
        asset = Path(scratch) / Path(TOKENS).name
        asset.write_bytes("".join(f"{token}\n" for token in tokens).encode())
        tf.saved_model.save(_saved_model(asset, vectors), str(folder))
    if not index_table(folder):
        raise ModuleError(
            "The module written to {folder} does not give its own table's vectors; report this.",
            folder=folder,
        )


def _saved_model(asset: Path, vectors: np.ndarray) -> Any:
    """The trackable object that TensorFlow saves; a loaded module has its attributes."""
    import tensorflow as tf

    saved = tf.train.Checkpoint()
    saved.asset = tf.saved_model.Asset(str(asset))
    bucket = np.zeros((1, vectors.shape[1]), np.float32)
    saved.embeddings = tf.Variable(np.concatenate([vectors, bucket]), name="embeddings")
    saved.variables = [saved.embeddings]
    saved.trainable_variables = [saved.embeddings]
    lines = tf.lookup.TextFileInitializer(
        saved.asset,
        tf.string,
        tf.lookup.TextFileIndex.WHOLE_LINE,
        tf.int64,
        tf.lookup.TextFileIndex.LINE_NUMBER,
    )
    saved.rows = tf.lookup.StaticVocabularyTable(lines, num_oov_buckets=1)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
    def embed(texts: Any) -> Any:
        # Split at single blanks only, and keep empty words: each counts as an unknown word.
        words = tf.strings.split(tf.strings.regex_replace(texts, PUNCTUATION, ""), sep=" ")
        rows = words.with_flat_values(saved.rows.lookup(words.flat_values))
        return tf.nn.embedding_lookup_sparse(
            saved.embeddings, rows.to_sparse(), None, combiner="sqrtn"
        )

    saved.__call__ = embed
    return saved
