"""Word vectors from a corpus by word2vec (Mikolov et al. 2013, arXiv:1301.3781), with Gensim."""

import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np

EPOCHS = 3
WINDOW = 5
MIN_COUNT = 5
"""The minimum number of occurrences of a word."""

WORKERS = 2


def vectors(
    texts: Iterable[Sequence[str]],
    vocabulary: Sequence[str],
    dimension: int,
    check: Callable[[], None] = lambda: None,
) -> dict[str, np.ndarray]:
    """The vector, float32 (dimension,), of each word of the vocabulary that is frequent enough.

    texts: the words of each text. A continuous bag of words, trained in two threads, so results
    vary slightly. `check` is called between epochs and may raise to stop. Raises
    ImportError without Gensim (requirements-train.txt).
    """
    from gensim.models import Word2Vec
    from gensim.models.callbacks import CallbackAny2Vec

    class Check(CallbackAny2Vec):
        """Calls `check` after each of Gensim's epochs."""

        def on_epoch_end(self, model: Word2Vec) -> None:
            check()

    # Gensim reads a file in its threads; a list would hold every word as an object.
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "texts"
        with file.open("w", encoding="utf-8") as lines:
            lines.writelines(f"{' '.join(words)}\n" for words in texts)
        model = Word2Vec(
            corpus_file=str(file),
            vector_size=dimension,
            window=WINDOW,
            min_count=MIN_COUNT,
            epochs=EPOCHS,
            workers=WORKERS,
            seed=0,
            callbacks=[Check()],
        )
    return {word: model.wv[word] for word in vocabulary if word in model.wv}
