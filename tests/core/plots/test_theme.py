"""One look: every figure takes the house's template, and its colours are told apart by everyone."""

import itertools
import threading
import tomllib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from core.evaluation.decisions import Ranked
from core.plots import (
    corpus_charts,
    heatmap,
    learning_curves,
    model_charts,
    ranking,
    reasons,
    theme,
)
from core.plots.learning_curves import Curve
from core.plots.term_charts import TermMap, term_bars, term_map
from core.settings import ROOT

CURVE = {
    "thresholds": [0.25, 0.75],
    "micro": {"precision": [0.5, 1.0], "recall": [1.0, 0.5], "f1": [0.7, 0.7]},
    "reliability": {"probability": [0.2, 0.8], "true": [0.1, 0.9], "count": [9, 3]},
}
EYE = heatmap.Heatmap(
    "Similarity", "cosine", ("a", "b"), np.eye(2), np.eye(2, dtype=int), (True,) * 2
)
FIGURES: dict[str, Callable] = {
    "ranking": lambda: ranking.ranking([Ranked("cs", 0.9, 0.5, True)], "Archives"),
    "shares": lambda: ranking.shares(["method", "result"], [0.7, 0.3]),
    "reasons": lambda: reasons.reasons([("graph", 0.5)], [("all other words", -0.2)]),
    "heatmap": lambda: heatmap.heatmap(EYE),
    "bars": lambda: term_bars(["a"], [0.5], "cosine"),
    "map": lambda: term_map(TermMap(np.eye(3), "abc", "xyz", ["1", "2", "3"])),
    "precision and recall": lambda: model_charts.precision_recall(CURVE, []),
    "thresholds": lambda: model_charts.by_threshold(CURVE["micro"], CURVE["thresholds"]),
    "reliability": lambda: model_charts.reliability({"a": CURVE["reliability"]}, "papers"),
    "confusion": lambda: model_charts.confusion(["a", "b"], [[3, 1], [0, 2]]),
    "confused": lambda: model_charts.confused([["a", "b", 3]]),
    "corpus bars": lambda: corpus_charts.bars("Papers", ["cs"], [3], "papers"),
    "histogram": lambda: corpus_charts.histogram("Papers", [0], [3], 1, "authors"),
    "training": lambda: learning_curves.curves_figure([Curve("a", [{"loss": 1.0}], theme.BLUE)]),
}


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_has_the_look_and_a_height(name: str) -> None:
    layout = FIGURES[name]().layout
    assert layout.template.layout.colorway == theme.COLOURS
    # Told beforehand, so that the page does not jump.
    assert layout.height >= 100
    # Text, grid and background are left to the browser's theme.
    assert layout.template.layout.font.color is None
    assert layout.template.layout.paper_bgcolor is None
    assert layout.paper_bgcolor is None


def test_quotation_marks_are_drawn_as_they_are() -> None:
    # Plotly decodes &lt;, &gt; and &amp; alone among these.
    quoted = "\"long covid\" & 'fever' <b>"
    drawn = term_bars([quoted], [0.5], "cosine")
    told = "\"long covid\" &amp; 'fever' &lt;b&gt;"
    assert list(drawn.layout.yaxis.ticktext) == list(drawn.data[0].customdata) == [told]


def test_ink_is_the_colour_that_streamlit_replaces() -> None:
    from streamlit.elements.lib.streamlit_plotly_theme import GRAY_90

    assert theme.INK == GRAY_90
    assert FIGURES["bars"]().layout.font.color == theme.INK


def test_the_templates_own_room_is_kept() -> None:
    assert theme.figure(300).layout.margin.t < theme.figure(300, "Title").layout.margin.t
    assert theme.figure(300, right=40).layout.margin.r == 40


def luminance(colour: str) -> float:
    parts = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(parts <= 0.03928, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.fixture(scope="module")
def themes() -> dict[str, dict[str, str]]:
    return tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())["theme"]


@pytest.mark.parametrize("kind", ["light", "dark"])
def test_colours_read_on_both_themes(kind: str, themes: dict[str, dict[str, str]]) -> None:
    own = themes[kind]
    assert contrast(own["textColor"], own["backgroundColor"]) > 7
    assert contrast(own["primaryColor"], own["backgroundColor"]) > 4.5
    for name, first in (("chartSequentialColors", 11), ("chartDivergingColors", 21)):
        scale = [theme.on_paper(f"#{first + i:06d}") for i in range(10)]
        assert (own[name] == scale) == (kind == "light")
    # A scale begins, or has its middle, near the background.
    assert contrast(own["chartSequentialColors"][0], own["backgroundColor"]) < 1.2
    for colour in own["chartDivergingColors"][4:6]:
        assert contrast(colour, own["backgroundColor"]) < 1.7
    for colour in (theme.PREDICTED, theme.OTHER, theme.THRESHOLD, theme.GREEN):
        assert contrast(colour, own["backgroundColor"]) >= 2.99
    for colour in theme.COLOURS:
        assert contrast(colour, own["backgroundColor"]) > 2.2
    assert own["chartCategoricalColors"] == list(theme.COLOURS)


# Machado, Oliveira and Fernandes (2009), severity 1: what the two commonest kinds of colour
# blindness make of linear RGB.
BLIND = {
    "protan": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deutan": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
}


@pytest.mark.parametrize("kind", BLIND)
def test_colours_differ_for_the_colour_blind(kind: str) -> None:
    seen = [
        np.array(BLIND[kind]) @ np.array([int(c[i : i + 2], 16) / 255 for i in (1, 3, 5)]) ** 2.2
        for c in theme.COLOURS
    ]
    for one, other in itertools.combinations(seen, 2):
        assert (
            np.linalg.norm(np.clip(one, 0, 1) ** (1 / 2.2) - np.clip(other, 0, 1) ** (1 / 2.2))
            > 0.1
        )


def test_files_leave_the_settings_of_others_alone() -> None:
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    assert theme.picture("svg", (3, 2), lambda drawing: drawing.text(0.5, 0.5, "found")).count(
        b"found"
    )
    assert dict(mpl.rcParams) == before
    assert theme.literal("$x$ costs $5") == r"\$x\$ costs \$5"


def test_two_files_at_once_do_not_meet() -> None:
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    inside, ended = threading.Event(), threading.Event()
    seen: list[bytes] = []

    def second(drawing: Any) -> None:
        inside.set()
        ended.wait(10)
        drawing.text(0.5, 0.5, "found")

    other = threading.Thread(target=lambda: seen.append(theme.picture("svg", (2, 2), second)))

    def first(drawing: Any) -> None:
        other.start()
        # It comes in meanwhile, if it can.
        inside.wait(0.5)

    theme.picture("png", (2, 2), first)
    ended.set()
    other.join()
    # As text, not as outlines.
    assert b"found" in seen[0]
    assert dict(mpl.rcParams) == before
