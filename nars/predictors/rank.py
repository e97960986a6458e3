"""Rank correlations: how well one list of numbers orders another.

Shapes: N values.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Floats = NDArray[np.float64]


def kendall_tau(a_N: Floats, b_N: Floats) -> float:
    """Kendall's tau-b, which corrects for ties.

    Args:
        a_N: `N` finite values.
        b_N: `N` finite values, in the same order.

    Returns:
        A number in [-1, 1]; 0 where it is undefined: fewer than two values, or one list is constant.

    Raises:
        ValueError: If the lengths differ or a value is not finite.
    """
    if not _orders(a_N, b_N):
        return 0.0
    return float(stats.kendalltau(a_N, b_N, variant="b").statistic)


def spearman(a_N: Floats, b_N: Floats) -> float:
    """Spearman's rho: Pearson's correlation of the ranks, ties given their mean rank.

    Args:
        a_N: `N` finite values.
        b_N: `N` finite values, in the same order.

    Returns:
        A number in [-1, 1]; 0 where it is undefined: fewer than two values, or one list is constant.

    Raises:
        ValueError: If the lengths differ or a value is not finite.
    """
    if not _orders(a_N, b_N):
        return 0.0
    return float(stats.spearmanr(a_N, b_N).statistic)


def _orders(a_N: Floats, b_N: Floats) -> bool:
    """Whether both lists hold at least two different values."""
    if a_N.shape != b_N.shape or a_N.ndim != 1:
        raise ValueError(f"both must be lists of equal length, got shapes {a_N.shape} and {b_N.shape}")
    if not (np.isfinite(a_N).all() and np.isfinite(b_N).all()):
        raise ValueError("every value must be finite")
    return len(a_N) > 1 and bool(np.ptp(a_N) > 0 and np.ptp(b_N) > 0)
