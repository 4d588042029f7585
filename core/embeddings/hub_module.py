"""TF-Hub text modules: SavedModels that turn a batch of strings into float32 vectors (n, d).

A module that this file writes behaves as those of TensorFlow Hub's text embedding exporter do (a
`Table` says how). Beside its SavedModel lies `table.json`, which says where in the variables' file
the vectors are: with it a module is read and used without TensorFlow.
"""

import hashlib
import json
import mmap
import os
import re
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from core import cards, settings
from core.embeddings.module_table import TABLE, ModuleError, read_table, read_tokens
from core.embeddings.vectors import Table
from core.i18n import phrase, phrases
from core.messages import Message

OFFICIAL = "https://tfhub.dev/tensorflow/cord-19/swivel-128d/3"
"""The handle of Google's module."""

SAVED_MODEL = "saved_model.pb"
BATCH = 512
"""Terms that go through a SavedModel at a time."""

SECONDS = 30.0
"""How long a silent server is waited for."""

PUNCTUATION = r"\pP"

SHIPPED, DOWNLOADED, OWN = "shipped", "official", "own"
RECREATION = phrase("Paperlens’ re-creation")
UNKNOWN = phrase("unknown")
ZERO = phrase("a zero vector")
READ = phrases(
    "titles, abstracts, bodies and titles of references",
    "titles, abstracts, bodies and reference titles",
)
"""What of a corpus an embedding was trained on, as its card tells today and told once."""

_SHARD = re.compile(r"variables\.data-(\d{5})-of-(\d{5})")
_STRANGE = "qzxunknownqzx"
_PROBES = (
    *("", " ", "  ", "!?", "\t", "\n", "\x00", _STRANGE),
    *("{0}. " + _STRANGE, _STRANGE + ", {0}", "{0} {0}", "{0}  {1}", "{0}\t{1}", "{0}\n{1}"),
    *(" {0} ", "({0})", "{0}+{1}", "{0}-{1}", "{0}\u00a0{1}", "{0}\u0301", "{0} {1} {0} {1} {1}"),
)
"""What a table must give as its module does; {0} and {1} stand for tokens."""


@dataclass(frozen=True)
class Place:
    """Where a module may be had: `source` is a path or a handle, for `load`."""

    key: str
    label: str
    source: str


@dataclass(frozen=True)
class Module:
    """A text module, ready to use.

    key: "shipped", "official" or "own"; source: path or handle; vocabulary: number of tokens, None
    where the module does not tell; unknown: what a word outside the vocabulary gets, in words;
    table: its tokens and vectors, None where only the SavedModel can be used. Words are English,
    to be said.
    """

    key: str
    label: str
    source: str
    dimension: int
    vocabulary: int | None
    trained_on: str
    unknown: str
    table: Table | None = field(default=None, compare=False, repr=False)
    _saved: Any = field(default=None, compare=False, repr=False)

    def embed(self, terms: Sequence[str]) -> np.ndarray:
        """The vectors of terms, float32 (n, d)."""
        if self.table is not None:
            return self.table.embed(terms)
        batches = [
            _call(self._saved, terms[start : start + BATCH])
            for start in range(0, len(terms), BATCH)
        ]
        return np.concatenate(batches or [np.empty((0, self.dimension), np.float32)])


def load(source: str | Path, key: str = OWN) -> Module:
    """The module in a folder or under a handle, its form and its checksums, if any, checked.

    A handle is looked for among the downloaded modules first. Raises ModuleError for whatever is
    not a text module that gives float32 (n, d).
    """
    source = str(source)
    folder = _resolve(source) if _is_handle(source) else Path(source).expanduser()
    _check_folder(folder)
    card = _checked_card(folder)
    if (folder / TABLE).is_file():
        table, saved = read_table(folder), None
        dimension = table.vectors.shape[1]
    else:
        table, saved = None, _hub_load(source, folder)
        dimension = _probe(source, saved)
    label, trained_on, unknown = _facts(source, folder, key, card, table)
    vocabulary = len(table.tokens) if table else _count_tokens(folder)
    return Module(key, label, source, dimension, vocabulary, trained_on, unknown, table, saved)


def _is_handle(source: str) -> bool:
    return source.startswith(("http://", "https://"))


def cached(handle: str, cache: Path | None = None) -> Path:
    """The folder in which TensorFlow Hub keeps the module of a handle; it need not exist."""
    name = hashlib.sha1(handle.encode(), usedforsecurity=False).hexdigest()
    return (cache or settings.hub_cache()) / name


def _is_cached(handle: str) -> bool:
    folder = cached(handle)
    return folder.is_dir() and any(folder.iterdir())


def _resolve(handle: str) -> Path:
    """The folder of a handle's module, downloaded where TensorFlow Hub can."""
    if _is_cached(handle):
        return cached(handle)
    if handle == OFFICIAL:
        raise ModuleError(
            "The module {module} is not downloaded yet; run "
            "`python -m core download cord19-swivel`.",
            module=OFFICIAL,
        )
    hub = _hub()
    with _hub_surroundings():
        try:
            return Path(hub.resolve(handle))
        except Exception as error:  # from urllib, tarfile and TensorFlow's file system
            raise ModuleError(
                "The module {module} cannot be downloaded ({reason}); check the handle and "
                "the network, or give the path of a downloaded module.",
                module=handle,
                reason=_line(error),
            ) from None


_surroundings = threading.Lock()


@contextmanager
def _hub_surroundings() -> Iterator[None]:
    """Let TensorFlow Hub download to the cache folder, and not wait for a silent server for ever.

    It takes neither as an argument, so both are set for the whole process; one download at a time.
    """
    with _surroundings:
        before, patience = os.environ.get("TFHUB_CACHE_DIR"), socket.getdefaulttimeout()
        os.environ["TFHUB_CACHE_DIR"] = str(settings.hub_cache())
        socket.setdefaulttimeout(SECONDS)
        try:
            yield
        finally:
            socket.setdefaulttimeout(patience)
            del os.environ["TFHUB_CACHE_DIR"]
            if before is not None:
                os.environ["TFHUB_CACHE_DIR"] = before


def _hub() -> Any:
    try:
        import tensorflow_hub
    except ImportError as missing:
        raise ModuleError(
            "A text module is loaded with TensorFlow Hub, which is not usable here "
            "({reason}); run `pip install -r requirements.txt`.",
            reason=missing,
        ) from None
    return tensorflow_hub


def _check_folder(folder: Path) -> None:
    """Raise ModuleError unless a folder has every part of a SavedModel."""
    if not folder.is_dir():
        raise ModuleError(
            "There is no folder {folder}; give the path of a module's folder or its handle.",
            folder=folder,
        )
    missing = next(_missing_parts(folder), None)
    if missing:
        raise ModuleError(
            "{folder} is no complete text module, it lacks {missing}; download it or copy it "
            "again, whole.",
            folder=folder,
            missing=missing,
        )


def _missing_parts(folder: Path) -> Iterator[str]:
    variables = folder / "variables"
    if not (folder / SAVED_MODEL).is_file():
        yield SAVED_MODEL
    if not variables.is_dir():
        yield Message("its folder variables")
        return
    if not (variables / "variables.index").is_file():
        yield "variables/variables.index"
    names = {path.name for path in variables.iterdir()}
    shards = [match for match in map(_SHARD.fullmatch, sorted(names)) if match]
    if not shards:
        yield "variables/variables.data-00000-of-00001"
    for shard in range(int(shards[0][2]) if shards else 0):
        name = f"variables.data-{shard:05}-of-{shards[0][2]}"
        if name not in names:
            yield f"variables/{name}"


def _checked_card(folder: Path) -> cards.Card | None:
    """The card of a module, its files checked; None where there is no card. Raises ModuleError."""
    if not (folder / cards.CARD).is_file():
        return None
    try:
        card = cards.read_card(folder)
        cards.check_files(card)
    except cards.ModelError as error:
        raise ModuleError(error.args[0]) from None
    return card


def _hub_load(source: str, folder: Path) -> Any:
    """The object that TensorFlow Hub loads from a folder."""
    hub = _hub()
    try:
        return hub.load(str(folder))
    except Exception as error:  # a damaged SavedModel fails in a dozen ways
        raise ModuleError(
            "The module {module} cannot be loaded by TensorFlow ({reason}); it is damaged or "
            "no SavedModel: download or copy it again.",
            module=source,
            reason=_line(error),
        ) from None


def _call(saved: Any, terms: Sequence[str]) -> Any:
    """What a loaded SavedModel gives for some terms; for a text module float32 (n, d)."""
    import tensorflow as tf

    # A lone surrogate is no text; it goes through as a character that no vocabulary knows.
    found = saved(tf.constant([term.encode("utf-8", "surrogatepass") for term in terms], tf.string))
    return found.numpy() if isinstance(found, tf.Tensor) else found


def _probe(source: str, saved: Any) -> int:
    """The dimension of a text module; raises ModuleError for a module of another kind."""
    try:
        found = _call(saved, ["probe", ""])
    except Exception as error:  # whatever the module makes of an input that is not its own
        found = None
        reason = Message("it does not take a batch of texts: {error}", error=_line(error))
    else:
        reason = _wrong_shape(found)
    if reason:
        raise ModuleError(
            "The module {module} is not a text embedding module ({reason}); choose one that "
            "turns strings into vectors, float32 (n, d).",
            module=source,
            reason=reason,
        )
    return found.shape[1]


def _wrong_shape(found: Any) -> str:
    """Why an output for two texts is not float32 (2, d); empty if it is."""
    if not isinstance(found, np.ndarray):
        return Message("it returns a {kind}", kind=type(found).__name__)
    if found.dtype != np.float32 or found.ndim != 2 or len(found) != 2 or not found.shape[1]:
        return Message(
            "for two texts it returns {kind} {shape}", kind=found.dtype, shape=str(found.shape)
        )
    return "" if np.isfinite(found).all() else Message("its vectors are not finite")


def _line(error: Exception) -> str:
    """The first line of an error, which TensorFlow follows with stack traces."""
    lines = str(error).strip().splitlines()
    return lines[0][:300].rstrip(".") if lines else type(error).__name__


def _count_tokens(folder: Path) -> int | None:
    try:
        return len(read_tokens(folder))
    except ModuleError:
        return None


def _facts(
    source: str, folder: Path, key: str, card: cards.Card | None, table: Table | None
) -> tuple[str, str, str]:
    """Label, what it was trained on, and what an unknown word gets."""
    if source == OFFICIAL or key == DOWNLOADED or folder == cached(OFFICIAL):
        corpus = phrase("CORD-19 of 3 April 2020, over 47,000 articles")
        return _official_label(), corpus, ZERO
    rule = ZERO if table else UNKNOWN
    if card:
        return card.label, card.data["corpus"], rule
    return (RECREATION if key == SHIPPED else _own_label(source)), UNKNOWN, rule


def corpus_told(corpus: str) -> Message:
    """What a card says of its corpus, to be translated; the names of files stay as they are."""
    files, _, parts = corpus.partition(": ")
    if parts in READ:
        return Message("{files}: {read}", files=files, read=Message(parts))
    return Message(corpus)


def _official_label() -> str:
    return phrase("Google’s CORD-19 Swivel, 128 dimensions (version 3)")


def _own_label(source: str) -> str:
    return source if _is_handle(source) else Path(source).name or source


def _shipped_label(folder: Path) -> str:
    try:
        return cards.read_card(folder).label
    except cards.ModelError:
        return RECREATION


def available() -> list[Place]:
    """Where modules may be had, the one to use first; whether one is sound, `load` finds out."""
    places = []
    own = settings.cord19_module()
    if own == OFFICIAL:
        places.append(Place(DOWNLOADED, _official_label(), OFFICIAL))
    elif own:
        places.append(Place(OWN, _own_label(own), own))
    if own != OFFICIAL and _is_cached(OFFICIAL):
        places.append(Place(DOWNLOADED, _official_label(), OFFICIAL))
    shipped = settings.models_folder() / cards.EMBEDDING / "swivel"
    return [*places, Place(SHIPPED, _shipped_label(shipped), str(shipped))]


def default() -> Place:
    """The module that is used unless another is asked for."""
    return available()[0]


def with_table() -> tuple[Place, Table]:
    """The module in use, for what needs its vectors. Raises ModuleError where it hides them."""
    place = default()
    return place, table_of(load(place.source, place.key))


def table_of(loaded: Module) -> Table:
    """A module's tokens and vectors. Raises ModuleError where it does not tell them."""
    if loaded.table is None:
        raise ModuleError(
            "The module {module} does not tell its vocabulary, so it cannot be searched.",
            module=loaded.source,
        )
    return loaded.table


def index_table(folder: Path) -> bool:
    """Write `table.json`, so that a module's vectors can be read without TensorFlow.

    This works for a SavedModel with `assets/tokens.txt` and one float32 variable (rows, d) that
    has a row a token, then rows of zeros or none, and whose output the table alone gives. Returns
    whether the module is one; where it is not, no `table.json` is left.
    Raises ModuleError for a SavedModel that TensorFlow cannot load.
    """
    (folder / TABLE).unlink(missing_ok=True)
    try:
        tokens = read_tokens(folder)
        found = _find_table(folder, len(tokens))
    except ModuleError:
        return False
    if found is None:
        return False
    record, vectors = found
    if vectors[len(tokens) :].any() or not np.isfinite(vectors).all():
        return False
    if not _agree(Table(tokens, vectors[: len(tokens)]), _hub_load(str(folder), folder)):
        return False
    new = folder / f"{TABLE}.new"
    new.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    new.replace(folder / TABLE)
    return True


def _find_table(folder: Path, tokens: int) -> tuple[dict[str, Any], np.ndarray] | None:
    """What `table.json` says of a SavedModel's only table of that many tokens, and the table."""
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
    except Exception:  # a damaged checkpoint fails in a dozen ways
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
    """Where in a file some bytes begin, all of them."""
    if path.stat().st_size < len(wanted):
        return None
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        found = content.find(wanted)
    return found if found >= 0 else None


def _agree(table: Table, saved: Any) -> bool:
    """Whether a table gives what its module gives, on odd strings and on some thousand tokens."""
    tokens = table.tokens
    pairs = ((tokens[0], tokens[-1]), (tokens[len(tokens) // 2], tokens[0]))
    probes = [probe.format(*pair) for pair in pairs for probe in _PROBES]
    probes += tokens[:: max(1, len(tokens) // 1_000)]
    module = Module("", "", "", table.vectors.shape[1], None, "", "", _saved=saved)
    try:
        found = module.embed(probes)
    except Exception:  # whatever a module of another kind makes of texts
        return False
    wanted = table.embed(probes)
    return found.shape == wanted.shape and np.allclose(wanted, found, atol=1e-5)
