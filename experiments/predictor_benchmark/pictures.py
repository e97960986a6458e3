"""Pictures of correlation against rows learnt from, in the house's style."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator
from scores import Cell, Score, spread

from nars.drawing import BLUE, GREEN, GREY, ORANGE, PURPLE, SKY, make_figure, png_bytes, set_title

LineStyle = str | tuple[int, tuple[int, ...]]
DASHED: LineStyle = (0, (4, 2))
STYLES: dict[str, tuple[str, LineStyle]] = {
    "nars": ("black", "-"),
    "nars, no costs": ("black", DASHED),
    "joint": (PURPLE, "-"),
    "joint, not pretrained": (PURPLE, DASHED),
    "gp": (BLUE, "-"),
    "boosted trees": (ORANGE, "-"),
    "boosted trees, depth 3": (ORANGE, DASHED),
    "random forest": (GREEN, "-"),
    "ridge": (SKY, "-"),
    "mlp": (SKY, DASHED),
    "MACs alone": (GREY, "-"),
}


def correlation_picture(
    cells: Mapping[Cell, list[Score]],
    tables: Sequence[str],
    *,
    measure: str,
    reach: Mapping[str, Mapping[int, float]],
) -> bytes:
    """A panel for each table: medians of every model, the quartiles of NARS, and what was to be reached as crosses."""
    figure, panels = make_figure(3.6 * len(tables), 4.2, columns=len(tables))
    for axes, table in zip(panels, tables, strict=True):
        lowest = []
        for model in reversed(STYLES):
            sizes = sorted(size for name, m, size in cells if (name, m) == (table, model))
            if not sizes:
                continue
            found = [spread(getattr(score, measure) for score in cells[table, model, size]) for size in sizes]
            color, line = STYLES[model]
            medians = [one.median for one in found]
            lowest.append(min(medians))
            width = 2.2 if model == "nars" else 1.3
            axes.plot(sizes, medians, color=color, linestyle=line, linewidth=width, label=model)
            if model == "nars":
                axes.fill_between(sizes, [f.q1 for f in found], [f.q3 for f in found], color=color, alpha=0.12, lw=0)
        goals = reach.get(table, {})
        axes.plot(list(goals), list(goals.values()), "x", color="black", label="to be reached" if goals else None)
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(FixedLocator([20, 50, 100, 200, 500, 1000]))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.set_ylim(max(0.0, float(np.floor(min(lowest) * 10) / 10)), 1.0)
        set_title(axes, table)
        axes.set_xlabel("rows learnt from")
    panels[0].set_ylabel(f"{measure.capitalize()} correlation on held-out rows")
    lines = {str(line.get_label()): line for axes in panels for line in axes.get_lines()}
    ordered = [lines[name] for name in (*STYLES, "to be reached") if name in lines]
    figure.legend(handles=ordered, loc="outside lower center", ncols=len(ordered), frameon=False, fontsize=9)
    return png_bytes(figure)
