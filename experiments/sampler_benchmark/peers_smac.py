"""SMAC3: its facade for hyperparameter optimisation (random forest, log expected improvement, Sobol start).

Unordered inputs are categorical, ordered ones ordinal hyperparameters. Settings other than the defaults: the objective
is deterministic, and the forest is fitted again for every batch instead of every eight configurations, which is the
better use of it where evaluations come one by one. The Sobol start takes a quarter of all evaluations, as by default.
"""

import logging
import tempfile
from collections.abc import Sequence
from importlib.metadata import version

from ConfigSpace import CategoricalHyperparameter, Configuration, ConfigurationSpace, OrdinalHyperparameter
from joblib import parallel_config
from smac import HyperparameterOptimizationFacade, Scenario
from smac.runhistory.dataclasses import TrialInfo, TrialValue
from table import Input, Point


def make(name: str, inputs: Sequence[Input], *, seed: int, batch: int, evaluations: int) -> "SmacSampler":
    del name
    return SmacSampler(inputs, seed=seed, batch=batch, evaluations=evaluations)


class SmacSampler:
    """SMAC3 asked and told."""

    version = f"smac {version('smac')}"

    def __init__(self, inputs: Sequence[Input], *, seed: int, batch: int, evaluations: int) -> None:
        self._inputs = inputs
        self._folder = tempfile.TemporaryDirectory()  # SMAC wants one; nothing in it is read
        space = ConfigurationSpace(seed=seed)
        space.add([hyperparameter(one) for one in inputs])
        scenario = Scenario(
            space, output_directory=self._folder.name, deterministic=True, n_trials=evaluations, seed=seed
        )
        facade = HyperparameterOptimizationFacade
        self._smac = facade(
            scenario,
            no_target,
            config_selector=facade.get_config_selector(scenario, retrain_after=batch),
            logging_level=logging.ERROR,
            overwrite=True,
        )
        self._running: list[TrialInfo] = []

    def ask(self, count: int) -> list[Point]:
        # Its forest would start as many threads as there are cores, and mostly wait for them.
        with parallel_config("sequential"):
            self._running = [self._smac.ask() for _ in range(count)]
        return [self._point(info.config) for info in self._running]

    def tell(self, points: Sequence[Point], losses: Sequence[float]) -> None:
        del points
        for info, loss in zip(self._running, losses, strict=True):
            self._smac.tell(info, TrialValue(cost=loss), save=False)

    def _point(self, configuration: Configuration) -> Point:
        return tuple(int(configuration[one.name]) for one in self._inputs)


def hyperparameter(one: Input) -> CategoricalHyperparameter | OrdinalHyperparameter:
    if one.ordered:
        return OrdinalHyperparameter(one.name, range(one.size))
    return CategoricalHyperparameter(one.name, range(one.size))


def no_target(configuration: Configuration, seed: int) -> float:
    """SMAC wants a function; asked and told, it never calls it."""
    raise NotImplementedError
