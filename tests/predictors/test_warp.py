"""The scale that targets are learnt in."""

import numpy as np
import pytest
from scipy.stats import norm

from nars.predictors.warp import Warp

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


def test_it_is_the_mean_of_bent_accuracies_and_normal_scores() -> None:
    median, upper = np.quantile(ACCURACIES, [0.5, 0.75])
    steps = (ACCURACIES - median) / (upper - median)
    bent = np.where(steps < 0, -np.log1p(np.abs(steps)), steps)  # below the median a logarithm
    ranks = ACCURACIES.argsort().argsort()
    scores = norm.ppf((ranks + 0.5) / len(ACCURACIES))
    mean = (bent - bent.mean()) / bent.std() + scores
    assert np.allclose(Warp(ACCURACIES).forward(ACCURACIES), (mean - mean.mean()) / mean.std())


def test_beyond_the_best_it_is_linear_and_beyond_the_worst_a_logarithm() -> None:
    median, upper = np.quantile(ACCURACIES, [0.5, 0.75])
    warp = Warp(ACCURACIES)
    steps = np.diff(warp.forward(np.linspace(ACCURACIES.max(), 2, 100)))
    assert np.allclose(steps, steps[0])
    unit = steps[0] / (2 - ACCURACIES.max()) * 99 * (upper - median)
    near, far = warp.forward(median - np.array([9, 99]) * (upper - median))
    assert np.isclose((near - far) / unit, np.log(10))


def test_equal_accuracies_have_equal_targets() -> None:
    targets = Warp(np.array([0.5, 0.7, 0.7, 0.9])).forward(np.array([0.7, 0.7]))
    assert targets[0] == targets[1]


@pytest.mark.parametrize("value", [0.0, 0.93, -1e100, 1e100])
def test_constant_accuracies_are_0_and_come_back(value: float) -> None:
    warp = Warp(np.full(4, value))
    assert warp.forward(np.full(2, value)).tolist() == [0.0, 0.0]
    assert warp.backward(np.zeros(1))[0] == value


def test_most_accuracies_equal() -> None:
    numbers = np.array([0.1] * 9 + [0.9])
    warp = Warp(numbers)
    assert np.isfinite(warp.forward(numbers)).all()
    assert np.allclose(warp.backward(warp.forward(numbers)), numbers)


def test_far_below_everything_is_still_a_number() -> None:
    assert np.isfinite(Warp(ACCURACIES).backward(np.array([-1e6, 1e6]))).all()
