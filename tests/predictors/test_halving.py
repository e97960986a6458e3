import pytest

from nars.predictors import Curve, rungs
from nars.trials import last_epoch


def level(accuracy: float, *, reached: float = 1.0) -> Curve:
    return Curve(accuracies=(accuracy,) * 9, epochs=9, reached=reached)


def test_the_bar_is_the_best_of_two_and_the_second_best_of_five():
    assert rungs([level(0.1), level(0.2)]) == ()  # fewer than three
    assert [rung.accuracy for rung in rungs([level(v) for v in (0.1, 0.3, 0.2)])] == [0.3, 0.3]
    assert [rung.accuracy for rung in rungs([level(v) for v in (0.1, 0.5, 0.3, 0.2, 0.4)])] == [0.4, 0.4]


@pytest.mark.parametrize("n", [3, 8, 30])
def test_a_third_of_runs_like_those_before_goes_on(n: int):
    curves = [level((i + 0.5) / n) for i in range(n)]
    found = rungs(curves)
    new = [last_epoch([i / 1000] * 9, epochs=9, rungs=found) for i in range(1000)]
    goes_on = sum(epoch is None for epoch in new) / 1000
    assert abs(goes_on - 1 / 3) <= 1 / n


def test_each_rung_knows_only_the_runs_that_came_so_far():
    curves = [level(0.9, reached=1 / 9), level(0.8, reached=1 / 9), level(0.7, reached=1 / 9)]
    assert [(rung.share, rung.accuracy) for rung in rungs(curves)] == [(pytest.approx(1 / 9), 0.9)]
    curves += [level(v, reached=1.0) for v in (0.1, 0.2, 0.3)]
    first, second = rungs(curves)
    assert (first.accuracy, second.accuracy) == (0.8, 0.3)
    assert second.share == pytest.approx(1 / 3)
