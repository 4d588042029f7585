"""The numbers of figures as tables."""

import numpy as np

from core.evaluation.decisions import Ranked
from core.plots import ranking, theme
from core.plots.learning_curves import Curve, curves_figure
from core.plots.numbers import numbers
from core.plots.term_charts import TermMap, term_bars, term_map


def test_bars_are_in_the_order_of_the_screen_with_their_thresholds() -> None:
    rows = [Ranked("cs.LG", 0.6, 0.4, True), Ranked("math.NA", 0.1, 0.3, False)]
    table = numbers(ranking.ranking(rows, "Primary", name=lambda label: f"<{label}>"))
    assert list(table.index) == ["<cs.LG>", "<math.NA>"]
    assert table["suggested"].dropna().to_dict() == {"<cs.LG>": 0.6}
    assert table["not suggested"].dropna().to_dict() == {"<math.NA>": 0.1}
    assert table["threshold"].to_dict() == {"<cs.LG>": 0.4, "<math.NA>": 0.3}


def test_rows_at_positions_have_the_names_of_the_axis() -> None:
    table = numbers(term_bars(["fever & cough", "Italy"], [0.5, 0.25], "cosine"))
    assert table["cosine"].to_dict() == {"fever & cough": 0.5, "Italy": 0.25}


def test_a_heatmap_is_a_table_of_its_cells() -> None:
    table = numbers(theme.matrix(300, np.array([[1.0, 0.2], [0.3, 1.0]]), ["a", "b"]))
    assert table.loc["a", "b"] == 0.2
    assert list(table.index) == list(table.columns) == ["a", "b"]


def test_points_and_lines_keep_their_coordinates() -> None:
    spots = TermMap(np.eye(3), ("fever", "Italy", "Spain"), ("x", "y", "y"), ["1", "2", "3"])
    table = numbers(term_map(spots))
    assert table.loc["Italy"].tolist() == [0, 1, 0]
    lines = numbers(curves_figure([Curve("run", [{"loss": 1.0}, {"loss": 0.5}], theme.BLUE)]))
    assert 0.5 in lines.to_numpy()
