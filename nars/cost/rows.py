"""Matrices as sets of rows: each row once, all pairs, and pairs that agree.

Shapes: N rows of F numbers each; A and B number the rows of two matrices.
"""

import numpy as np
from numpy.typing import NDArray

from nars.errors import CostError
from nars.space.columns import Bools, Floats, Ints

MAX_ROWS = 2_000_000
"""Rows that may be listed at once."""


def unique_rows(*columns: NDArray[np.generic]) -> Floats:
    """The different rows of a matrix with these columns (or groups of columns)."""
    return np.unique(np.column_stack(columns).astype(np.float64), axis=0)


def is_among(rows_NF: Floats, known_BF: Floats) -> Bools:
    """Which rows are rows of another matrix too."""
    _, which = np.unique(np.concatenate([known_BF, rows_NF]), axis=0, return_inverse=True)
    numbers = which.reshape(-1)
    among_N: Bools = np.isin(numbers[len(known_BF) :], numbers[: len(known_BF)])
    return among_N


def all_pairs(rows_AF: Floats, rows_BF: Floats) -> Floats:
    """Every row of the one followed by every row of the other.

    Raises:
        CostError: If they are too many to list.
    """
    require_listable(len(rows_AF) * len(rows_BF))
    return np.column_stack([np.repeat(rows_AF, len(rows_BF), axis=0), np.tile(rows_BF, (len(rows_AF), 1))])


def equal_pairs(keys_A: Ints, keys_B: Ints) -> tuple[Ints, Ints]:
    """Indices of every pair of equal keys.

    Raises:
        CostError: If they are too many to list.
    """
    order_B = np.argsort(keys_B, kind="stable")
    first_A, end_A = (np.searchsorted(keys_B[order_B], keys_A, side=side) for side in ("left", "right"))
    counts_A = end_A - first_A
    require_listable(int(counts_A.sum()))
    before_A = np.cumsum(counts_A) - counts_A
    indices_A = np.repeat(np.arange(len(keys_A)), counts_A)
    return indices_A, order_B[np.arange(len(indices_A)) + (first_A - before_A)[indices_A]]


def require_listable(num_rows: int) -> None:
    """Refuses what would fill the memory.

    Raises:
        CostError: If there are more than `MAX_ROWS` rows.
    """
    if num_rows > MAX_ROWS:
        raise CostError(f"one layer of the space has up to {num_rows:,} settings, more than the {MAX_ROWS:,} to list")
