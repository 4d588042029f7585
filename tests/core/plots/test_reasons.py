"""Words for and against a label, as bars that add up."""

import pytest

from core.plots import reasons, theme


def test_bars_for_and_against_add_up_and_keep_their_order() -> None:
    words = [("graph", 1.5), ("<b>protein", -0.5)]
    (bars,) = reasons.reasons(words, [("all other words", 0.2), ("how common", -2.0)]).data
    assert sum(bars.x) == pytest.approx(-0.8)
    assert list(bars.marker.color) == [theme.BLUE, theme.VERMILION, theme.BLUE, theme.VERMILION]
    assert list(bars.marker.opacity)[:2] == [1, 1]
    assert bars.customdata[1] == "&lt;b&gt;protein"


def test_nothing_for_or_against_is_still_a_figure() -> None:
    assert reasons.reasons([], [("how common", 0.0)]).layout.xaxis.range[1] > 0
