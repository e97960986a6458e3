"""How long a study of ten thousand finished trials takes to open, to read and to ask for the next trial.

    python experiments/storage_benchmark/run.py                                     the embedded file
    python experiments/storage_benchmark/run.py --storage postgresql+psycopg://USER:WORD@HOST/DATABASE

The trials are random candidates of `search_spaces/digits.yaml` whose accuracy and learning curve are a fixed function
of their features; nothing is trained. They are written as a search writes them, then a fresh process
opens the study: `open` connects and reads the space, `read` builds every trial, `resume` finds the round under way,
which proposes its batch (predictor's fit included) and adds it, `ask` gives one trial of it, `tell and ask` ends that
one and asks again. Rows are appended to results/storage_benchmark/seconds.csv.
"""

import argparse
import csv
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import TypeVar

import numpy as np
import optuna

from nars.cost.formula import candidate_cost
from nars.data.shape import fit_to_data
from nars.samplers import CostBounds
from nars.space import Candidate, SearchSpace, load_space
from nars.storage import find_experiment
from nars.storage.objectives import objective_values
from nars.storage.trial_records import EVALUATION, running_trial
from nars.study import Study
from nars.trials import EpochRecord, Evaluation, SearchStage

T = TypeVar("T")

SPACE = Path("search_spaces/digits.yaml")
NAME = "many"
OUT = Path("results/storage_benchmark/seconds.csv")


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """Seconds of one step."""

    storage: str
    trials: int
    step: str
    wall_s: float
    cpu_s: float


def candidates(space: SearchSpace, count: int) -> list[Candidate]:
    """Different random candidates inside the constraints."""
    rng, bounds = np.random.default_rng(0), CostBounds(space)
    found: dict[str, Candidate] = {}
    while len(found) < count:
        for candidate in space.decode(bounds.meeting(space.sample_codes(count, rng=rng))):
            found.setdefault(candidate.id, candidate)
    return list(found.values())[:count]


def evaluation(accuracy: float, candidate: Candidate) -> Evaluation:
    """A run in full that rises to an accuracy."""
    epochs = candidate.recipe.epochs
    curve = tuple(
        EpochRecord(
            epoch=epoch, train_loss=1 / epoch, val_loss=1 / epoch, val_accuracy=accuracy * epoch / epochs, lr=0.1,
            wall_s=1.0,
        )
        for epoch in range(1, epochs + 1)
    )  # fmt: skip
    return Evaluation(accuracy=accuracy, epochs=epochs, curve=curve, wall_s=5.0)


def fill(count: int, root: Path, storage: str | None) -> None:
    """A study with so many finished trials, and a round to come."""
    space = fit_to_data(load_space(SPACE))
    settings = replace(space.settings, trials=count + 64, first_round=count, round_size=8, final=2)
    Study.create(space, name=NAME, root=root, settings=settings, storage=storage).close()
    experiment = find_experiment(NAME, root=root, storage=storage)
    chosen = candidates(space, count)
    features = space.features(space.encode(chosen))
    slope = (features - 0.5) @ np.random.default_rng(1).normal(size=features.shape[1]) / np.sqrt(features.shape[1])
    accuracies = np.clip(0.8 + 0.1 * slope, 0.0, 1.0)
    study = optuna.load_study(study_name=experiment.study_name or NAME, storage=experiment.url)
    for candidate, accuracy in zip(chosen, accuracies.tolist(), strict=True):
        cost = candidate_cost(candidate)
        frozen = running_trial(
            space, candidate, stage=SearchStage.COARSE, round_index=0, fidelity=1.0, seed=0, cost=cost
        )
        told = evaluation(accuracy, candidate)
        frozen.state = optuna.trial.TrialState.COMPLETE
        frozen.values = list(objective_values(space, accuracy, cost))
        frozen.datetime_complete = frozen.datetime_start
        frozen.intermediate_values = {record.epoch: record.val_accuracy for record in told.curve}
        frozen.set_user_attr(EVALUATION, asdict(told))
        study.add_trial(frozen)


def measure(root: Path, storage: str | None) -> list[Row]:
    """Every step once, in this process."""
    rows: list[Row] = []
    kind = "embedded" if storage is None else storage.partition(":")[0]

    def timed(step: str, act: Callable[[], T]) -> T:
        wall, cpu = time.perf_counter(), time.process_time()
        found = act()
        rows.append(
            Row(
                storage=kind,
                trials=0,
                step=step,
                wall_s=round(time.perf_counter() - wall, 3),
                cpu_s=round(time.process_time() - cpu, 3),
            )
        )
        return found

    study = timed("open", lambda: Study.open(NAME, root=root, storage=storage))
    count = len(timed("read", lambda: study.trials))
    timed("resume", study.current_round)
    trial = timed("ask", study.ask)
    assert trial is not None
    study.tell(trial, 0.9)
    timed("ask again", study.ask)
    study.close()
    return [replace(row, trials=count) for row in rows]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=10_000)
    parser.add_argument("--storage", help="address of a database instead of the embedded file")
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure is not None:
        rows = measure(given.measure, given.storage)
        new = not given.out.is_file()
        given.out.parent.mkdir(parents=True, exist_ok=True)
        with given.out.open("a", newline="") as file:
            writer = csv.DictWriter(file, [field.name for field in fields(Row)])
            if new:
                writer.writeheader()
            writer.writerows(asdict(row) for row in rows)
        print(*rows, sep="\n")
        return
    with tempfile.TemporaryDirectory() as folder:
        fill(given.trials, Path(folder), given.storage)
        again = [sys.executable, __file__, "--measure", folder, "--out", str(given.out)]
        subprocess.run(again + (["--storage", given.storage] if given.storage else []), check=True, env=os.environ)


if __name__ == "__main__":
    main()
