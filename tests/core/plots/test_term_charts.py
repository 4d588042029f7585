"""Bars and maps of terms: values and text as given, and text is only text."""

import numpy as np
import pytest

from core.plots.term_charts import TermMap, bars_file, map_file, term_bars, term_map

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


MAGIC = {"png": b"\x89PNG\r\n\x1a\n", "svg": b"<?xml", "pdf": b"%PDF-"}


@pytest.mark.parametrize("form", MAGIC)
def test_bars_as_a_file(form: str) -> None:
    content = bars_file(["dog", "$x", ATTACK], [0.5, 0, -0.25], "cosine", "Some vectors", form)
    assert content.startswith(MAGIC[form])
    if form == "svg":
        assert b">Some vectors \xc2\xb7 20" in content
        assert b">0.500<" in content


@pytest.mark.parametrize("dimensions", [2, 3])
def test_a_map_colours_terms_by_group(dimensions: int) -> None:
    points = np.arange(6 * dimensions, dtype=float).reshape(6, dimensions)
    names = ["dog", "oak", "<i>cat</i>", "elm"]
    groups = ["Pets", "%{x} <b>", "Pets", "%{x} <b>"]
    axes = ["PCA 1", "PCA 2", "PCA 3"][:dimensions]
    figure = term_map(TermMap(points, names, groups, axes, ("<b>", "leaf")))
    context, pets, trees = figure.data
    assert list(context.customdata) == ["&lt;b&gt;", "leaf"]
    assert context.showlegend is False
    assert (pets.name, trees.name) == ("Pets", "%{x} &lt;b&gt;")
    assert list(pets.text) == list(pets.customdata) == ["dog", "&lt;i&gt;cat&lt;/i&gt;"]
    for place, letter in enumerate("xyz"[:dimensions]):
        np.testing.assert_array_equal(getattr(pets, letter), points[[0, 2], place])
        np.testing.assert_array_equal(getattr(trees, letter), points[[1, 3], place])
        np.testing.assert_array_equal(getattr(context, letter), points[4:, place])
    assert pets.type == trees.type == ("scatter3d" if dimensions == 3 else "scatter")
    assert pets.marker.color != trees.marker.color
    # A group's name must not become part of a template.
    assert trees.hovertemplate == "%{customdata}<extra>%{fullData.name}</extra>"
    layout = figure.layout.scene if dimensions == 3 else figure.layout
    assert layout.yaxis.title.text == "PCA 2"


def test_points_have_room_for_their_labels() -> None:
    drawn = TermMap(np.array([[0.0, 5], [10, 5]]), ["a", "b"], ["g", "g"], ["x", "y"])
    figure = term_map(drawn)
    assert figure.layout.xaxis.range == (-1, 11)
    assert figure.layout.yaxis.range == (4, 6)


def test_a_crowd_of_context_words_hides_its_labels_and_no_terms() -> None:
    points = np.random.default_rng(0).normal(0, 0.01, (60, 2))
    points[0], points[1] = (-1, -1), (1, 1)
    names = [f"term {i}" for i in range(6)]
    drawn = TermMap(points, names, ["g"] * 6, ["x", "y"], [f"word {i}" for i in range(54)])
    context, terms = term_map(drawn).data
    assert list(terms.text)[:2] == names[:2]
    assert list(context.text).count("") > 40
    assert len(context.customdata) == 54


@pytest.mark.parametrize("form", MAGIC)
@pytest.mark.parametrize("dimensions", [2, 3])
def test_maps_as_files(form: str, dimensions: int) -> None:
    points = np.random.default_rng(1).normal(size=(5, dimensions))
    drawn = TermMap(
        points, ["a$", "b", ATTACK], ["g", "$h", "g"], ["x", "y", "z"][:dimensions], ["c", "d"], "V"
    )
    content = map_file(drawn, form)
    assert content.startswith(MAGIC[form])
    if form == "svg":
        assert b">a$<" in content
        assert b">$h<" in content


def test_a_map_of_more_groups_than_colours() -> None:
    groups = [f"g{i}" for i in range(12)]
    figure = term_map(TermMap(np.zeros((12, 2)), groups, groups, ["x", "y"]))
    assert len(figure.data) == 12
