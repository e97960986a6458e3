from dataclasses import replace

import pandas as pd
import pytest

from nars.analysis.advice import _LEAST_SPREAD, Advice, stop_advice
from nars.analysis.diagnosis import predictions_frame
from nars.analysis.taught import taught_by
from tests.analysis.histories import told_by_lr
from tests.storage.studies import small_space


def advised(trials):
    space = small_space()
    taught = taught_by(space, trials, seed=0)
    predictions = predictions_frame(space, trials, seed=0, predictor="gaussian")
    return stop_advice(taught, trials, predictions, predictor="gaussian")


def test_a_search_far_from_its_best_is_told_to_go_on_and_by_how_much():
    """Trials up to lr 0.1 reached 0.77; 0.9 is to be had at lr 1."""
    trials = [trial for trial in told_by_lr(80) if trial.candidate.recipe.lr < 0.1]
    best = max(trial.accuracy for trial in trials)
    advice = advised(trials)
    assert advice.trials == 10
    assert advice.chance > 0.95
    assert 0.03 < advice.gain < 0.9 - best + 0.05


def test_a_search_at_its_best_is_told_to_stop():
    trials = told_by_lr(80)
    trials.append(replace(trials[0], number=80, candidate=replace(trials[0].candidate, recipe=replace(trials[0].candidate.recipe, lr=1.0)), evaluation=replace(trials[0].evaluation, accuracy=0.9)))  # fmt: skip
    assert advised(trials).gain < 0.01


def test_seconds_are_those_of_the_trials_so_far():
    fast, slow = advised(told_by_lr(40, wall_s=1.0)), advised(told_by_lr(40, wall_s=10.0))
    assert slow.wall_s == pytest.approx(10 * fast.wall_s)
    assert advised(told_by_lr(40, wall_s=0.0)).wall_s is None


def test_what_was_missed_before_counts_as_it_was():
    """Rounds that came out 0.3 below what was expected of them, and one that came out as expected.

    Of 72 trials that were told and 8 that are assumed, a tenth of what is drawn is normal.
    """
    space, trials = small_space(), told_by_lr(40)
    taught = taught_by(space, trials, seed=0)

    def missed(*by):
        rounds = [number for number in range(len(by)) for _ in range(72 // len(by))]
        got = [0.8 - by[number] for number in rounds]
        predictions = pd.DataFrame({"round": rounds, "expected": 0.8, "spread": 0.001, "got": got})
        return stop_advice(taught, trials, predictions, predictor="gaussian")

    normal, exact, often, always = missed(), missed(0.0), missed(0.0, 0.3), missed(0.3, 0.3)
    assert normal.spread > 10 * _LEAST_SPREAD
    assert always.gain == pytest.approx(normal.gain / 10, rel=0.15)
    assert always.chance == pytest.approx(normal.chance / 10, rel=0.15)
    assert often.gain - always.gain == pytest.approx((exact.gain - always.gain) / 2, rel=0.1)
    assert exact.chance == pytest.approx(0.9 + always.chance, abs=0.02)


@pytest.mark.parametrize(
    ("wall_s", "end"), [(None, "any rise)"), (60.0, "60 seconds"), (600.0, "10 minutes"), (9000.0, "2.5 hours")]
)
def test_the_sentence(wall_s, end):
    sentence = Advice(trials=10, gain=0.0123, spread=0.004, chance=0.75, wall_s=wall_s).sentence
    assert sentence.startswith("10 more trials, chosen by the predictor, are expected")
    assert "by 0.0123 (standard deviation 0.0040; a chance of 75%" in sentence
    assert end in sentence
