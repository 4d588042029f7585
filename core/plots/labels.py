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


def place_labels(points: np.ndarray, texts: Sequence[str], sizes: Sequence[float]) -> list[str]:
    """A place of `PLACES` for each label, "" where each would cover a label or a point.

    points: pixels, (n, 2), y downwards; sizes: of the fonts, in pixels. The first come first.
    """
    around = np.concatenate([points - RADIUS, points + RADIUS], axis=1)
    taken = np.empty((0, 4))
    places = []
    for i, (text, size) in enumerate(zip(texts, sizes, strict=True)):
        half = np.array([_width(text) * size / 2, size * LINE / 2])
        others = np.concatenate([taken, np.delete(around, i, axis=0)])
        for place, direction in PLACES.items():
            middle = points[i] + direction * (half + RADIUS)
            box = np.concatenate([middle - half, middle + half])
            if not ((box[:2] < others[:, 2:]) & (others[:, :2] < box[2:])).all(axis=1).any():
                taken = np.concatenate([taken, box[None]])
                places.append(place)
                break
        else:
            places.append("")
    return places


def _width(text: str) -> float:
    """The width of a text in font sizes; Chinese characters are as wide as high."""
    return sum(1 if unicodedata.east_asian_width(c) in "WF" else LETTER for c in text)
