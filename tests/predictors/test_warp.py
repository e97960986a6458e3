"""The scale that targets are learnt in."""

import numpy as np
import pytest

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


def test_it_is_linear_above_the_median() -> None:
    steps = np.diff(Warp(ACCURACIES).forward(np.linspace(np.median(ACCURACIES), 2, 100)))
    assert np.allclose(steps, steps[0])


def test_below_the_median_it_is_a_logarithm() -> None:
    median, upper = np.quantile(ACCURACIES, [0.5, 0.75])
    unit = upper - median
    warp = Warp(ACCURACIES)
    step = (warp.forward(np.array([upper])) - warp.forward(np.array([median])))[0]
    below = (warp.forward(np.array([median])) - warp.forward(np.array([median - 9 * unit])))[0]
    assert np.isclose(below / step, np.log(10))


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
