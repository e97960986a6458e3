"""Simulated workers on hand-made durations."""

import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

FOLDER = Path(__file__).parents[2] / "experiments" / "scaling"


def script(name, monkeypatch):
    """A module of the script's own, forgotten again afterwards: its name is short."""
    monkeypatch.syspath_prepend(str(FOLDER))
    monkeypatch.delitem(sys.modules, name, raising=False)
    module: ModuleType = __import__(name)
    yield module
    sys.modules.pop(name, None)


@pytest.fixture
def clock(monkeypatch):
    yield from script("clock", monkeypatch)


@pytest.fixture
def picture(monkeypatch):
    yield from script("picture", monkeypatch)


class InOrder:
    """Rows 0, 1, 2, ..., and how many results were known when each was asked for."""

    def __init__(self):
        self.next, self.told, self.known = 0, [], []

    def ask(self, count):
        self.known += [len(self.told)] * count
        self.next += count
        return list(range(self.next - count, self.next))

    def tell(self, row):
        self.told.append(row)


SECONDS = [4.0, 1.0, 2.0, 3.0, 5.0]


def test_rounds_wait_for_their_longest_trial(clock):
    searcher = InOrder()
    run = clock.synchronous(searcher, SECONDS, workers=2, trials=5, round_size=2)
    # 0-4 and 0-1; then 4-6 and 4-7; then 7-12
    assert run.ended_s == (1.0, 4.0, 6.0, 7.0, 12.0)
    assert run.rows == (1, 0, 2, 3, 4)
    assert run.busy_share == pytest.approx(15 / (2 * 12))
    assert searcher.known == [0, 0, 2, 2, 4]


def test_within_a_round_a_free_worker_takes_the_next(clock):
    searcher = InOrder()
    run = clock.synchronous(searcher, SECONDS, workers=2, trials=5, round_size=5)
    # one worker 0-4 and 4-7 with row 3 begun at 3; the other 0-1, 1-3, 3-6; row 4 begins at 4 on the first
    assert sorted(zip(run.rows, run.ended_s, strict=True)) == [(0, 4.0), (1, 1.0), (2, 3.0), (3, 6.0), (4, 9.0)]
    assert run.busy_share == pytest.approx(15 / (2 * 9))


def test_asynchronous_workers_never_wait(clock):
    searcher = InOrder()
    run = clock.asynchronous(searcher, SECONDS, workers=2, trials=5)
    assert sorted(zip(run.rows, run.ended_s, strict=True)) == [(0, 4.0), (1, 1.0), (2, 3.0), (3, 6.0), (4, 9.0)]
    assert searcher.known == [0, 0, 1, 2, 3]
    assert run.seconds_to(frozenset({3, 4})) == 6.0
    assert run.seconds_to(frozenset({9})) is None


def test_one_worker_is_always_busy(clock):
    for run in (
        clock.synchronous(InOrder(), SECONDS, workers=1, trials=5, round_size=2),
        clock.asynchronous(InOrder(), SECONDS, workers=1, trials=5),
    ):
        assert (run.ended_s[-1], run.busy_share) == (15.0, 1.0)


def test_runs_that_never_reached_the_target_count_as_the_longest(picture):
    hours = {1: [5.0, np.nan, 3.0], 4: [2.0, np.nan, np.nan], 16: [1.0, 2.0, 4.0]}
    runs = pd.DataFrame([{"workers": w, "hours_to_target": hour} for w, of in hours.items() for hour in of])
    found = picture.quartiles(runs, "hours_to_target")
    np.testing.assert_array_equal(found.loc[1], [4.0, 5.0, np.nan])
    np.testing.assert_array_equal(found.loc[4], [np.nan, np.nan, np.nan])
    np.testing.assert_array_equal(found.loc[16], [1.5, 2.0, 3.0])
