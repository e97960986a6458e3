"""What many workers bring: a search replayed with the real durations of Accel-NASBench's ImageNet trainings.

    python experiments/scaling/run.py --data FOLDER                                   random search, 1 to 1,024 workers
    python experiments/scaling/run.py --data FOLDER --sampler nars --seeds 3 --trials 192 --workers 1 4 16 64

FOLDER holds tables/accel_nasbench_imagenet.csv.gz. Each trial takes its row's `train_time`; proposing, starting and
storing take no time here. Three ways to hand out trials: rounds as large as there are workers, rounds four times as
large, and asynchronously. Told are the share of the workers' time in which they trained, and the hours until a network
of the best 0.2 % of the table is trained. Rows are written as they come, each in the place of its like; those of other
samplers stay, and of the same one those of as many trials. Writes results/scaling/.
"""

import argparse
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import optuna
import pandas as pd
from clock import Run, Searcher, asynchronous, synchronous
from picture import MEDIAN, draw, quartiles
from sampler_tables import Point, Table, known_tables, make_sampler, read_table, suggest

OUT = Path("results/scaling")
TABLE = "accel_nasbench"
BEST = 0.002
"""Share of the table's rows that count as found."""
MODES = ("rounds of W", "rounds of 4 W", "asynchronous")


class RandomRows:
    """Rows of the table, each as likely as any other."""

    def __init__(self, table: Table, *, seed: int) -> None:
        self._count, self._rng = len(table), np.random.default_rng(seed)

    def ask(self, count: int) -> list[int]:
        return self._rng.integers(self._count, size=count).tolist()

    def tell(self, row: int) -> None:
        """Random search learns nothing."""


class SampledRows:
    """What a sampler of the benchmark asks for; points outside the table are their nearest rows."""

    def __init__(self, table: Table, name: str, *, seed: int) -> None:
        self._table = table
        self._study = make_sampler(name, table.inputs, seed=seed, batch=1, evaluations=1).study
        # trials end in another order than they began
        self._under_way: dict[int, list[tuple[optuna.Trial, Point]]] = {}

    def ask(self, count: int) -> list[int]:
        rows = []
        for _ in range(count):
            trial = self._study.ask()
            point = tuple(suggest(trial, one) for one in self._table.inputs)
            row = self._table.row(point)
            self._under_way.setdefault(row, []).append((trial, point))
            rows.append(row)
        return rows

    def tell(self, row: int) -> None:
        trial, point = self._under_way[row].pop(0)
        self._study.tell(trial, self._table.loss(point))


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One simulated search."""

    sampler: str
    mode: str
    workers: int
    seed: int
    trials: int
    busy_share: float
    hours: float
    """Until the last trial ended."""
    hours_to_target: float | None


def simulated(searcher: Searcher, seconds_N: np.ndarray, mode: str, *, workers: int, trials: int) -> Run:
    seconds = seconds_N.tolist()
    if mode == "asynchronous":
        return asynchronous(searcher, seconds, workers=workers, trials=trials)
    size = workers * (4 if mode == "rounds of 4 W" else 1)
    return synchronous(searcher, seconds, workers=workers, trials=trials, round_size=size)


def rows_of(given: argparse.Namespace) -> Iterator[Row]:
    description = known_tables()[TABLE]
    table = read_table(TABLE, description, given.data)
    times = read_table(TABLE, replace(description, objective=["train_time"], minimize=True), given.data)
    assert np.array_equal(table.codes_ND, times.codes_ND)
    good = frozenset(np.argsort(table.losses_N, kind="stable")[: max(1, round(BEST * len(table)))].tolist())
    for seed in range(given.seeds):
        for workers in given.workers:
            for mode in MODES:
                searcher = (
                    RandomRows(table, seed=seed)
                    if given.sampler == "random"
                    else SampledRows(table, given.sampler, seed=seed)
                )
                run = simulated(searcher, times.losses_N, mode, workers=workers, trials=given.trials)
                found_s = run.seconds_to(good)
                yield Row(
                    sampler=given.sampler,
                    mode=mode,
                    workers=workers,
                    seed=seed,
                    trials=given.trials,
                    busy_share=round(run.busy_share, 5),
                    hours=round(max(run.ended_s) / 3600, 4),
                    hours_to_target=None if found_s is None else round(found_s / 3600, 4),
                )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument(
        "--sampler", default="random", help="random, or nars, tpe, ... of experiments/sampler_benchmark"
    )
    parser.add_argument("--workers", type=int, nargs="+", default=[2**power for power in range(11)])
    parser.add_argument("--trials", type=int, default=16_384)
    parser.add_argument("--seeds", type=int, default=20, help="seeds 0 to this, exclusive")
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    path = given.out / "runs.csv"
    kept = pd.read_csv(path) if path.is_file() else pd.DataFrame(columns=list(Row.__dataclass_fields__))
    kept = kept[(kept.sampler != given.sampler) | (kept.trials == given.trials)]
    given.out.mkdir(parents=True, exist_ok=True)
    rows: list[Row] = []
    for row in rows_of(given):
        print(row, flush=True)
        rows.append(row)
        new = pd.DataFrame([asdict(row) for row in rows]).astype({"hours_to_target": float})  # none found is NaN
        runs = pd.concat([kept, new], ignore_index=True) if len(kept) else new
        runs = runs.drop_duplicates(["sampler", "mode", "workers", "seed"], keep="last")
        runs.to_csv(path, index=False)  # as they come: a search that learns takes minutes, and all of them hours
    if runs["hours_to_target"].notna().any():  # else there is nothing to draw on a scale of hours
        (given.out / "scaling.png").write_bytes(draw(runs))
    columns = ["busy_share", "hours", "hours_to_target"]
    for mode, inside in new.groupby("mode", sort=False):
        told = pd.DataFrame({column: quartiles(inside, column)[MEDIAN] for column in columns})
        print(f"{mode}\n{told.to_string()}")


if __name__ == "__main__":
    main()
