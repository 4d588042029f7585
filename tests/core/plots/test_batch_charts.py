"""The bars of what a file holds."""

from core.plots.batch_charts import MOST, suggested_labels

COUNTS = {"math.GT": (5, 3), "cs.CV": (4, 4), "cs.LG": (2, 0)}


def test_primary_categories_and_cross_lists_add_up_to_the_rows() -> None:
    figure = suggested_labels("Held", COUNTS, with_primary=True)
    primary, others, numbers = figure.data
    assert (list(primary.x), list(others.x)) == ([3, 4, 0], [2, 0, 2])
    assert [text.strip() for text in numbers.text] == ["5", "4", "2"]
    assert figure.layout.barmode == "stack"
    assert figure.layout.yaxis.ticktext[0] == "math.GT · Geometric Topology"
    assert all(len(name) <= 28 for name in figure.layout.yaxis.ticktext)
    assert figure.layout.yaxis.autorange == "reversed"


def test_labels_that_are_no_primaries_are_one_bar_each() -> None:
    bars, _ = suggested_labels("Held", {"method": (7, 7), "<b>": (1, 1)}, with_primary=False).data
    assert list(bars.x) == [7, 1]
    assert list(bars.customdata) == ["method", "&lt;b&gt;"]


def test_only_the_most_frequent_are_shown() -> None:
    counts = {f"x{i}": (99 - i, 0) for i in range(MOST + 5)}
    bars, _ = suggested_labels("Held", counts, with_primary=False).data
    assert list(bars.x) == [99 - i for i in range(MOST)]
