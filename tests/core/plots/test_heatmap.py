"""Figures of term similarity: what they show is what they were given, and text is only text."""

import io
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest

from core import i18n
from core.embeddings import clustering, similarity
from core.plots import heatmap, theme
from core.plots.heatmap import Heatmap

LINKAGE = np.array([[0, 1, 0.2, 2], [2, 3, 0.9, 3]])
ATTACK = "<img src=x onerror=alert(1)>"


def picture(names: tuple[str, ...], **fields: Any) -> Heatmap:
    """A heatmap of invented similarities of these terms."""
    count = len(names)
    vectors = np.random.default_rng(count).standard_normal((count, 4))
    values = similarity.similarity(vectors, "cosine")
    given = {"ranks": similarity.ranks(values), "values": values}
    return Heatmap("Similarity", "cosine", names, **given | fields)


def many(count: int) -> tuple[str, ...]:
    return tuple(f"term{i}" for i in range(count))


# The interactive heatmap.


def test_values_stand_where_their_terms_do() -> None:
    values = np.array([[1, 0.25, -0.5], [0.25, 1, 0], [-0.5, 0, 0.75]])
    figure = heatmap.heatmap(picture(("a", "b", "c"), values=values))
    cells = figure.data[0]
    np.testing.assert_array_equal(cells.z, values)
    assert list(cells.x) == list(cells.y) == [0, 1, 2]
    assert (cells.zmin, cells.zmax) == (-1, 1)
    assert cells.colorbar.title.text.startswith("cosine<br>")
    for axis in (figure.layout.xaxis, figure.layout.yaxis):
        assert list(axis.tickvals) == [0, 1, 2]
        assert list(axis.ticktext) == ["a", "b", "c"]
    # The first row is on top.
    assert figure.layout.xaxis.range == (-0.5, 2.5)
    assert figure.layout.yaxis.range == (2.5, -0.5)
    assert len(figure.data) == 1
    assert not figure.layout.shapes


def test_the_scale_is_blue_below_and_red_above() -> None:
    scale = heatmap.heatmap(picture(("a",))).data[0].colorscale
    ends = [theme.on_paper(scale[end][1]) for end in (0, -1)]
    low, high = ([int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in ends)
    assert low[2] > low[0]
    assert high[0] > high[2]


def test_hovering_tells_both_ranks() -> None:
    ranks = np.array([[0, 1, 2], [2, 0, 1], [1, 2, 0]])
    texts = heatmap.heatmap(picture(("a", "b", "c"), ranks=ranks)).data[0].customdata
    assert texts[0][1] == "a · b<br>ranks 1 and 2"
    assert texts[1][0] == "b · a<br>ranks 2 and 1"
    assert texts[2][0] == "c · a<br>ranks 1 and 2"
    assert [texts[i][i] for i in range(3)] == ["a", "b", "c"]


def test_hovering_tells_how_rare_a_value_is() -> None:
    rarity = np.array([[0, 0.5], [0.0123, 0]])
    texts = heatmap.heatmap(picture(("a", "b"), rarity=rarity)).data[0].customdata
    assert texts[0][1] == "a · b<br>ranks 1 and 1<br>top 50 % of random pairs"
    assert texts[1][0].endswith("top 1.2 % of random pairs")
    assert texts[0][0] == "a"


@pytest.mark.parametrize(
    ("share", "text"),
    [(1, "100 %"), (0.104, "10 %"), (0.05, "5 %"), (0.00042, "0.042 %"), (0, "0.001 %")],
)
def test_shares_in_percent(share: float, text: str) -> None:
    assert heatmap.percent(share) == text


def test_terms_are_text_and_not_html() -> None:
    figure = heatmap.heatmap(picture((ATTACK, "<b>&</b>", "x" * 60)))
    assert list(figure.layout.xaxis.ticktext) == [
        "&lt;img src=x onerror=alert(1)&gt;",
        "&lt;b&gt;&amp;&lt;/b&gt;",
        "x" * 39 + "…",
    ]
    assert "<img" not in figure.to_json().replace("\\u003c", "<")
    assert "x" * 60 in figure.data[0].customdata[0][2]


@pytest.mark.parametrize(("count", "template"), [(20, "%{z:.2f}"), (21, None)])
def test_values_are_printed_while_there_is_room(count: int, template: str | None) -> None:
    assert heatmap.heatmap(picture(many(count))).data[0].texttemplate == template


def test_lines_between_groups() -> None:
    shapes = heatmap.heatmap(picture(many(5), breaks=(2, 4))).layout.shapes
    assert {shape.type for shape in shapes} == {"line"}
    across = sorted(s.y0 for s in shapes if s.y0 == s.y1)
    down = sorted(s.x0 for s in shapes if s.x0 == s.x1)
    assert across == down == [1.5, 3.5]


def test_groups_are_strips_with_names() -> None:
    figure = heatmap.heatmap(picture(many(5), groups=("<b>", "<b>", "y", "<b>", "y")))
    strips = [(s.y0, s.y1, s.fillcolor) for s in figure.layout.shapes]
    assert [strip[:2] for strip in strips] == [(-0.5, 1.5), (1.5, 2.5), (2.5, 3.5), (3.5, 4.5)]
    named = {trace.name: trace.marker.color for trace in figure.data[1:]}
    assert list(named) == ["&lt;b&gt;", "y"]
    assert [strip[2] for strip in strips] == [named[g] for g in ("&lt;b&gt;", "y") * 2]
    assert len(set(named.values())) == 2
    # In another order they have the same colours.
    turned = heatmap.heatmap(picture(many(5), groups=("y", "<b>", "y", "y", "y")))
    assert {trace.name: trace.marker.color for trace in turned.data[1:]} == named
    # Left of the cells, and on the plot.
    assert all(figure.layout.xaxis.range[0] <= s.x0 < s.x1 < -0.5 for s in figure.layout.shapes)


def test_one_group_of_all_is_no_group() -> None:
    figure = heatmap.heatmap(picture(many(3), groups=("x",) * 3))
    assert len(figure.data) == 1
    assert not figure.layout.shapes


@pytest.mark.parametrize("count", [2, 3, 10, 200])
def test_the_trees_leaves_stand_under_their_columns(count: int) -> None:
    from scipy.cluster.hierarchy import dendrogram

    drawn = picture(many(count))
    leaves = clustering.cluster(drawn.values)
    assert dendrogram(leaves.linkage, no_plot=True)["leaves"] == leaves.order.tolist()
    ordered = picture(
        tuple(drawn.terms[i] for i in leaves.order),
        values=drawn.values[np.ix_(leaves.order, leaves.order)],
        linkage=leaves.linkage,
    )
    figure = heatmap.heatmap(ordered)
    tree = figure.data[1]
    xs = [x for x, y in zip(tree.x, tree.y, strict=True) if x is not None and y == 0]
    assert sorted(xs) == list(range(count))
    tops = {y for y in tree.y if y is not None} - {0.0}
    np.testing.assert_allclose(sorted(tops), np.unique(leaves.linkage[:, 2]))
    assert figure.layout.yaxis.domain[1] < figure.layout.yaxis2.domain[0]
    assert figure.layout.yaxis2.anchor == "x"
    assert tree.showlegend is False


def test_a_tree_over_one_term_is_none() -> None:
    figure = heatmap.heatmap(picture(("a",), linkage=np.empty((0, 4))))
    assert len(figure.data) == 1


@pytest.mark.parametrize(
    ("count", "angle", "across", "down"),
    [(12, -45, 1, 1), (13, -90, 1, 1), (60, -90, 3, 1), (120, -90, 5, 2), (200, -90, 9, 3)],
)
def test_names_beside_the_axes_have_room(count: int, angle: int, across: int, down: int) -> None:
    drawn = picture(many(count))
    layout = heatmap.heatmap(drawn).layout
    assert layout.xaxis.tickangle == angle
    for axis, step in ((layout.xaxis, across), (layout.yaxis, down)):
        # Names stay at their places, and between two of them there is nothing.
        named = {at: name for at, name in enumerate(axis.ticktext) if name}
        assert named == dict(list(enumerate(drawn.terms))[::step])
        assert len(axis.tickvals) == count


def test_large_heatmaps_stay_on_a_screen() -> None:
    assert 350 <= heatmap.heatmap(picture(many(9))).layout.height <= 400
    assert heatmap.heatmap(picture(many(200))).layout.height <= 1_200


def test_a_click_hits_the_cell_of_its_row_and_column() -> None:
    values = np.array([[1, 0.25, -0.5], [0.25, 1, 0], [-0.5, 0, 0.75]])
    figure = heatmap.heatmap(picture(("a", "b", "<b>c"), values=values), clickable=True)
    targets = figure.data[-1]
    for point, (row, column) in enumerate(np.ndindex(3, 3)):
        assert targets.y[point] == row
        assert targets.base[point] + 0.5 == column
        value, text = targets.customdata[point]
        assert value == values[row, column]
    # The last is c and itself.
    assert text == "&lt;b&gt;c"
    assert set(targets.x) == {1}
    assert not targets.showlegend


# The heatmap as a file.

MAGIC = {"png": b"\x89PNG\r\n\x1a\n", "svg": b"<?xml", "pdf": b"%PDF-"}
ODD = ("$x$", "$5", "a $\\alpha", "\\$", "<b>", "R&D", "a_b^c", "%", "{}", "#1", "\\frac", "naïve")


@pytest.mark.parametrize("form", MAGIC)
def test_files_are_of_their_kind(form: str) -> None:
    content = heatmap.heatmap_file(picture(ODD, breaks=(3,)), form)
    assert content.startswith(MAGIC[form])
    assert len(content) > 5_000


def test_an_svg_holds_the_terms_and_values_as_text() -> None:
    drawn = picture(ODD)
    content = heatmap.heatmap_file(drawn, "svg")
    texts = [e.text for e in ET.fromstring(content).iter("{http://www.w3.org/2000/svg}text")]
    for name in drawn.terms:
        assert texts.count(name) == 2
    assert f"{drawn.values[0, 1]:.2f}".replace("-", "\u2212") in [
        (text or "").replace("-", "\u2212") for text in texts
    ]
    assert "Similarity" in texts


@pytest.mark.filterwarnings("ignore:Glyph .* missing from font")
@pytest.mark.parametrize("form", MAGIC)
def test_characters_that_the_font_lacks_do_not_fail(form: str) -> None:
    names = ("🦠", "犬", "\u0301x", "ع", "x" * 200)
    assert heatmap.heatmap_file(picture(names), form).startswith(MAGIC[form])


def texts(drawn: Heatmap) -> list[str | None]:
    """What stands in a picture as text."""
    content = heatmap.heatmap_file(drawn, "svg")
    return [e.text for e in ET.fromstring(content).iter("{http://www.w3.org/2000/svg}text")]


def test_a_picture_shows_what_the_screen_shows() -> None:
    names, groups = ("a", "b", "c"), ("Pets $x", "Pets $x", "Trees")
    plain = picture(names)
    shown = replace(plain, groups=groups, source="Some vectors", linkage=LINKAGE)
    assert {"Pets $x", "Trees"} <= set(texts(shown))
    footer = f"Some vectors · cosine · {date.today().isoformat()}"
    assert footer in texts(shown)
    # The tree is the only grey line.
    grey = b"stroke: #696969"
    assert grey in heatmap.heatmap_file(shown, "svg")
    assert grey not in heatmap.heatmap_file(plain, "svg")


def test_a_heatmap_speaks_chinese(in_chinese: None) -> None:
    figure = heatmap.heatmap(picture(("a", "b")))
    assert figure.data[0].colorbar.title.text.startswith("余弦")
    assert figure.data[0].customdata[0][1] == "a · b<br>名次 1 和 1"


def test_a_picture_without_a_chinese_font_stays_english(
    in_chinese: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(theme, "chinese_font", lambda: None)
    assert "cosine" in texts(picture(("a", "b")))
    # No longer than the picture took.
    assert i18n.current_language() == "zh"


@pytest.mark.parametrize("form", MAGIC)
def test_a_picture_with_a_chinese_font_speaks_chinese(in_chinese: None, form: str) -> None:
    if not theme.chinese_font():
        pytest.skip("no Chinese font on this machine")
    # A glyph that no font has is a warning, and so a failure here.
    drawn = picture(("冠状病毒", "b"))
    assert {"余弦", "冠状病毒"} <= set(texts(drawn))
    assert heatmap.heatmap_file(drawn, form).startswith(MAGIC[form])


def test_a_picture_of_two_hundred_terms() -> None:
    content = heatmap.heatmap_file(picture(many(200)), "png")
    width, height = (int.from_bytes(content[i : i + 4], "big") for i in (16, 20))
    assert 3_000 < height <= width < 10_000


def test_a_picture_of_one_term() -> None:
    assert heatmap.heatmap_file(picture(("a",)), "png").startswith(MAGIC["png"])


def test_a_files_colours_are_those_of_its_values() -> None:
    from matplotlib import image

    high = picture(("a", "b"), values=np.array([[1.0, -1.0], [-1.0, 1.0]]))
    pixels = image.imread(io.BytesIO(heatmap.heatmap_file(high, "png")), format="png")[..., :3]
    red, blue = np.array([103, 0, 31]) / 255, np.array([5, 48, 97]) / 255
    for colour in (red, blue):
        assert (np.abs(pixels - colour).max(axis=2) < 0.02).mean() > 0.1
