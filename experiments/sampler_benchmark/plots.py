"""Pictures of regret against evaluations, in the house's style."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from measures import Cell, regrets
from rows import Run

from nars.drawing import BLUE, GREEN, GREY, ORANGE, PURPLE, SKY, label_log, make_figure, png_bytes, set_title

LineStyle = str | tuple[int, tuple[int, ...]]
DASHED: LineStyle = (0, (4, 2))
STYLES: dict[str, tuple[str, LineStyle]] = {
    "nars": ("black", "-"),
    "gp": (BLUE, "-"),
    "ax": (BLUE, DASHED),
    "tpe": (ORANGE, "-"),
    "smac": (GREEN, "-"),
    "neps": (GREEN, DASHED),
    "cqr": (PURPLE, "-"),
    "bore": (PURPLE, DASHED),
    "nsga2": (SKY, "-"),
    "cmaes": (SKY, DASHED),
    "random": (GREY, "-"),
}


def regret_picture(cells: Mapping[Cell, list[Run]], tables: Sequence[str], *, batch: int) -> bytes:
    """A picture of each table: every sampler's median, and the quartiles of NARS."""
    figure, panels = make_figure(3.6 * len(tables), 3.8, columns=len(tables))
    for axes, table in zip(panels, tables, strict=True):
        curves = {
            name: regrets(cells[table, batch, name]) for name in reversed(STYLES) if (table, batch, name) in cells
        }
        draw_table(axes, curves)
        set_title(axes, table)
        axes.set_xlabel("evaluations")
    panels[0].set_ylabel(f"median regret, in batches of {batch}" if batch > 1 else "median regret, one by one")
    lines = {str(line.get_label()): line for axes in panels for line in axes.get_lines()}
    ordered = [lines[name] for name in STYLES if name in lines]
    figure.legend(handles=ordered, loc="outside lower center", ncols=len(ordered), frameon=False, fontsize=9)
    return png_bytes(figure)


def draw_table(axes: Axes, curves: Mapping[str, np.ndarray]) -> None:
    """Regrets on a log scale, the optimum on its lower edge."""
    positive = [float(curve_SE[curve_SE > 0].min()) for curve_SE in curves.values() if (curve_SE > 0).any()]
    floor = min(positive, default=1e-3) / 2
    for name, curve_SE in curves.items():
        color, line = STYLES[name]
        evaluations_E = np.arange(1, curve_SE.shape[1] + 1)
        q1_E, median_E, q3_E = np.maximum(np.quantile(curve_SE, [0.25, 0.5, 0.75], axis=0), floor)
        width = 2.2 if name == "nars" else 1.3
        axes.plot(evaluations_E, median_E, color=color, linestyle=line, linewidth=width, label=name)
        if name == "nars":
            axes.fill_between(evaluations_E, q1_E, q3_E, color=color, alpha=0.12, linewidth=0)
    axes.set_yscale("log")
    highest = max(float(np.median(curve_SE[:, 0])) for curve_SE in curves.values())
    label_log(axes.yaxis, [floor, highest], lambda value: f"{value:g}")
    axes.set_ylim(bottom=floor)
    axes.set_xlim(1, None)
