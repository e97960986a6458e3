import numpy as np
import pytest

from nars.predictors import Curve, accuracies_at, common_share


def whole(*errors: float) -> Curve:
    return Curve(accuracies=tuple(1 - e for e in errors), epochs=len(errors), reached=1.0)


def test_the_common_share_is_the_largest_that_three_have_reached():
    def reached(*shares: float) -> list[Curve]:
        return [Curve(accuracies=(0.5,) * 10, epochs=10, reached=share) for share in shares]

    assert common_share(reached(1.0, 1.0, 1.0, 0.3)) == 1.0
    assert common_share(reached(1.0, 0.6, 1.0, 0.3)) == 0.6
    assert common_share(reached(0.5, 1.0)) == 0.5
    assert common_share([]) == 1.0


def test_a_run_that_went_further_counts_at_the_share():
    assert accuracies_at([whole(0.4, 0.3, 0.2, 0.1)], 0.5) == [pytest.approx(0.7)]


def test_where_all_gained_alike_a_short_run_is_told_the_same_gain():
    # each run halves its error in its second half, whatever it was
    curves = [whole(0.8, 0.4), whole(0.4, 0.2), whole(0.2, 0.1)]
    short = Curve(accuracies=(0.9,), epochs=2, reached=0.5)
    assert accuracies_at([*curves, short], 1.0)[-1] == pytest.approx(0.95)


def test_gains_that_fall_with_accuracy_are_learnt_in_part():
    # final log error = half the early one: slope 0.5; with 3 rows and 3 rows' weight on slope 1: 0.75
    early, final = np.array([0.1, 0.01, 0.001]), np.array([0.1, 0.1**1.5, 0.01])
    curves = [whole(a, b) for a, b in zip(early, final, strict=True)]
    short = Curve(accuracies=(1 - 0.001,), epochs=2, reached=0.5)
    told = accuracies_at([*curves, short], 1.0)[-1]
    assert -np.log10(1 - told) == pytest.approx(1.5 + 0.75 * (3 - 2))


def test_equal_early_accuracies_are_told_the_mean_final_one():
    curves = [whole(0.5, 0.1), whole(0.5, 0.001)]
    short = Curve(accuracies=(0.5,), epochs=2, reached=0.5)
    assert accuracies_at([*curves, short], 1.0)[-1] == pytest.approx(0.99)


def test_each_share_has_its_own_line_and_accuracies_stay_in_0_to_1():
    curves = [whole(0.9, 0.5, 0.1)] * 3
    first = Curve(accuracies=(0.1,), epochs=3, reached=1 / 3)
    second = Curve(accuracies=(0.1, 0.5), epochs=3, reached=2 / 3)
    bad = Curve(accuracies=(0.0,), epochs=3, reached=1 / 3)
    told = accuracies_at([*curves, first, second, bad], 1.0)[3:]
    assert told[:2] == pytest.approx([0.9, 0.9])
    assert 0 <= told[2] < 0.9
