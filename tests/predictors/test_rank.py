import numpy as np
import pytest

from nars.predictors import kendall_tau, spearman


def test_kendall_counts_pairs_in_order():
    # Of the 6 pairs, 5 agree and 1 does not: (5 - 1) / 6.
    assert kendall_tau(np.array([1.0, 2, 3, 4]), np.array([1.0, 2, 4, 3])) == pytest.approx(4 / 6)


def test_kendall_corrects_for_ties():
    # 5 pairs in order, 1 tied in a: 5 / sqrt((6 - 1) * 6).
    assert kendall_tau(np.array([1.0, 1, 2, 3]), np.array([1.0, 2, 3, 4])) == pytest.approx(5 / np.sqrt(30))


def test_spearman_follows_the_sum_of_squared_rank_differences():
    # 1 - 6 * (0 + 0 + 1 + 1) / (4 * 15).
    assert spearman(np.array([1.0, 2, 3, 4]), np.array([10.0, 20, 40, 30])) == pytest.approx(0.8)


def test_spearman_gives_ties_their_mean_rank():
    ranks = np.corrcoef([1.5, 1.5, 3, 4], [1, 2, 3, 4])[0, 1]
    assert spearman(np.array([1.0, 1, 2, 3]), np.array([1.0, 2, 3, 4])) == pytest.approx(ranks)


@pytest.mark.parametrize("correlation", [kendall_tau, spearman])
def test_undefined_correlations_are_zero(correlation):
    assert correlation(np.array([1.0, 1, 1]), np.array([1.0, 2, 3])) == 0.0
    assert correlation(np.array([1.0]), np.array([2.0])) == 0.0
    assert correlation(np.array([]), np.array([])) == 0.0


@pytest.mark.parametrize("correlation", [kendall_tau, spearman])
def test_what_cannot_be_ranked_is_refused(correlation):
    with pytest.raises(ValueError, match=r"equal length, got shapes \(2,\) and \(3,\)"):
        correlation(np.zeros(2), np.zeros(3))
    with pytest.raises(ValueError, match="every value must be finite"):
        correlation(np.array([1.0, np.nan]), np.array([1.0, 2.0]))
