"""The notebook's classifier: a head on sentence embeddings, word vectors fixed or trained."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.classifiers import store, swivel_dense
from core.classifiers.swivel_dense import (
    RECIPES,
    SwivelDense,
    build_head,
    build_trainable_model,
    rows_of_words,
)
from core.embeddings.module_table import ModuleError
from core.embeddings.vectors import WordVectors
from core.training.keras_loop import SeededLayers
from core.training.recipe import Options, TrainingResult
from core.training.runs import TrainingRun

RECIPE = RECIPES[0]
WORDS = {
    "method": ("cough", "fever", "throat", "pain"),
    "background": ("Italy", "Spain", "France", "Europe"),
    "result": ("coronavirus", "SARS", "MERS", "COVID19"),
}
SENTENCES = (
    "cough, fever; zzz (Italy)!",
    " fever  cough ",
    "SARS-CoV-2 in Italy.",
    "qqq zzz",
    "",
    "  ",
    "Spain",
)


@pytest.fixture(scope="module")
def topics(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with 84 sentences whose words the small embedding knows, an intent a topic."""
    data = tmp_path_factory.mktemp("topics")
    (data / "scicite").mkdir()
    rng = np.random.default_rng(1)
    for name, count in (("train", 48), ("dev", 18), ("test", 18)):
        lines = []
        for i in range(count):
            label = tuple(WORDS)[i % 3]
            some = rng.choice(WORDS[label], 3)
            record = {
                "unique_id": f"{name}{i}",
                "string": f"The {' '.join(some)} [1].",
                "label": label,
            }
            lines.append(json.dumps(record) + "\n")
        (data / "scicite" / f"{name}.jsonl").write_text("".join(lines))
    return data


def trained(topics: Path, **options: object) -> tuple[TrainingResult, TrainingRun]:
    """A training to its end."""
    chosen = replace(Options(epochs=3, batch_size=8, learning_rate=0.05), **options)
    run = TrainingRun(RECIPE, "intent", chosen)
    return swivel_dense.train(topics, "intent", run), run


@pytest.fixture
def model(embedding: WordVectors) -> SwivelDense:
    """Weights that nobody trained."""
    rng = np.random.default_rng(3)
    kernel, bias = rng.normal(size=(8, 3)), rng.normal(size=3)
    return SwivelDense("x", embedding, kernel.astype(np.float32), bias.astype(np.float32))


def test_the_notebooks_head_has_387_numbers() -> None:
    assert build_head(128, SeededLayers(0)).count_params() == 387
    assert build_head(8, SeededLayers(0)).count_params() == 27


def test_rows_of_words(embedding: WordVectors) -> None:
    unknown = len(embedding.tokens)
    row = embedding.tokens.index
    found = rows_of_words(embedding, ["cough  zzz (fever).", "Spain", ""])
    assert found.tolist() == [
        [row("cough"), unknown, unknown, row("fever")],
        [row("Spain"), -1, -1, -1],
        [unknown, -1, -1, -1],
    ]


def test_the_whole_model_gives_what_the_head_gives(
    embedding: WordVectors, model: SwivelDense
) -> None:
    inside, outside = (
        build_trainable_model(embedding, SeededLayers(0)),
        build_head(8, SeededLayers(0)),
    )
    for keras_model in (inside, outside):
        keras_model.layers[-1].set_weights([model.kernel, model.bias])
    wanted = outside.predict(embedding.embed(SENTENCES), verbose=0)
    found = inside.predict(rows_of_words(embedding, SENTENCES), verbose=0)
    assert found == pytest.approx(wanted, abs=1e-5)
    assert model.logits(SENTENCES) == pytest.approx(wanted, abs=1e-5)
    assert inside.count_params() == 27 + 8 * (len(embedding.tokens) + 1)


def test_the_section_is_left_out(model: SwivelDense) -> None:
    scores = model.predict_scores([f"Methods\n{sentence}" for sentence in SENTENCES])
    assert scores == pytest.approx(model.predict_scores(SENTENCES))
    tokens = model.explain(f"Methods\n{SENTENCES[0]}", "method").tokens
    assert all(token.start >= len("Methods\n") for token in tokens)


def test_known_words(model: SwivelDense) -> None:
    assert model.count_known_words("Italy\ncough, fever; zzz  (Italy)! -") == (3, 4)
    assert model.count_known_words("") == (0, 0)


def test_it_learns_the_topics_and_tells_every_epoch(embedding: WordVectors, topics: Path) -> None:
    made, run = trained(topics, epochs=8)
    assert [record["epoch"] for record in run.history] == list(range(1, 9))
    for record in run.history:
        assert set(record) == {"epoch", "loss", "accuracy", "val_loss", "val_accuracy"}
    assert run.history[-1]["loss"] < run.history[0]["loss"]
    assert made.metrics["sentence"]["accuracy"] == 1
    assert set(made.metrics) == {"sentence"}
    assert made.data["trained on"] == 48
    assert made.parameters["weights"] == 27
    assert made.history == run.history
    assert made.model.table.vectors == pytest.approx(embedding.vectors)


def test_the_last_epochs_figures_are_the_models_own(embedding: WordVectors, topics: Path) -> None:
    from core.evaluation import metrics
    from core.training import citations

    made, run = trained(topics)
    rows = citations.read(topics)["validation"]
    scores = made.model.predict_scores(citations.texts(rows, "sentence"))
    figures = metrics.evaluate_single(made.model.labels, citations.truth(rows), scores)
    assert run.history[-1]["val_accuracy"] == pytest.approx(figures["accuracy"], abs=1e-6)
    assert run.history[-1]["val_loss"] == pytest.approx(figures["log_loss"], abs=1e-5)


def test_a_sample_is_as_large_as_asked(embedding: WordVectors, topics: Path) -> None:
    assert trained(topics, sample=10, epochs=1)[0].data["trained on"] == 10
    assert trained(topics, sample=1_000, epochs=1)[0].data["trained on"] == 48


def test_word_vectors_may_be_trained_too(
    embedding: WordVectors, topics: Path, tmp_path: Path
) -> None:
    made, _ = trained(topics, trainable=True)
    model = made.model
    assert model.trained_table
    assert made.parameters["weights"] == 27 + 8 * (len(embedding.tokens) + 1)
    row = embedding.tokens.index("cough")
    assert not np.allclose(model.table.vectors[row], embedding.vectors[row], atol=1e-3)
    unseen = embedding.tokens.index("w7")
    assert model.table.vectors[unseen] == pytest.approx(embedding.vectors[unseen])
    assert not model.table.embed(["The", "zzz", ""]).any()
    assert model.logits(["zzz"])[0] == pytest.approx(model.bias, abs=1e-6)
    card = store.save(made, RECIPE, tmp_path / "own")
    assert {"head.npz", "vectors.npz", "tokens.txt"} <= set(card.files)
    again = store.load(card)
    assert isinstance(again, SwivelDense)
    assert again.trained_table
    assert again.table.tokens == model.table.tokens
    assert again.predict_scores(SENTENCES) == pytest.approx(model.predict_scores(SENTENCES))


def test_fixed_vectors_come_from_the_module(
    embedding: WordVectors, topics: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, _ = trained(topics)
    card = store.save(made, RECIPE, tmp_path / "fixed")
    assert "vectors.npz" not in card.files
    again = store.load(card)
    assert again.predict_scores(SENTENCES) == pytest.approx(made.model.predict_scores(SENTENCES))
    monkeypatch.setenv("PAPERLENS_MODELS", str(tmp_path))
    with pytest.raises(store.LoadError) as caught:
        store.load(card)
    assert caught.value.fields["model"] == "intent/swivel-dense"


def test_a_damaged_module_is_one_clear_error(
    embedding: WordVectors,
    built_embedding: Path,
    topics: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import shutil

    card = store.save(trained(topics)[0], RECIPE, tmp_path / "fixed")
    broken = tmp_path / "models" / "embedding"
    shutil.copytree(built_embedding / "embedding", broken)
    (broken / "swivel" / "assets" / "tokens.txt").unlink()
    monkeypatch.setenv("PAPERLENS_MODELS", str(tmp_path / "models"))
    with pytest.raises(ModuleError):
        store.load(card)
