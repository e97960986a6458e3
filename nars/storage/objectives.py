"""What Optuna's study makes larger and smaller: the accuracy, and the costs that the space lowers."""

from typing import Literal

from nars.errors import CostError
from nars.space.search_space import SearchSpace
from nars.trials import Cost

Direction = Literal["maximize", "minimize"]


def directions(space: SearchSpace) -> tuple[Direction, ...]:
    """Of the accuracy, then of each cost to lower."""
    lower: tuple[Direction, ...] = ("minimize",)
    return ("maximize", *lower * len(space.costs_to_lower))


def objective_values(space: SearchSpace, accuracy: float, cost: Cost) -> list[float]:
    """A trial's values, in the order of ``directions``.

    Raises:
        CostError: If a cost to lower is not known, such as a latency without a table.
    """
    costs = [(name, getattr(cost, name)) for name in space.costs_to_lower]
    for name, value in costs:
        if value is None:
            raise CostError(f"{name} is an objective of {space.name} and must be known, got none")
    return [accuracy, *(float(value) for _, value in costs)]
