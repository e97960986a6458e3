"""Four ways to spend evaluations on a table of joint architectures and recipes, each with NARS's sampler.

- joint: all inputs at once
- architecture only: the recipe stays at a default
- recipe only: the architecture stays at a default
- architecture, then recipe: half of the evaluations (rounded up) for each, the recipe for the best architecture found

The defaults come in two kinds. `drawn`: the recipe and the architecture of the best of 20 random rows, other rows for
each seed; these 20 evaluations are not counted. `hindsight`: the recipe with the least median loss over all
architectures, and the architecture with the least median loss over all recipes; nobody has such defaults for nothing.
The joint search gets neither.
"""

import math
from collections.abc import Sequence

import numpy as np
from sampler_tables import Point, Table, make_sampler

JOINT, ARCHITECTURE, RECIPE, STAGED = "joint", "architecture only", "recipe only", "architecture, then recipe"
DEFAULTS = ("drawn", "hindsight")
DRAWN_FROM = 20


def search(table: Table, free: Sequence[int], fixed: Point, *, evaluations: int, seed: int) -> list[Point]:
    """Points that the sampler asks for, in their order; fewer where there are fewer to ask for.

    Args:
        table: The objective.
        free: Positions of the inputs that are chosen.
        fixed: A point with the values of the others.
        evaluations: How many points to ask for.
        seed: Of the sampler.
    """
    inputs = [table.inputs[position] for position in free]
    sampler = make_sampler("nars", inputs, seed=seed, batch=1, evaluations=evaluations)
    points: list[Point] = []
    for _ in range(min(evaluations, math.prod(one.size for one in inputs))):
        (chosen,) = sampler.ask(1)
        values = list(fixed)
        for position, value in zip(free, chosen, strict=True):
            values[position] = value
        points.append(tuple(values))
        sampler.tell([chosen], [table.loss(points[-1])])
    return points


def halves(table: Table) -> tuple[list[int], list[int]]:
    """Positions of the architecture's inputs and of the recipe's."""
    positions = range(len(table.inputs))
    recipe = [position for position in positions if table.inputs[position].name in table.recipe]
    return [position for position in positions if position not in recipe], recipe


def default(table: Table, kind: str, *, seed: int) -> Point:
    """A point whose architecture and whose recipe are the defaults of one kind."""
    architecture, recipe = halves(table)
    if kind == "drawn":
        rows = np.random.default_rng([DRAWN_FROM, seed]).permutation(len(table))[:DRAWN_FROM]
        best = table.codes_ND[rows[table.losses_N[rows].argmin()]]
        return tuple(best.tolist())
    point = np.zeros(len(table.inputs), dtype=np.intp)
    for half in (architecture, recipe):
        point[half] = _least_median(table.codes_ND[:, half], table.losses_N)
    return tuple(point.tolist())


def floor(table: Table, free: Sequence[int], fixed: Point) -> float:
    """Least regret among the rows that have the fixed values."""
    others = [position for position in range(len(table.inputs)) if position not in free]
    same_N = (table.codes_ND[:, others] == np.array(fixed)[others]).all(axis=1)
    return float(table.losses_N[same_N].min() - table.optimum)


def staged(table: Table, first: Sequence[Point], *, evaluations: int, seed: int) -> list[Point]:
    """The recipe's search for the best of the architectures tried first, after them."""
    _, recipe = halves(table)
    best = min(first, key=table.loss)
    return [*first, *search(table, recipe, best, evaluations=evaluations - len(first), seed=seed)]


def _least_median(codes_NK: np.ndarray, losses_N: np.ndarray) -> np.ndarray:
    """The values that have the least median loss over all rows with them; the first of equal ones."""
    values, which_N = np.unique(codes_NK, axis=0, return_inverse=True)
    medians = [float(np.median(losses_N[which_N.ravel() == number])) for number in range(len(values))]
    return np.asarray(values[int(np.argmin(medians))])
