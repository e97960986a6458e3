"""The lower Cholesky factor of a covariance, and what is solved with it.

For many right-hand sides it is solved in blocks of rows, which turns nearly all of the work into products: faster than
LAPACK's triangular solvers, and NumPy, unlike SciPy, lets other threads run meanwhile. Shapes: N rows, M right-hand
sides, B rows of a block.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_solve, cholesky, lapack, solve_triangular

Floats = NDArray[np.float64]

_BLOCK = 96
"""Rows of a block: 64 to 192 take as long."""


class Factor:
    """A factor that grows by rows.

    Attributes:
        lower_NN: The factor; 0 above the diagonal.
    """

    def __init__(self, covariance_NN: Floats) -> None:
        """The factor of a symmetric matrix.

        Raises:
            numpy.linalg.LinAlgError: If the matrix is not positive definite.
        """
        self.lower_NN: Floats = cholesky(covariance_NN, lower=True, check_finite=False)
        self._inverses: tuple[Floats, ...] = ()
        """Of the blocks on the diagonal; none before they are needed."""

    def __len__(self) -> int:
        return len(self.lower_NN)

    def whitened(self, right_NM: Floats) -> Floats:
        """The right-hand sides that the factor is multiplied with to give these: ``x`` of ``lower @ x = right``."""
        # Set at once: two threads may come here together.
        self._inverses = self._inverses or tuple(map(self._inverse_from, range(0, len(self), _BLOCK)))
        x_NM = np.empty(right_NM.shape)
        for index, inverse_BB in enumerate(self._inverses):
            start = index * _BLOCK
            block = slice(start, start + _BLOCK)
            left_BM = right_NM[block] - self.lower_NN[block, :start] @ x_NM[:start]
            np.matmul(inverse_BB, left_BM, out=x_NM[block])
        return x_NM

    def weights(self, right_N: Floats) -> Floats:
        """``covariance ^ -1 @ right``."""
        solved_N: Floats = cho_solve((self.lower_NN, True), right_N, check_finite=False)
        return solved_N

    def unwhitened(self, x_N: Floats) -> Floats:
        """``lower.T ^ -1 @ x``."""
        solved_N: Floats = solve_triangular(self.lower_NN, x_N, lower=True, trans=1, check_finite=False)
        return solved_N

    def inverse(self, rows: int) -> Floats:
        """The inverse of the first rows' covariance."""
        lower_NN, failed = lapack.dpotri(self.lower_NN[:rows, :rows], lower=True)
        assert not failed, "a Cholesky factor has no zeros on its diagonal"
        inverse_NN: Floats = lower_NN + lower_NN.T
        inverse_NN[np.diag_indices(rows)] = np.diag(lower_NN)
        return inverse_NN

    def append(self, row_N: Floats, corner: float) -> None:
        """Grow by a row, which ends with a positive number in the corner."""
        n = len(self)
        grown = np.zeros((n + 1, n + 1))
        grown[:n, :n], grown[n, :n], grown[n, n] = self.lower_NN, row_N, corner
        self.lower_NN = grown
        if self._inverses:
            last = n // _BLOCK
            self._inverses = (*self._inverses[:last], self._inverse_from(last * _BLOCK))

    def _inverse_from(self, start: int) -> Floats:
        block_BB = self.lower_NN[start : start + _BLOCK, start : start + _BLOCK]
        inverse_BB: Floats = solve_triangular(block_BB, np.eye(len(block_BB)), lower=True, check_finite=False)
        return inverse_BB
