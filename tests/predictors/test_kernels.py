"""Covariances and their slopes."""

import numpy as np
import pytest

from nars.predictors.kernels import Kernel, Linear, Matern, relevance_prior

RNG = np.random.default_rng(0)
A, B = RNG.normal(size=(7, 3)), RNG.normal(size=(5, 3))
COLUMNS = np.arange(3)
PRIOR = relevance_prior(np.arange(3), scale=0.0, relevance=0.0, spread=1.0)
KERNELS = [Matern(COLUMNS, PRIOR), Linear(COLUMNS, PRIOR)]


def test_matern_is_its_formula() -> None:
    r = np.sqrt(5) * np.linalg.norm(A[:, None] - B[None], axis=2)
    expected = np.exp(2 * 0.3) * (1 + r + r**2 / 3) * np.exp(-r)
    assert np.allclose(KERNELS[0].covariance(A, B, 0.3), expected, atol=1e-12)


def test_linear_is_its_formula() -> None:
    assert np.allclose(KERNELS[1].covariance(A, B, 0.3), np.exp(0.6) * A @ B.T)


@pytest.mark.parametrize("kernel", KERNELS, ids=["matern", "linear"])
def test_variances_are_the_diagonal(kernel: Kernel) -> None:
    assert np.allclose(kernel.variance(A, 0.3), np.diag(kernel.covariance(A, A, 0.3)))


@pytest.mark.parametrize("kernel", KERNELS, ids=["matern", "linear"])
def test_slopes_are_half_of_finite_differences(kernel: Kernel) -> None:
    weight = RNG.normal(size=(7, 7))
    weight = weight + weight.T
    at = np.array([0.2, -0.1, 0.4, 0.3])

    def total(parameters: np.ndarray) -> float:
        return float(
            np.sum(weight * kernel.covariance(A * np.exp(parameters[1:]), A * np.exp(parameters[1:]), parameters[0]))
        )

    covariance, slopes = kernel.covariance_and_slopes(A * np.exp(at[1:]), at[0])
    assert np.allclose(covariance, kernel.covariance(A * np.exp(at[1:]), A * np.exp(at[1:]), at[0]))
    steps = 1e-5 * np.eye(4)
    differences = [(total(at + step) - total(at - step)) / 2e-5 for step in steps]
    assert np.allclose(slopes(weight), np.array(differences) / 2, rtol=1e-6, atol=1e-6)


def test_equal_rows_covary_fully_however_far_from_the_origin() -> None:
    far = 1e3 + A
    assert np.allclose(np.diag(KERNELS[0].covariance(far, far.copy(), 0.0)), 1.0, atol=1e-5)


def test_the_prior_draws_columns_of_one_knob_together() -> None:
    prior = relevance_prior(np.array([0, 1, 1]), scale=-0.5, relevance=0.7, spread=0.8)
    assert prior.mean_P.tolist() == [-0.5, 0.7, 0.7, 0.7]
    both = 0.8**2 + 0.5**2
    covariance = np.array([[1, 0, 0, 0], [0, 0.64, 0, 0], [0, 0, both, 0.64], [0, 0, 0.64, both]])
    assert np.allclose(prior.precision_PP, np.linalg.inv(covariance))
