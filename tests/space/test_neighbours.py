"""Candidates that differ from one in a single knob."""

import numpy as np
import pytest

from nars.space.codes import active, codes_from_unit
from nars.space.domains import Choice, FloatRange, IntRange
from nars.space.knobs import Condition, Knob
from nars.space.variation import neighbours

SMALL = Knob(path="kernel", domain=IntRange(1, 4))
WORDS = Knob(path="optimizer", domain=Choice(("sgd", "adam", "lamb")))
MOMENTUM = Knob(
    path="momentum", domain=FloatRange(0.5, 0.9), conditions=(Condition(path="optimizer", values=("sgd",)),)
)
MANY = Knob(path="width", domain=IntRange(8, 1024, 8))
LR = Knob(path="lr", domain=FloatRange(1e-4, 1.0, log=True))
ONE = Knob(path="stride", domain=Choice((2,)))


def around(knobs: tuple[Knob, ...], codes: list[float], *, most: int = 1000, seed: int = 0) -> np.ndarray:
    return neighbours(knobs, np.array(codes), most=most, rng=np.random.default_rng(seed))


def test_a_small_knob_takes_every_other_value_once() -> None:
    assert around((SMALL, WORDS), [2.0, 1.0]).tolist() == [[0, 1], [1, 1], [3, 1], [2, 0], [2, 2]]


@pytest.mark.parametrize("seed", range(5))
def test_exactly_one_active_knob_differs(seed: int) -> None:
    knobs = (SMALL, LR, MANY, ONE)
    start = codes_from_unit(knobs, np.random.default_rng(seed).random((1, 4)))[0]
    rows = neighbours(knobs, start, most=1000, rng=np.random.default_rng(seed))
    assert (np.sum(rows != start, axis=1) == 1).all()
    assert len(np.unique(rows, axis=0)) == len(rows)
    assert set(np.argmax(rows != start, axis=1)) == {0, 1, 2}  # never the knob with one value


def test_a_change_makes_other_knobs_active_and_inactive() -> None:
    knobs = (WORDS, MOMENTUM)
    to_sgd = around(knobs, [1.0, np.nan])
    assert sorted(to_sgd[:, 0]) == [0, 2]
    assert (np.isnan(to_sgd[:, 1]) == (to_sgd[:, 0] != 0)).all()
    from_sgd = around(knobs, [0.0, 0.5])
    assert np.isnan(from_sgd[from_sgd[:, 0] != 0, 1]).all()
    assert not np.isnan(from_sgd[from_sgd[:, 0] == 0, 1]).any()
    assert (np.isnan(from_sgd) == ~active(knobs, from_sgd)).all()


@pytest.mark.parametrize("code", [0.0, 0.001, 0.5, 1.0])
def test_floats_stay_inside_and_step_near_and_far(code: float) -> None:
    rows = around((LR,), [code])[:, 0]
    assert (rows >= 0).all()
    assert (rows <= 1).all()
    distances = np.abs(rows - code)
    assert distances.min() < 0.01
    assert 0.1 < distances.max() < 0.6


@pytest.mark.parametrize("code", [0.0, 1.0, 60.0, 127.0])
def test_a_knob_of_many_values_steps_to_the_next_ones_too(code: float) -> None:
    rows = around((MANY,), [code])[:, 0]
    assert ((rows >= 0) & (rows < 128) & (rows == np.rint(rows))).all()
    assert {code - 1, code + 1} & set(range(128)) <= set(rows)
    assert len(rows) < 16


def test_at_most_so_many() -> None:
    every = around((SMALL, WORDS, MANY), [0.0, 0.0, 9.0])
    some = around((SMALL, WORDS, MANY), [0.0, 0.0, 9.0], most=4)
    assert len(some) == 4
    assert {tuple(row) for row in some} <= {tuple(row) for row in every}


def test_the_generator_alone_decides() -> None:
    knobs = (SMALL, LR, MANY)
    assert (around(knobs, [0, 0.5, 9], seed=1) == around(knobs, [0, 0.5, 9], seed=1)).all()
    assert around(knobs, [0, 0.5, 9], seed=1).tolist() != around(knobs, [0, 0.5, 9], seed=2).tolist()


def test_where_nothing_may_change_there_is_none() -> None:
    assert around((ONE,), [0.0]).shape == (0, 1)
