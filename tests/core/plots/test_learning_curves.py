"""The training curves, on the screen and as a picture."""

import io
import math

import numpy as np
import pytest

from core.plots import learning_curves as figures
from core.plots.learning_curves import Curve, CurveOptions
from pages.models import published

RUN = Curve(
    "A <b>run</b> for $5",
    [
        {"epoch": 1, "loss": 0.9, "accuracy": 0.5, "val_loss": 1.0, "val_accuracy": 0.4},
        {"epoch": 2, "loss": 0.6, "accuracy": 0.7, "val_loss": 0.8, "val_accuracy": 0.6},
        {"epoch": 3, "loss": 0.4, "accuracy": 0.9, "val_loss": 0.9, "val_accuracy": 0.5},
    ],
    figures.COLOURS[0],
)
OTHERS = Curve("Published", published.NOTEBOOK.history, "#7f8a96", published=True)
BARE = Curve("Embedding", [{"epoch": 1, "loss": 271.0}, {"epoch": 2, "loss": 80.0}], "#D55E00")


def lines(figure: object) -> list[dict]:
    """The traces with points, not the key's."""
    return [t for t in figure.to_dict()["data"] if list(t["x"]) != [None]]


def test_two_panels_with_validation_and_training() -> None:
    figure = figures.curves_figure([RUN])
    drawn = lines(figure)
    assert [list(t["y"]) for t in drawn] == [
        [0.4, 0.6, 0.5],
        [0.5, 0.7, 0.9],
        [1.0, 0.8, 0.9],
        [0.9, 0.6, 0.4],
    ]
    # Training is thin.
    widths = [t["line"]["width"] for t in drawn]
    assert widths == [figures.THICK, figures.THIN] * 2
    assert {t["line"]["color"] for t in drawn} == {RUN.colour}
    layout = figure.to_dict()["layout"]
    assert layout["yaxis"]["title"]["text"] == "accuracy"
    assert layout["yaxis2"]["title"]["text"] == "loss (cross-entropy)"
    assert layout["xaxis2"]["title"]["text"] == "epoch"
    legend = [t["name"] for t in figure.to_dict()["data"] if t.get("showlegend", True)]
    assert legend == ["A &lt;b&gt;run&lt;/b&gt; for $5", "validation", "training"]


@pytest.mark.parametrize("log", [False, True])
def test_last_values_stand_beside_their_lines_and_apart(log: bool) -> None:
    near = [{"epoch": n, "val_loss": 0.9 + 0.0001, "loss": 0.5} for n in (1, 2, 3)]
    figure = figures.curves_figure([RUN, Curve("Near", near, "#000")], CurveOptions(log=log))
    labels = [label for label in figure.layout.annotations if label.yref == "y2"]
    assert [label.text for label in labels] == ["0.900", "0.900"]
    assert {label.x for label in labels} == {3}
    expected = math.log10(0.9) if log else 0.9
    assert labels[0].y == pytest.approx(expected)
    assert labels[1].yshift - labels[0].yshift >= figures.LABEL_PIXELS - 1


def test_of_equal_curves_the_first_is_seen() -> None:
    from matplotlib import image
    from matplotlib.colors import to_rgb

    older = Curve("Older", RUN.history, figures.COLOURS[2])
    layers = {t["name"]: t["zorder"] for t in lines(figures.curves_figure([RUN, older]))}
    assert layers["A &lt;b&gt;run&lt;/b&gt; for $5"] > layers["Older"]
    drawn = image.imread(io.BytesIO(figures.curves_file([RUN, older])), format="png")[..., :3]
    blue, green = (
        int((np.abs(drawn - to_rgb(colour)).max(axis=2) < 0.02).sum())
        for colour in (RUN.colour, older.colour)
    )
    # Of the older one there are the samples in the legends.
    assert 0 < 5 * green < blue


def test_a_published_curve_is_dashed() -> None:
    drawn = lines(figures.curves_figure([RUN, OTHERS]))
    theirs = [t for t in drawn if t["name"] == "Published"]
    assert [t["line"]["dash"] for t in theirs] == ["dash", "solid", "dash", "solid"]
    assert sum(bool(t["showlegend"]) for t in drawn) == 2


def test_a_run_with_a_loss_alone_has_one_panel() -> None:
    figure = figures.curves_figure([BARE])
    assert figures.panels([BARE]) == ["loss"]
    assert len(lines(figure)) == 1
    assert "yaxis2" not in figure.to_dict()["layout"]
    assert [t["name"] for t in figure.to_dict()["data"]] == ["Embedding", "training"]


def test_the_metric_and_the_kind_of_loss() -> None:
    course = Curve("c", published.COURSE.history, "#000", "binary cross-entropy")
    own = Curve("own", [{"loss": 1, "speed": 3, "f1": 0.5, "note": "x", "ok": True}], "#000")
    assert figures.metrics([course, RUN, own]) == ["accuracy", "binary_accuracy", "f1", "speed"]
    assert figures.panels([course, RUN]) == ["accuracy", "loss"]
    assert figures.panels([course, RUN], "binary_accuracy") == ["binary_accuracy", "loss"]
    assert figures.panels([course], "nonsense") == ["binary_accuracy", "loss"]
    assert figures.axis_title("loss", [course]) == "loss (binary cross-entropy)"
    assert figures.axis_title("loss", [course, RUN]) == "loss (not comparable between runs)"
    assert own.epochs == [1]
    assert own.names == ("loss", "speed", "f1")


@pytest.mark.parametrize("curves", [[], [Curve("empty", [], "#000")]])
def test_nothing_to_draw(curves: list[Curve]) -> None:
    assert not lines(figures.curves_figure(curves))
    assert figures.table(curves).empty
    assert figures.curves_file(curves)


def test_smoothing() -> None:
    assert figures.smoothed([1.0, 3.0, 2.0], 0) == [1, 3, 2]
    # Weights 0.25, 0.5 and 1 of the half, over their sum.
    assert figures.smoothed([1.0, 3.0, 2.0], 0.5)[2] == pytest.approx((0.25 + 1.5 + 2) / 1.75)
    assert figures.smoothed([5.0] * 9, 0.95) == pytest.approx([5.0] * 9)
    gap = figures.smoothed([1.0, math.nan, 1.0], 0.5)
    assert math.isnan(gap[1])
    assert gap[2] == pytest.approx(1)
    assert figures.smoothed([], 0.9) == []


def test_smoothed_curves_keep_the_figures_as_faint_lines() -> None:
    drawn = lines(figures.curves_figure([RUN], CurveOptions(smoothing=0.5)))
    faint = [t for t in drawn if t.get("opacity")]
    assert len(drawn) == 8
    assert len(faint) == 4
    assert list(faint[0]["y"]) == [0.4, 0.6, 0.5]


def test_the_log_scale_is_the_losss_alone() -> None:
    layout = figures.curves_figure([RUN], CurveOptions(log=True)).to_dict()["layout"]
    assert layout["yaxis2"]["type"] == "log"
    assert layout["yaxis"].get("type") != "log"


def test_the_table_of_epochs() -> None:
    table = figures.table([RUN, BARE])
    assert list(table) == ["run", "epoch", "loss", "accuracy", "val_loss", "val_accuracy"]
    assert list(table["epoch"]) == [1, 2, 3, 1, 2]
    assert table["accuracy"].isna().sum() == 2


@pytest.mark.parametrize("view", [CurveOptions(), CurveOptions(smoothing=0.6, log=True)])
def test_the_picture(view: CurveOptions) -> None:
    picture = figures.curves_file([RUN, OTHERS, BARE], view)
    assert picture.startswith(b"\x89PNG")
    text = figures.curves_file([RUN], view, "svg").decode()
    assert "model accuracy" in text
    assert "model loss" in text
    assert "valid." in text
