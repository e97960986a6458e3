"""Syne Tune's BORE and CQR (conformal quantile regression), as its baselines set them.

Unordered inputs are choices, ordered ones whole numbers. Neither knows of evaluations that are running: in a batch they
are asked again and again on the same history.
"""

import logging
import warnings
from collections.abc import Sequence
from importlib.metadata import version

import numpy as np
from syne_tune.config_space import Domain, choice, randint
from syne_tune.optimizer.baselines import BORE, CQR
from syne_tune.optimizer.schedulers.ask_tell_scheduler import AskTellScheduler
from table import Input, Point


def make(name: str, inputs: Sequence[Input], *, seed: int, batch: int, evaluations: int) -> "SyneTuneSampler":
    del batch, evaluations
    warnings.simplefilter("ignore")
    logging.getLogger().setLevel(logging.ERROR)
    np.random.seed(seed)  # noqa: NPY002 BORE draws its random configurations from the global generator
    return SyneTuneSampler({"bore": BORE, "cqr": CQR}[name], inputs, seed=seed)


class SyneTuneSampler:
    """A Syne Tune scheduler asked and told."""

    version = f"syne-tune {version('syne-tune')}"

    def __init__(self, scheduler: type[BORE] | type[CQR], inputs: Sequence[Input], *, seed: int) -> None:
        self._inputs = inputs
        space = {one.name: domain(one) for one in inputs}
        self._scheduler = AskTellScheduler(scheduler(space, metric="loss", do_minimize=True, random_seed=seed))
        self._running = []

    def ask(self, count: int) -> list[Point]:
        self._running = [self._scheduler.ask() for _ in range(count)]
        return [tuple(int(trial.config[one.name]) for one in self._inputs) for trial in self._running]

    def tell(self, points: Sequence[Point], losses: Sequence[float]) -> None:
        del points
        for trial, loss in zip(self._running, losses, strict=True):
            self._scheduler.tell(trial, {"loss": loss})


def domain(one: Input) -> Domain:
    # Its choices of numbers would be read as ordered by some models: letters are not.
    return randint(0, one.size - 1) if one.ordered else choice([str(value) for value in range(one.size)])
