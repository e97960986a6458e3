"""The scale that targets are learnt in."""

from statistics import NormalDist

import numpy as np
import pytest
from numpy.typing import NDArray

from nars.predictors.warp import Warp

Floats = NDArray[np.float64]

ACCURACIES = np.random.default_rng(0).beta(5, 2, size=101)


def test_targets_are_standard() -> None:
    targets = Warp(ACCURACIES).forward(ACCURACIES)
    assert abs(targets.mean()) < 1e-12
    assert np.isclose(targets.std(), 1.0)


def test_it_rises() -> None:
    targets = Warp(ACCURACIES).forward(np.linspace(-5, 2, 1000))
    assert (np.diff(targets) > 0).all()


def test_backward_inverts_forward() -> None:
    warp = Warp(ACCURACIES)
    numbers = np.linspace(-50, 3, 1000)
    assert np.allclose(warp.backward(warp.forward(numbers)), numbers)


def test_it_is_linear_above_the_median() -> None:
    steps = np.diff(Warp(ACCURACIES).forward(np.linspace(np.median(ACCURACIES), 2, 100)))
    assert np.allclose(steps, steps[0])


def test_below_the_median_it_is_the_mean_of_logarithm_and_normal_score() -> None:
    median, upper = np.quantile(ACCURACIES, [0.5, 0.75])
    targets = Warp(ACCURACIES).forward(np.array([median, upper, *np.sort(ACCURACIES)[:50]]))
    unit = targets[1] - targets[0]
    normal = NormalDist()
    scores = np.array([normal.inv_cdf((rank - 0.5) / 101) for rank in range(1, 51)]) / normal.inv_cdf(0.75)
    logarithms = -np.log1p((median - np.sort(ACCURACIES)[:50]) / (upper - median))
    assert np.allclose((targets[2:] - targets[0]) / unit, (scores + logarithms) / 2)


def test_beyond_the_worst_it_is_a_logarithm() -> None:
    median, upper = np.quantile(ACCURACIES, [0.5, 0.75])
    warp = Warp(ACCURACIES)
    unit = float(np.diff(warp.forward(np.array([median, upper])))[0])
    far = median - (np.array([20, 200]) - 1) * (upper - median)
    assert np.isclose(float(-np.diff(warp.forward(far))[0]), np.log(10) / 2 * unit)


def test_ranks_tell_apart_what_is_crowded() -> None:
    crowd = np.concatenate([np.linspace(0.2, 0.2001, 30), np.linspace(0.6, 0.9, 70)])
    targets = Warp(crowd).forward(crowd)
    by_distance = 0.0001 / 0.7 * (targets[-1] - targets[0])
    assert targets[29] - targets[0] > 100 * by_distance


@pytest.mark.parametrize("value", [0.0, 0.93, -1e100, 1e100])
def test_constant_accuracies_are_0_and_come_back(value: float) -> None:
    warp = Warp(np.full(4, value))
    assert warp.forward(np.full(2, value)).tolist() == [0.0, 0.0]
    assert warp.backward(np.zeros(1))[0] == value


def test_most_accuracies_equal() -> None:
    numbers = np.array([0.1] * 9 + [0.9])
    warp = Warp(numbers)
    targets = warp.forward(numbers)
    assert abs(targets.mean()) < 1e-12
    assert np.isclose(targets.std(), 1.0)
    assert np.allclose(warp.backward(warp.forward(numbers)), numbers)


def test_far_below_everything_is_still_a_number() -> None:
    assert np.isfinite(Warp(ACCURACIES).backward(np.array([-1e6, 1e6]))).all()
