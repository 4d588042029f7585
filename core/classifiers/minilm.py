"""A frozen sentence transformer (all-MiniLM-L6-v2, ONNX Runtime) with a linear head."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from core import settings
from core.cards import Card, ModelError
from core.classifiers.base import Classifier
from core.evaluation import decisions, metrics
from core.files.checksum import sha256
from core.messages import N_, Message
from core.training import papers as corpus
from core.training.fixed_vectors import fit_dense, stored_vectors
from core.training.recipe import Options, Recipe, TrainingResult
from core.training.runs import TrainingRun

NEEDS = ("onnxruntime", "tokenizers")
HEAD, GRAPH, TOKENIZER = "head.npz", "encoder.onnx", "tokenizer.json"
ENCODER = settings.ROOT / "models" / "minilm"
"""The folder with the graph and the tokeniser, from `export.py` there."""

MAX_TOKENS = 192
"""The maximum number of word pieces, including two special tokens; most papers have more."""

VECTOR = 768
"""The dimension of a vector: the mean states of the transformer's last two layers."""

MIN_VALIDATION = 2_000
"""Validation papers, or a quarter of the training papers if that is more."""


class Encoder:
    """Encodes texts as vectors; thread-safe.

    Texts are encoded one by one: in a batch the largest activation determines the 8-bit
    quantisation, so a text's vector would depend on the others.
    """

    def __init__(self) -> None:
        from onnxruntime import InferenceSession, SessionOptions
        from tokenizers import Tokenizer

        self.tokenizer = Tokenizer.from_file(str(ENCODER / TOKENIZER))
        options = SessionOptions()
        options.intra_op_num_threads = 1  # texts are distributed over the processors
        self.session = InferenceSession(
            ENCODER / GRAPH,
            options,
            providers=["CPUExecutionProvider"],
            disabled_optimizers=["SkipLayerNormFusion"],  # the fused operators are slower
        )

    def tokens(self, text: str) -> list[int]:
        """The ids of a text's first word pieces, with the special tokens at both ends."""
        ids = self.tokenizer.encode(text).ids
        return ids if len(ids) <= MAX_TOKENS else [*ids[: MAX_TOKENS - 1], ids[-1]]

    def vector(self, text: str) -> np.ndarray:
        """The vector of a text, float32 (VECTOR,), rounded to float16 as vectors are stored."""
        (vectors,) = self.session.run(None, {"input_ids": np.array([self.tokens(text)])})
        return vectors[0].astype(np.float16).astype(np.float32)

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Vectors of texts, on all processors; float32 (n, VECTOR)."""
        with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
            return np.array([*pool.map(self.vector, texts)], np.float32).reshape(-1, VECTOR)


_encoder = cache(Encoder)


def encoder() -> Encoder:
    """The encoder shared by all models of this process. Raises ModelError without a library."""
    for library in NEEDS:
        if not find_spec(library):
            missing = Message(
                "{library} (`pip install -r requirements-minilm.txt`)", library=library
            )
            raise ModelError(
                "The model {name} needs a library: {missing}.", name="minilm", missing=missing
            )
    return _encoder()


def encoder_checksums() -> dict[str, str]:
    """The SHA-256 of the encoder's files; a head works only with those it was trained on."""
    return {name: sha256(ENCODER / name) for name in (GRAPH, TOKENIZER)}


@dataclass
class MiniLM(Classifier):
    """A linear head; kernel: (VECTOR, k), bias: (k,); embed: texts to vectors, (n, VECTOR)."""

    name: str
    labels: tuple[str, ...]
    kernel: np.ndarray
    bias: np.ndarray
    thresholds: np.ndarray
    embed: Callable[[Sequence[str]], np.ndarray]
    task: str = "archive"

    def predict_scores(self, texts: Sequence[str]) -> np.ndarray:
        """Probabilities; float32 (n, k)."""
        return decisions.sigmoid(self.embed(texts) @ self.kernel + self.bias)

    def count_known_words(self, text: str) -> tuple[int, int]:
        """How many words of a text have word pieces, and how many the text has."""
        pieces = encoder().tokenizer.encode(text, add_special_tokens=False).tokens
        words = [p for p in pieces if not p.startswith("##") and any(map(str.isalnum, p))]
        return sum(word != "[UNK]" for word in words), len(words)

    def save(self, folder: Path) -> None:
        """Write the head as .npz."""
        np.savez_compressed(folder / HEAD, kernel=self.kernel, bias=self.bias)

    @classmethod
    def load(cls, folder: Path, card: Card) -> "MiniLM":
        """Read what `save` wrote.

        Raises ModelError without a library, ValueError if the encoder's files are not those
        that the head was trained on.
        """
        if encoder_checksums() != card.parameters.get("transformer"):
            raise ValueError(Message("its head was trained on another encoder; train it again"))
        with np.load(folder / HEAD, allow_pickle=False) as head:
            kernel, bias = head["kernel"], head["bias"]
        thresholds = np.array(card.thresholds, np.float32)
        return cls(card.name, card.labels, kernel, bias, thresholds, encoder().embed)


def train(data: Path, task: str, run: TrainingRun) -> TrainingResult:
    """Train a head on the vectors of papers; stored vectors of earlier trainings are reused.

    Raises CorpusError for papers that cannot be read, ModelError without a library.
    """
    checksums = encoder_checksums()
    run(0.0, N_("reading papers"))
    papers = corpus.read_papers(data)
    truth, labels = corpus.encode(papers, task)
    random = np.random.default_rng(run.options.seed)
    chosen = corpus.choose_rows(papers, task)
    rows = random.permutation(chosen.train)[: run.options.sample]
    held, weights = chosen.calibration, chosen.weights
    drawn = random.permutation(len(held))[: max(MIN_VALIDATION, len(rows) // 4)]
    held, weights = held[drawn], weights[drawn] / weights[drawn].mean()

    file = settings.runs_folder() / "vectors" / f"minilm-{MAX_TOKENS}-{checksums[GRAPH][:16]}.db"
    texts = [papers.texts[i] for i in np.concatenate([rows, held, *chosen.test.values()])]
    vectors = stored_vectors(file, texts, encoder().embed, run)

    def embed(texts: Sequence[str]) -> np.ndarray:
        return np.array([vectors[text] for text in texts], np.float32)

    x, held_x = (embed([papers.texts[i] for i in part]) for part in (rows, held))
    run(0.0, N_("learning"))
    kernel, bias = fit_dense(run, x, truth[rows], (held_x, truth[held]))
    run(1.0, N_("calibrating, and measuring on the test papers"))
    slopes, offsets = metrics.fit_platt(truth[held], held_x @ kernel + bias, weights)
    kernel, bias = kernel * slopes, bias * slopes + offsets
    scores = decisions.sigmoid(held_x @ kernel + bias)
    thresholds = metrics.tune_thresholds(truth[held], scores, weights).astype(np.float32)
    model = MiniLM("minilm", labels, kernel, bias, thresholds, embed)
    figures, curves = corpus.measure(model, papers, chosen.test)
    return TrainingResult(
        replace(model, embed=encoder().embed),
        papers.facts | {"trained on": len(rows), "validation": len(held)},
        asdict(run.options) | {"transformer": checksums, "length": MAX_TOKENS, "vector": VECTOR},
        figures,
        run.history,
        curves=curves,
    )


RECIPES = (
    Recipe(
        "minilm",
        "MiniLM, linear head",
        "A transformer of six layers, trained by others on a thousand million pairs of texts, "
        "reads a paper's first 190 word pieces; only a linear layer on its vectors is learnt here. "
        "A few thousand papers teach it much, but it never learns the words that tell arXiv's "
        "archives apart. The vectors take minutes the first time and are kept for the next.",
        ("archive",),
        train,
        Options(epochs=15, batch_size=256, learning_rate=2e-3, sample=40_000),
        ("epochs", "batch_size", "learning_rate", "sample", "patience", "seed"),
        NEEDS,
    ),
)
