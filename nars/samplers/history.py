"""What a history teaches: accuracies of different candidates at one common fidelity.

Shapes: N candidates.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nars.predictors import Curve, accuracies_at, common_share
from nars.space.candidate import Candidate
from nars.trials import Trial, TrialState


@dataclass(frozen=True, kw_only=True, slots=True)
class Observations:
    """Candidates whose trials have ended, each once, in the order in which they were proposed."""

    candidates: tuple[Candidate, ...]
    accuracy_N: NDArray[np.float64]
    """At ``fidelity``, as it was or as it is expected; a failed candidate has the worst seen: its region is avoided."""
    failed_N: NDArray[np.bool_]
    fidelity: float
    """Share of epochs that accuracies are compared at; see `nars.predictors.curves`."""


def observe(history: Sequence[Trial]) -> Observations:
    """Ended trials as accuracies; where a candidate has several, the completed one that went furthest counts."""
    ended: dict[str, Trial] = {}
    for trial in history:
        if trial.state is not TrialState.RUNNING:
            known = ended.get(trial.candidate.id)
            ended[trial.candidate.id] = trial if known is None else max(known, trial, key=lambda t: t.reached)
    complete = [trial for trial in ended.values() if trial.state is TrialState.COMPLETE]
    curves = [curve_of(trial) for trial in complete]
    fidelity = common_share(curves)
    told = accuracies_at(curves, fidelity) if curves else np.empty(0)
    accuracies = {trial.candidate.id: float(value) for trial, value in zip(complete, told, strict=True)}
    worst = min(accuracies.values(), default=0.0)
    return Observations(
        candidates=tuple(trial.candidate for trial in ended.values()),
        accuracy_N=np.array([accuracies.get(identity, worst) for identity in ended], dtype=np.float64),
        failed_N=np.array([trial.state is TrialState.FAILED for trial in ended.values()], dtype=np.bool_),
        fidelity=fidelity,
    )


def curve_of(trial: Trial) -> Curve:
    """The learning curve of a complete trial; a level one where its user told one number only."""
    evaluation, epochs = trial.evaluation, trial.candidate.recipe.epochs
    assert evaluation is not None, "a complete trial has an evaluation"
    accuracies = tuple(record.val_accuracy for record in evaluation.curve)
    return Curve(accuracies=accuracies or (evaluation.accuracy,) * epochs, epochs=epochs, reached=trial.reached)
