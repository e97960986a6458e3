"""Runs samplers on tables of real trainings, one run after another; what has been run is not run again.

    python experiments/sampler_benchmark/run.py --data FOLDER                 NARS and every peer that is installed
    python experiments/sampler_benchmark/run.py --data FOLDER --samplers nars tpe --tables nas_bench_201 --seeds 5
    python experiments/sampler_benchmark/run.py --csv FILE --objective COLUMN [--minimize] --inputs A B C

Seeds are done in stages (all samplers and tables with 3 seeds before any with 5), so that the queue can be stopped at
any moment. Then `python experiments/sampler_benchmark/report.py` writes results/sampler_benchmark/.

Peers: `pip install -e '.[bench-optuna,bench-smac,bench-synetune,bench-ax]'`. NePS asks for another BoTorch than Ax:
give `.[bench-neps]` an environment of its own and run it there with `--samplers neps`. A sampler that is not installed
is skipped, and the rows of all environments end up in one folder. A peer needs NumPy, pandas and PyYAML beside itself.
"""

import argparse
import importlib
import os
import time
import traceback
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import one_thread  # noqa: F401 first, for its effect on those below
from rows import Run, append_run, curve_text, read_runs, write_runs
from sampler import MODULES, make_sampler
from table import Description, Table, known_tables, read_table

STAGES = (1, 3, 5, 10, 20)
WORK = Path("experiments/sampler_benchmark/runs")
COLLECTED = Path("results/sampler_benchmark/runs.csv.gz")


def run_once(table: Table, name: str, *, batch: int, seed: int, evaluations: int) -> Run:
    """One run from its first proposal to its last evaluation."""
    start = time.process_time()
    sampler = make_sampler(name, table.inputs, seed=seed, batch=batch, evaluations=evaluations)
    sampler_s = time.process_time() - start
    points, regrets = [], []
    while len(points) < evaluations:
        start = time.process_time()
        asked = sampler.ask(min(batch, evaluations - len(points)))
        sampler_s += time.process_time() - start
        points += asked
        regrets += [table.regret(point) for point in asked]
        losses = [table.loss(point) for point in asked]
        start = time.process_time()
        sampler.tell(asked, losses)
        sampler_s += time.process_time() - start
    return Run(
        table=table.name,
        sampler=name,
        batch=batch,
        seed=seed,
        evaluations=evaluations,
        distinct=len(set(points)),
        sampler_s=round(sampler_s, 2),
        version=sampler.version,
        curve=curve_text(regrets),
    )


def wanted(
    tables: Sequence[Table], samplers: Sequence[str], batches: Sequence[int], seeds: int
) -> Iterator[tuple[Table, str, int, int]]:
    """Table, sampler, batch size and seed of every run, in the order of the queue."""
    stages = [0, *(stage for stage in STAGES if stage < seeds), seeds]
    for first, last in pairwise(stages):
        for name in samplers:
            for batch in batches:
                for table in tables:
                    for seed in range(first, last):
                        yield table, name, batch, seed


def chosen_tables(arguments: argparse.Namespace) -> list[Table]:
    """The tables named on the command line."""
    if arguments.csv:
        description = Description(
            file=arguments.csv.name,
            objective=arguments.objective,
            inputs=arguments.inputs,
            categorical=arguments.categorical,
            minimize=arguments.minimize,
            log=arguments.log,
        )
        return [read_table(arguments.csv.name.split(".")[0], description, arguments.csv.parent)]
    if arguments.data is None or not arguments.data.is_dir():
        raise SystemExit("no folder of public data: --data FOLDER or the variable NARS_DATA; or --csv FILE")
    known = known_tables()
    return [read_table(name, known[name], arguments.data) for name in arguments.tables or known]


def installed(names: Sequence[str]) -> list[str]:
    """Samplers whose packages are there; the others are named."""
    found = []
    for name in names:
        try:
            importlib.import_module(MODULES[name])
            found.append(name)
        except ModuleNotFoundError as error:
            print(f"{name} is skipped: {error.name} is not installed", flush=True)
    return found


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=os.environ.get("NARS_DATA"), help="folder of public data")
    parser.add_argument("--tables", nargs="+", choices=known_tables(), help="default: all")
    parser.add_argument("--samplers", nargs="+", choices=MODULES, default=list(MODULES))
    parser.add_argument("--batches", nargs="+", type=int, default=[1, 8])
    parser.add_argument("--seeds", type=int, default=20, help="seeds 0 to this, exclusive")
    parser.add_argument("--evaluations", type=int, default=200)
    parser.add_argument("--work", type=Path, default=WORK, help="rows of runs as they end")
    parser.add_argument("--fresh", action="store_true", help="first drop all rows of the named samplers")
    group = parser.add_argument_group("a table of your own, instead of the known ones")
    group.add_argument("--csv", type=Path)
    group.add_argument("--objective", nargs="+", help="columns; their mean where there are several")
    group.add_argument("--inputs", nargs="+", help="columns that a sampler chooses")
    group.add_argument("--categorical", nargs="+", help="those without order; default: text and columns of two values")
    group.add_argument("--minimize", action="store_true")
    group.add_argument("--log", action="store_true", help="regrets are differences of logarithms")
    arguments = parser.parse_args()
    if arguments.csv and not (arguments.objective and arguments.inputs):
        parser.error("--csv needs --objective and --inputs")
    return arguments


def drop(samplers: Sequence[str], work: Path) -> None:
    for name in samplers:
        (work / f"{name}.csv").unlink(missing_ok=True)
    if COLLECTED.is_file():
        write_runs(COLLECTED, (run for run in read_runs([COLLECTED]).values() if run.sampler not in samplers))


def main() -> None:
    arguments = parse_arguments()
    tables = chosen_tables(arguments)
    if arguments.fresh:
        drop(arguments.samplers, arguments.work)
    samplers = installed(arguments.samplers)
    paths = {name: arguments.work / f"{name}.csv" for name in samplers}
    done = read_runs([COLLECTED, *paths.values()])
    failures = 0
    for table, name, batch, seed in wanted(tables, samplers, arguments.batches, arguments.seeds):
        known = done.get((table.name, name, batch, seed))
        if known and known.evaluations >= arguments.evaluations:
            continue
        label = f"{table.name} {name} batch {batch} seed {seed}"
        try:
            run = run_once(table, name, batch=batch, seed=seed, evaluations=arguments.evaluations)
        except Exception:  # noqa: BLE001 a peer's failure is said, and the queue goes on
            print(f"{label}: failed\n{traceback.format_exc()}", flush=True)
            failures += 1
            continue
        append_run(paths[name], run)
        print(f"{label}: regret {run.regret_at(arguments.evaluations):.4g}, {run.sampler_s:.1f} s", flush=True)
    if failures:
        raise SystemExit(f"{failures} runs failed")


if __name__ == "__main__":
    main()
