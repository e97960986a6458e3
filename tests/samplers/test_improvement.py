"""Expected improvement."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from nars.samplers.improvement import log_expected_improvement


def log_ei(z: float | np.ndarray, spread: float = 1.0) -> np.ndarray:
    z_N = np.atleast_1d(np.asarray(z, dtype=float))
    return log_expected_improvement(z_N * spread, np.full(z_N.shape, spread), 0.0)


@pytest.mark.parametrize("z", np.linspace(-8, 8, 33))
def test_it_is_the_integral(z: float) -> None:
    # Scaled by the density at the bar, so that the integral keeps its digits where it is tiny.
    factor = norm.logpdf(min(z, 0.0))
    expected, _ = quad(lambda t: t * np.exp(norm.logpdf(t - z) - factor), 0, max(z, 0) + 12, epsrel=1e-12, limit=200)
    assert np.isclose(log_ei(z)[0], np.log(expected) + factor, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("joint", [-1.0, -1e4])
def test_its_parts_meet(joint: float) -> None:
    below, above = log_ei(np.array([joint * (1 + 1e-12), joint * (1 - 1e-12)]))
    assert np.isclose(below, above, rtol=1e-8)


def test_it_is_finite_and_rises_everywhere() -> None:
    z_N = np.concatenate([-np.logspace(6, -3, 2000), np.logspace(-3, 3, 2000)])
    values_N = log_ei(z_N)
    assert np.isfinite(values_N).all()
    assert (np.diff(values_N) > 0).all()


def test_far_above_it_is_what_is_gained() -> None:
    assert np.isclose(log_ei(1e3)[0], np.log(1e3))


def test_it_counts_in_the_unit_of_the_values() -> None:
    assert np.allclose(log_ei(np.array([-3.0, 2.0]), spread=0.01), log_ei(np.array([-3.0, 2.0])) + np.log(0.01))
