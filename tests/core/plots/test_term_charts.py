"""Bars and maps of terms: values and text as given, and text is only text."""

import numpy as np
import pytest

from core.plots.term_charts import term_bars, term_map

ATTACK = "<img src=x onerror=alert(1)>"


def test_bars_begin_with_the_first() -> None:
    figure = term_bars(["dog", ATTACK], [0.75, -0.125], "cosine similarity")
    bars = figure.data[0]
    assert list(bars.x) == [0.75, -0.125]
    assert list(bars.y) == [0, 1]
    assert figure.layout.yaxis.autorange == "reversed"
    assert list(bars.text) == ["0.750", "-0.125"]
    assert figure.layout.yaxis.ticktext[0] == "dog"
    assert figure.layout.yaxis.ticktext[1].startswith("&lt;img")
    assert bars.customdata[1].startswith("&lt;img")
    assert figure.layout.xaxis.title.text == "cosine similarity"


@pytest.mark.parametrize("dimensions", [2, 3])
def test_a_map_colours_terms_by_group(dimensions: int) -> None:
    points = np.arange(4 * dimensions, dtype=float).reshape(4, dimensions)
    names = ["dog", "oak", "<i>cat</i>", "elm"]
    groups = ["Pets", "%{x} <b>", "Pets", "%{x} <b>"]
    figure = term_map(points, names, groups, ["PCA 1", "PCA 2", "PCA 3"][:dimensions])
    pets, trees = figure.data
    assert (pets.name, trees.name) == ("Pets", "%{x} &lt;b&gt;")
    assert list(pets.text) == ["dog", "&lt;i&gt;cat&lt;/i&gt;"]
    for place, letter in enumerate("xyz"[:dimensions]):
        np.testing.assert_array_equal(getattr(pets, letter), points[[0, 2], place])
        np.testing.assert_array_equal(getattr(trees, letter), points[[1, 3], place])
    assert pets.type == trees.type == ("scatter3d" if dimensions == 3 else "scatter")
    assert pets.marker.color != trees.marker.color
    # A group's name must not become part of a template.
    assert trees.hovertemplate == "%{text}<extra>%{fullData.name}</extra>"
    axes = figure.layout.scene if dimensions == 3 else figure.layout
    assert axes.yaxis.title.text == "PCA 2"


def test_a_map_of_more_groups_than_colours() -> None:
    groups = [f"g{i}" for i in range(12)]
    figure = term_map(np.zeros((12, 2)), groups, groups, ["x", "y"])
    assert len(figure.data) == 12
