"""The best few of a search trained again with new seeds: a search's own best is flattered by its luck."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from nars.errors import ExperimentError
from nars.repeats.runs import Repeat, open_bench, trained
from nars.repeats.statistics import Groups, Interval
from nars.storage import EXPERIMENTS
from nars.trials import Trial


@dataclass(frozen=True, kw_only=True, slots=True)
class Confirmed:
    """One candidate, as searched beside as confirmed."""

    trial: Trial
    repeats: tuple[Repeat, ...]
    mean: Interval
    """Of its accuracies with new seeds."""
    chance: float
    """Probability that its true mean is the highest of those confirmed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Confirmation:
    """The best candidates of a search, the likeliest best first."""

    name: str
    """Of the experiment."""
    rows: tuple[Confirmed, ...]
    deviation: float
    """Standard deviation between seeds, pooled over the candidates."""

    @property
    def frame(self) -> pd.DataFrame:
        """One row per candidate and seed."""
        return pd.DataFrame(
            [
                {
                    "number": row.trial.number,
                    "id": row.trial.candidate.id,
                    "searched": row.trial.accuracy,
                    "seed": repeat.seed,
                    "accuracy": repeat.accuracy,
                    "mean": row.mean.mean,
                    "low": row.mean.low,
                    "high": row.mean.high,
                    "chance": row.chance,
                }
                for row in self.rows
                for repeat in row.repeats
            ]
        )


def confirm(
    name: str | Path,
    *,
    top: int = 3,
    seeds: int = 5,
    root: Path = EXPERIMENTS,
    storage: str | None = None,
    workers: int | None = None,
    device: str = "auto",
    report: Callable[[Repeat, int, int], None] | None = None,
) -> Confirmation:
    """Trains the most accurate candidates of an experiment again, in full, with new seeds.

    The study stays as it is. Called again, it goes on where it was stopped; with more seeds it trains the new ones.

    Args:
        name: Of the experiment, or its folder.
        top: How many candidates, of those trained in full.
        seeds: Trainings of each.
        root: Folder of all experiments.
        storage: Address of the database that holds the study, where it is not the embedded one.
        workers: Trainings side by side; see `nars.search`.
        device: ``auto`` is the GPU where there is one.
        report: Hears of each training that ends.

    Raises:
        ExperimentError: If there is no such experiment, no trial was trained in full, or a training fails.
        DataError: If the data is absent or has changed.
    """
    bench = open_bench(name, root=root, storage=storage, workers=workers, device=device, report=report)
    chosen = best_in_full(bench.trials, top)
    found = trained(bench, [trial.candidate for trial in chosen], seeds=seeds)
    groups = Groups(runs=tuple(tuple(one.accuracy for one in found[trial.candidate.id]) for trial in chosen))
    chances = groups.chances(rng=np.random.default_rng(0))
    rows = [
        Confirmed(
            trial=trial,
            repeats=found[trial.candidate.id],
            mean=groups.interval(index),
            chance=float(chances[index]),
        )
        for index, trial in enumerate(chosen)
    ]
    rows.sort(key=lambda row: -row.chance)
    return Confirmation(name=bench.name, rows=tuple(rows), deviation=groups.deviation)


def best_in_full(trials: tuple[Trial, ...], top: int) -> list[Trial]:
    """The most accurate trials that were trained in full, each candidate once.

    Raises:
        ExperimentError: If there is none.
    """
    ranked = sorted((t for t in trials if t.trained_in_full), key=lambda t: (-t.accuracy, t.cost.macs, t.number))
    different = list({trial.candidate.id: trial for trial in reversed(ranked)}.values())[::-1]
    if not different:
        raise ExperimentError(f"only a trial trained in full can be trained again, got none among {len(trials)} trials")
    return different[:top]
