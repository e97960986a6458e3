import numpy as np
import pytest
from numpy.typing import NDArray

from nars.errors import InfeasibleSpaceError
from nars.samplers import CostBounds, EvolutionSettings, evolve
from nars.space import Constraint
from tests.samplers.spaces import bounded, joint_space


class Additive:
    """A predictor that knows an additive function: the optimum has each knob at its best."""

    def __init__(self, num_features: int) -> None:
        self.weight_D = np.random.default_rng(7).normal(size=num_features)

    def fit(self, x_ND: NDArray[np.float64], y_N: NDArray[np.float64]) -> None:
        raise NotImplementedError

    def predict(self, x_ND: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        return x_ND @ self.weight_D, np.zeros(len(x_ND))

    def score(self, codes_NK: NDArray[np.float64]) -> NDArray[np.float64]:
        return self.predict(joint_space().features(codes_NK))[0]


def nothing() -> NDArray[np.float64]:
    return np.empty((0, joint_space().num_knobs))


def test_it_finds_the_optimum_of_an_additive_function():
    space = bounded(joint_space())
    known = Additive(space.features(nothing()).shape[1])
    found = evolve(space, known.score, starts_NK=nothing(), rng=np.random.default_rng(0))
    # Coordinate ascent from the answer: no change of one knob is better, and an additive function has one optimum.
    best_K = found.codes_PK[0]
    u_NK = np.repeat(np.nan_to_num(space.to_unit(best_K[None])), 200, axis=0)
    for knob in range(space.num_knobs):
        changed_NK = u_NK.copy()
        changed_NK[:, knob] = np.linspace(0, 1, 200)
        score_N = known.predict(space.features(space.codes_from_unit(changed_NK)))[0]
        assert score_N.max() <= found.score_P[0] + 2e-3, space.knobs[knob].path
    assert found.generations < 100


def test_the_population_is_ranked_different_and_inside_the_bounds():
    space = joint_space()
    known = Additive(space.features(nothing()).shape[1])
    found = evolve(space, known.score, starts_NK=nothing(), rng=np.random.default_rng(0))
    assert (np.diff(found.score_P) <= 0).all()
    assert len({candidate.id for candidate in space.decode(found.codes_PK)}) == 100
    assert CostBounds(space).costs(found.codes_PK).macs_N.max() <= 1e5
    np.testing.assert_allclose(known.predict(space.features(found.codes_PK))[0], found.score_P)


def test_a_tighter_budget_costs_score():
    space = joint_space()
    known = Additive(space.features(nothing()).shape[1])
    known.weight_D[space.architecture_features] = 1.0  # larger is better everywhere
    scores = []
    for maximum in (3e4, 6e4, 1e5):
        budget = bounded(space, Constraint(cost="macs", maximum=maximum))
        scores.append(evolve(budget, known.score, starts_NK=nothing(), rng=np.random.default_rng(0)).score_P[0])
    assert scores == sorted(scores)
    assert scores[0] < scores[2]


def test_the_same_generator_gives_the_same_answer_and_starts_are_used():
    space = joint_space()
    known = Additive(space.features(nothing()).shape[1])
    runs = [evolve(space, known.score, starts_NK=nothing(), rng=np.random.default_rng(3)) for _ in range(2)]
    np.testing.assert_array_equal(runs[0].codes_PK, runs[1].codes_PK)
    none = EvolutionSettings(generations=0)
    kept = evolve(space, known.score, starts_NK=runs[0].codes_PK[:1], rng=np.random.default_rng(4), settings=none)
    assert kept.score_P[0] == runs[0].score_P[0]


@pytest.mark.slow
def test_nothing_feasible_is_an_error():
    space = bounded(joint_space(), Constraint(cost="macs", maximum=10))
    known = Additive(space.features(nothing()).shape[1])
    with pytest.raises(InfeasibleSpaceError, match="macs must be <= 10"):
        evolve(space, known.score, starts_NK=nothing(), rng=np.random.default_rng(0))
