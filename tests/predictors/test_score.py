import numpy as np

from nars.predictors import accuracy_of, score


def test_a_score_counts_halvings_of_the_error_alike_and_can_be_taken_back():
    accuracy_N = np.array([0.0, 0.9, 0.99, 0.995, 1.0])
    np.testing.assert_allclose(score(accuracy_N), [0, 1, 2, 2 + np.log10(2), 3], atol=1e-12)
    np.testing.assert_allclose(accuracy_of(score(accuracy_N)), [0.0, 0.9, 0.99, 0.995, 0.999], atol=1e-12)
