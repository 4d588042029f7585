"""Labels of points that do not cover each other."""

import unicodedata
from collections.abc import Sequence

import numpy as np

PLACES = {
    "top center": (0, -1),
    "bottom center": (0, 1),
    "middle right": (1, 0),
    "middle left": (-1, 0),
    "top right": (1, -1),
    "top left": (-1, -1),
    "bottom right": (1, 1),
    "bottom left": (-1, 1),
}
"""Places of a label beside its point, in the order tried, and their directions (right, down)."""

LINE, LETTER, RADIUS = 1.25, 0.56, 6
"""The height of a line and the width of a letter in font sizes, and a point's radius in pixels."""


def place_labels(
    points: np.ndarray,
    texts: Sequence[str],
    sizes: Sequence[float],
    needed: int,
    area: tuple[float, float],
) -> list[str]:
    """A place of `PLACES` for each label, "" where each would cover a label or a point.

    No label leaves the area. They are placed in order; the first `needed` may cover points where
    there is no other way: rather those without a needed label.
    points: pixels, (n, 2), y downwards; sizes: of the fonts; area: width and height.
    """
    around = np.concatenate([points - RADIUS, points + RADIUS], axis=1)
    labels = np.empty((0, 4))
    names = np.array(list(PLACES))
    places: list[str] = []
    for i, (text, size) in enumerate(zip(texts, sizes, strict=True)):
        half = np.array([_width(text) * size / 2, size * LINE / 2])
        middles = points[i] + np.array(list(PLACES.values())) * (half + RADIUS)
        inside = ((middles >= half) & (middles <= np.array(area) - half)).all(axis=1)
        boxes = np.concatenate([middles - half, middles + half], axis=1)[inside]
        others = np.delete(around, i, axis=0)
        chosen = _first_free(boxes, np.concatenate([labels, others]))
        if chosen is None and i < needed:
            chosen = _first_free(boxes, np.concatenate([labels, others[: needed - 1]]))
            chosen = _first_free(boxes, labels) if chosen is None else chosen
        places.append("" if chosen is None else str(names[inside][chosen]))
        if chosen is not None:
            labels = np.concatenate([labels, boxes[chosen, None]])
    return places


def _first_free(boxes: np.ndarray, taken: np.ndarray) -> int | None:
    """The first of some boxes (left, top, right, bottom) that covers none of those taken."""
    first, other = boxes[:, None], taken[None]
    apart = (first[..., :2] >= other[..., 2:]) | (other[..., :2] >= first[..., 2:])
    free = np.flatnonzero(apart.any(axis=2).all(axis=1))
    return int(free[0]) if len(free) else None


def _width(text: str) -> float:
    """The width of a text in font sizes; Chinese characters are as wide as high."""
    return sum(1 if unicodedata.east_asian_width(c) in "WF" else LETTER for c in text)
