"""Loads TF-Hub text modules: SavedModels that map strings to float32 vectors (n, d)."""

import hashlib
import json
import mmap
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from core import cards, settings
from core.embeddings import parts, word2vec_text
from core.embeddings.module_table import TABLE, ModuleError, read_table, read_tokens
from core.embeddings.parts import Estimate
from core.embeddings.vectors import WordVectors
from core.messages import N_, Message

OFFICIAL = "https://tfhub.dev/tensorflow/cord-19/swivel-128d/3"
"""The handle of Google's module."""

SAVED_MODEL = "saved_model.pb"
BATCH = 512
"""Terms per call of a SavedModel."""

PUNCTUATION = r"\pP"

SHIPPED, DOWNLOADED, OWN = "shipped", "official", "own"
OFFICIAL_LABEL = N_("Google’s CORD-19 Swivel, 128 dimensions (version 3)")
RECREATION = N_("Paperlens’ re-creation")
UNKNOWN = N_("unknown")
READ = (
    N_("titles, abstracts, bodies and titles of references"),
    N_("titles, abstracts, bodies and reference titles"),
)
"""The parts of a corpus that an embedding was trained on, as in new and older cards."""

_SHARD = re.compile(r"variables\.data-(\d{5})-of-(\d{5})")
_UNKNOWN = "qzxunknownqzx"
_PROBES = (
    *("", " ", "  ", "!?", "\t", "\n", "\x00", _UNKNOWN),
    *(
        "{0}. " + _UNKNOWN,
        _UNKNOWN + ", {0}",
        "{0} {0}",
        "{0}  {1}",
        "{0}\t{1}",
        "{0}\n{1}",
    ),
    *(" {0} ", "({0})", "{0}+{1}", "{0}-{1}", "{0}\u00a0{1}", "{0}\u0301", "{0} {1} {0} {1} {1}"),
)
"""Texts for which a table must equal its module; {0} and {1} stand for tokens."""


@dataclass(frozen=True)
class ModuleSource:
    """A module that `load` can load; source: a path or a handle."""

    key: str
    label: str
    source: str


@dataclass(frozen=True)
class Module:
    """A loaded text module.

    key: "shipped", "official" or "own"; source: path or handle; vocabulary: number of tokens, None
    if unknown; table: tokens and vectors, None where only the SavedModel can be used. Texts are
    English, to be translated. estimates: of words that the table does not know.
    """

    key: str
    label: str
    source: str
    dimension: int
    vocabulary: int | None
    trained_on: str
    table: WordVectors | None = field(default=None, compare=False, repr=False)
    estimates: Mapping[str, Estimate] = field(default_factory=dict, compare=False, repr=False)
    _saved: Any = field(default=None, compare=False, repr=False)

    def embed(self, terms: Sequence[str]) -> np.ndarray:
        """The vectors of terms, float32 (n, d)."""
        if self.table is not None:
            return parts.embed(self.table, terms, self.estimates)
        batches = [
            _call(self._saved, terms[start : start + BATCH])
            for start in range(0, len(terms), BATCH)
        ]
        return np.concatenate(batches or [np.empty((0, self.dimension), np.float32)])


def load(source: str | Path, key: str = OWN) -> Module:
    """The module in a folder or of a handle, after checks of its files, including checksums.

    A handle's module is downloaded unless it is cached. With a `table.json`, which locates the
    vectors in the variables file, a module is used without TensorFlow. A file holds word vectors
    as text.
    Raises ModuleError for anything but a text module that returns float32 (n, d).
    """
    source = str(source)
    if not _is_handle(source) and Path(source).expanduser().is_file():
        path = Path(source).expanduser()
        return of_table(word2vec_text.read_file(path), path.name, source, key)
    folder = _resolve(source) if _is_handle(source) else Path(source).expanduser()
    _check_folder(folder)
    card = _checked_card(folder)
    if (folder / TABLE).is_file():
        table, saved = read_table(folder), None
        dimension = table.vectors.shape[1]
    else:
        table, saved = None, _load_saved_model(source, folder)
        dimension = _probe(source, saved)
    label, trained_on = _facts(source, folder, key, card)
    vocabulary = len(table.tokens) if table else _count_tokens(folder)
    return Module(key, label, source, dimension, vocabulary, trained_on, table, _saved=saved)


def of_table(table: WordVectors, label: str, source: str, key: str = OWN) -> Module:
    """A module of word vectors that were read from elsewhere."""
    return Module(key, label, source, table.dimension, len(table.tokens), UNKNOWN, table)


def _is_handle(source: str) -> bool:
    return source.startswith(("http://", "https://"))


def cached(handle: str, cache: Path | None = None) -> Path:
    """The folder in which TensorFlow Hub caches the module of a handle; it need not exist."""
    name = hashlib.sha1(handle.encode(), usedforsecurity=False).hexdigest()
    return (cache or settings.hub_cache()) / name


def _is_cached(handle: str) -> bool:
    folder = cached(handle)
    return folder.is_dir() and any(folder.iterdir())


def archive_url(handle: str) -> str:
    """The address of a module's .tar.gz, as TensorFlow Hub asks for it."""
    return f"{handle}?tf-hub-format=compressed"


def _resolve(handle: str) -> Path:
    """The folder of a handle's module, which is downloaded unless it is cached."""
    # Imported here: it loads pandas and DuckDB.
    from core.corpora.download import DownloadError, unpacked

    folder = cached(handle)
    if _is_cached(handle):
        return folder
    if handle == OFFICIAL:
        raise ModuleError(
            "The module {module} is not downloaded yet; run "
            "`python -m core download cord19-swivel`.",
            module=OFFICIAL,
        )
    archive = folder.with_name(f"{folder.name}.tar.gz")
    try:
        with unpacked(archive_url(handle), archive, progress=lambda *_: None) as new:
            new.rename(folder)
    except DownloadError as error:
        raise ModuleError(
            "The module {module} cannot be downloaded ({reason}); check the handle and "
            "the network, or give the path of a downloaded module.",
            module=handle,
            reason=error.fields.get("reason", error),
        ) from None
    return folder


def _check_folder(folder: Path) -> None:
    """Raise ModuleError unless a folder has every part of a SavedModel."""
    if not folder.is_dir():
        raise ModuleError(
            "There is no folder {folder}; give the path of a module's folder or its handle.",
            folder=folder,
        )
    missing = next((name for name in _parts(folder) if not (folder / name).is_file()), None)
    if missing:
        raise ModuleError(
            "{folder} is no complete text module, it lacks {missing}; download it or copy it "
            "again, whole.",
            folder=folder,
            missing=missing,
        )


def _parts(folder: Path) -> list[str]:
    """The files of a SavedModel; the names of its shards tell how many there are."""
    names = (path.name for path in (folder / "variables").glob("*"))
    shards = next((int(match[2]) for match in map(_SHARD.fullmatch, names) if match), 1)
    return [
        SAVED_MODEL,
        "variables/variables.index",
        *(f"variables/variables.data-{i:05}-of-{shards:05}" for i in range(shards)),
    ]


def _checked_card(folder: Path) -> cards.Card | None:
    """A module's card, after a check of its files; None without a card. Raises ModuleError."""
    if not (folder / cards.CARD).is_file():
        return None
    try:
        card = cards.read_card(folder)
        cards.check_files(card)
    except cards.ModelError as error:
        raise ModuleError(error.args[0]) from None
    return card


def _load_saved_model(source: str, folder: Path) -> Any:
    """The object that TensorFlow loads from a folder."""
    import tensorflow as tf

    try:
        return tf.saved_model.load(str(folder))
    except Exception as error:  # a damaged SavedModel raises many kinds of errors
        raise ModuleError(
            "The module {module} cannot be loaded by TensorFlow ({reason}); it is damaged or "
            "no SavedModel: download or copy it again.",
            module=source,
            reason=_line(error),
        ) from None


def _call(saved: Any, terms: Sequence[str]) -> Any:
    """The output of a loaded SavedModel for terms; for a text module float32 (n, d)."""
    import tensorflow as tf

    # "surrogatepass" encodes lone surrogates, which no vocabulary contains.
    texts = [term.encode("utf-8", "surrogatepass") for term in terms]
    output = saved(tf.constant(texts, tf.string))
    return output.numpy() if isinstance(output, tf.Tensor) else output


def _probe(source: str, saved: Any) -> int:
    """The dimension of a text module; raises ModuleError for a module of another kind."""
    try:
        output = _call(saved, ["probe", ""])
    except Exception as error:  # a module of another kind may raise anything
        output = None
        reason = Message("it does not take a batch of texts: {error}", error=_line(error))
    else:
        reason = _wrong_shape(output)
    if reason:
        raise ModuleError(
            "The module {module} is not a text embedding module ({reason}); choose one that "
            "turns strings into vectors, float32 (n, d).",
            module=source,
            reason=reason,
        )
    return output.shape[1]


def _wrong_shape(output: Any) -> str:
    """Why an output for two texts is not float32 (2, d); empty if it is."""
    if not isinstance(output, np.ndarray):
        return Message("it returns a {kind}", kind=type(output).__name__)
    if output.dtype != np.float32 or output.ndim != 2 or len(output) != 2 or not output.shape[1]:
        return Message(
            "for two texts it returns {kind} {shape}", kind=output.dtype, shape=str(output.shape)
        )
    return "" if np.isfinite(output).all() else Message("its vectors are not finite")


def _line(error: Exception) -> str:
    """The first line of an error; TensorFlow appends stack traces."""
    lines = str(error).strip().splitlines()
    return lines[0][:300].rstrip(".") if lines else type(error).__name__


def _count_tokens(folder: Path) -> int | None:
    try:
        return len(read_tokens(folder))
    except ModuleError:
        return None


def _facts(source: str, folder: Path, key: str, card: cards.Card | None) -> tuple[str, str]:
    """The label and the training corpus."""
    if source == OFFICIAL or key == DOWNLOADED or folder == cached(OFFICIAL):
        corpus = N_("CORD-19 of 3 April 2020, over 47,000 articles")
        return OFFICIAL_LABEL, corpus
    if card:
        return card.label, card.data["corpus"]
    return (RECREATION if key == SHIPPED else _own_label(source)), UNKNOWN


def corpus_text(corpus: str) -> Message:
    """A card's description of its corpus, to be translated except for file names."""
    files, _, parts = corpus.partition(": ")
    if parts in READ:
        return Message("{files}: {read}", files=files, read=Message(parts))
    return Message(corpus)


def _own_label(source: str) -> str:
    return source if _is_handle(source) else Path(source).name or source


def _shipped_label(folder: Path) -> str:
    try:
        return cards.read_card(folder).label
    except cards.ModelError:
        return RECREATION


def available() -> list[ModuleSource]:
    """The sources of modules, the default first; they are not checked until loaded."""
    sources = []
    configured = settings.cord19_module()
    if configured and configured != OFFICIAL:
        sources.append(ModuleSource(OWN, _own_label(configured), configured))
    if configured == OFFICIAL or _is_cached(OFFICIAL):
        sources.append(ModuleSource(DOWNLOADED, OFFICIAL_LABEL, OFFICIAL))
    shipped = settings.models_folder() / cards.EMBEDDING / "swivel"
    return [*sources, ModuleSource(SHIPPED, _shipped_label(shipped), str(shipped))]


def default() -> ModuleSource:
    """The source of the default module."""
    return available()[0]


def with_table() -> tuple[ModuleSource, WordVectors]:
    """The default module and its vectors. Raises ModuleError where they cannot be read."""
    source = default()
    return source, table_of(load(source.source, source.key))


def table_of(loaded: Module) -> WordVectors:
    """A module's tokens and vectors. Raises ModuleError where only the SavedModel can be used."""
    if loaded.table is None:
        raise ModuleError(
            "The module {module} does not tell its vocabulary, so it cannot be searched.",
            module=loaded.source,
        )
    return loaded.table


def index_table(folder: Path) -> bool:
    """Write `table.json`, so that a module's vectors can be read without TensorFlow.

    This works for a SavedModel with `assets/tokens.txt` and one float32 variable (rows, d) with one
    row per token, followed by zero rows if any, and the same output as `WordVectors`. Returns
    whether that is so; otherwise `table.json` is removed. Raises ModuleError for a SavedModel that
    TensorFlow cannot load.
    """
    (folder / TABLE).unlink(missing_ok=True)
    try:
        tokens = read_tokens(folder)
    except ModuleError:
        return False
    located = _find_table(folder, len(tokens))
    if located is None:
        return False
    record, vectors = located
    if vectors[len(tokens) :].any() or not np.isfinite(vectors).all():
        return False
    table = WordVectors(tokens, vectors[: len(tokens)])
    if not _table_matches_module(table, _load_saved_model(str(folder), folder)):
        return False
    new = folder / f"{TABLE}.new"
    new.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    new.replace(folder / TABLE)
    return True


def _find_table(folder: Path, tokens: int) -> tuple[dict[str, Any], np.ndarray] | None:
    """The record for `table.json` of the only variable with enough rows, and its values."""
    import tensorflow as tf

    try:
        reader = tf.train.load_checkpoint(str(folder / "variables" / "variables"))
        kinds = reader.get_variable_to_dtype_map()
        names = [
            name
            for name, shape in reader.get_variable_to_shape_map().items()
            if len(shape) == 2 and shape[0] >= tokens and kinds[name] == tf.float32
        ]
        if len(names) != 1:
            return None
        table = reader.get_tensor(names[0]).astype("<f4", copy=False)
    except Exception:  # a damaged checkpoint raises many kinds of errors
        return None
    for path in sorted((folder / "variables").glob("variables.data-*")):
        offset = _find_bytes(path, table.tobytes())
        if offset is not None:
            record = {
                "file": path.relative_to(folder).as_posix(),
                "offset": offset,
                "rows": table.shape[0],
                "dimension": table.shape[1],
                "dtype": "float32",
            }
            return record, table
    return None


def _find_bytes(path: Path, wanted: bytes) -> int | None:
    """The offset of `wanted` in a file, None if it is not there."""
    if path.stat().st_size < len(wanted):
        return None
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        offset = content.find(wanted)
    return offset if offset >= 0 else None


def _table_matches_module(table: WordVectors, saved: Any) -> bool:
    """Whether a table equals its module, for odd texts and about a thousand tokens."""
    tokens = table.tokens
    pairs = ((tokens[0], tokens[-1]), (tokens[len(tokens) // 2], tokens[0]))
    probes = [probe.format(*pair) for pair in pairs for probe in _PROBES]
    probes += tokens[:: max(1, len(tokens) // 1_000)]
    module = Module("", "", "", table.vectors.shape[1], None, "", _saved=saved)
    try:
        from_module = module.embed(probes)
    except Exception:  # a module of another kind may raise anything
        return False
    from_table = table.embed(probes)
    return from_module.shape == from_table.shape and np.allclose(from_table, from_module, atol=1e-5)
