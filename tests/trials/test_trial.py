import dataclasses

import numpy as np
import pytest

from nars.trials import Cost, Evaluation, SearchStage, Trial, TrialState, epoch_at
from tests.space.spaces import small_space


@pytest.mark.parametrize(
    ("epochs", "fidelity", "expected"), [(20, 0.15, 3), (20, 0.05, 1), (10, 0.05, 1), (7, 0.5, 4), (7, 1.0, 7)]
)
def test_the_epoch_of_a_share_is_rounded_up(epochs: int, fidelity: float, expected: int) -> None:
    assert epoch_at(epochs, fidelity) == expected


def test_every_share_of_a_grid_is_exact() -> None:
    assert [epoch_at(20, step / 20) for step in range(1, 21)] == list(range(1, 21))


def trial(**changes: object) -> Trial:
    candidate = small_space().sample(1, rng=np.random.default_rng(0))[0]
    running = Trial(
        number=3, candidate=candidate, stage=SearchStage.COARSE, round=1, fidelity=1.0, seed=1,
        cost=Cost(macs=1, params=1, activations=1, memory_bytes=1), state=TrialState.RUNNING,
    )  # fmt: skip
    return dataclasses.replace(running, **changes)  # type: ignore[arg-type]


def test_a_trial_trains_its_share_of_the_recipe() -> None:
    whole = trial()
    assert whole.epochs == whole.candidate.recipe.epochs
    assert trial(fidelity=1e-6).epochs == 1


def test_only_complete_trials_of_all_epochs_are_trained_in_full() -> None:
    epochs = trial().candidate.recipe.epochs
    evaluation = Evaluation(accuracy=0.5, epochs=epochs, curve=())
    assert trial(state=TrialState.COMPLETE, evaluation=evaluation).trained_in_full
    assert not trial(state=TrialState.COMPLETE, evaluation=evaluation, fidelity=0.5).trained_in_full
    ended = trial(state=TrialState.COMPLETE, evaluation=dataclasses.replace(evaluation, epochs=1))
    assert not ended.trained_in_full
    assert ended.reached == 1 / epochs
    assert not trial().trained_in_full
    assert not trial(state=TrialState.FAILED).trained_in_full


def test_records_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        trial().number = 4  # type: ignore[misc]
