"""How well predictors rank held-out rows of tables of real trainings; what has been run is not run again.

    python experiments/predictor_benchmark/run.py --data FOLDER
    python experiments/predictor_benchmark/run.py --data FOLDER --tables nas_bench_201 --models nars ridge --seeds 5

All models, tables and sizes are done with one seed before any with the next, so that the queue can be stopped at any
moment; the slow ones come last and stop at fewer seeds (`FEW_SEEDS`). Then
`python experiments/predictor_benchmark/report.py` writes results/predictor_benchmark/.
"""

import argparse
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import sampler_tables  # noqa: F401 first: it keeps to one thread
from encoded import Rows, rows_of, split
from models import MODELS, NEED_COSTS
from sampler_tables import known_tables, read_table
from scores import Key, Score, append, read

from nars.predictors import kendall_tau, spearman

SIZES = (20, 50, 100, 200, 500, 1000)
SIZES_OF_OTHERS = {
    "accel_nasbench": (400,),
    "nas_bench_macro": (400,),
    "nas_bench_201": (78, 156, 469),
}
"""Sizes at which others have measured on these tables."""
FEW_SEEDS = {("gp", 400): 3, ("gp", 469): 3, ("gp", 500): 3, ("gp", 1000): 1}
WORK = Path("experiments/predictor_benchmark/runs/scores.csv")


def score(name: str, rows: Rows, model: str, *, size: int, seed: int) -> Score:
    """One model's correlations on the held-out rows of one split."""
    seen, held_out = split(len(rows.worth_N), size=size, seed=seed)
    start = time.process_time()
    told_N = MODELS[model](rows, seen, held_out, seed)
    seconds = time.process_time() - start
    worth_N = rows.worth_N[held_out]
    return Score(
        table=name,
        model=model,
        size=size,
        seed=seed,
        kendall=round(kendall_tau(told_N, worth_N), 5),
        spearman=round(spearman(told_N, worth_N), 5),
        seconds=round(seconds, 3),
    )


def wanted(tables: dict[str, Rows], models: Sequence[str], seeds: int) -> Iterator[Key]:
    """Table, model, size and seed of every score, in the order of the queue."""
    keys = list(_by_seed(tables, models, seeds))
    slow = [key for key in keys if (key[1], key[2]) in FEW_SEEDS]
    yield from (key for key in keys if key not in slow)
    yield from slow


def _by_seed(tables: dict[str, Rows], models: Sequence[str], seeds: int) -> Iterator[Key]:
    for seed in range(seeds):
        for name, rows in tables.items():
            for size in sorted({*SIZES, *SIZES_OF_OTHERS.get(name, ())}):
                for model in models:
                    has_costs = rows.costs_NC.shape[1] > 0
                    if seed < FEW_SEEDS.get((model, size), seeds) and (has_costs or model not in NEED_COSTS):
                        yield name, model, size, seed


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=os.environ.get("NARS_DATA"), help="folder of public data")
    parser.add_argument("--tables", nargs="+", choices=known_tables(), default=list(known_tables()))
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    parser.add_argument("--seeds", type=int, default=10, help="seeds 0 to this, exclusive")
    parser.add_argument("--work", type=Path, default=WORK, help="file of scores as they are told")
    arguments = parser.parse_args()
    if arguments.data is None or not Path(arguments.data).is_dir():
        raise SystemExit("no folder of public data: --data FOLDER or the variable NARS_DATA")
    return arguments


def main() -> None:
    arguments = parse_arguments()
    known = known_tables()
    tables = {name: rows_of(read_table(name, known[name], Path(arguments.data))) for name in arguments.tables}
    done = read(arguments.work)
    for name, model, size, seed in wanted(tables, arguments.models, arguments.seeds):
        if (name, model, size, seed) not in done:
            told = score(name, tables[name], model, size=size, seed=seed)
            append(arguments.work, told)
            print(f"{name} {size} rows, {model}, seed {seed}: {told.kendall:.3f}, {told.seconds:.1f} s", flush=True)


if __name__ == "__main__":
    main()
