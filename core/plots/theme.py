"""The look of every figure: colours, room and fonts, once for the screen and once for files.

On the screen Streamlit lays its own template over ours: text, background, grid and hover colours
follow the theme the browser asks for, and so do font sizes, the title's place and the left and
right margins. What it leaves alone stands in `template`; what must win over it, in `figure`.
"""

import html
import io
import threading
from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress
from functools import cache
from typing import TYPE_CHECKING, Any

from core.i18n import use_language

if TYPE_CHECKING:
    import numpy as np
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
            "scatter": [{"line": {"width": 2.5}, "textposition": "top center"}],
            "scatter3d": [{"textposition": "top center"}],
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
        # Of the visitor's system: a saved picture cannot have the font that the page loads.
        "font": ink | {"family": "Arial, Helvetica, sans-serif"},
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


def row_bars(values: Sequence[float], **options: Any) -> dict[str, Any]:
    """A trace of horizontal bars, one at each whole number, for `names_axis`."""
    places = list(range(len(values)))
    return {"type": "bar", "orientation": "h", "x": list(values), "y": places, **options}


def line_mark(colour: str) -> dict[str, Any]:
    """A marker that is a short upright line."""
    return {"symbol": "line-ns", "size": 14, "line": {"width": 3, "color": colour}}


def matrix(
    height: int,
    values: "np.ndarray",
    names: list[str],
    title: str = "",
    *,
    angle: int = -90,
    axes: tuple[str, str] = ("", ""),
    **cells: Any,
) -> "go.Figure":
    """A square heatmap of values (n, n), first row on top.

    names, title: HTML; angle: of the names across; axes: titles of columns and rows; cells: more of
    the heatmap's trace.
    """
    places = list(range(len(names)))
    trace = {"type": "heatmap", "z": values, "x": places, "y": places, "xgap": 1, "ygap": 1}
    axis = names_axis(names) | {"zeroline": False}
    return figure(
        height,
        title,
        traces=[trace | cells],
        xaxis={**axis, "tickangle": angle, "title": axes[0]},
        yaxis={**axis, "autorange": "reversed", "title": axes[1]},
    )


def escaped(text: str) -> str:
    """Text that Plotly takes for no HTML. Quotes stay: it shows `&quot;` as it stands."""
    return html.escape(text, quote=False)


def shorten(name: str, length: int = 40) -> str:
    """A name cut to so many characters, to stand beside an axis; hovering shows all of it."""
    return name if len(name) <= length else f"{name[: length - 1]}…"


def names_axis(names: list[str], down: bool = False) -> dict[str, Any]:
    """An axis with a name (HTML) at each whole number; down: the first on top."""
    places = list(range(len(names)))
    axis = {"tickmode": "array", "tickvals": places, "ticktext": names, "showgrid": False}
    return axis | {"autorange": "reversed"} if down else axis


# As files: as seaborn draws in the notebooks, on white.

STYLE = {
    "figure.facecolor": "white",
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    # Fonts as outlines would make the text of a file unreadable for search.
    "svg.fonttype": "none",
    "pdf.fonttype": 42,
}
_lock = threading.Lock()
"""Matplotlib's settings are the whole process's, and several users may ask for a file at once."""


@cache
def chinese_font() -> str | None:
    """The name of a font of this machine that draws Chinese, None without one."""
    from matplotlib import font_manager

    names = set()
    for path in font_manager.findSystemFonts():
        with suppress(OSError, RuntimeError):  # some fonts it cannot read, as those of emoji
            font = font_manager.get_font(path)
            if font.get_char_index(ord("中")):
                # Matplotlib's own list lacks what was installed since it was written.
                font_manager.fontManager.addfont(path)
                names.add(font.family_name)
    return min(names, key=lambda name: ("SC" not in name, "Sans" not in name, name), default=None)


def picture(form: str, size: tuple[float, float], draw: Callable[["Figure"], None]) -> bytes:
    """What `draw` draws, as a file: "png", "svg" or "pdf"; size: width and height in inches.

    Its words are English on a machine without a Chinese font.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    buffer = io.BytesIO()
    font = chinese_font()
    fonts = ["DejaVu Sans", font] if font else ["DejaVu Sans"]
    language = nullcontext() if font else use_language("en")
    with _lock, language, mpl.rc_context({**STYLE, "font.family": fonts}):
        # A figure of its own: pyplot's keep what they have drawn.
        drawing = Figure(figsize=size, layout="constrained")
        FigureCanvasAgg(drawing)
        draw(drawing)
        drawing.savefig(buffer, format=form, dpi=150)
    return buffer.getvalue()


def literal(text: str) -> str:
    """Text that matplotlib takes for no formula."""
    return text.replace("$", r"\$")
