"""The factor of a covariance against dense linear algebra."""

import numpy as np
import pytest

from nars.predictors.factor import Factor


def covariance(rows: int) -> np.ndarray:
    z_NE = np.random.default_rng(0).random((rows, 4))
    return np.exp(-2 * np.square(z_NE[:, None] - z_NE[None]).sum(axis=2)) + 0.01 * np.eye(rows)


@pytest.mark.parametrize("rows", [1, 95, 96, 97, 250])
def test_solving_in_blocks_undoes_the_product(rows: int) -> None:
    factor = Factor(covariance(rows))
    right = np.random.default_rng(1).normal(size=(rows, 7))
    np.testing.assert_allclose(factor.lower_NN @ factor.whitened(right), right, atol=1e-12)
    np.testing.assert_allclose(factor.lower_NN.T @ factor.unwhitened(right[:, 0]), right[:, 0], atol=1e-12)
    np.testing.assert_allclose(covariance(rows) @ factor.weights(right[:, 0]), right[:, 0], atol=1e-9)
    np.testing.assert_allclose(factor.inverse(rows) @ covariance(rows), np.eye(rows), atol=1e-9)


@pytest.mark.parametrize("rows", [90, 95, 192])
def test_a_factor_grown_by_rows_is_that_of_the_larger_covariance(rows: int) -> None:
    larger = covariance(rows + 10)
    factor, wanted = Factor(larger[:rows, :rows]), Factor(larger)
    right = np.random.default_rng(1).normal(size=(rows + 10, 3))
    for n in range(rows, rows + 10):
        row_N = factor.whitened(larger[:n, n : n + 1])[:, 0]
        factor.append(row_N, float(np.sqrt(larger[n, n] - row_N @ row_N)))
        # after each, since blocks that were inverted before must not stay as they were
        np.testing.assert_allclose(factor.lower_NN @ factor.whitened(right[: n + 1]), right[: n + 1], atol=1e-10)
    assert len(factor) == rows + 10
    np.testing.assert_allclose(factor.lower_NN, wanted.lower_NN, atol=1e-9)
    np.testing.assert_allclose(factor.inverse(rows) @ larger[:rows, :rows], np.eye(rows), atol=1e-8)


def test_a_matrix_that_is_no_covariance_is_refused() -> None:
    with pytest.raises(np.linalg.LinAlgError):
        Factor(np.array([[1.0, 2.0], [2.0, 1.0]]))
