"""The initial weights of a space, looked at before a search writes anything."""

from collections.abc import Iterator

import numpy as np

from nars.errors import ModelError
from nars.models.pretrained import read_weights
from nars.samplers import CostBounds
from nars.space import Candidate, SearchSpace
from nars.space.domains import Choice, Value
from nars.space.recipe import NO_WEIGHTS
from nars.training.initial_weights import require_fit

_PATH = "recipe.weights"
_DRAWN = 256
_TRIED = 8
"""Different networks on which each source of weights is tried."""


def require_weights(space: SearchSpace) -> None:
    """Refuses a space whose initial weights are absent, damaged, or do not fit its networks.

    Published weights that are pinned are downloaded here, once for all workers. Whether they fit is tried on a few
    candidates; another one that they do not fit becomes a failed trial.

    Raises:
        ModelError: With the path of the key.
    """
    try:
        for source in _sources(space):
            weights = read_weights(source)
            for candidate in _examples(space, source):
                require_fit(candidate, weights)
    except ModelError as error:
        raise ModelError(f"{error} @ $.{_PATH}") from error


def _sources(space: SearchSpace) -> list[str]:
    """Every source of weights that a candidate may name."""
    values: list[Value] = [space.fixed.get(_PATH, NO_WEIGHTS)]
    for knob in space.knobs:
        if knob.path == _PATH and isinstance(knob.domain, Choice):
            values = [*knob.domain.values, knob.otherwise]
    return [str(value) for value in dict.fromkeys(values) if value != NO_WEIGHTS]


def _examples(space: SearchSpace, source: str) -> Iterator[Candidate]:
    """A few candidates that start from these weights, each another network or otherwise taken."""
    drawn_NK = CostBounds(space).buildable(space.sample_codes(_DRAWN, rng=np.random.default_rng(0)))
    found: dict[object, Candidate] = {}
    for candidate in space.decode(drawn_NK):
        recipe = candidate.recipe
        if recipe.weights == source:
            found.setdefault((candidate.architecture, recipe.norm, recipe.inherit), candidate)
    yield from list(found.values())[:_TRIED]
