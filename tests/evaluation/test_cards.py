"""Shares of GPUs, told of cards that need not be there."""

from pathlib import Path

import pytest

from nars.evaluation.cards import Cards
from nars.evaluation.evaluator import GpuShare
from nars.trials import Evaluation
from tests.evaluation.tasks import task

GIB = 1 << 30
HERE = Path()


def told(peak_bytes: int | None, *, passes: int = 1) -> Evaluation:
    return Evaluation(accuracy=0.5, epochs=1, curve=(), passes=passes, peak_memory_bytes=peak_bytes)


def shared(*gib: int, predicted: dict[int, int] | None = None) -> Cards:
    """Cards of so much memory; each trial is predicted to take 1 GiB where nothing else is said."""
    return Cards([size * GIB for size in gib], predicted_bytes=lambda task: (predicted or {}).get(task.number, GIB))


def calibrated(*gib: int, peak: int = 2 * GIB, predicted: dict[int, int] | None = None) -> Cards:
    """The same after trial 0, predicted at 1 GiB, has told what it took; a worker on each."""
    cards = shared(*gib, predicted=predicted)
    for _ in gib:
        cards.join()
    cards.share(task(0, HERE), 0)
    cards.leave(0, told(peak))
    return cards


def share(cards: Cards, number: int, card: int = 0) -> GpuShare | None:
    return cards.share(task(number, HERE), card)


def test_each_worker_joins_the_card_with_the_fewest():
    cards = shared(8, 8, 8)
    assert [cards.join() for _ in range(4)] == [0, 1, 2, 0]
    cards.quit(1)
    assert cards.join() == 1


def test_a_card_trains_one_trial_until_one_has_told_what_it_took():
    cards = shared(80, 80)
    assert share(cards, 0, card=0) == GpuShare(card=0)
    assert share(cards, 1, card=0) is None
    assert share(cards, 1, card=1) == GpuShare(card=1)
    cards.leave(0, told(2 * GIB))
    assert share(cards, 2, card=1) is None  # trial 1 may take all of it
    assert share(cards, 2, card=0) == GpuShare(card=0, memory_bytes=int(1.2 * 2 * GIB))


@pytest.mark.parametrize("evaluation", [None, told(None), told(GIB, passes=2)])
def test_a_trial_that_tells_nothing_of_use_leaves_it_so(evaluation: Evaluation | None):
    cards = shared(80)
    share(cards, 0)
    cards.leave(0, evaluation)
    assert share(cards, 1) == GpuShare(card=0)
    assert share(cards, 2) is None


def test_a_card_is_never_given_away_twice():
    # 0.95 * 10 GiB, less 1 GiB of the worker's process, holds three times 1.2 * 2 GiB, not four
    cards = calibrated(10)
    assert [share(cards, number) is not None for number in range(1, 5)] == [True, True, True, False]
    cards.leave(2)
    assert share(cards, 4) is not None
    assert share(cards, 5) is None


def test_a_process_takes_memory_too():
    cards = calibrated(10)
    for _ in range(2):
        cards.join()
    # three processes leave 6.5 GiB
    assert [share(cards, number) is not None for number in range(1, 4)] == [True, True, False]


def test_memory_rises_with_the_prediction_but_never_faster():
    cards = calibrated(80, predicted={1: GIB // 4, 2: 3 * GIB, 3: 6 * GIB})
    expected = {1: 2 * GIB, 2: 6 * GIB, 3: 12 * GIB}
    for number, peak in expected.items():
        assert share(cards, number) == GpuShare(card=0, memory_bytes=int(1.2 * peak))
        cards.leave(number)
    share(cards, 3)
    cards.leave(3, told(5 * GIB))  # a second trial that tells: the least bound counts
    assert share(cards, 2) == GpuShare(card=0, memory_bytes=int(1.2 * 5 * GIB))
    assert share(cards, 1) == GpuShare(card=0, memory_bytes=int(1.2 * 2 * GIB))


def test_a_trial_that_is_too_large_for_a_part_waits_for_all_of_a_card():
    cards = calibrated(10, predicted={2: 5 * GIB})
    assert share(cards, 1) is not None
    assert share(cards, 2) is None
    cards.leave(1)
    assert share(cards, 2) == GpuShare(card=0)
    assert not cards.has_part(2)
    assert share(cards, 3) is None


def test_a_trial_whose_part_was_too_small_gets_all_of_a_card():
    cards = calibrated(80)
    assert share(cards, 1) is not None
    assert cards.has_part(1)
    cards.leave(1, was_crowded=True)
    assert cards.crowded == {1}
    assert share(cards, 2) is not None
    assert share(cards, 1) is None
    cards.leave(2)
    assert share(cards, 1) == GpuShare(card=0)


def test_without_a_prediction_trials_are_spread_and_nothing_else():
    cards = Cards([8 * GIB, 8 * GIB])
    assert [cards.join(), cards.join(), cards.join()] == [0, 1, 0]
    assert [share(cards, number, card=1) for number in range(3)] == [GpuShare(card=1)] * 3
    assert not cards.has_part(0)
    cards.leave(0, told(GIB))
    assert cards.most_workers == 2


def test_processes_leave_most_of_each_card_to_the_trials():
    assert shared(80, 8, 2).most_workers == 20 + 2 + 1
