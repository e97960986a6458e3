"""Joint search against search of one half, on tables whose rows are an architecture and a recipe.

    python experiments/joint_benchmark/run.py --data FOLDER [--seeds 20]

What has been run is not run again. Then `python experiments/joint_benchmark/report.py` writes results/joint_benchmark/.
"""

import argparse
import os
from collections.abc import Iterator
from pathlib import Path

from curves import Curve, Key, append, read
from sampler_tables import Point, Table, curve_text, known_tables, read_table
from searches import ARCHITECTURE, DEFAULTS, JOINT, RECIPE, STAGED, default, floor, halves, search, staged

BUDGETS = (25, 50, 100)
WORK = Path("experiments/joint_benchmark/runs/curves.csv")


def wanted(seeds: int, tables: list[str]) -> Iterator[Key]:
    """Every run, all of a seed before any of the next."""
    for seed in range(seeds):
        for table in tables:
            yield table, JOINT, "", BUDGETS[-1], seed
            for kind in DEFAULTS:
                yield table, ARCHITECTURE, kind, BUDGETS[-1], seed
                yield table, RECIPE, kind, BUDGETS[-1], seed
                for budget in BUDGETS:
                    yield table, STAGED, kind, budget, seed


def run_once(table: Table, strategy: str, kind: str, *, budget: int, seed: int) -> Curve:
    """One run; the floor of a search in two stages is that of its joint space."""
    architecture, recipe = halves(table)
    free = {ARCHITECTURE: architecture, RECIPE: recipe, STAGED: architecture, JOINT: [*architecture, *recipe]}[strategy]
    fixed = default(table, kind, seed=seed) if kind else (0,) * len(table.inputs)
    first = -(-budget // 2) if strategy == STAGED else budget
    points: list[Point] = search(table, sorted(free), fixed, evaluations=first, seed=seed)
    if strategy == STAGED:
        points = staged(table, points, evaluations=budget, seed=seed)
    return Curve(
        table=table.name,
        strategy=strategy,
        default=kind,
        budget=budget,
        seed=seed,
        floor=round(floor(table, free, fixed), 6) if strategy in (ARCHITECTURE, RECIPE) else 0.0,
        steps=curve_text([table.regret(point) for point in points]),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=os.environ.get("NARS_DATA"), help="folder of public data")
    parser.add_argument("--seeds", type=int, default=20, help="seeds 0 to this, exclusive")
    parser.add_argument("--work", type=Path, default=WORK, help="file of runs as they end")
    arguments = parser.parse_args()
    if arguments.data is None or not Path(arguments.data).is_dir():
        raise SystemExit("no folder of public data: --data FOLDER or the variable NARS_DATA")
    known = {name: description for name, description in known_tables().items() if description.recipe}
    tables = {name: read_table(name, description, Path(arguments.data)) for name, description in known.items()}
    done = read(arguments.work)
    for key in wanted(arguments.seeds, list(tables)):
        if key not in done:
            name, strategy, kind, budget, seed = key
            curve = run_once(tables[name], strategy, kind, budget=budget, seed=seed)
            append(arguments.work, curve)
            print(f"{name}, {strategy} {kind}, {budget}, seed {seed}: {curve.regret_at(budget):.4g}", flush=True)


if __name__ == "__main__":
    main()
