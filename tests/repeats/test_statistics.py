"""Means, intervals and chances against closed forms and known tables."""

import math

import numpy as np
import pytest
from scipy import stats

from nars.repeats.statistics import Groups


def test_pooled_deviation_and_interval() -> None:
    groups = Groups(runs=((1.0, 3.0), (10.0, 10.0, 13.0)))
    # Squares 2 and 6 over 1 + 2 degrees of freedom; Student's t for 3 is 3.182 (every table).
    assert groups.freedom == 3
    assert groups.deviation == pytest.approx(math.sqrt(8 / 3))
    mean = groups.interval(1)
    half = 3.182446 * math.sqrt(8 / 3) / math.sqrt(3)
    assert (mean.mean, mean.low, mean.high) == pytest.approx((11.0, 11.0 - half, 11.0 + half))


def test_a_contrast_adds_the_variances() -> None:
    groups = Groups(runs=((1.0, 3.0), (4.0, 4.0), (5.0, 5.0), (9.0, 11.0)))
    found = groups.contrast((1.0, -1.0, -1.0, 1.0))
    error = math.sqrt(4 / 4) * math.sqrt(4 / 2)
    assert found.mean == 2 - 4 - 5 + 10
    assert found.high - found.mean == pytest.approx(2.776445 * error)


def test_chances_of_two_are_students() -> None:
    groups = Groups(runs=((0.90, 0.92, 0.91), (0.93, 0.92, 0.94)))
    error = groups.deviation * math.sqrt(2 / 3)
    expected = stats.t.cdf(0.02 / error, 4)
    chances = groups.chances(rng=np.random.default_rng(0))
    assert chances.sum() == pytest.approx(1.0)
    assert chances[1] == pytest.approx(expected, abs=0.005)


def test_equal_runs_share_the_chance() -> None:
    groups = Groups(runs=((0.5, 0.5), (0.5, 0.5), (0.4, 0.4)))
    assert groups.chances(rng=np.random.default_rng(0)).tolist() == [0.5, 0.5, 0.0]


def test_one_run_each_tells_no_spread() -> None:
    groups = Groups(runs=((0.5,), (0.6,)))
    assert math.isnan(groups.interval(0).low)
    assert groups.chances(rng=np.random.default_rng(0)).tolist() == [0.5, 0.5]
