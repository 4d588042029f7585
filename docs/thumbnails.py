"""`.venv/bin/python -m docs.thumbnails COUNTS`: draw the landing page's small pictures.

From the models' own answers, and COUNTS, a table of month, archive and papers.
"""

import sys
from collections.abc import Sequence
from html import escape
from pathlib import Path

import numpy as np
import pandas as pd

from core.embeddings import hub_module, similarity
from core.embeddings.term_list import NOTEBOOK
from core.plots import ranking, theme
from core.prediction import answer
from core.text.documents import paper_text
from pages.classify.examples import EXAMPLES

PICTURES = Path(__file__).resolve().parent.parent / "pages" / "overview" / "pictures"
WIDTH, HEIGHT = 320, 130
EXAMPLE = "Interdisciplinary"
BARS = 5


def svg(parts: Sequence[str]) -> str:
    """A picture of its parts, readable on a light and on a dark page."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'font-family="sans-serif" font-size="12" fill="#7a8696">{"".join(parts)}</svg>\n'
    )


def bars(rows: Sequence[tuple[str, float, str]]) -> str:
    """Bars with a name on the left and a number on the right; rows: name, share of 1, number."""
    step = HEIGHT / len(rows)
    parts = []
    for i, (name, share, number) in enumerate(rows):
        y = step * i + step / 2
        colour = theme.PREDICTED if i == 0 else "#8fb7d9"
        end = 130 + 140 * share
        parts += [
            f'<text x="122" y="{y + 4:.0f}" text-anchor="end">{escape(name)}</text>',
            f'<rect x="130" y="{y - 7:.0f}" width="{140 * share:.0f}" height="14" rx="2" '
            f'fill="{colour}"/>',
            f'<text x="{end + 6:.0f}" y="{y + 4:.0f}">{number}</text>',
        ]
    return svg(parts)


def classify() -> str:
    """The likeliest primary categories of an example."""
    example = next(one for one in EXAMPLES if one.name == EXAMPLE)
    answerer = answer.load()
    found = answerer.answer(answerer.scores([paper_text(example.title, example.abstract)]))
    best = found.primaries[:BARS]
    most = best[0].probability
    rows = [(r.label, r.probability / most, ranking.percent(r.probability)) for r in best]
    return bars(rows)


def terms() -> str:
    """The heatmap of the CORD-19 notebook's nine terms."""
    source = hub_module.default()
    vectors = hub_module.load(source.source, source.key).embed(NOTEBOOK.terms)
    values = similarity.similarity(vectors, "cosine")
    side = HEIGHT / len(values)
    left = (WIDTH - HEIGHT) / 2
    return svg(
        [
            f'<rect x="{left + side * j:.1f}" y="{side * i:.1f}" width="{side - 1:.1f}" '
            f'height="{side - 1:.1f}" rx="1.5" fill="#b2182b" fill-opacity="{max(v, 0.04):.2f}"/>'
            for i, row in enumerate(values)
            for j, v in enumerate(row)
        ]
    )


ARCHIVES = {"cs": "#0072B2", "math": "#D55E00", "q-bio": "#009E73"}


def corpus(counts: Path) -> str:
    """The papers of three archives by quarter."""
    table = pd.read_csv(counts)
    table["quarter"] = pd.PeriodIndex(table["month"], freq="Q")
    lines = table.pivot_table(index="quarter", columns="archive", values="papers", aggfunc="sum")
    most = lines[list(ARCHIVES)].to_numpy().max()
    parts = []
    for archive, colour in ARCHIVES.items():
        x = np.linspace(10, WIDTH - 75, len(lines))
        y = HEIGHT - 8 - (HEIGHT - 20) * lines[archive].to_numpy() / most
        points = " ".join(f"{a:.0f},{b:.0f}" for a, b in zip(x, y, strict=True))
        parts += [
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2.5"/>',
            f'<text x="{WIDTH - 68}" y="{y[-1] + 4:.0f}" fill="{colour}">{archive}</text>',
        ]
    return svg(parts)


if __name__ == "__main__":
    pictures = {"classify": classify(), "terms": terms(), "corpus": corpus(Path(sys.argv[1]))}
    for name, picture in pictures.items():
        (PICTURES / f"{name}.svg").write_text(picture, encoding="utf-8")
