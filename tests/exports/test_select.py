from dataclasses import replace

import pytest

from nars.errors import ExperimentError
from nars.exports.select import best_trial
from nars.space.inference import inference_grid
from nars.trials import Inference
from tests.exports.trials import trial
from tests.training.detection.tiny import candidate as detector


def test_the_most_accurate_trial_wins_whatever_the_order() -> None:
    trials = [trial(0, accuracy=0.8), trial(1, accuracy=0.95, macs=10**6), trial(2, accuracy=0.9)]
    assert best_trial(trials).number == 1
    assert best_trial(trials[::-1]).number == 1


def test_of_equals_fewer_macs_win_then_the_earlier() -> None:
    trials = [trial(3, macs=200), trial(2, macs=100), trial(1, macs=100), trial(0, macs=300)]
    assert best_trial(trials).number == 1


def test_only_complete_trials_trained_in_full_count() -> None:
    trials = [trial(0, accuracy=0.99, fidelity=0.5), trial(1, accuracy=None), trial(2, accuracy=0.7)]
    assert best_trial(trials).number == 2
    with pytest.raises(ExperimentError) as info:
        best_trial(trials[:2])
    assert str(info.value) == (
        "only a trial trained in full (fidelity 1.0, complete) can be exported, got none among 2 trials"
    )


def test_a_bound_includes_itself() -> None:
    trials = [trial(0, accuracy=0.8, macs=500_000), trial(1, accuracy=0.9, macs=500_001)]
    assert best_trial(trials, max_macs=5e5).number == 0
    assert best_trial(trials, max_macs=500_001).number == 1


def test_every_bound_holds_at_once() -> None:
    trials = [
        trial(0, accuracy=0.9, macs=100, params=300),
        trial(1, accuracy=0.8, macs=300, params=100),
        trial(2, accuracy=0.7, macs=100, params=100),
    ]
    assert best_trial(trials, max_macs=200, max_params=200).number == 2


def test_nothing_within_the_budget_names_the_nearest() -> None:
    trials = [trial(4, macs=700_000), trial(7, macs=612_345, accuracy=0.1), trial(9, macs=100, fidelity=0.5)]
    with pytest.raises(ExperimentError) as info:
        best_trial(trials, max_macs=5e5)
    assert str(info.value) == (
        "none of 2 trials trained in full has macs <= 500,000; the nearest is trial 7: macs 612,345"
    )


def test_a_bound_on_an_unknown_latency_is_an_error() -> None:
    assert best_trial([trial(0, latency_ms=1.5)], max_latency_ms=1.5).number == 0
    with pytest.raises(ExperimentError, match=r"^trial 1 has no latency_ms: its space names no latency table$"):
        best_trial([trial(1)], max_latency_ms=1.0)


def test_a_bound_of_zero_is_a_bound() -> None:
    with pytest.raises(ExperimentError, match=r"has macs <= 0; the nearest is trial 0: macs 100,000$"):
        best_trial([trial(0)], max_macs=0)


def test_a_detector_counts_under_each_setting_of_inference() -> None:
    given = detector(detector={"post_nms_test": 3})
    more, most = inference_grid(given, {"post_nms_test": (10, 20)})
    plain = replace(trial(0, accuracy=0.5, macs=100), candidate=given)
    cost = replace(plain.cost, train_macs=70)
    told = (
        Inference(settings=more, accuracy=0.6, cost=replace(cost, macs=200, train_macs=0)),
        Inference(settings=most, accuracy=0.7, cost=replace(cost, macs=300, train_macs=0)),
    )
    swept = replace(plain, cost=cost, evaluation=replace(plain.evaluation, epochs=3, inferences=told))
    best = best_trial([swept, trial(1, accuracy=0.65, macs=250)])
    assert (best.number, best.accuracy, best.cost.macs, best.cost.train_macs) == (0, 0.7, 300, 70)
    assert best.candidate.recipe.detector.post_nms_test == 20
    assert best.trained_as == given
    assert best_trial([swept], max_macs=250).candidate.recipe.detector.post_nms_test == 10
    assert best_trial([swept], max_macs=150) == swept
    with pytest.raises(ExperimentError, match=r"none of 1 trials .* the nearest is trial 0: macs 100$"):
        best_trial([swept], max_macs=50)
