"""The look of every figure: colours, room and fonts, once for the screen and once for files.

On the screen Streamlit lays its own template over ours: text, background, grid and hover colours
follow the theme the browser asks for, and so do font sizes, the title's place and the left and
right margins. What it leaves alone stands in `template`; what must win over it, in `figure`.
"""

import html
import io
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from contextvars import copy_context
from functools import cache
from typing import TYPE_CHECKING, Any

from core import i18n

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from matplotlib.figure import Figure

# Okabe and Ito's colour-blind-safe colours without yellow and black: these read on light and dark.
BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#E69F00",
    "#56B4E9",
)
COLOURS = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY)
GREY = "#8b96a3"
"""What stands back: labels not predicted, all others, retired archives, lines of orientation."""

INK = "#000037"
"""What text is drawn with. Streamlit's page puts its darkest grey in the place of this colour, and
in the dark theme its lightest; left alone, it writes in a grey too pale for small print."""

PREDICTED, OTHER, THRESHOLD = BLUE, GREY, VERMILION
FOR, AGAINST = "0, 114, 178", "213, 94, 0"

DIVERGING = "RdBu_r"  # blue below the middle, white there, red above; both libraries know it
SEQUENTIAL = "Blues"  # one hue, dark for much

CELL_GAPS = 60
"""A heatmap of so many rows has lines between its cells."""

ABOVE = {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "xanchor": "left"}
BELOW = {"orientation": "h", "y": -0.2, "yanchor": "top", "x": 0, "xanchor": "left"}
"""Where a legend stands; below, long names leave the curves their width on a narrow screen."""


# Streamlit knows no third dimension: a grid that is seen on light and dark.
_WALL = {"gridcolor": GREY, "zerolinecolor": GREY, "showbackground": False}


@cache
def template() -> "go.layout.Template":
    """What all figures share."""
    import plotly.graph_objects as go

    bar = {"thickness": 14, "outlinewidth": 0, "title": {"side": "right"}}
    return go.layout.Template(
        layout={
            "colorway": list(COLOURS),
            "legend": ABOVE,
            "hoverlabel": {"align": "left", "namelength": -1},
            "bargap": 0.25,
            "xaxis": {"zeroline": False, "automargin": True},
            "yaxis": {"zeroline": False, "automargin": True},
            "scene": {
                # Far enough away that no name is cut off.
                "camera": {"eye": {"x": 1.4, "y": 1.4, "z": 0.85}, "center": {"z": -0.12}},
                "aspectmode": "cube",
                **{f"{letter}axis": _WALL for letter in "xyz"},
            },
        },
        data={
            "bar": [{"cliponaxis": False, "textposition": "outside"}],
            "heatmap": [{"colorbar": bar, "hoverongaps": False}],
            "scatter": [{"line": {"width": 2.5}}],
        },
    )


def figure(
    height: int,
    title: str = "",
    right: int = 8,
    traces: Sequence[dict[str, Any]] = (),
    **layout: Any,
) -> "go.Figure":
    """A figure in the house's look.

    height: pixels, told beforehand so that nothing jumps once it is drawn; title: HTML; right:
    pixels kept free for numbers beside bars; traces, layout: as Plotly's JSON has them. Whatever is
    given here costs less than what is added later: Plotly checks a whole figure at each addition.
    """
    import plotly.graph_objects as go

    ink = {"color": INK}
    ours: dict[str, Any] = {
        "template": template(),
        "height": height,
        "font": ink,
        "hoverlabel": {"font": ink},
        "margin": {"l": 0, "r": right, "t": 56 if title else 12, "b": 0},
        "xaxis": {"tickfont": ink},
        "yaxis": {"tickfont": ink},
    }
    if title:
        # Plotly does not wrap: so large that most titles fit on a narrow screen.
        ours["title"] = {"text": title, "x": 0, "xanchor": "left", "font": {"size": 14}}
    for name, value in layout.items():
        ours[name] = ours[name] | value if name in ("margin", "xaxis", "yaxis") else value
    return go.Figure(list(traces), ours)


def escaped(text: str) -> str:
    """Text that Plotly takes for no HTML. Quotes stay: it shows `&quot;` as it stands."""
    return html.escape(text, quote=False)


def names_axis(names: list[str], down: bool = False) -> dict[str, Any]:
    """An axis with a name (HTML) at each whole number; down: the first on top."""
    axis = {
        "tickmode": "array",
        "tickvals": list(range(len(names))),
        "ticktext": names,
        "showgrid": False,
    }
    return axis | {"autorange": "reversed"} if down else axis


# As files: as seaborn draws in the notebooks, on white.

STYLE = {
    "figure.facecolor": "white",
    "font.size": 10,
    "axes.titlesize": 12,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 10,
    "axes.axisbelow": True,
    "axes.edgecolor": "#8b96a3",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.labelcolor": "#1d2733",
    "grid.color": "#e3e8ee",
    "legend.frameon": False,
    "text.color": "#1d2733",
    "xtick.color": "#4a5765",
    "ytick.color": "#4a5765",
    # Fonts as outlines would make the text of a file unreadable for search.
    "svg.fonttype": "none",
    "pdf.fonttype": 42,
    "text.usetex": False,
}


CHINESE_FONTS = (
    *("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN"),
    *("Microsoft YaHei", "SimHei", "PingFang SC", "Hiragino Sans GB", "Heiti SC", "STHeiti"),
    *("WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Droid Sans Fallback", "Arial Unicode MS"),
    *("Noto Serif CJK SC", "Noto Sans CJK JP"),
)
"""Families that draw Chinese, on Linux, Windows and macOS, the best first."""


@cache
def chinese_fonts() -> tuple[str, ...]:
    """Those families that this machine has; matplotlib warns of others."""
    from matplotlib import font_manager

    fonts = font_manager.fontManager
    known = {font.fname for font in fonts.ttflist}
    for path in font_manager.findSystemFonts():
        # Matplotlib keeps a list, which lacks what was installed since.
        if path not in known:
            with suppress(OSError, RuntimeError):  # some fonts it cannot read, as those of emoji
                fonts.addfont(path)
    here = {font.name for font in fonts.ttflist}
    return tuple(name for name in CHINESE_FONTS if name in here)


_one = threading.Lock()
"""Matplotlib's settings are the whole process's, and several users may ask for a file at once."""


def _in_english(draw: Callable[["Figure"], None], drawing: "Figure") -> None:
    i18n.use("en")
    draw(drawing)


def picture(form: str, size: tuple[float, float], draw: Callable[["Figure"], None]) -> bytes:
    """What `draw` draws, as a file: "png", "svg" or "pdf"; size: width and height in inches.

    What it says is English on a machine without a Chinese font.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    buffer = io.BytesIO()
    fonts = {"font.family": ["DejaVu Sans", *chinese_fonts()[:1]]}
    with _one, mpl.rc_context(STYLE | fonts):
        # A figure of its own: pyplot's keep what they have drawn.
        drawing = Figure(figsize=size, layout="constrained")
        FigureCanvasAgg(drawing)
        if chinese_fonts():
            draw(drawing)
        else:
            # A copy, lest what follows in this thread be English too.
            copy_context().run(_in_english, draw, drawing)
        drawing.savefig(buffer, format=form, dpi=150)
    return buffer.getvalue()


def literal(text: str) -> str:
    """Text that matplotlib takes for no formula."""
    return text.replace("$", r"\$")
