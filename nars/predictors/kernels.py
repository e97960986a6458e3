"""Covariances between candidates, and how they change with their parameters.

A kernel's parameters are logarithms: first its scale, then one relevance for each of its columns. Relevances have a
normal prior that draws the columns of one group together. Shapes: N and M candidates, E columns of the kernel.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Slopes = Callable[[Floats], Floats]

_WITHIN_GROUP = 0.5
"""Prior standard deviation of a column's log relevance about that of its group."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Prior:
    """Normal prior of a kernel's parameters."""

    mean_P: Floats
    precision_PP: Floats


def relevance_prior(group_E: Ints, *, scale: float, relevance: float, spread: float) -> Prior:
    """The prior of a kernel over columns of some groups.

    Args:
        group_E: Group of each column; those of one group vary together.
        scale: Mean of the log scale; its standard deviation is 1.
        relevance: Mean of the log relevances.
        spread: Standard deviation of a group's log relevance.
    """
    same_EE = group_E[:, None] == group_E[None, :]
    covariance_EE = spread**2 * same_EE + _WITHIN_GROUP**2 * np.eye(len(group_E)) * (same_EE.sum(axis=1) > 1)
    precision_PP = np.zeros((len(group_E) + 1, len(group_E) + 1))
    precision_PP[0, 0] = 1.0
    precision_PP[1:, 1:] = np.linalg.inv(covariance_EE)
    return Prior(mean_P=np.concatenate([[scale], np.full(len(group_E), relevance)]), precision_PP=precision_PP)


class Kernel(Protocol):
    """A covariance function of some columns."""

    columns: Ints
    prior: Prior

    def covariance(self, a_NE: Floats, b_ME: Floats, scale: float) -> Floats:
        """Covariances of scaled columns, ``N x M``; ``scale`` is the logarithm of the standard deviation."""
        ...

    def variance(self, a_NE: Floats, scale: float) -> Floats:
        """Variances of scaled columns, ``N``."""
        ...

    def covariance_and_slopes(self, a_NE: Floats, scale: float) -> tuple[Floats, Slopes]:
        """Covariances among rows, ``N x N``, and how they change with the parameters.

        The second takes symmetric weights, ``N x N``, and gives half the derivatives of ``sum(weights * covariances)``
        by the parameters, ``1 + E``: by the log scale first, then by the log relevances.
        """
        ...


class Matern:
    """Matern 5/2 over distances in its columns: smooth functions in which everything may interact."""

    def __init__(self, columns: Ints, prior: Prior) -> None:
        self.columns = columns
        self.prior = prior

    def covariance(self, a_NE: Floats, b_ME: Floats, scale: float) -> Floats:
        """See `Kernel.covariance`."""
        r_NM = _root5_distances(a_NE, b_ME)
        covariance_NM: Floats = r_NM / 3  # step by step in place: half of a proposal is spent on this line of algebra
        covariance_NM += 1
        covariance_NM *= r_NM
        covariance_NM += 1
        covariance_NM *= np.exp(2 * scale)
        covariance_NM *= np.exp(np.negative(r_NM, out=r_NM), out=r_NM)
        return covariance_NM

    def variance(self, a_NE: Floats, scale: float) -> Floats:
        """See `Kernel.variance`."""
        return np.full(len(a_NE), np.exp(2 * scale))

    def covariance_and_slopes(self, a_NE: Floats, scale: float) -> tuple[Floats, Slopes]:
        """See `Kernel.covariance_and_slopes`."""
        r_NN = _root5_distances(a_NE, a_NE)
        fall_NN = np.exp(2 * scale - r_NN)
        covariance_NN = (1 + r_NN * (1 + r_NN / 3)) * fall_NN
        # Of the covariance by the squared distance, which a log relevance changes by twice its column's share.
        slope_NN = (-5 / 6) * (1 + r_NN) * fall_NN

        def slopes(weight_NN: Floats) -> Floats:
            pull_NN = weight_NN * slope_NN
            by_column_E = 2 * (pull_NN.sum(axis=1) @ a_NE**2) - 2 * np.sum(a_NE * (pull_NN @ a_NE), axis=0)
            return np.concatenate([[np.vdot(weight_NN, covariance_NN)], by_column_E])

        return covariance_NN, slopes


class Linear:
    """Sums of effects of single columns: what little data can tell."""

    def __init__(self, columns: Ints, prior: Prior) -> None:
        self.columns = columns
        self.prior = prior

    def covariance(self, a_NE: Floats, b_ME: Floats, scale: float) -> Floats:
        """See `Kernel.covariance`."""
        products_NM: Floats = np.exp(2 * scale) * (a_NE @ b_ME.T)
        return products_NM

    def variance(self, a_NE: Floats, scale: float) -> Floats:
        """See `Kernel.variance`."""
        squares_N: Floats = np.exp(2 * scale) * np.sum(a_NE**2, axis=1)
        return squares_N

    def covariance_and_slopes(self, a_NE: Floats, scale: float) -> tuple[Floats, Slopes]:
        """See `Kernel.covariance_and_slopes`."""

        def slopes(weight_NN: Floats) -> Floats:
            by_column_E = np.exp(2 * scale) * np.sum(a_NE * (weight_NN @ a_NE), axis=0)
            return np.concatenate([[by_column_E.sum()], by_column_E])

        return self.covariance(a_NE, a_NE, scale), slopes


def _root5_distances(a_NE: Floats, b_ME: Floats) -> Floats:
    """Euclidean distances times the root of 5."""
    square_NM = (-10 * a_NE) @ b_ME.T
    square_NM += 5 * np.sum(a_NE**2, axis=1)[:, None]
    square_NM += 5 * np.sum(b_ME**2, axis=1)
    distances_NM: Floats = np.sqrt(np.maximum(square_NM, 0.0, out=square_NM), out=square_NM)
    return distances_NM
