"""The common style of all figures, for the screen and for files."""

import html
import io
import threading
from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any

from core.i18n import translate, use_language

if TYPE_CHECKING:
    import numpy as np
    import plotly.graph_objects as go
    from matplotlib.figure import Figure

# Okabe and Ito's colour-blind-safe palette without yellow and black, and with a lighter blue:
# legible on light and dark.
BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY = (
    "#1F86C8",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#E69F00",
    "#56B4E9",
)
COLOURS = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY)
GREY = "#8b96a3"
"""For labels not predicted, all others, retired archives and reference lines."""

INK = "#000037"
"""The text colour. Streamlit replaces this colour by its darkest grey, or its lightest in the dark
theme; its default grey is too pale for small text."""

PREDICTED, OTHER, THRESHOLD = BLUE, GREY, VERMILION

DIVERGING_ON_PAPER = "RdBu_r"
"""Matplotlib's scale, blue below the middle, white there, red above."""
_ON_PAPER = {
    11: (
        *("#f7fbff", "#e1edf8", "#ccdff1", "#abd0e6", "#82bbdb"),
        *("#58a1cf", "#3787c0", "#1b69af", "#084d96", "#08306b"),
    ),
    21: (
        *("#053061", "#246aae", "#529dc8", "#a7d0e4", "#e1edf3"),
        *("#fae7dc", "#f7b799", "#dc6e57", "#b61f2e", "#67001f"),
    ),
}
"""Matplotlib's `Blues` and `RdBu_r` in ten colours, by the number of the first."""


def _scale(first: int) -> list[list[float | str]]:
    """A colour scale of Plotly in the ten colours that Streamlit replaces by those of its theme."""
    return [[i / 9, f"#{first + i:06d}"] for i in range(10)]


SEQUENTIAL, DIVERGING = _scale(11), _scale(21)
"""From the background to blue, and from blue over the background to red: on white as in files."""


def on_paper(figure: str) -> str:
    """A figure's JSON with the colours of scales on white, for files."""
    for first, colours in _ON_PAPER.items():
        for i, colour in enumerate(colours):
            figure = figure.replace(f"#{first + i:06d}", colour)
    return figure


CELL_GAPS = 60
"""The maximum number of rows for which a heatmap has gaps between its cells."""

ABOVE = {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "xanchor": "left"}
BELOW = {"orientation": "h", "y": -0.2, "yanchor": "top", "x": 0, "xanchor": "left"}
"""Positions of a legend; below, long names do not narrow the plot on small screens."""


# Streamlit's theme does not cover 3D axes; this grid is visible on light and dark.
_WALL = {"gridcolor": GREY, "zerolinecolor": GREY, "showbackground": False}


@cache
def template() -> "go.layout.Template":
    """The Plotly template of all figures, for settings that Streamlit's theme does not override."""
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
                # Far enough that no name is cut off.
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
    """A figure in the common style, with settings that override Streamlit's theme.

    height: pixels, fixed so that the page does not jump when it is drawn; title: HTML; right:
    pixels reserved for numbers beside bars; traces, layout: Plotly's JSON. Passing all here is
    faster than adding it later, since Plotly validates the whole figure at each addition.
    """
    import plotly.graph_objects as go

    ink = {"color": INK}
    settings: dict[str, Any] = {
        "template": template(),
        "height": height,
        # A system font: a saved picture cannot use the page's web font.
        "font": ink | {"family": "Arial, Helvetica, sans-serif"},
        "hoverlabel": {"font": ink},
        "margin": {"l": 0, "r": right, "t": 56 if title else 12, "b": 0},
        "xaxis": {"tickfont": ink},
        "yaxis": {"tickfont": ink},
    }
    if title:
        # Plotly does not wrap titles: at this size most fit on a narrow screen.
        settings["title"] = {"text": title, "x": 0, "xanchor": "left", "font": {"size": 14}}
    for name, value in layout.items():
        settings[name] = settings[name] | value if name in ("margin", "xaxis", "yaxis") else value
    return go.Figure(list(traces), settings)


def enlarged(figure: "go.Figure") -> "go.Figure":
    """A copy of a figure with larger type, and higher for it, for a projector."""
    import plotly.graph_objects as go

    copy, large = go.Figure(figure), {"size": 18}
    copy.update_layout(
        height=round(1.25 * figure.layout.height),
        font=large,
        legend_font=large,
        hoverlabel_font=large,
        title_font={"size": 20},
    )
    for update_axes in (copy.update_xaxes, copy.update_yaxes):
        update_axes(tickfont=large, title_font=large)
    copy.for_each_annotation(
        lambda one: one.update(font=large, yshift=1.25 * one.yshift if one.yshift else None)
    )
    bar = {"tickfont": large, "title": {"font": large}}
    copy.update_traces({"colorbar": bar}, selector={"type": "heatmap"})
    return copy


def row_bars(values: Sequence[float], **options: Any) -> dict[str, Any]:
    """A trace of horizontal bars at 0, 1, 2, ..., for `names_axis`."""
    positions = list(range(len(values)))
    return {"type": "bar", "orientation": "h", "x": list(values), "y": positions, **options}


def line_mark(colour: str) -> dict[str, Any]:
    """A marker in the form of a short vertical line."""
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

    names, title: HTML; angle: of the column names; axes: titles of columns and rows; cells: further
    properties of the trace.
    """
    positions = list(range(len(names)))
    trace = {"type": "heatmap", "z": values, "x": positions, "y": positions, "xgap": 1, "ygap": 1}
    axis = names_axis(names) | {"zeroline": False}
    return figure(
        height,
        title,
        traces=[trace | cells],
        xaxis={**axis, "tickangle": angle, "title": axes[0]},
        yaxis={**axis, "autorange": "reversed", "title": axes[1]},
    )


def escaped(text: str) -> str:
    """Text escaped for Plotly's HTML, except quotes: it does not decode `&quot;`."""
    return html.escape(text, quote=False)


def shorten(name: str, length: int = 40) -> str:
    """A name cut to `length` characters, for an axis; hovering shows all of it."""
    return name if len(name) <= length else f"{name[: length - 1]}…"


def group_colours(groups: Sequence[str]) -> dict[str, str]:
    """A colour for each group, in the order of their first terms.

    The colours do not depend on the order, and so are the same in each figure.
    """
    palette = (*COLOURS, GREY)
    colours = {name: palette[i % len(palette)] for i, name in enumerate(sorted(set(groups)))}
    return {name: colours[name] for name in groups}


def group_legend(colours: dict[str, str]) -> list[dict[str, Any]]:
    """Traces that show nothing but a legend's entry for each group."""
    common = {"type": "scatter", "x": [None], "y": [None], "mode": "markers"}
    return [
        {**common, "name": escaped(group), "marker": {"symbol": "square", "color": colour}}
        for group, colour in colours.items()
    ]


def names_axis(names: list[str], down: bool = False) -> dict[str, Any]:
    """An axis with names (HTML) at 0, 1, 2, ...; down: whether the first is on top."""
    positions = list(range(len(names)))
    axis = {"tickmode": "array", "tickvals": positions, "ticktext": names, "showgrid": False}
    return axis | {"autorange": "reversed"} if down else axis


# Files, in the style of the notebooks' seaborn figures, on white.

STYLE = {
    "figure.facecolor": "white",
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    # With fonts as outlines the text could not be searched.
    "svg.fonttype": "none",
    "pdf.fonttype": 42,
}
_lock = threading.Lock()
"""Matplotlib's settings are global, and several users may request files at once."""


@cache
def chinese_font() -> str | None:
    """The name of an installed font with Chinese characters, None without one."""
    from matplotlib import font_manager

    names = set()
    for path in font_manager.findSystemFonts():
        with suppress(OSError, RuntimeError):  # some fonts cannot be read, such as those of emoji
            font = font_manager.get_font(path)
            if font.get_char_index(ord("中")):
                # Matplotlib's cached list lacks fonts installed later.
                font_manager.fontManager.addfont(path)
                names.add(font.family_name)
    return min(names, key=lambda name: ("SC" not in name, "Sans" not in name, name), default=None)


def picture(form: str, size: tuple[float, float], draw: Callable[["Figure"], None]) -> bytes:
    """A file of what `draw` draws: "png", "svg" or "pdf"; size: width and height in inches.

    Texts are English on a machine without a Chinese font.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    buffer = io.BytesIO()
    font = chinese_font()
    fonts = ["DejaVu Sans", font] if font else ["DejaVu Sans"]
    language = nullcontext() if font else use_language("en")
    with _lock, language, mpl.rc_context({**STYLE, "font.family": fonts}):
        # Not pyplot, which keeps references to its figures.
        drawing = Figure(figsize=size, layout="constrained")
        FigureCanvasAgg(drawing)
        draw(drawing)
        drawing.savefig(buffer, format=form, dpi=150)
    return buffer.getvalue()


def footer(drawing: "Figure", source: str, *more: str) -> None:
    """Small print at the foot of a picture: where its data are from, and today's date.

    source: English, translated; more: translated already.
    """
    parts = [translate(source), *more, date.today().isoformat()]
    text = literal(" · ".join(part for part in parts if part))
    drawing.supxlabel(text, x=0.99, ha="right", size=7, color="dimgray")


def literal(text: str) -> str:
    """Text escaped so that matplotlib sees no formula."""
    return text.replace("$", r"\$")
