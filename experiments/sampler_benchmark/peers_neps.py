"""NePS: its Bayesian optimisation, which its guide recommends where there is no fidelity and no prior.

Unordered inputs are categorical, ordered ones integers. It is asked point by point, so that those of a batch know of
the ones before them. One setting other than the default: 5 restarts of the acquisition's optimiser, not 20. Where there
are fewer combinations of categories than restarts it optimises once for each, which takes 5 s a point on FCNet.
"""

import logging
import random
import warnings
from collections.abc import Sequence
from importlib.metadata import version

import neps
import numpy as np
import torch
from neps.optimizers.algorithms import bayesian_optimization
from neps.space import HPOCategorical, HPOInteger, SearchSpace
from table import Input, Point


def make(name: str, inputs: Sequence[Input], *, seed: int, batch: int, evaluations: int) -> "NepsSampler":
    del name, batch, evaluations
    warnings.simplefilter("ignore")
    logging.getLogger("neps").setLevel(logging.ERROR)
    # NePS draws from the global generators.
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002
    torch.manual_seed(seed)
    return NepsSampler(inputs)


class NepsSampler:
    """NePS asked and told."""

    version = f"neural-pipeline-search {version('neural-pipeline-search')}"

    def __init__(self, inputs: Sequence[Input]) -> None:
        self._inputs = inputs
        space = SearchSpace({one.name: parameter(one) for one in inputs})
        self._neps = neps.AskAndTell(bayesian_optimization(space, num_restarts=5))
        self._running = []

    def ask(self, count: int) -> list[Point]:
        self._running = [self._neps.ask() for _ in range(count)]
        return [tuple(int(trial.config[one.name]) for one in self._inputs) for trial in self._running]

    def tell(self, points: Sequence[Point], losses: Sequence[float]) -> None:
        del points
        for trial, loss in zip(self._running, losses, strict=True):
            self._neps.tell(trial, loss)


def parameter(one: Input) -> HPOInteger | HPOCategorical:
    if one.ordered:
        return HPOInteger(0, one.size - 1)
    return HPOCategorical([str(value) for value in range(one.size)])
