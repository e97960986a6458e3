"""What all pictures share: colours, axes, limits. Drawn without pyplot, so that no global state is touched."""

from collections.abc import Callable, Sequence
from io import BytesIO
from typing import Literal

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

# Okabe and Ito (2008): told apart with every kind of colour blindness.
BLUE, ORANGE, GREEN, PURPLE, SKY = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9"
GREY = "#B0B0B0"

DENSE = 2000
"""Points above which they are drawn as one image in an SVG file."""


def empty_figure(width: float, height: float) -> Figure:
    """A figure of a size in inches."""
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def make_figure(width: float, height: float, *, columns: int) -> tuple[Figure, list[Axes]]:
    """An empty figure with axes side by side."""
    figure = empty_figure(width, height)
    axes = [figure.add_subplot(1, columns, column + 1) for column in range(columns)]
    for one in axes:
        tidy(one)
    return figure, axes


def tidy(axes: Axes, *, grid: Literal["both", "y"] = "both") -> None:
    """A light grid behind, no frame above and right."""
    axes.grid(visible=True, axis=grid, color="#E6E6E6", linewidth=0.7)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def set_title(axes: Axes, title: str) -> None:
    """A title above the axes' left end."""
    axes.set_title(title, fontsize=11, loc="left")


def label_log(axis: Axis, values: Sequence[float], text: Callable[[float], str]) -> None:
    """Labels at 1, 2, 5, 10, ...; within less than a decade at round numbers, since few of those would be in it."""
    is_wide = max(values) >= 10 * min(values)
    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)) if is_wide else MaxNLocator(6))
    axis.set_major_formatter(FuncFormatter(lambda value, _: text(value)))
    axis.set_minor_locator(NullLocator())


def cut_below(axes: Axes, floor: float, top: float) -> None:
    """Leaves out what lies below a value, so that the rest can be told apart."""
    margin = 0.05 * (top - floor)
    if margin > 0:
        axes.set_ylim(floor - margin, top + margin)


def short_name(path: str) -> str:
    """A knob's path without its section, which the rest of it tells."""
    return path.removeprefix("architecture.").removeprefix("recipe.")


def lowest_drawn(accuracies: Sequence[float]) -> float:
    """Lowest accuracy that is drawn in its place: Tukey's fence, or the lowest of all."""
    first, third = np.quantile(accuracies, [0.25, 0.75])
    return max(min(accuracies), float(first - 1.5 * (third - first)))


def png_bytes(figure: Figure) -> bytes:
    """The figure as a PNG file."""
    content = BytesIO()
    # Without its version of matplotlib the same trials give the same bytes.
    figure.savefig(content, format="png", dpi=150, metadata={"Software": None})
    return content.getvalue()


def svg_bytes(figure: Figure) -> bytes:
    """The figure as an SVG file; what asks to be rasterized becomes an image in it."""
    content = BytesIO()
    # Without a date and with names of its own the same trials give the same bytes.
    with rc_context({"svg.hashsalt": "nars"}):
        figure.savefig(content, format="svg", dpi=150, metadata={"Date": None, "Creator": None})
    return content.getvalue()
