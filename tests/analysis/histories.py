"""Histories whose truth is known."""

from dataclasses import replace

import numpy as np

from nars.space.candidate import Candidate
from nars.trials import SearchStage, Trial, TrialState
from tests.storage.studies import cost_of, evaluation_of, small_space


def accuracy_by_lr(candidate: Candidate) -> float:
    """0.5 at lr 0.001, 0.9 at lr 1, on a line in its logarithm: no other knob matters."""
    return 0.5 + 0.4 * float(np.log10(candidate.recipe.lr) + 3) / 3


def told_by_lr(count: int, *, round_size: int = 20, wall_s: float = 2.0) -> list[Trial]:
    """Complete trials, of 20,000 MACs each, told by their learning rate alone."""
    trials = []
    for number, candidate in enumerate(small_space().sample(count, rng=np.random.default_rng(0))):
        evaluation = evaluation_of(accuracy_by_lr(candidate), epochs=candidate.recipe.epochs)
        trials.append(
            Trial(
                number=number,
                candidate=candidate,
                stage=SearchStage.COARSE,
                round=number // round_size,
                fidelity=1.0,
                seed=0,
                cost=cost_of(20_000),
                state=TrialState.COMPLETE,
                evaluation=replace(evaluation, curve=(), wall_s=wall_s),
            )
        )
    return trials
