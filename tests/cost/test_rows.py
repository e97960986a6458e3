import numpy as np
import pytest

from nars.cost.rows import MAX_ROWS, all_pairs, equal_pairs, is_among, require_listable, unique_rows
from nars.errors import CostError


def test_rows_come_once_and_in_order():
    assert unique_rows(np.array([2, 1, 2]), np.array([0.5, 7, 0.5])).tolist() == [[1, 7], [2, 0.5]]


def test_rows_are_found_whole():
    rows_NF = np.array([[1.0, 2.0], [2.0, 1.0], [3.0, 3.0]])
    assert is_among(rows_NF, np.array([[2.0, 1.0], [3.0, 4.0]])).tolist() == [False, True, False]
    assert is_among(rows_NF, np.empty((0, 2))).tolist() == [False, False, False]


def test_all_pairs_of_rows():
    pairs = all_pairs(np.array([[1.0], [2.0]]), np.array([[5.0, 6.0], [7.0, 8.0]]))
    assert pairs.tolist() == [[1, 5, 6], [1, 7, 8], [2, 5, 6], [2, 7, 8]]


def test_equal_pairs_are_those_of_two_loops():
    rng = np.random.default_rng(0)
    keys_A, keys_B = rng.integers(9, size=30), rng.integers(9, size=40)
    expected = {(a, b) for a in range(30) for b in range(40) if keys_A[a] == keys_B[b]}
    assert set(zip(*(index.tolist() for index in equal_pairs(keys_A, keys_B)), strict=True)) == expected


def test_too_many_rows_are_refused():
    require_listable(MAX_ROWS)
    with pytest.raises(CostError, match="up to 4,000,000 settings, more than the 2,000,000 to list"):
        all_pairs(np.zeros((2000, 1)), np.zeros((2000, 1)))
