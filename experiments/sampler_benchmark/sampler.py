"""What the benchmark asks of a sampler, and where each is found.

A module is imported when one of its samplers is named, so that a virtual environment needs only that one peer.
"""

import importlib
from collections.abc import Sequence
from typing import Protocol

from table import Input, Point

MODULES = {
    "nars": "peers_optuna",
    "random": "peers_optuna",
    "tpe": "peers_optuna",
    "gp": "peers_optuna",
    "cmaes": "peers_optuna",
    "nsga2": "peers_optuna",
    "smac": "peers_smac",
    "bore": "peers_synetune",
    "cqr": "peers_synetune",
    "ax": "peers_ax",
    "neps": "peers_neps",
}


class Sampler(Protocol):
    """One run of a sampler."""

    version: str
    """Package and version, for the record."""

    def ask(self, count: int) -> list[Point]:
        """Points to evaluate next."""

    def tell(self, points: Sequence[Point], losses: Sequence[float]) -> None:
        """Losses of the points asked for last, in their order."""


def make_sampler(name: str, inputs: Sequence[Input], *, seed: int, batch: int, evaluations: int) -> Sampler:
    """A sampler that minimises.

    Args:
        name: Key of ``MODULES``.
        inputs: What is to be chosen.
        seed: Of all its random choices.
        batch: How many points are asked for at a time.
        evaluations: How many there will be in all.
    """
    module = importlib.import_module(MODULES[name])
    return module.make(name, inputs, seed=seed, batch=batch, evaluations=evaluations)
