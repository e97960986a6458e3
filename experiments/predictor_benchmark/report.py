"""Writes results/predictor_benchmark/ from the scores: README.md, correlations.csv, one picture for each correlation.

python experiments/predictor_benchmark/report.py
"""

import argparse
import ast
import csv
import datetime
import platform
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from sampler_tables import known_tables  # first: it keeps to one thread

from models import MODELS, PLAIN  # isort: skip
from pictures import correlation_picture
from run import FEW_SEEDS, SIZES, WORK
from scores import Cell, Score, by_cell, gain, read, spread

OWN = "nars"
REACH = {
    "accel_nasbench": {20: 0.73, 50: 0.81, 100: 0.85, 200: 0.88, 400: 0.90},
    "nas_bench_macro": {20: 0.78, 50: 0.87, 100: 0.90, 200: 0.93, 400: 0.94},
    "nas_bench_201": {78: 0.60, 156: 0.68, 469: 0.78},
}
"""Kendall correlations that NARS set out to reach (issue 4); measured elsewhere, on other splits."""
GAINS = (
    ("nars", "nars, no costs", "`nars`: costs as inputs"),
    ("joint", "joint, not pretrained", "`joint`: an encoder pretrained on costs"),
)
INTRODUCTION = """\
Each model learns from some rows of a table of real trainings and is asked for others: 2,000 held-out rows, drawn at
random, the same for all models and sizes of one seed; what it learns from at one size is part of what it learns from at
the next. Figures are medians over the seeds, with quartiles in brackets.
A table without costs has one line of `nars` and of `joint`: there are none to learn from."""


def cell_text(scores: Sequence[Score] | None, measure: str, *, seeds: int) -> str:
    """Median and quartiles; the number of seeds where it is another than elsewhere in the table."""
    if not scores:
        return ""
    found = spread(getattr(score, measure) for score in scores)
    note = "" if found.seeds == seeds else f" ({found.seeds} seed{'s' * (found.seeds > 1)})"
    return f"{found.median:.3f} [{found.q1:.3f}, {found.q3:.3f}]{note}"


def markdown(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = ["", "| " + " | ".join(header) + " |", "|---" * len(header) + "|"]
    return [*lines, *("| " + " | ".join(row) + " |" for row in rows)]


def correlation_lines(cells: Mapping[Cell, list[Score]], table: str, measure: str) -> list[str]:
    """All models of a table."""
    sizes = sorted({size for name, _, size in cells if name == table})
    seeds = max(len(scores) for cell, scores in cells.items() if cell[0] == table)
    body = []
    for model in MODELS:
        if any((table, model, size) in cells for size in sizes):
            texts = [cell_text(cells.get((table, model, size)), measure, seeds=seeds) for size in sizes]
            body.append([model, *texts])
    return markdown([f"{table}, {measure}", *(f"{size} rows" for size in sizes)], body)


def median(cells: Mapping[Cell, list[Score]], table: str, model: str, size: int) -> float | None:
    scores = cells.get((table, model, size))
    return spread(score.kendall for score in scores).median if scores else None


def best_plain(cells: Mapping[Cell, list[Score]], table: str, size: int) -> tuple[float, str] | None:
    """The plain model of the highest median Kendall."""
    medians = [(value, model) for model in PLAIN if (value := median(cells, table, model, size)) is not None]
    return max(medians) if medians else None


def plain_rows(cells: Mapping[Cell, list[Score]]) -> list[list[str]]:
    """Ours beside the best plain model and beside MACs alone."""
    rows = []
    for table, size in sorted({(table, size) for table, model, size in cells if model == OWN}, key=_order):
        ours, best = median(cells, table, OWN, size), best_plain(cells, table, size)
        macs = median(cells, table, "MACs alone", size)
        if ours is not None and best is not None:
            by_macs = "" if macs is None else f"{macs:.3f}"
            rows.append(
                [table, str(size), f"{ours:.3f}", f"{best[0]:.3f} ({best[1]})", f"{ours - best[0]:+.3f}", by_macs]
            )
    return rows


def reach_rows(cells: Mapping[Cell, list[Score]]) -> list[list[str]]:
    """Ours beside what was to be reached."""
    rows = []
    for table, goals in REACH.items():
        for size, goal in goals.items():
            ours = median(cells, table, OWN, size)
            if ours is not None:
                rows.append([table, str(size), f"{ours:.3f}", f"{goal:.2f}", f"{ours - goal:+.3f}"])
    return rows


def gain_rows(cells: dict[Cell, list[Score]]) -> list[list[str]]:
    """What costs are worth at each size, paired by seed."""
    rows = []
    for table in known_tables():
        for model, without, words in GAINS:
            gains = [gain(cells, table, model, without, size) for size in SIZES]
            if any(gains):
                rows.append(
                    [table, words, *(f"{g.median:+.3f} [{g.q1:+.3f}, {g.q3:+.3f}]" if g else "" for g in gains)]
                )
    return rows


def second_rows(cells: Mapping[Cell, list[Score]]) -> list[list[str]]:
    """Median CPU seconds of a model at a size, the slowest table."""
    rows = []
    for model in MODELS:
        slowest = []
        for size in SIZES:
            found = [
                spread(s.seconds for s in scores).median
                for (_, m, n), scores in cells.items()
                if (m, n) == (model, size)
            ]
            slowest.append(f"{max(found):.2f}" if found else "")
        rows.append([model, *slowest])
    return rows


def write_csv(path: Path, cells: Mapping[Cell, list[Score]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        measures = ("kendall", "spearman")
        spreads = [f"{measure}_{name}" for measure in measures for name in ("median", "q1", "q3")]
        writer.writerow(["table", "model", "rows", "seeds", *spreads, "seconds_median"])
        for (table, model, size), scores in sorted(cells.items()):
            found = [spread(getattr(score, measure) for score in scores) for measure in measures]
            figures = [f"{value:.4f}" for one in found for value in (one.median, one.q1, one.q3)]
            seconds = f"{spread(score.seconds for score in scores).median:.3f}"
            writer.writerow([table, model, size, len(scores), *figures, seconds])


def machine() -> str:
    info = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.split(":")[1].strip() for line in info if line.startswith("model name")]
    return f"{names[0] if names else platform.processor()}, {len(names)} cores, busy with other work, one thread"


def readme(cells: dict[Cell, list[Score]]) -> str:
    tables = [name for name in known_tables() if any(cell[0] == name for cell in cells)]
    sizes = [f"{size} rows" for size in SIZES]
    seeds = max(len(scores) for scores in cells.values())
    few = ", ".join(f"{seeds} at {size} rows" for (_, size), seeds in sorted(FEW_SEEDS.items()))
    lines = [
        "# Predictors on tables of real trainings",
        "",
        "Commands: `python experiments/predictor_benchmark/run.py --data FOLDER`, then `report.py` beside it · "
        f"{machine()}, Python {platform.python_version()} · {datetime.datetime.now(tz=datetime.UTC).date()}",
        "",
        f"{INTRODUCTION} {seeds} seeds; the plain GP is slow and has fewer: {few}.",
        "",
        "![Kendall correlation against rows](kendall.png)",
        "",
        "![Spearman correlation against rows](spearman.png)",
        "",
        "## Beside the best plain model",
        *markdown(["table", "rows", "nars", "best plain model", "nars above it", "MACs alone"], plain_rows(cells)),
        "",
        "## Beside what was to be reached",
        *markdown(["table", "rows", "nars", "reach", "nars above it"], reach_rows(cells)),
        "",
        "## What free costs are worth",
        "",
        "Kendall with costs less Kendall without, on the same rows: median over the seeds, and quartiles.",
        *markdown(["table", "where", *sizes], gain_rows(cells)),
    ]
    for measure in ("kendall", "spearman"):
        lines += ["", f"## {measure.capitalize()} correlation"]
        for table in tables:
            lines += correlation_lines(cells, table, measure)
    lines += ["", "## Seconds", "", "CPU seconds to learn and to tell 2,000 rows, median, on the slowest table."]
    lines += markdown(["model", *sizes], second_rows(cells))
    source = Path(__file__).with_name("models.py").read_text()
    return "\n".join([*lines, "", "## Models", "", ast.get_docstring(ast.parse(source)) or ""]) + "\n"


def _order(pair: tuple[str, int]) -> tuple[int, int]:
    return list(known_tables()).index(pair[0]), pair[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=WORK, help="file of scores as they were told")
    parser.add_argument("--out", type=Path, default=Path("results/predictor_benchmark"))
    arguments = parser.parse_args()
    scores = read(arguments.work)
    if not scores:
        raise SystemExit(f"no scores in {arguments.work}: start run.py first")
    cells = by_cell(scores.values())
    arguments.out.mkdir(parents=True, exist_ok=True)
    write_csv(arguments.out / "correlations.csv", cells)
    tables = [name for name in known_tables() if any(cell[0] == name for cell in cells)]
    for measure in ("kendall", "spearman"):
        picture = correlation_picture(cells, tables, measure=measure, reach=REACH if measure == "kendall" else {})
        (arguments.out / f"{measure}.png").write_bytes(picture)
    (arguments.out / "README.md").write_text(readme(cells))
    print(f"{len(scores)} scores: {arguments.out / 'README.md'}")


if __name__ == "__main__":
    main()
