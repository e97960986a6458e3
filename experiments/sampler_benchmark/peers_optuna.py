"""NARS and Optuna's own samplers, in one Optuna study each, asked define-by-run.

Unordered inputs are categorical, ordered ones whole numbers. Settings other than Optuna 5's defaults (which make TPE
multivariate, with a constant liar):

- GP: ``deterministic_objective``, documented for objectives without noise.
- CMA-ES: ``with_margin``, documented for whole numbers. It has no categorical parameters: Optuna draws those at random,
  so on a table without ordered inputs it is random search.
"""

import warnings
from collections.abc import Sequence

import optuna
from table import Input, Point


def make(name: str, inputs: Sequence[Input], *, seed: int, batch: int, evaluations: int) -> "OptunaSampler":
    del batch, evaluations
    warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    if name == "nars":
        from nars import NarsSampler, __version__

        return OptunaSampler(NarsSampler(seed=seed), inputs, f"nars {__version__}")
    sampler = {
        "random": lambda: optuna.samplers.RandomSampler(seed=seed),
        "tpe": lambda: optuna.samplers.TPESampler(seed=seed),
        "gp": lambda: optuna.samplers.GPSampler(seed=seed, deterministic_objective=True),
        "cmaes": lambda: optuna.samplers.CmaEsSampler(seed=seed, with_margin=True, warn_independent_sampling=False),
        "nsga2": lambda: optuna.samplers.NSGAIISampler(seed=seed),
    }[name]()
    return OptunaSampler(sampler, inputs, f"optuna {optuna.__version__}")


class OptunaSampler:
    """Any Optuna sampler."""

    def __init__(self, sampler: optuna.samplers.BaseSampler, inputs: Sequence[Input], version: str) -> None:
        self.version = version
        self.study = optuna.create_study(sampler=sampler)
        self._inputs = inputs
        self._running: list[optuna.Trial] = []

    def ask(self, count: int) -> list[Point]:
        points = []
        for _ in range(count):
            # Each trial is asked for its values at once, so that the next sees them as running.
            trial = self.study.ask()
            points.append(tuple(suggest(trial, one) for one in self._inputs))
            self._running.append(trial)
        return points

    def tell(self, points: Sequence[Point], losses: Sequence[float]) -> None:
        del points
        for trial, loss in zip(self._running, losses, strict=True):
            self.study.tell(trial, loss)
        self._running = []


def suggest(trial: optuna.Trial, one: Input) -> int:
    if one.ordered:
        return trial.suggest_int(one.name, 0, one.size - 1)
    return int(trial.suggest_categorical(one.name, tuple(range(one.size))))
