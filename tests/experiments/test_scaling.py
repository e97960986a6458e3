"""Simulated workers on hand-made durations."""

import sys
from pathlib import Path
from types import ModuleType

import pytest

FOLDER = Path(__file__).parents[2] / "experiments" / "scaling"


@pytest.fixture
def clock(monkeypatch):
    """The script's own module, forgotten again afterwards: its name is short."""
    monkeypatch.syspath_prepend(str(FOLDER))
    monkeypatch.delitem(sys.modules, "clock", raising=False)
    module: ModuleType = __import__("clock")
    yield module
    sys.modules.pop("clock", None)


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
