"""Models on disk: nothing loads that is not what its card says, and nothing is half written."""

import hashlib
import io
import json
import pickle
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.cards import (
    CardError,
    ChangedFileError,
    MissingFileError,
    ModelError,
    UnknownModelError,
    check_files,
    find,
    installed,
    read_card,
)
from core.classifiers import store
from core.classifiers.base import Classifier
from core.classifiers.linear import Linear
from core.training.recipe import Recipe, TrainingResult


@pytest.fixture
def models(built_models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A models folder that a test may spoil."""
    folder = tmp_path / "models"
    shutil.copytree(built_models, folder)
    monkeypatch.setenv("PAPERLENS_MODELS", str(folder))
    return folder


def change_card(models: Path, **fields: Any) -> None:
    """Put other values into the archive model's card."""
    path = models / "archive" / "linear" / "card.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))


def put_file(models: Path, name: str, content: bytes) -> None:
    """Put a file beside the archive model's card, with its right checksum on it."""
    path = models / "archive" / "linear" / name
    path.write_bytes(content)
    files = json.loads((path.parent / "card.json").read_text())["files"]
    change_card(models, files=files | {name: hashlib.sha256(content).hexdigest()})


DEEP = b"[" * 100_000 + b"]" * 100_000


def test_card_says_what_was_saved(models: Path) -> None:
    card = find("archive")
    assert (card.task, card.name, card.label) == ("archive", "linear", "Linear (small)")
    assert card.family == "linear"
    assert len(card.labels) == len(card.thresholds) == 34
    assert set(card.files) == {"words.txt", "weights.npz"}
    for file, checksum in card.files.items():
        content = (models / "archive" / "linear" / file).read_bytes()
        assert hashlib.sha256(content).hexdigest() == checksum
    assert card.size == sum((card.folder / file).stat().st_size for file in card.files)
    assert {"python", "numpy", "scikit-learn"} <= set(card.versions)
    assert card.metrics["course"]["n"] == 30


def test_a_card_is_read_once_until_its_file_changes(models: Path) -> None:
    first = find("archive")
    assert find("archive") is first
    assert installed(("archive",))[0][0] is first
    change_card(models, label="Another")
    assert find("archive").label == "Another"
    assert first.label == "Linear (small)"
    (models / "archive" / "linear" / "card.json").write_text("{")
    with pytest.raises(ModelError):
        find("archive")


def test_load_gives_the_model(models: Path, texts: list[str]) -> None:
    model = store.load(find("subject", "linear"))
    assert isinstance(model, Linear)
    assert model.task == "subject"
    assert "math.GT" in model.labels
    assert model.predict_scores(texts).shape == (30, len(model.labels))


def test_changed_file_is_refused(models: Path) -> None:
    path = models / "archive" / "linear" / "words.txt"
    path.write_text(path.read_text() + "more\n")
    with pytest.raises(ChangedFileError) as caught:
        store.load(find("archive"))
    assert caught.value.fields == {"file": "words.txt", "model": "archive/linear"}


def test_missing_file_is_named(models: Path) -> None:
    (models / "archive" / "linear" / "weights.npz").unlink()
    with pytest.raises(MissingFileError) as caught:
        store.load(find("archive"))
    assert caught.value.fields == {"file": "weights.npz", "model": "archive/linear"}
    cards, problems = installed()
    assert [card.task for card in cards] == ["subject"]
    assert [problem.fields for problem in problems] == [caught.value.fields]


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"{", b"[]", b"7", b"null", b'"x"', b"{}", b'{"labels": [], "thresholds": []}'),
        *(b"\0", b"\xff\xfe\x00", DEEP, b'{"labels":' + DEEP + b"}", b'{"a":' * 100_000),
        *(b"1" * 10_000, b"[1e999]", b'{"task": NaN}'),
    ],
    ids=range(16),
)
def test_broken_card_is_named(models: Path, content: bytes) -> None:
    path = models / "archive" / "linear" / "card.json"
    path.write_bytes(content)
    with pytest.raises(CardError) as caught:
        find("archive")
    assert caught.value.fields["path"] == path
    assert len(str(caught.value)) < 400
    cards, problems = installed()
    assert [card.task for card in cards] == ["subject"]
    assert [problem.fields["path"] for problem in problems] == [path]


GOOD = dict.fromkeys(("micro_f1", "macro_f1_live", "ece_top"), 0.5) | {"n": 3}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("colour", "red"),
        ("task", "poetry"),
        ("label", 7),
        ("summary", None),
        ("labels", [1, 2]),
        ("thresholds", ["a"]),
        ("thresholds", [0.5]),
        ("thresholds", [float("nan")] * 34),
        ("data", []),
        ("parameters", None),
        ("versions", {"python": 3}),
        ("files", {"words.txt": None}),
        ("needs", [1]),
        ("needs", ["os.path"]),
        ("history", {"loss": 1}),
        ("history", [{"loss": "low"}]),
        ("seconds", "long"),
        ("metrics", None),
        ("metrics", {"course": 3}),
        ("metrics", {"course": {}}),
        ("metrics", {"course": GOOD | {"n": -1}}),
        ("metrics", {"course": GOOD | {"ece_top": float("nan")}}),
        ("metrics", {"course": GOOD | {"micro_f1": True}}),
        ("metrics", {"course": GOOD | {"micro_f1": 10**400}}),
        ("metrics", {"course": GOOD | {"per_label": {"math": 3}}}),
        ("metrics", {"course": GOOD | {"per_label": {"math": {"f1": 0.5}}}}),
        ("metrics", {"course": GOOD | {"confusion": [[0.5]]}}),
    ],
    ids=str,
)
def test_a_field_of_another_shape_is_named(models: Path, field: str, value: Any) -> None:
    change_card(models, **{field: value})
    with pytest.raises(CardError) as caught:
        find("archive")
    assert caught.value.fields["field"] == field


def test_a_card_may_lack_what_older_ones_lack(models: Path) -> None:
    path = models / "archive" / "linear" / "card.json"
    record = json.loads(path.read_text())
    for field in ("needs", "history", "seconds"):
        del record[field]
    path.write_text(json.dumps(record))
    card = find("archive")
    assert (card.needs, list(card.history), card.seconds) == ((), [], None)


def test_a_validation_loss_may_be_no_number(models: Path) -> None:
    change_card(models, history=[{"epoch": 1, "val_loss": float("nan")}])
    assert find("archive").history[0]["epoch"] == 1


@pytest.mark.parametrize("rho", [0.5, None, "high"])
def test_word_sets_of_an_embedding_are_checked(
    models: Path, built_embedding: Path, rho: Any
) -> None:
    folder = models / "embedding" / "swivel"
    shutil.copytree(built_embedding / "embedding" / "swivel", folder)
    record = json.loads((folder / "card.json").read_text())
    record["metrics"] = {"swivel": {"a-set": {"rho": rho, "pairs": 4, "total": 5}}}
    (folder / "card.json").write_text(json.dumps(record))
    assert len(installed(("embedding",))[rho == "high"]) == 1


def test_no_card_is_named(tmp_path: Path) -> None:
    with pytest.raises(CardError) as caught:
        read_card(tmp_path)
    assert caught.value.fields == {"path": tmp_path / "card.json"}


@pytest.mark.parametrize(
    "name",
    [
        *("nope", "../archive/linear", "../linear", "/etc", "~", ".", "..", "lin*", "[l]inear"),
        *("linear/../linear", "a\0b"),
    ],
)
def test_unknown_name_lists_the_names(models: Path, name: str) -> None:
    with pytest.raises(UnknownModelError) as caught:
        find("archive", name)
    assert caught.value.fields == {"task": "archive", "name": name, "there": "linear"}


def test_empty_folder_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAPERLENS_MODELS", str(tmp_path / "nowhere"))
    assert installed() == ([], [])
    with pytest.raises(UnknownModelError):
        find("archive")


@pytest.mark.parametrize("kind", ["../outside.txt", "{absolute}", "..", "sub", "sub/link"])
def test_card_cannot_point_outside_its_folder(models: Path, kind: str) -> None:
    secret = models / "archive" / "outside.txt"
    secret.write_text("secret")
    link = models / "archive" / "linear" / "sub" / "link"
    link.parent.mkdir()
    link.symlink_to(secret)
    checksum = hashlib.sha256(b"secret").hexdigest()
    name = kind.format(absolute=secret)
    change_card(models, files={name: checksum})
    with pytest.raises(MissingFileError):
        store.load(find("archive"))


def test_files_in_folders_of_a_model_are_checked(models: Path) -> None:
    inside = models / "archive" / "linear" / "sub" / "deep" / "file.txt"
    inside.parent.mkdir(parents=True)
    inside.write_bytes(b"good")
    files = find("archive").files
    change_card(models, files=files | {"sub/deep/file.txt": hashlib.sha256(b"good").hexdigest()})
    card = find("archive")
    check_files(card)
    assert store.load(card).task == "archive"
    inside.write_bytes(b"evil")
    with pytest.raises(ChangedFileError) as caught:
        store.load(card)
    assert caught.value.fields["file"] == "sub/deep/file.txt"


def test_an_embedding_is_listed_after_the_classifiers(models: Path, built_embedding: Path) -> None:
    shutil.copytree(built_embedding / "embedding", models / "embedding")
    cards, problems = installed()
    assert problems == []
    assert [card.task for card in cards] == ["archive", "subject", "embedding"]
    assert cards[-1].labels == ()
    check_files(cards[-1])
    (models / "embedding" / "swivel" / "assets" / "tokens.txt").unlink()
    cards, problems = installed()
    assert len(cards) == 2
    wanted = {"model": "embedding/swivel", "file": "assets/tokens.txt"}
    assert [problem.fields for problem in problems] == [wanted]


class Bomb:
    """What must never be unpickled."""

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return (Path.touch, (Path("unpickled"),))


def npz(**arrays: np.ndarray) -> bytes:
    """An .npz file with these arrays; objects in them are pickled."""
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def keras_lambda() -> bytes:
    """A .keras archive whose only layer is a Lambda with code in it."""
    out = io.BytesIO()
    layer = {"module": "keras.layers", "class_name": "Lambda", "config": {"function": "evil"}}
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("config.json", json.dumps(layer))
        archive.writestr("metadata.json", "{}")
    return out.getvalue()


def terabytes() -> bytes:
    """An .npz whose arrays say that they are as large as no memory is."""
    out, head = io.BytesIO(), io.BytesIO()
    shape = {"descr": "<f8", "fortran_order": False, "shape": (1 << 50,)}
    np.lib.format.write_array_header_1_0(head, shape)
    with zipfile.ZipFile(out, "w") as archive:
        for name in ("idf", "data", "indices", "indptr", "bias", "shape"):
            archive.writestr(f"{name}.npy", head.getvalue())
    return out.getvalue()


# NumPy leaves a file that is no archive to the garbage collector to close.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04 not a zip",
        b"\x80\x04K\x07.",
        b"text",
        npz(data=np.zeros(1)),
        npz(data=np.array([Bomb()], object), idf=np.array([Bomb()], object)),
        pickle.dumps(Bomb()),
        keras_lambda(),
        terabytes(),
    ],
    ids=[
        *("empty", "zip", "pickle", "text", "other arrays", "pickled objects", "bomb", "keras"),
        "terabytes",
    ],
)
def test_a_file_that_holds_something_else_is_refused(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    monkeypatch.chdir(tmp_path)
    put_file(models, "weights.npz", content)
    with pytest.raises(store.LoadError) as caught:
        store.load(find("archive"))
    assert caught.value.fields["model"] == "archive/linear"
    assert not Path("unpickled").exists()


@pytest.mark.parametrize("family", ["os", "base", "../store", ""])
def test_family_must_be_one(models: Path, family: str) -> None:
    change_card(models, family=family)
    with pytest.raises(store.LoadError) as caught:
        store.load(find("archive"))
    assert caught.value.fields["reason"].fields == {"name": family}


def test_a_model_whose_library_is_missing_is_left_out(models: Path) -> None:
    change_card(models, needs=["no_such_library"])
    cards, problems = installed()
    assert ([card.task for card in cards], problems) == (["subject"], [])


def test_retraining_replaces_the_old_model(
    models: Path, trained: Callable[[str], TrainingResult], recipe: Recipe
) -> None:
    stale = models / "archive" / "linear" / "stale.bin"
    stale.write_bytes(b"old")
    new = replace(trained("archive"), parameters={"cost": 7})
    card = store.save(new, recipe)
    assert card.folder == models / "archive" / "linear"
    assert card.parameters == {"cost": 7}
    assert not stale.exists()
    assert find("archive").parameters == {"cost": 7}
    assert [path.name for path in (models / "archive").iterdir()] == ["linear"]


def test_a_save_that_fails_leaves_the_old_model(
    models: Path, trained: Callable[[str], TrainingResult], recipe: Recipe, texts: list[str]
) -> None:
    before = store.load(find("archive")).predict_scores(texts)

    class Failing(Linear):
        """Runs out of disk between its two files."""

        def save(self, folder: Path) -> None:
            """Write the first file only."""
            (folder / "words.txt").write_text("half")
            raise OSError("No space left on device")

    good = trained("archive").model
    assert isinstance(good, Linear)
    bad = Failing(
        *(
            good.name,
            good.task,
            good.labels,
            good.vectorizer,
            good.weights,
            good.bias,
            good.thresholds,
        )
    )
    with pytest.raises(OSError):
        store.save(TrainingResult(bad, {}, {}, {}), recipe)
    assert [path.name for path in (models / "archive").iterdir()] == ["linear"]
    after = store.load(find("archive")).predict_scores(texts)
    assert after.tolist() == before.tolist()


def test_a_save_that_fails_at_its_last_step_leaves_the_old_model(
    models: Path,
    trained: Callable[[str], TrainingResult],
    recipe: Recipe,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rename = Path.rename

    def failing(self: Path, to: Path) -> Path:
        if self.name == "model":
            raise OSError("Input/output error")
        return rename(self, to)

    monkeypatch.setattr(Path, "rename", failing)
    before = find("archive")
    with pytest.raises(OSError):
        store.save(replace(trained("archive"), parameters={"cost": 7}), recipe)
    assert find("archive") == before
    check_files(before)
    assert [path.name for path in (models / "archive").iterdir()] == ["linear"]


def test_a_card_that_cannot_be_written_leaves_nothing(
    tmp_path: Path, trained: Callable[[str], TrainingResult], recipe: Recipe
) -> None:
    with pytest.raises(TypeError):
        store.save(replace(trained("archive"), data={"x": object()}), recipe, tmp_path / "a" / "b")
    assert list((tmp_path / "a").iterdir()) == []


def test_numpy_numbers_go_on_cards(
    tmp_path: Path, trained: Callable[[str], TrainingResult], recipe: Recipe
) -> None:
    data = {"n": np.int64(3), "p": np.float32(0.5), "v": np.arange(2)}
    card = store.save(replace(trained("archive"), data=data), recipe, tmp_path / "x")
    assert card.data == {"n": 3, "p": 0.5, "v": [0, 1]}


def test_installed_lists_defaults_first_then_by_name(
    models: Path, trained: Callable[[str], TrainingResult], recipe: Recipe
) -> None:
    for name in ("zeta", "alpha"):
        for task in ("subject", "archive"):
            made = trained(task)
            model: Classifier = made.model
            model.name = name
            store.save(made, replace(recipe, name=name))
    cards, problems = installed()
    assert problems == []
    wanted = [(t, n) for t in ("archive", "subject") for n in ("linear", "alpha", "zeta")]
    assert [(card.task, card.name) for card in cards] == wanted
    cards, _ = installed(("subject",))
    assert [card.name for card in cards] == ["linear", "alpha", "zeta"]
    with pytest.raises(UnknownModelError) as caught:
        find("archive", "nope")
    assert caught.value.fields["there"] == "alpha, linear, zeta"


def test_a_card_in_the_place_of_another_is_named(models: Path) -> None:
    change_card(models, task="subject")
    cards, problems = installed()
    assert [card.task for card in cards] == ["subject"]
    wanted = {"folder": "archive/linear", "model": "subject/linear"}
    assert [problem.fields for problem in problems] == [wanted]
