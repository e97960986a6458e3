from dataclasses import replace

import numpy as np

from nars.samplers import observe
from nars.space import Candidate
from nars.trials import EpochRecord, Evaluation, Trial, TrialState
from tests.samplers.spaces import tiny_space, trials_of


def candidates() -> list[Candidate]:
    """Two, of four epochs each."""
    sampled = tiny_space().sample(40, rng=np.random.default_rng(0))
    different = {c.id: c for c in sampled if c.recipe.epochs == 4}
    return list(different.values())[:2]


def with_curve(trial: Trial, accuracies: list[float], *, fidelity: float) -> Trial:
    curve = tuple(
        EpochRecord(epoch=i + 1, train_loss=1.0, val_loss=1.0, val_accuracy=value, lr=0.1, wall_s=1.0)
        for i, value in enumerate(accuracies)
    )
    evaluation = Evaluation(accuracy=accuracies[-1], epochs=len(accuracies), curve=curve)
    return replace(trial, fidelity=fidelity, evaluation=evaluation)


def test_two_runs_are_compared_at_the_share_that_both_have_reached():
    full, half = trials_of(tiny_space(), candidates())
    observed = observe(
        [with_curve(full, [0.1, 0.2, 0.3, 0.9], fidelity=1.0), with_curve(half, [0.5, 0.6], fidelity=0.5)]
    )
    assert observed.fidelity == 0.5
    np.testing.assert_array_equal(observed.accuracy_N, [0.2, 0.6])


def test_a_run_that_a_rung_ended_is_told_what_it_would_have_reached():
    space = tiny_space()
    sampled = space.sample(200, rng=np.random.default_rng(0))
    four = list({c.id: c for c in sampled if c.recipe.epochs == 4}.values())[:4]
    trials = trials_of(space, four)
    whole = [with_curve(trial, [0.2, 0.6, 0.7, 0.8], fidelity=1.0) for trial in trials[:3]]
    ended = with_curve(trials[3], [0.1, 0.6], fidelity=1.0)
    assert (ended.reached, ended.trained_in_full) == (0.5, False)
    observed = observe([*whole, ended])
    assert observed.fidelity == 1.0
    np.testing.assert_allclose(observed.accuracy_N, [0.8, 0.8, 0.8, 0.8])


def test_a_failed_trial_counts_as_the_worst_seen():
    first, second = candidates()
    space = tiny_space()
    history = trials_of(space, [first]) + trials_of(space, [second], start=1, state=TrialState.FAILED)
    observed = observe(history)
    assert observed.accuracy_N[0] == observed.accuracy_N[1]
    assert observed.failed_N.tolist() == [False, True]


def test_the_trial_that_went_furthest_counts_and_running_ones_do_not():
    first, second = candidates()
    space = tiny_space()
    coarse, final, running = trials_of(space, [first, first, second])
    history = [
        with_curve(coarse, [0.1, 0.2], fidelity=0.5),
        with_curve(final, [0.1, 0.2, 0.3, 0.4], fidelity=1.0),
        replace(running, state=TrialState.RUNNING, evaluation=None),
    ]
    observed = observe(history)
    assert observed.candidates == (first,)
    assert observed.fidelity == 1.0
    assert observed.accuracy_N.tolist() == [0.4]


def test_an_empty_history_teaches_nothing():
    assert len(observe([]).accuracy_N) == 0
