"""The ranking of labels shows what it is given."""

import pytest

from core.evaluation.decisions import Ranked
from core.plots import ranking


def test_the_ranking_figure_shows_what_it_is_given() -> None:
    rows = (Ranked("math", 0.9, 0.4, True), Ranked("solv-int", 0.1, 0.3, False))
    figure = ranking.ranking(rows, "Archives")
    predicted, other, thresholds, numbers = figure.data
    assert list(predicted.x) == [0.9]
    assert list(predicted.y) == ["Mathematics (math)"]
    assert list(other.x) == [0.1]
    assert "retired" in other.y[0]
    assert list(thresholds.x) == [0.3, 0.4]
    assert [text.strip() for text in numbers.text] == ["10%", "90%"]
    assert figure.layout.xaxis.title.text == "probability"


def test_bars_carry_their_labels_for_selections_and_the_picked_one_is_bold() -> None:
    rows = (Ranked("math", 0.9, 0.4, True), Ranked("cs", 0.1, 0.3, False))
    figure = ranking.ranking(rows, "Archives", picked="cs")
    assert [list(trace.customdata) for trace in figure.data[:2]] == [["math"], ["cs"]]
    assert [note.text.startswith("<b>") for note in figure.layout.annotations] == [True, False]


def test_dots_have_a_row_a_label_and_a_trace_a_model() -> None:
    one = {"cs": Ranked("cs", 0.9, 0.4, True), "math": Ranked("math", 0.2, 0.4, False)}
    other = {"cs": Ranked("cs", 0.7, 0.5, True)}
    first, second = ranking.dots(["cs", "math"], {"A": one, "B": other}, "Models").data
    assert list(first.x) == [0.2, 0.9]
    assert list(first.marker.symbol) == ["circle-open", "circle"]
    assert list(second.y) == ["Computer Science (cs)"]


@pytest.mark.parametrize(
    ("probability", "shown"),
    [(0, "0%"), (0.001, "<1%"), (0.5, "50%"), (0.994, "99%"), (0.998, ">99%"), (1, "100%")],
)
def test_no_percent_claims_what_is_not_certain(probability: float, shown: str) -> None:
    assert ranking.percent(probability) == shown
