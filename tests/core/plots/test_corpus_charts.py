"""The figures of corpus statistics: what they hold, and that every one becomes a file."""

import io
import json
import math
import warnings
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as some

from core.plots.corpus_charts import (
    Bars,
    Columns,
    Grid,
    Picture,
    Spread,
    Tree,
    Trend,
    draw,
    label_bars,
)
from core.plots.corpus_pictures import picture_file, squarified
from core.plots.theme import OTHER, PREDICTED
from core.statistics.label_counts import Together

EVIL = "<b>$x$</b>"

LABELS = pd.DataFrame(
    {"code": ["cs", "alg-geom", EVIL], "papers": [1200, 30, 2], "share": [0.9, 0.02, 0.001]}
)
TIME = pd.DataFrame(
    {
        "period": pd.to_datetime(["2023-01-01", "2024-01-01", "2025-01-01"]),
        "papers": [10, 20, 0],
        "cs": [8, 15, 0],
        "math": [4, 5, 0],
        "stat": [1, 2, 0],
    }
)
FOUND = Together(
    ("cs", "math", "stat"),
    np.array([[50, 5, 20], [5, 40, 0], [20, 0, 30]]),
    np.array([[50.0, 20.0, 2.0], [20.0, 40.0, 3.0], [2.0, 3.0, 30.0]]),
)
TREE = pd.DataFrame(
    {
        "archive": ["cs", "cs", "hep-th", EVIL],
        "subject": ["cs.CL", "cs.LG", "hep-th", f"{EVIL}.A"],
        "papers": [30, 10, 20, 1],
    }
)
SPREAD = pd.DataFrame(
    {
        "archive": ["cs", "hep-th"],
        "papers": [10, 20],
        "lower quartile": [400.0, 300.0],
        "median": [500.0, 450.0],
        "upper quartile": [800.0, 600.0],
    }
)
PICTURES: dict[str, Picture] = {
    "bars": label_bars(LABELS, "Papers", 40),
    "log bars": label_bars(LABELS, "Papers", 40, log=True),
    "shares": label_bars(LABELS, "Papers", 2, share=True),
    "no bars": Bars("Nothing", [], [], "papers"),
    "columns": Columns("Lengths", [0, 100, 200], [3, 5, 1], 100, "characters"),
    "lines": Trend("Time", TIME, ["cs", "math"], log=True),
    "shares over time": Trend("Time", TIME, ["cs", "math"], share=True),
    "areas": Trend("Time", TIME, ["cs", "math"], stacked=True),
    "shares as areas": Trend("Time", TIME, ["cs"], stacked=True, share=True),
    "no lines": Trend("Time", TIME, []),
    "lift": Grid("Lift", FOUND),
    "shared papers": Grid("Shared", FOUND, lift=False),
    "tree": Tree(EVIL, TREE),
    "spread": Spread("Lengths", SPREAD, "characters"),
}


def spec(picture: Picture) -> dict[str, Any]:
    return json.loads(draw(picture).to_json())


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("form", ["png", "svg"])
def test_every_picture_becomes_a_file(name: str, form: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        content = picture_file(PICTURES[name], form)
    if form == "png":
        from matplotlib.image import imread

        pixels = imread(io.BytesIO(content))
        assert min(pixels.shape[:2]) >= 400
        assert np.ptp(pixels) > 0.5
    else:
        assert b"<svg" in content
        assert PICTURES[name].title.replace("<", "&lt;").split("&")[0].encode() in content


ODD = r"$\bad$"
"""A category that matplotlib would take for a formula, and a wrong one."""


@pytest.mark.parametrize(
    "picture",
    [
        Bars(ODD, [ODD], [3], "papers", [ODD]),
        Trend(ODD, TIME.rename(columns={"cs": ODD}), [ODD]),
        Grid(ODD, replace(FOUND, codes=(ODD, "math", "stat"))),
        Tree(ODD, TREE.replace({"hep-th": ODD})),
        Spread(ODD, SPREAD.replace({"cs": ODD}), "characters"),
    ],
    ids=lambda picture: type(picture).__name__,
)
def test_nothing_of_the_corpus_is_a_formula(picture: Picture) -> None:
    # Once as the title, and once at least as a label.
    assert picture_file(picture, "svg").count(ODD.encode()) >= 2


@pytest.mark.parametrize("name", PICTURES)
def test_nothing_of_the_corpus_is_html(name: str) -> None:
    assert "<b>$" not in draw(PICTURES[name]).to_json()


def test_bars_have_code_name_and_value() -> None:
    drawn = spec(PICTURES["bars"])
    bar = drawn["data"][0]
    assert list(bar["text"]) == ["1,200", "30", "2"]
    assert bar["customdata"][0] == ["Computer Science (cs)", "cs"]
    assert bar["marker"]["color"] == [PREDICTED, OTHER, PREDICTED]
    assert drawn["layout"]["yaxis"]["ticktext"][0] == "cs · Computer Science"
    assert spec(PICTURES["shares"])["data"][0]["text"] == ["90.00%", "2.00%"]
    assert spec(PICTURES["log bars"])["layout"]["xaxis"]["type"] == "log"


def test_lines_are_papers_or_their_share() -> None:
    names = [name for name, _ in Trend("", TIME, ["cs", "math"]).series()]
    assert names == ["Computer Science (cs)", "Mathematics (math)"]
    shares = dict(Trend("", TIME, ["cs"], share=True).series())
    values = shares["Computer Science (cs)"]
    assert values[:2].tolist() == [0.8, 0.75]
    assert math.isnan(values[2])


def test_areas_add_up_to_all_listings() -> None:
    picture = Trend("", TIME, ["cs"], stacked=True)
    assert [name for name, _ in picture.series()][-1] == "all others"
    assert sum(values for _, values in picture.series()).tolist() == [13, 22, 0]
    shares = Trend("", TIME, ["cs"], stacked=True, share=True)
    assert sum(values for _, values in shares.series())[:2].tolist() == pytest.approx([1, 1])
    assert (picture.axis, shares.axis) == ("listings", "share of listings")
    assert len(Trend("", TIME, ["cs", "math", "stat"], stacked=True).series()) == 3


def test_lift_is_drawn_on_a_log_scale_around_one() -> None:
    drawn = draw(PICTURES["lift"]).data[0]
    assert drawn.z[0][2] == pytest.approx(1)
    assert drawn.z[0][1] == pytest.approx(np.log10(0.25))
    # Two labels that share no paper have no colour.
    assert np.isnan(drawn.z[1][2])
    assert np.isnan(drawn.z[0][0])
    assert (drawn.zmin, drawn.zmax) == (-2, 2)
    assert "5 shared papers, lift 0.25" in drawn.customdata[0][1]
    assert "(50 papers)" in drawn.customdata[0][0]
    assert drawn.colorbar.ticktext == ("0.01", "0.1", "1", "10", "100")


def test_archives_hold_their_subjects() -> None:
    tree = draw(PICTURES["tree"]).data[0]
    values = dict(zip(tree.ids, tree.values, strict=True))
    assert values["archive cs"] == values["subject cs.CL"] + values["subject cs.LG"] == 40
    parents = dict(zip(tree.ids, tree.parents, strict=True))
    assert parents["subject hep-th"] == "archive hep-th"


positive = some.floats(0.01, 1e6)


@given(some.lists(positive, min_size=1, max_size=40), positive, positive)
def test_squarified_areas_are_the_values(values: list[float], width: float, height: float) -> None:
    values.sort(reverse=True)
    boxes = squarified(values, (0, 0, width, height))
    assert len(boxes) == len(values)
    scale = width * height / sum(values)
    for value, (x, y, w, h) in zip(values, boxes, strict=True):
        assert w * h == pytest.approx(value * scale, rel=1e-6)
        assert x >= -1e-6 * width
        assert y >= -1e-6 * height
        assert x + w <= width * (1 + 1e-6)
        assert y + h <= height * (1 + 1e-6)


def test_squarified_as_in_the_paper() -> None:
    # Figure 4 of Bruls, Huizing and van Wijk: 6 and 6 share the left column of a 6 by 4 field.
    boxes = squarified([6, 6, 4, 3, 2, 2, 1], (0, 0, 6, 4))
    assert boxes[0] == pytest.approx((0, 0, 3, 2))
    assert boxes[1] == pytest.approx((0, 2, 3, 2))
    assert boxes[2][0] == pytest.approx(3)
    assert squarified([], (0, 0, 1, 1)) == []
