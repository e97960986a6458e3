"""Ax with its default strategy: the centre, Sobol points, then BoTorch's Gaussian process (log noisy EI).

All inputs are choice parameters, ordered or not. In batches of more than five the start is one batch long, since Ax
would otherwise hand out fewer points than it is asked for.
"""

import logging
import warnings
from collections.abc import Sequence
from importlib.metadata import version

from ax.api.client import Client
from ax.api.configs import ChoiceParameterConfig
from ax.utils.common.logger import set_ax_logger_levels
from table import Input, Point


def make(name: str, inputs: Sequence[Input], *, seed: int, batch: int, evaluations: int) -> "AxSampler":
    del name, evaluations
    warnings.simplefilter("ignore")
    set_ax_logger_levels(logging.ERROR)
    return AxSampler(inputs, seed=seed, batch=batch)


class AxSampler:
    """Ax asked and told."""

    version = f"ax-platform {version('ax-platform')}"

    def __init__(self, inputs: Sequence[Input], *, seed: int, batch: int) -> None:
        self._inputs = inputs
        self._client = Client(random_seed=seed)
        self._client.configure_experiment(parameters=[parameter(one) for one in inputs])
        self._client.configure_optimization(objective="-loss")
        self._client.configure_generation_strategy(initialization_budget=max(5, batch), initialization_random_seed=seed)
        self._running: list[int] = []

    def ask(self, count: int) -> list[Point]:
        trials = self._client.get_next_trials(max_trials=count)
        self._running = list(trials)
        return [tuple(int(values[one.name]) for one in self._inputs) for values in trials.values()]

    def tell(self, points: Sequence[Point], losses: Sequence[float]) -> None:
        del points
        for index, loss in zip(self._running, losses, strict=True):
            self._client.complete_trial(index, raw_data={"loss": loss})


def parameter(one: Input) -> ChoiceParameterConfig:
    return ChoiceParameterConfig(
        name=one.name, values=list(range(one.size)), parameter_type="int", is_ordered=one.ordered
    )
