"""The ranking of labels shows what it is given."""

from core.evaluation.decisions import Ranked
from core.plots import ranking


def test_the_ranking_figure_shows_what_it_is_given() -> None:
    rows = (Ranked("math", 0.9, 0.4, True), Ranked("solv-int", 0.1, 0.3, False))
    figure = ranking.ranking(rows, "Archives")
    predicted, other, thresholds = figure.data
    assert list(predicted.x) == [0.9]
    assert list(predicted.y) == ["Mathematics (math)"]
    assert list(other.x) == [0.1]
    assert "retired" in other.y[0]
    assert list(thresholds.x) == [0.3, 0.4]
    assert figure.layout.xaxis.title.text == "probability"
