"""Labels of points that do not cover each other."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from core.plots.labels import LETTER, LINE, PLACES, RADIUS, place_labels

AREA = (120, 120)
POINTS = arrays(float, (7, 2), elements=st.integers(0, 120).map(float))


def box_of(point: np.ndarray, text: str, size: float, place: str) -> tuple[float, ...]:
    """Left, top, right and bottom of a label of Latin letters."""
    wide, high = LETTER * size * len(text), LINE * size
    across, down = PLACES[place]
    x = point[0] + across * (wide / 2 + RADIUS)
    y = point[1] + down * (high / 2 + RADIUS)
    return x - wide / 2, y - high / 2, x + wide / 2, y + high / 2


def overlap(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    epsilon = 1e-9
    return all(a[i] < b[i + 2] - epsilon and b[i] < a[i + 2] - epsilon for i in (0, 1))


@given(POINTS, st.integers(0, 7))
def test_labels_never_cover_labels(points: np.ndarray, needed: int) -> None:
    texts = ["word" * (1 + i % 3) for i in range(7)]
    places = place_labels(points, texts, [10] * 7, needed, AREA)
    boxes = [
        box_of(point, text, 10, place)
        for point, text, place in zip(points, texts, places, strict=True)
        if place
    ]
    assert not any(overlap(a, b) for i, a in enumerate(boxes) for b in boxes[:i])
    assert all(-1e-9 <= edge <= 120 + 1e-9 for box in boxes for edge in box)


@given(POINTS)
def test_labels_that_are_not_needed_cover_no_points(points: np.ndarray) -> None:
    places = place_labels(points, ["word"] * 7, [10] * 7, 0, AREA)
    for i, place in enumerate(places):
        for j, (x, y) in enumerate(points):
            around = (x - RADIUS, y - RADIUS, x + RADIUS, y + RADIUS)
            assert not place or i == j or not overlap(box_of(points[i], "word", 10, place), around)


@pytest.mark.parametrize(("needed", "place"), [(0, ""), (1, "top center")])
def test_a_needed_label_rather_covers_a_point(needed: int, place: str) -> None:
    around = [[x, y] for x in range(140, 261, 10) for y in range(140, 261, 10)]
    points = np.array([[200, 200], *around], float)
    texts = ["needed"] + ["x" * 30] * len(around)
    assert place_labels(points, texts, [10] * len(points), needed, (400, 400))[0] == place


def test_points_far_apart_have_their_labels_above() -> None:
    points = np.array([[100, 50], [300, 50], [100, 300]], float)
    places = place_labels(points, ["a", "b", "冠状病毒"], [12, 12, 12], 3, (400, 400))
    assert places == ["top center"] * 3
