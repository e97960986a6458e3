"""The batch that a fitted predictor expects most from."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from nars.predictors import GaussianPredictor
from nars.samplers.feasible import keys
from nars.samplers.guided import Acquisition, GuidedSettings, propose_guided
from nars.samplers.improvement import Improvement
from nars.space.codes import codes_from_unit
from nars.space.domains import Choice, FloatRange, IntRange
from nars.space.encoding import features
from nars.space.knobs import Knob
from nars.space.layout import feature_layout

Floats = np.ndarray

KNOBS = (
    *(Knob(path=f"depth{i}", domain=IntRange(1, 6)) for i in range(3)),
    Knob(path="op", domain=Choice(("a", "b", "c"))),
    Knob(path="lr", domain=FloatRange(0.0, 1.0)),
)
FEW = (Knob(path="a", domain=IntRange(0, 2)), Knob(path="b", domain=IntRange(0, 2)))
SMALL = GuidedSettings(quasi=128, children=64)


@dataclass
class Ground:
    knobs: tuple[Knob, ...] = KNOBS
    admit: Callable[[Floats], Floats] = lambda codes_NK: np.ones(len(codes_NK), dtype=bool)

    def admitted(self, codes_NK: Floats) -> Floats:
        return codes_NK[self.admit(codes_NK)]

    def inputs(self, codes_NK: Floats) -> Floats:
        return features(self.knobs, codes_NK)


@dataclass
class Chance:
    """The chance alone, without any improvement."""

    log_chance: Callable[[Floats], Floats]

    def log_value(self, codes_NK: Floats, x_ND: Floats, mean_N: Floats, spread_N: Floats) -> Floats:  # noqa: ARG002
        return self.log_chance(x_ND)

    def take(self, codes_K: Floats, mean: float) -> None:
        pass


def worth(codes_NK: Floats) -> Floats:
    """Best at depths 5, 2, 3 (codes 4, 1, 2), op b and lr 0.7."""
    away = np.sum((codes_NK[:, :3] - [4, 1, 2]) ** 2, axis=1) / 20
    return 0.9 - 0.1 * away - 0.05 * (codes_NK[:, 3] != 1) - 0.2 * (codes_NK[:, 4] - 0.7) ** 2


def drawn(n: int, *, knobs: tuple[Knob, ...] = KNOBS, seed: int = 0) -> Floats:
    return codes_from_unit(knobs, np.random.default_rng(seed).random((n, len(knobs))))


def proposed(
    ground: Ground,
    codes_NK: Floats,
    value_N: Floats,
    n: int,
    *,
    running_NK: Floats | None = None,
    seed: int = 0,
    acquisition: Acquisition | None = None,
) -> Floats:
    predictor = GaussianPredictor(feature_layout(ground.knobs))
    predictor.fit(ground.inputs(codes_NK), value_N)
    return propose_guided(
        ground,
        predictor,
        codes_NK[np.argsort(-value_N, kind="stable")],
        n,
        acquisition=acquisition or Improvement(predictor.warped(float(value_N.max()))),
        running_NK=codes_NK[:0] if running_NK is None else running_NK,
        known=frozenset(keys(codes_NK)),
        rng=np.random.default_rng(seed),
        settings=SMALL,
    )


def test_it_finds_the_best_of_a_known_space() -> None:
    codes_NK = drawn(12)
    for step in range(25):
        codes_NK = np.concatenate([codes_NK, proposed(Ground(), codes_NK, worth(codes_NK), 1, seed=step)])
    best = codes_NK[np.argmax(worth(codes_NK))]
    assert best[:4].tolist() == [4, 1, 2, 1]
    assert abs(best[4] - 0.7) < 0.05


def test_a_batch_is_distinct_and_new() -> None:
    for seed in range(3):
        codes_NK = drawn(10, seed=seed)
        batch = proposed(Ground(), codes_NK, worth(codes_NK), 16, seed=seed)
        assert batch.shape == (16, 5)
        assert len(set(keys(batch))) == 16
        assert not set(keys(batch)) & set(keys(codes_NK))


def test_what_runs_side_by_side_differs_in_several_knobs() -> None:
    knobs = tuple(Knob(path=f"depth{i}", domain=IntRange(1, 4)) for i in range(9))
    codes_NK = drawn(40, knobs=knobs)
    value_N = -np.sum((codes_NK - 2) ** 2, axis=1)
    running_NK = np.full((1, 9), 2.0)
    batch_NK = proposed(Ground(knobs=knobs), codes_NK, value_N, 6, running_NK=running_NK)
    beside_NK = np.concatenate([running_NK, batch_NK])
    differing_NN = np.sum(beside_NK[:, None] != beside_NK[None], axis=2)
    assert differing_NN[~np.eye(7, dtype=bool)].min() >= 3


def test_a_batch_takes_all_that_is_left_once() -> None:
    every = np.array([[a, b] for a in range(3) for b in range(3)], dtype=float)
    batch = proposed(Ground(knobs=FEW), every[:4], np.arange(4.0), 20)
    assert set(keys(batch)) == set(keys(every[4:]))
    assert len(batch) == 5


def test_where_all_is_known_it_is_empty() -> None:
    every = np.array([[a, b] for a in range(3) for b in range(3)], dtype=float)
    assert proposed(Ground(knobs=FEW), every, np.arange(9.0), 2).shape == (0, 2)


def test_only_what_is_admitted_is_proposed() -> None:
    ground = Ground(admit=lambda codes_NK: codes_NK[:, 0] <= 2)
    codes_NK = drawn(20)
    codes_NK = codes_NK[codes_NK[:, 0] <= 2]
    batch = proposed(ground, codes_NK, worth(codes_NK), 8)
    assert len(batch) == 8
    assert (batch[:, 0] <= 2).all()


def test_nothing_admitted() -> None:
    ground = Ground(admit=lambda codes_NK: np.zeros(len(codes_NK), dtype=bool))
    codes_NK = drawn(5)
    assert proposed(ground, codes_NK, worth(codes_NK), 3).shape == (0, 5)


def test_the_acquisition_alone_decides() -> None:
    chance = Chance(lambda x_ND: -10 * (x_ND[:, 0] - 0.2) ** 2 - (x_ND[:, -1] - 0.3) ** 2)
    codes_NK = drawn(10)
    (row,) = proposed(Ground(), codes_NK, worth(codes_NK), 1, acquisition=chance)
    assert row[0] == 1  # the value next to 0.2
    assert abs(row[4] - 0.3) < 0.1


def test_the_acquisition_hears_of_each_member_of_the_batch_and_what_is_expected_of_it() -> None:
    class Listening(Improvement):
        def __init__(self) -> None:
            super().__init__(1.0)
            self.heard: list[tuple[list[float], float]] = []

        def take(self, codes_K: Floats, mean: float) -> None:
            self.heard.append((codes_K.tolist(), mean))

    listening, codes_NK = Listening(), drawn(12)
    batch_NK = proposed(Ground(), codes_NK, worth(codes_NK), 3, acquisition=listening)
    predictor = GaussianPredictor(feature_layout(KNOBS))
    predictor.fit(Ground().inputs(codes_NK), worth(codes_NK))
    mean_N = []
    for x_D in Ground().inputs(batch_NK):  # each where those before it came out one deviation below what was expected
        mean_N.append(predictor.predict_warped(x_D[None])[0][0])
        predictor.assume(x_D, below=1.0)
    assert [codes for codes, _ in listening.heard] == batch_NK.tolist()
    np.testing.assert_allclose([mean for _, mean in listening.heard], mean_N, atol=1e-3)


def test_a_batch_does_not_stake_all_on_one_corner() -> None:
    """A rise along lr, told at its low end alone and half lost in noise: the far end may be a cliff."""
    codes_NK = drawn(12)
    codes_NK[:, 4] *= 0.4
    value_N = codes_NK[:, 4] + 0.2 * np.random.default_rng(0).normal(size=12)
    batch_NK = proposed(Ground(), codes_NK, value_N, 8)
    assert batch_NK[:, 4].max() > 0.9
    assert (batch_NK[:, 4] < 0.5).sum() >= 2


@pytest.mark.parametrize("seed", [0, 1])
def test_the_generator_alone_decides(seed: int) -> None:
    codes_NK = drawn(10)
    first, second = (proposed(Ground(), codes_NK, worth(codes_NK), 3, seed=seed) for _ in range(2))
    assert (first == second).all()
