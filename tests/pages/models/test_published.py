"""The published curves and figures are the documents' and the papers'."""

from pages.models import published
from pages.models.leaderboard import COLUMNS


def test_the_notebooks_epochs() -> None:
    curve = published.curve_of("swivel-dense")
    assert curve is published.NOTEBOOK
    assert [record["epoch"] for record in curve.history] == list(range(1, 36))
    assert curve.history[0] == {
        "epoch": 1,
        "loss": 0.8688,
        "accuracy": 0.5978,
        "val_loss": 0.7558,
        "val_accuracy": 0.7041,
    }
    assert list(curve.history[-1].values()) == [35, 0.4981, 0.8033, 0.5461, 0.7849]
    assert curve.test == {"loss": 0.5315, "accuracy": 0.7902}
    assert max(record["val_accuracy"] for record in curve.history) == 0.7893


def test_the_courses_epochs() -> None:
    curve = published.curve_of("bigru-conv")
    assert curve is published.COURSE
    assert len(curve.history) == 5
    assert curve.history[0]["val_binary_accuracy"] == 0.9743
    assert list(curve.history[-1].values()) == [5, 0.0630, 0.9770, 0.0629, 0.9773]
    assert not curve.test


def test_curves_fall() -> None:
    for curve in published.CURVES:
        losses = [record["loss"] for record in curve.history]
        assert losses == sorted(losses, reverse=True)


def test_names_are_unique_and_an_unknown_recipe_has_none() -> None:
    assert len({curve.name for curve in published.CURVES}) == len(published.CURVES)
    assert published.curve_of("linear") is None


def test_every_figure_has_its_source_and_says_whether_it_saw_the_section() -> None:
    for figure in published.FIGURES:
        assert set(figure.figures) <= set(COLUMNS[figure.task])
        assert all(0 < value < 1 for value in figure.figures.values())
        assert figure.source and 2018 < figure.year < 2027
        assert not figure.url or figure.url.startswith("https://")
        assert (figure.section is None) == (figure.task != "intent")
