"""Gaussian process regression against closed formulas."""

import numpy as np
import pytest

from nars.predictors.gaussian_process import GaussianProcess, spread_over_ranks
from nars.predictors.kernels import Kernel, Linear, Matern, relevance_prior

JITTER = 1e-6


def kernels(columns: int) -> list[Kernel]:
    prior = relevance_prior(np.arange(columns), scale=-0.5, relevance=-0.3, spread=1.0)
    return [Matern(np.arange(columns), prior), Linear(np.arange(columns), prior)]


def problem(rows: int, *, columns: int = 3, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    z_NE = rng.random((rows, columns)) - 0.5
    y_N = np.sin(5 * z_NE[:, 0]) + z_NE[:, 1] + 0.1 * rng.normal(size=rows)
    return z_NE, (y_N - y_N.mean()) / (y_N.std() or 1.0)


def fitted(rows: int, *, columns: int = 3) -> tuple[GaussianProcess, np.ndarray, np.ndarray]:
    z_NE, y_N = problem(rows, columns=columns)
    process = GaussianProcess(kernels(columns))
    process.fit(z_NE, y_N)
    return process, z_NE, y_N


def covariance(parameters: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The sum of both kernels, written once more from its formula."""
    columns = a.shape[1]
    matern, linear = parameters[1 : 2 + columns], parameters[2 + columns :]
    r = np.sqrt(5) * np.linalg.norm((a[:, None] - b[None]) * np.exp(matern[1:]), axis=2)
    return np.exp(2 * matern[0]) * (1 + r + r**2 / 3) * np.exp(-r) + np.exp(2 * linear[0]) * (
        (a * np.exp(2 * linear[1:])) @ b.T
    )


def posterior(parameters: np.ndarray, z: np.ndarray, y: np.ndarray, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    noisy = covariance(parameters, z, z) + (np.exp(2 * parameters[0]) + JITTER) * np.eye(len(z))
    cross = covariance(parameters, at, z)
    variance = covariance(parameters, at, at) - cross @ np.linalg.solve(noisy, cross.T)
    return cross @ np.linalg.solve(noisy, y), np.sqrt(np.diag(variance))


def test_the_posterior_is_its_formula() -> None:
    process, z_NE, y_N = fitted(15)
    at = np.random.default_rng(1).random((6, 3)) - 0.5
    mean, spread = process.predict(at)
    expected_mean, expected_spread = posterior(process.parameters_P, z_NE, y_N, at)
    assert np.allclose(mean, expected_mean, atol=1e-8)
    assert np.allclose(spread, expected_spread, atol=1e-8)


def test_the_gradient_is_finite_differences() -> None:
    z_NE, y_N = problem(12)
    process = GaussianProcess(kernels(3))
    at = process.parameters_P + np.random.default_rng(2).normal(scale=0.4, size=len(process.parameters_P))
    _, gradient = process._loss(at, z_NE, y_N)
    for index, slope in enumerate(gradient):
        step = 1e-5 * (np.arange(len(at)) == index)
        above, below = process._loss(at + step, z_NE, y_N)[0], process._loss(at - step, z_NE, y_N)[0]
        assert np.isclose(slope, (above - below) / 2e-5, rtol=1e-5, atol=1e-6), index


def test_a_fit_finds_a_low_of_the_loss() -> None:
    process, z_NE, y_N = fitted(30)
    found = process.parameters_P.copy()
    loss, gradient = process._loss(found, z_NE, y_N)
    start, _ = process._loss(GaussianProcess(kernels(3)).parameters_P, z_NE, y_N)
    assert loss < start - 1
    assert np.abs(gradient).max() < 0.3


def test_leave_one_out_is_leaving_each_row_out() -> None:
    process, z_NE, y_N = fitted(14)
    mean, spread = process.leave_one_out()
    noise = np.exp(2 * process.parameters_P[0]) + JITTER
    for row in range(14):
        others = np.arange(14) != row
        expected_mean, function_spread = posterior(process.parameters_P, z_NE[others], y_N[others], z_NE[[row]])
        assert np.isclose(mean[row], expected_mean[0], atol=1e-7)
        assert np.isclose(spread[row], np.sqrt(function_spread[0] ** 2 + noise), atol=1e-7)


def test_assuming_is_conditioning_on_the_expected_row() -> None:
    process, z_NE, y_N = fitted(20)
    extra = np.random.default_rng(3).random((3, 3)) - 0.5
    at = np.random.default_rng(4).random((8, 3)) - 0.5
    mean_before, spread_before = process.predict(at)
    expected, _ = process.predict(extra)
    left_out, _ = process.leave_one_out()
    for row in extra:
        process.assume(row)
    mean, spread = process.predict(at)
    other = GaussianProcess(kernels(3))
    other.condition(process.parameters_P, np.concatenate([z_NE, extra]), np.concatenate([y_N, expected]))
    assert np.allclose(mean, mean_before, atol=1e-10)
    assert np.allclose(spread, other.predict(at)[1], atol=1e-8)
    assert (spread <= spread_before + 1e-12).all()
    assert np.allclose(process.leave_one_out()[0], left_out)


def test_assuming_a_row_below_its_mean_is_conditioning_on_that_target() -> None:
    process, z_NE, y_N = fitted(20)
    other = GaussianProcess(kernels(3))
    other.condition(process.parameters_P, z_NE, y_N)
    at = np.random.default_rng(4).random((8, 3)) - 0.5
    left_out, _ = process.leave_one_out()
    for row in np.random.default_rng(3).random((3, 3)) - 0.5:
        mean, spread = other.predict(row[None])
        z_NE, y_N = np.concatenate([z_NE, row[None]]), np.append(y_N, mean - 1.5 * spread)
        other.condition(process.parameters_P, z_NE, y_N)
        process.assume(row, below=1.5)
    for told, conditioned in zip(process.predict(at), other.predict(at), strict=True):
        assert np.allclose(told, conditioned, atol=1e-7)
    assert np.allclose(process.leave_one_out()[0], left_out)


def test_assuming_one_row_many_times() -> None:
    process, z_NE, _ = fitted(5)
    for _ in range(20):
        process.assume(z_NE[0])
    _, spread = process.predict(z_NE)
    assert np.isfinite(spread).all()
    assert (spread > 0).all()


@pytest.mark.parametrize("rows", [1, 2, 40])
@pytest.mark.parametrize("kind", ["equal rows", "equal targets", "both", "noise", "steps"])
def test_it_fits_whatever_comes_and_stays_in_bounds(rows: int, kind: str) -> None:
    z_NE, y_N = problem(rows, columns=4)
    if kind in ("equal rows", "both"):
        z_NE[:] = z_NE[0]
    if kind in ("equal targets", "both"):
        y_N[:] = 0.0
    if kind == "noise":
        y_N = np.random.default_rng(5).normal(size=rows)
    if kind == "steps":
        y_N = np.where(z_NE[:, 0] > 0, 1.0, -1.0)
    process = GaussianProcess(kernels(4))
    start = process.parameters_P.copy()
    process.fit(z_NE, y_N)
    mean, spread = process.predict(z_NE)
    assert np.isfinite(mean).all()
    assert (spread > 0).all()
    assert np.abs(process.parameters_P - start).max() <= 3.5 + 1e-9


@pytest.mark.parametrize("seed", range(4))
def test_covariances_stay_positive_at_the_corners_of_the_bounds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    process = GaussianProcess(kernels(6))
    z_NE = rng.integers(2, size=(400, 6)) - 0.5  # no more than 64 rows differ
    corner = process.parameters_P + rng.choice([-3.5, 3.5], size=len(process.parameters_P))
    corner[0] = process.parameters_P[0] - 3.5  # the least noise
    process.condition(corner, z_NE, rng.normal(size=400))
    assert np.isfinite(process.predict(z_NE)[0]).all()


def test_rows_are_spread_over_ranks() -> None:
    y_N = np.random.default_rng(6).permutation(100).astype(float)
    assert spread_over_ranks(y_N, 100).tolist() == list(range(100))
    some = spread_over_ranks(y_N, 12)
    assert len(some) == 12
    assert (np.diff(some) > 0).all()
    assert sorted(y_N[some]) == [0, 9, 18, 27, 36, 45, 54, 63, 72, 81, 90, 99]
