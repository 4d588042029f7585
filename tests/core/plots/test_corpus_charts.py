"""The figures of corpus statistics: what they hold, and that text is only text."""

import json
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from core.plots import corpus_charts
from core.plots.theme import OTHER, PREDICTED
from core.statistics.label_counts import CoOccurrence

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
FOUND = CoOccurrence(
    ("cs", "math", "stat"),
    np.array([[500, 50, 200], [50, 400, 0], [200, 0, 300]]),
    np.array([[500.0, 200.0, 20.0], [200.0, 400.0, 30.0], [20.0, 30.0, 300.0]]),
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
FIGURES: dict[str, Callable[[], Any]] = {
    "bars": lambda: corpus_charts.label_bars(LABELS, "Papers", 40),
    "log bars": lambda: corpus_charts.label_bars(LABELS, "Papers", 40, log=True),
    "shares": lambda: corpus_charts.label_bars(LABELS, "Papers", 2, share=True),
    "no bars": lambda: corpus_charts.bars("Nothing", [], [], "papers"),
    "histogram": lambda: corpus_charts.histogram(EVIL, [0, 100, 200], [3, 5, 1], 100, "characters"),
    "lines": lambda: corpus_charts.time_series(EVIL, TIME, ["cs", "math"], log=True),
    "shares over time": lambda: corpus_charts.time_series(EVIL, TIME, ["cs"], share=True),
    "areas": lambda: corpus_charts.time_series(EVIL, TIME, ["cs", "math"], stacked=True),
    "no lines": lambda: corpus_charts.time_series(EVIL, TIME, []),
    "lift": lambda: corpus_charts.co_occurrence(EVIL, replace(FOUND, codes=("cs", EVIL, "stat"))),
    "shared papers": lambda: corpus_charts.co_occurrence(EVIL, FOUND, lift=False),
    "tree": lambda: corpus_charts.treemap(EVIL, TREE),
    "quartiles": lambda: corpus_charts.quartile_bars(EVIL, SPREAD, "characters"),
}


def spec(name: str) -> dict[str, Any]:
    return json.loads(FIGURES[name]().to_json())


@pytest.mark.parametrize("name", FIGURES)
def test_nothing_of_the_corpus_is_html(name: str) -> None:
    assert "<b>$" not in FIGURES[name]().to_json()


def test_bars_have_code_name_and_value() -> None:
    drawn = spec("bars")
    bar = drawn["data"][0]
    assert bar["text"][0] == "<b>1,200</b>  Computer Science"
    assert bar["hovertext"] == ["1,200", "30", "2"]
    assert bar["customdata"][0] == ["Computer Science (cs)", "cs"]
    assert bar["marker"]["color"] == [PREDICTED, OTHER, PREDICTED]
    assert drawn["layout"]["yaxis"]["ticktext"][0] == "cs"
    assert spec("shares")["data"][0]["hovertext"] == ["90.00%", "2.00%"]
    assert corpus_charts.number(0.00004, ".2%") == "<0.01%"
    assert corpus_charts.number(0, ".2%") == "0.00%"
    assert spec("log bars")["layout"]["xaxis"]["type"] == "log"


def test_lines_are_papers_or_their_share() -> None:
    names = [name for name, _ in corpus_charts.series(TIME, ["cs", "math"])]
    assert names == ["Computer Science (cs)", "Mathematics (math)"]
    shares = dict(corpus_charts.series(TIME, ["cs"], share=True))
    values = shares["Computer Science (cs)"]
    assert values[:2].tolist() == [0.8, 0.75]
    assert math.isnan(values[2])


def test_areas_add_up_to_all_listings() -> None:
    listings = corpus_charts.series(TIME, ["cs"], stacked=True)
    assert [name for name, _ in listings][-1] == "all others"
    assert sum(values for _, values in listings).tolist() == [13, 22, 0]
    shares = corpus_charts.series(TIME, ["cs"], stacked=True, share=True)
    assert sum(values for _, values in shares)[:2].tolist() == pytest.approx([1, 1])
    assert len(corpus_charts.series(TIME, ["cs", "math", "stat"], stacked=True)) == 3
    drawn = corpus_charts.time_series("", TIME, ["cs"], stacked=True, share=True)
    assert drawn.layout.yaxis.title.text == "share of listings"


def test_lift_is_drawn_on_a_log_scale_around_one() -> None:
    drawn = corpus_charts.co_occurrence("", FOUND).data[0]
    assert drawn.z[0][2] == pytest.approx(1)
    assert drawn.z[0][1] == pytest.approx(np.log10(0.25))
    # Two labels that share no paper have no colour.
    assert np.isnan(drawn.z[1][2])
    assert np.isnan(drawn.z[0][0])
    assert (drawn.zmin, drawn.zmax) == (-2, 2)
    assert "50 shared papers, lift 0.25" in drawn.customdata[0][1]
    assert "(500 papers)" in drawn.customdata[0][0]
    assert drawn.colorbar.ticktext[1:4] == ("10× less", "by chance", "10× more")


def test_archives_hold_their_subjects() -> None:
    tree = FIGURES["tree"]().data[0]
    values = dict(zip(tree.ids, tree.values, strict=True))
    assert values["archive cs"] == values["subject cs.CL"] + values["subject cs.LG"] == 40
    parents = dict(zip(tree.ids, tree.parents, strict=True))
    assert parents["subject hep-th"] == "archive hep-th"


def test_treemap_colours_are_of_fields_and_carry_white_text() -> None:
    def light(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))

    for colour in (*corpus_charts.FIELD_COLOURS.values(), corpus_charts.OUTSIDE):
        assert 1.05 / (light(colour) + 0.05) >= 4.5
    table = pd.DataFrame(
        {
            "archive": ["hep-th", "alg-geom", "quant-ph"],
            "subject": ["hep-th", "alg-geom", "quant-ph"],
            "papers": [30, 10, 20],
        }
    )
    tree = corpus_charts.treemap("", table).data[0]
    parents = dict(zip(tree.ids, tree.parents, strict=True))
    # Two archives of physics stand in one area; mathematics has only one.
    assert parents["archive hep-th"] == parents["archive quant-ph"] == "field Physics"
    assert parents["archive alg-geom"] == ""
    values = dict(zip(tree.ids, tree.values, strict=True))
    assert values["field Physics"] == 50


def test_codes_at_the_ends_of_lines_do_not_overlap() -> None:
    same = TIME.assign(cs=[8, 15, 20], math=[4, 5, 20], stat=[1, 2, 20])
    drawn = corpus_charts.time_series("", same, ["cs", "math", "stat"])
    assert [note.text for note in drawn.layout.annotations] == ["cs", "math", "stat"]
    shifts = sorted(note.yshift for note in drawn.layout.annotations)
    assert min(np.diff(shifts)) >= corpus_charts.LABEL_PIXELS
