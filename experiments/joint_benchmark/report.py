"""Writes results/joint_benchmark/ from the runs: README.md, curves.csv, regrets.csv, regret.png.

python experiments/joint_benchmark/report.py
"""

import argparse
import ast
import csv
import datetime
import platform
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from curves import Cell, Curve, at, quartiles, read, write
from run import BUDGETS, WORK
from searches import ARCHITECTURE, DEFAULTS, JOINT, RECIPE, STAGED

from nars.drawing import BLUE, GREEN, ORANGE, make_figure, png_bytes, set_title

STRATEGIES = (ARCHITECTURE, RECIPE, STAGED)
COLORS = {JOINT: "black", ARCHITECTURE: BLUE, RECIPE: ORANGE, STAGED: GREEN}
INTRODUCTION = """\
Regret of the best network and recipe after 25, 50 and 100 trainings: logarithm of its validation MSE above that of the
table's best row. 0 is the optimum, 0.1 is an MSE 10 % above it. Each figure is the median over the seeds, with
quartiles in brackets. *Won*: seeds in which the joint search ends lower, ends as low, ends higher."""
FLOORS = """\
What a search of one half cannot go below, however long it runs: least regret with the other half at its default, median
over the seeds and quartiles."""


def regret_rows(curves: Sequence[Curve]) -> list[list[str]]:
    """Every strategy on every table at every number of evaluations, beside the joint search of the same seeds."""
    rows = []
    for table in dict.fromkeys(curve.table for curve in curves):
        for cell in [(table, JOINT, ""), *((table, s, kind) for kind in DEFAULTS for s in STRATEGIES)]:
            texts = []
            for budget in BUDGETS:
                ours, theirs = at(curves, (table, JOINT, ""), budget), at(curves, cell, budget)
                text = figures(theirs.values()) if theirs else ""
                texts.append(text if cell[1] == JOINT or not theirs else f"{text}, won {won(ours, theirs)}")
            if any(texts):
                rows.append([table, cell[1], cell[2] or "-", *texts])
    return rows


def won(ours: dict[int, float], theirs: dict[int, float]) -> str:
    """Seeds in which we are lower, equal, higher."""
    signs = [np.sign(theirs[seed] - ours[seed]) for seed in sorted(ours.keys() & theirs.keys())]
    return "/".join(str(signs.count(sign)) for sign in (1, 0, -1))


def figures(values: Iterable[float]) -> str:
    q1, median, q3 = quartiles(values)
    return f"{median:.3g} [{q1:.3g}, {q3:.3g}]"


def floor_rows(curves: Sequence[Curve]) -> list[list[str]]:
    rows = []
    for table in dict.fromkeys(curve.table for curve in curves):
        for kind in DEFAULTS:
            for strategy in (ARCHITECTURE, RECIPE):
                floors = [curve.floor for curve in curves if curve.cell == (table, strategy, kind)]
                if floors:
                    rows.append([table, strategy, kind, figures(floors)])
    return rows


def markdown(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = ["", "| " + " | ".join(header) + " |", "|---" * len(header) + "|"]
    return [*lines, *("| " + " | ".join(row) + " |" for row in rows)]


def picture(curves: Sequence[Curve]) -> bytes:
    """A panel for each table and kind of default; searches in two stages as points, each planned for its number."""
    tables = list(dict.fromkeys(curve.table for curve in curves))
    panels = [(table, kind) for table in tables for kind in DEFAULTS]
    figure, all_axes = make_figure(4.0 * len(panels), 3.9, columns=len(panels))
    counts = np.arange(1, BUDGETS[-1] + 1)
    for axes, (table, kind) in zip(all_axes, panels, strict=True):
        for strategy in (JOINT, ARCHITECTURE, RECIPE):
            cell: Cell = (table, strategy, "" if strategy == JOINT else kind)
            points = [quartiles(_at_end(curves, cell, int(count))) for count in counts]
            q1_E, median_E, q3_E = np.array(points).T
            axes.plot(counts, median_E, color=COLORS[strategy], label=strategy)
            axes.fill_between(counts, q1_E, q3_E, color=COLORS[strategy], alpha=0.12, linewidth=0)
        for budget in BUDGETS:
            q1, median, q3 = quartiles(at(curves, (table, STAGED, kind), budget).values())
            bars = [[median - q1], [q3 - median]]
            label = STAGED if budget == BUDGETS[0] else None
            axes.errorbar([budget], [median], yerr=bars, fmt="o", color=COLORS[STAGED], capsize=3, label=label)
        axes.set_yscale("symlog", linthresh=0.01)
        axes.set_ylim(bottom=0)
        set_title(axes, f"{table}, default {kind}")
        axes.set_xlabel("trainings")
    all_axes[0].set_ylabel("regret in log MSE")
    handles, labels = all_axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels), frameon=False, fontsize=9)
    return png_bytes(figure)


def _at_end(curves: Sequence[Curve], cell: Cell, evaluations: int) -> list[float]:
    return [c.regret_at(evaluations) for c in curves if c.cell == cell and c.budget == BUDGETS[-1]]


def write_regrets(path: Path, curves: Sequence[Curve]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["table", "strategy", "default", "evaluations", "seeds", "median", "q1", "q3"])
        for cell in sorted({curve.cell for curve in curves}):
            for budget in BUDGETS:
                found = at(curves, cell, budget)
                if found:
                    q1, median, q3 = quartiles(found.values())
                    writer.writerow([*cell, budget, len(found), f"{median:.5g}", f"{q1:.5g}", f"{q3:.5g}"])


def machine() -> str:
    info = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.split(":")[1].strip() for line in info if line.startswith("model name")]
    return f"{names[0] if names else platform.processor()}, {len(names)} cores, busy with other work"


def readme(curves: Sequence[Curve]) -> str:
    seeds = len({curve.seed for curve in curves})
    settings = ast.get_docstring(ast.parse(Path(__file__).with_name("searches.py").read_text())) or ""
    lines = [
        "# Joint search against search of one half",
        "",
        "Commands: `python experiments/joint_benchmark/run.py --data FOLDER`, then `report.py` beside it · "
        f"{machine()}, Python {platform.python_version()} · {datetime.datetime.now(tz=datetime.UTC).date()} · "
        f"{seeds} seeds",
        "",
        INTRODUCTION,
        "",
        "![Regret against trainings](regret.png)",
        *markdown(["table", "search", "default", *(f"{b} evaluations" for b in BUDGETS)], regret_rows(curves)),
        "",
        FLOORS,
        *markdown(["table", "search", "default", "floor"], floor_rows(curves)),
        "",
        "`regrets.csv` holds the medians and quartiles, `curves.csv` every run.",
        "",
        "## The searches",
        "",
        settings,
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=WORK, help="file of runs as they ended")
    parser.add_argument("--out", type=Path, default=Path("results/joint_benchmark"))
    arguments = parser.parse_args()
    curves = sorted(read(arguments.work).values(), key=lambda curve: curve.key)
    if not curves:
        raise SystemExit(f"no runs in {arguments.work}: start run.py first")
    arguments.out.mkdir(parents=True, exist_ok=True)
    with (arguments.out / "curves.csv").open("w", newline="") as file:
        write(file, curves, header=True)
    write_regrets(arguments.out / "regrets.csv", curves)
    (arguments.out / "regret.png").write_bytes(picture(curves))
    (arguments.out / "README.md").write_text(readme(curves))
    print(f"{len(curves)} runs: {arguments.out / 'README.md'}")


if __name__ == "__main__":
    main()
