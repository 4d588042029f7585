"""Text modules: what is exported behaves as TensorFlow Hub's do, what is loaded is sound."""

import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.embeddings import hub_module, module_export, module_table
from core.embeddings.module_table import ModuleError
from core.embeddings.vectors import WordVectors
from core.settings import ROOT

TOKENS = ("dog", "cat", "SARS", "COVID19", "SARSCoV2", "a+b", "$5", "<=>", "naïve", "o\u0308", "🦠")
VECTORS = np.random.default_rng(3).standard_normal((len(TOKENS), 3)).astype(np.float32)
VECTORS[0] = (1, 2, 3)
DATA_FILE = "variables/variables.data-00000-of-00001"

ODD = (
    *("", " ", "  ", "   ", "!", "...", "«»", "\t", "\n", "\r", "\x00", "\u00a0", "\ufeff"),
    *("dog", "Dog", "DOG", "dogs", "dog ", " dog", "dog  cat", "dog   cat dog", "cat cat"),
    *("lizard", "lizard. dog", "dog, cat; SARS!", "(dog)", "'dog's'", "d.o.g", "do-g", "dog—cat"),
    *("dog\tcat", "dog\ncat", "dog\r\ncat", "dog\u00a0cat", "dog\u2003cat", "dog\x00", "dog\u200b"),
    *("SARS-CoV-2", "COVID-19", "covid-19", "a+b", "a + b", "$5", "<=>", "< = >", "+<=>^|~ $"),
    *(
        "naïve",
        "nai\u0308ve",
        "o\u0308",
        "ö",
        "🦠",
        "🦠🦠",
        "🦠 dog",
        "dog\ufe0f",
        "犬、dog",
        "¿dog?",
    ),
    *("dog_cat", "#dog", "@cat", "%", "dog/cat", "\\dog", "*", "dog\u3000", "\ud800", "dog \udfff"),
    *("dog " * 10_000, "cat. lizard " * 5_000),
)


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A module of eleven tokens in three dimensions."""
    folder = tmp_path_factory.mktemp("modules") / "small"
    module_export.export(TOKENS, VECTORS, folder)
    return folder


@pytest.fixture(scope="session")
def saved(exported: Path) -> Any:
    """The same, loaded as the notebook loads one."""
    import tensorflow_hub as hub

    return hub.load(str(exported))


@pytest.fixture
def folder(exported: Path, tmp_path: Path) -> Path:
    """A copy that a test may spoil."""
    return shutil.copytree(exported, tmp_path / "copy")


@pytest.fixture(autouse=True)
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Empty folders for data and models, and no module of one's own."""
    monkeypatch.setenv("PAPERLENS_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("PAPERLENS_MODELS", str(tmp_path / "models"))
    monkeypatch.delenv("TFHUB_CACHE_DIR", raising=False)


def write_card(folder: Path, **fields: Any) -> None:
    """Put a card into a module's folder, with the checksums of all its files."""
    files = {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    card = {
        "task": "embedding",
        "name": "swivel",
        "label": "Swivel, Paperlens’ re-creation",
        "summary": "",
        "family": "swivel",
        "labels": [],
        "thresholds": [],
        "data": {"corpus": "some invented abstracts"},
        "parameters": {},
        "versions": {},
        "metrics": {},
        "files": files,
    }
    (folder / "card.json").write_text(json.dumps(card | fields))


def foreign(folder: Path, answer: Callable[[Any], Any], signature: Any = None) -> Path:
    """A SavedModel of another making that gives `answer` of its input."""
    import tensorflow as tf

    made = tf.train.Checkpoint()
    made.__call__ = tf.function(
        answer, input_signature=[signature or tf.TensorSpec([None], "string")]
    )
    tf.saved_model.save(made, str(folder))
    return folder


# What the exporter writes.


def test_a_batch_of_all_and_of_none(saved: Any) -> None:
    import tensorflow as tf

    texts = [text.encode("utf-8", "surrogatepass") for text in ODD]
    found = saved(texts).numpy()
    assert found.shape == (len(ODD), 3)
    np.testing.assert_allclose(found, WordVectors(TOKENS, VECTORS).embed(ODD), rtol=1e-4, atol=1e-5)
    assert saved(tf.constant([], tf.string)).shape == (0, 3)


def test_attributes_after_loading(saved: Any) -> None:
    table = np.concatenate([VECTORS, np.zeros((1, 3), np.float32)])
    assert saved.embeddings.numpy().tolist() == table.tolist()
    assert [v.shape for v in saved.variables] == [(12, 3)]
    assert len(saved.trainable_variables) == 1
    assert saved.trainable_variables[0] is saved.embeddings
    assert saved.embeddings.trainable


def test_files_hold_the_table_once_and_no_path(exported: Path) -> None:
    size = (exported / DATA_FILE).stat().st_size
    assert size < VECTORS.nbytes + 2_000
    assert (exported / "assets" / "tokens.txt").read_text() == "".join(f"{t}\n" for t in TOKENS)
    written = b"".join(p.read_bytes() for p in exported.rglob("*") if p.is_file())
    assert str(exported.parent.parent).encode() not in written
    assert str(ROOT).encode() not in written
    assert written.count(VECTORS.tobytes()) == 1


def test_vectors_that_do_not_go_with_the_tokens_are_no_module(tmp_path: Path) -> None:
    with pytest.raises(ModuleError):
        module_export.export(("a",), np.ones((2, 3), np.float32), tmp_path / "m")


@pytest.mark.parametrize("trainable", [True, False])
def test_keras_layer_trains_where_it_should(exported: Path, trainable: bool) -> None:
    import tensorflow as tf
    import tensorflow_hub as hub
    import tf_keras

    tf_keras.utils.set_random_seed(1)
    layer = hub.KerasLayer(str(exported), input_shape=[], dtype=tf.string, trainable=trainable)
    net = tf_keras.Sequential([layer, tf_keras.layers.Dense(2)])
    loss = tf_keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    net.compile("adam", loss, metrics=["accuracy"])
    texts = tf.constant(["dog. lizard", "cat cat", "", "dog\tcat"])
    before = layer.variables[0].numpy()
    net.fit(texts, tf.constant([0, 1, 0, 1]), epochs=2, verbose=0)
    changed = (layer.variables[0].numpy() != before).any(axis=1)
    assert len(layer.trainable_variables) == trainable
    # dog, cat and the row of unknown words; no other word was seen.
    assert np.flatnonzero(changed).tolist() == ([0, 1, len(TOKENS)] if trainable else [])


# Reading.


def test_a_moved_module_still_works(folder: Path, tmp_path: Path) -> None:
    import tensorflow_hub as hub

    folder.rename(tmp_path / "elsewhere")
    moved = tmp_path / "elsewhere"
    assert hub.load(str(moved))(["dog"]).numpy().tolist() == [[1, 2, 3]]
    assert hub_module.load(moved).embed(["dog"]).tolist() == [[1, 2, 3]]


def test_table_needs_no_tensorflow(exported: Path) -> None:
    program = (
        "import sys\n"
        "from core.embeddings import hub_module\n"
        f"found = hub_module.load({str(exported)!r}).embed(['lizard dog'])\n"
        "assert found.shape == (1, 3), found\n"
        "slow = {'tensorflow', 'tensorflow_hub', 'tf_keras', 'keras', 'sklearn'}\n"
        "assert not slow & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=os.environ, check=True)


def test_loaded_by_its_table(exported: Path) -> None:
    found = hub_module.load(str(exported))
    assert (found.key, found.label, found.dimension, found.vocabulary) == ("own", "small", 3, 11)
    assert found.trained_on == "unknown"
    assert found.table is not None
    assert found.table.tokens == TOKENS
    assert found.embed([]).shape == (0, 3)
    assert hash(found) == hash(hub_module.load(exported))
    assert found == hub_module.load(exported)


def test_loaded_by_tensorflow_where_there_is_no_table(folder: Path) -> None:
    (folder / "table.json").unlink()
    found = hub_module.load(folder)
    assert found.table is None
    assert (found.dimension, found.vocabulary) == (3, 11)
    terms = [*ODD] * 20
    wanted = WordVectors(TOKENS, VECTORS).embed(terms)
    np.testing.assert_allclose(found.embed(terms), wanted, rtol=1e-4, atol=1e-5)
    assert found.embed([]).shape == (0, 3)


def test_a_fine_tuned_module_has_no_table(folder: Path, tmp_path: Path) -> None:
    import tensorflow as tf
    import tensorflow_hub as hub

    tuned = hub.load(str(folder))
    tuned.embeddings.assign(tuned.embeddings + 1)
    tf.saved_model.save(tuned, str(tmp_path / "tuned"))
    assert not hub_module.index_table(tmp_path / "tuned")
    assert not (tmp_path / "tuned" / "table.json").exists()
    found = hub_module.load(tmp_path / "tuned")
    assert found.table is None
    np.testing.assert_allclose(found.embed(["lizard"]), [[1, 1, 1]])


def test_a_table_its_module_does_not_use_is_not_indexed(folder: Path) -> None:
    tokens = folder / "assets" / "tokens.txt"
    tokens.write_text("\n".join(["Dog", *TOKENS[1:]]) + "\n")
    assert hub_module.index_table(folder)
    tokens.write_text("\n".join(["d.og", *TOKENS[1:]]) + "\n")
    assert hub_module.index_table(folder)
    tokens.write_text("\n".join(TOKENS) + "\nlizard\n")
    # The row of unknown words would be the lizard's, and theirs beyond the table.
    assert not hub_module.index_table(folder)
    assert not (folder / "table.json").exists()


def test_a_module_with_another_rule_is_not_indexed(tmp_path: Path) -> None:
    import tensorflow as tf

    made = tf.train.Checkpoint()
    (tmp_path / "tokens.txt").write_text("dog\ncat\n")
    made.asset = tf.saved_model.Asset(str(tmp_path / "tokens.txt"))
    made.table = tf.Variable(np.ones((3, 2), np.float32) * [[1], [2], [0]], dtype=tf.float32)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
    def mean(texts: Any) -> Any:
        return tf.gather(made.table, tf.cast(tf.strings.length(texts) % 3, tf.int64))

    made.__call__ = mean
    tf.saved_model.save(made, str(tmp_path / "m"))
    assert not hub_module.index_table(tmp_path / "m")
    assert hub_module.load(tmp_path / "m").dimension == 2


# What is refused.


def refused(folder: Path) -> ModuleError:
    """The error with which a module is refused; a sentence on one line."""
    with pytest.raises(ModuleError) as caught:
        hub_module.load(folder)
    assert "\n" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    ("lost", "missing"),
    [
        ("saved_model.pb", "saved_model.pb"),
        ("variables", "variables/variables.index"),
        ("variables/variables.index", "variables/variables.index"),
        (DATA_FILE, DATA_FILE),
    ],
)
@pytest.mark.parametrize("indexed", [True, False])
def test_a_missing_part_is_named(folder: Path, lost: str, missing: str, indexed: bool) -> None:
    if not indexed:
        (folder / "table.json").unlink()
    path = folder / lost
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert refused(folder).fields == {"folder": folder, "missing": missing}


def test_a_missing_shard_is_named(folder: Path) -> None:
    (folder / DATA_FILE).rename(folder / "variables" / "variables.data-00000-of-00002")
    assert refused(folder).fields["missing"] == "variables/variables.data-00001-of-00002"


@pytest.mark.parametrize("indexed", [True, False])
@pytest.mark.parametrize("kept", [0, 100])
def test_a_truncated_variables_file(folder: Path, indexed: bool, kept: int) -> None:
    if not indexed:
        (folder / "table.json").unlink()
    (folder / DATA_FILE).write_bytes((folder / DATA_FILE).read_bytes()[:kept])
    assert ("size" if indexed else "reason") in refused(folder).fields
    assert not hub_module.index_table(folder)


def test_vectors_that_are_not_finite(folder: Path) -> None:
    table = json.loads((folder / "table.json").read_text())
    content = bytearray((folder / DATA_FILE).read_bytes())
    content[table["offset"] : table["offset"] + 4] = np.float32(np.nan).tobytes()
    (folder / DATA_FILE).write_bytes(content)
    assert refused(folder).fields == {"path": folder / DATA_FILE}


@pytest.mark.parametrize(
    "fields",
    [
        {"rows": 10},
        {"rows": 1_000_000},
        {"rows": "12"},
        {"rows": True},
        {"dimension": 0},
        {"dimension": 300},
        {"offset": -4},
        {"offset": 1 << 40},
        {"dtype": "float64"},
        {"file": "../small/variables"},
        {"file": "variables/none"},
        {"file": "/etc/hostname"},
        {"file": 7},
        {"file": None},
    ],
)
def test_a_wrong_table_record(folder: Path, fields: dict[str, Any]) -> None:
    path = folder / "table.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))
    refused(folder)


@pytest.mark.parametrize("content", ["", "{", "[]", "null", "{}", "\0", '"x"'])
def test_a_broken_table_record(folder: Path, content: str) -> None:
    (folder / "table.json").write_text(content)
    assert refused(folder).fields["path"] == folder / "table.json"


@pytest.mark.parametrize("content", [None, b"", b"dog\xff\n", b"a\n" * 13])
def test_wrong_tokens(folder: Path, content: bytes | None) -> None:
    path = folder / "assets" / "tokens.txt"
    path.write_bytes(content) if content is not None else path.unlink()
    assert path in refused(folder).fields.values()
    assert not hub_module.index_table(folder)


@pytest.mark.parametrize("name", ["saved_model.pb", DATA_FILE, "assets/tokens.txt", "table.json"])
def test_a_changed_byte_is_found_by_the_card(folder: Path, name: str) -> None:
    write_card(folder)
    assert hub_module.load(folder).dimension == 3
    content = bytearray((folder / name).read_bytes())
    content[20] ^= 1
    (folder / name).write_bytes(content)
    assert refused(folder).fields == {"file": name, "model": "embedding/swivel"}


def test_a_broken_card_or_no_folder(folder: Path) -> None:
    (folder / "card.json").write_text("{")
    assert refused(folder).fields["path"] == folder / "card.json"
    assert refused(folder / "nowhere").fields == {"folder": folder / "nowhere"}


def test_no_saved_model(folder: Path) -> None:
    (folder / "table.json").unlink()
    (folder / "saved_model.pb").write_bytes(b"not a protocol buffer")
    assert refused(folder).fields["module"] == str(folder)


def test_modules_of_other_kinds(tmp_path: Path) -> None:
    import tensorflow as tf

    image = tf.TensorSpec([None, 8, 8, 3], tf.float32)
    kinds = {
        "image": (lambda x: tf.reduce_mean(x, axis=[1, 2]), image, {"error"}),
        "dict": (lambda x: {"default": tf.zeros([tf.size(x), 2])}, None, {"kind"}),
        "lengths": (lambda x: tf.cast(tf.strings.length(x), tf.float32), None, {"kind", "shape"}),
        "words": (lambda x: tf.strings.split(x).to_tensor(), None, {"kind", "shape"}),
        "double": (lambda x: tf.zeros([tf.size(x), 2], tf.float64), None, {"kind", "shape"}),
        "one": (lambda x: tf.zeros([1, 2]), None, {"kind", "shape"}),
        "ragged": (lambda x: tf.strings.split(x), None, {"kind"}),
        "nan": (lambda x: tf.fill([tf.size(x), 2], np.float32("nan")), None, set()),
    }
    for name, (answer, signature, reason) in kinds.items():
        error = refused(foreign(tmp_path / name, answer, signature))
        assert set(error.fields["reason"].fields) == reason


def test_a_saved_model_that_cannot_be_called(tmp_path: Path) -> None:
    import tensorflow as tf

    tf.saved_model.save(tf.train.Checkpoint(v=tf.Variable(1.0)), str(tmp_path / "m"))
    assert set(refused(tmp_path / "m").fields["reason"].fields) == {"error"}


# Handles and places.


def test_the_official_handle_wants_a_download() -> None:
    with pytest.raises(ModuleError, match="python -m core download cord19-swivel"):
        hub_module.load(hub_module.OFFICIAL)


def test_a_handle_without_a_network() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    handle = f"http://127.0.0.1:{port}/module/1"
    with pytest.raises(ModuleError) as caught:
        hub_module.load(handle)
    assert caught.value.fields == {"module": handle, "reason": "Connection refused"}
    assert "\n" not in str(caught.value)


def test_the_official_module_in_the_cache(exported: Path) -> None:
    shutil.copytree(exported, hub_module.cached(hub_module.OFFICIAL))
    places = hub_module.available()
    assert [place.key for place in places] == ["official", "shipped"]
    assert hub_module.default() == places[0]
    for found in (
        hub_module.load(places[0].source, places[0].key),
        hub_module.load(hub_module.OFFICIAL),
    ):
        assert found.label == places[0].label
        assert "Google" in found.label
        assert "47,000 articles" in found.trained_on
        assert found.embed(["dog"]).tolist() == [[1, 2, 3]]


def test_places_in_order(exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = tmp_path / "models" / "embedding" / "swivel"
    assert [place.key for place in hub_module.available()] == ["shipped"]
    assert "re-creation" in hub_module.default().label
    shutil.copytree(exported, shipped)
    write_card(shipped)
    place = hub_module.default()
    assert (place.key, place.source) == ("shipped", str(shipped))
    assert place.label == "Swivel, Paperlens’ re-creation"
    found = hub_module.load(place.source, place.key)
    assert (found.key, found.label) == ("shipped", place.label)
    assert found.trained_on == "some invented abstracts"
    assert "Google" not in found.label
    monkeypatch.setenv("PAPERLENS_CORD19_MODULE", str(exported))
    assert [place.key for place in hub_module.available()] == ["own", "shipped"]
    assert hub_module.default().source == str(exported)


def test_the_official_handle_as_ones_own(monkeypatch: pytest.MonkeyPatch, exported: Path) -> None:
    monkeypatch.setenv("PAPERLENS_CORD19_MODULE", hub_module.OFFICIAL)
    shutil.copytree(exported, hub_module.cached(hub_module.OFFICIAL))
    assert [place.key for place in hub_module.available()] == ["official", "shipped"]
    assert hub_module.default().source == hub_module.OFFICIAL


def test_a_module_may_tell_how_its_words_are_printed(folder: Path) -> None:
    assert hub_module.index_table(folder)
    assert hub_module.table_of(hub_module.load(folder)).printed("dog") == "dog"
    module_table.write_printed_forms({"dog": "d'og", "cat": "-cat"}, folder)
    table = hub_module.table_of(hub_module.load(folder))
    assert [table.printed(token) for token in ("dog", "cat", "lizard")] == [
        "d'og",
        "-cat",
        "lizard",
    ]


@pytest.mark.parametrize("content", [b"dog\n", b"dog\tcat\n", b"dog\td og\n", b"\xff\t\xff\n"])
def test_printed_forms_of_other_words_are_refused(folder: Path, content: bytes) -> None:
    assert hub_module.index_table(folder)
    (folder / module_table.PRINTED).write_bytes(content)
    with pytest.raises(ModuleError):
        hub_module.load(folder)
