"""What a history teaches: accuracies of different candidates at one common fidelity.

Shapes: N candidates.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nars.predictors import accuracy_at
from nars.space.candidate import Candidate
from nars.trials import Trial, TrialState


@dataclass(frozen=True, kw_only=True, slots=True)
class Observations:
    """Candidates whose trials have ended, each once, in the order in which they were proposed."""

    candidates: tuple[Candidate, ...]
    accuracy_N: NDArray[np.float64]
    """At the common fidelity; a failed candidate has the worst accuracy seen, so that its region is avoided."""
    failed_N: NDArray[np.bool_]
    fidelity: float
    """Largest share of epochs that all completed trials have reached."""


def observe(history: Sequence[Trial]) -> Observations:
    """Ended trials as accuracies; where a candidate has several, the completed one that went furthest counts."""
    ended: dict[str, Trial] = {}
    for trial in history:
        if trial.state is not TrialState.RUNNING:
            known = ended.get(trial.candidate.id)
            ended[trial.candidate.id] = trial if known is None else max(known, trial, key=_progress)
    trials = list(ended.values())
    complete = [trial for trial in trials if trial.state is TrialState.COMPLETE]
    fidelity = min((trial.fidelity for trial in complete), default=1.0)
    known_accuracies = [_accuracy(trial, fidelity) for trial in complete]
    worst = min(known_accuracies, default=0.0)
    accuracies = dict(zip((trial.candidate.id for trial in complete), known_accuracies, strict=True))
    return Observations(
        candidates=tuple(trial.candidate for trial in trials),
        accuracy_N=np.array([accuracies.get(trial.candidate.id, worst) for trial in trials], dtype=np.float64),
        failed_N=np.array([trial.state is TrialState.FAILED for trial in trials], dtype=np.bool_),
        fidelity=fidelity,
    )


def _progress(trial: Trial) -> float:
    return trial.fidelity if trial.state is TrialState.COMPLETE else 0.0


def _accuracy(trial: Trial, fidelity: float) -> float:
    evaluation = trial.evaluation
    assert evaluation is not None, "a complete trial has an evaluation"
    if not evaluation.curve:  # trained by the user, who told one number only
        return evaluation.accuracy
    curve = [record.val_accuracy for record in evaluation.curve]
    return accuracy_at(curve, epochs=trial.candidate.recipe.epochs, fidelity=fidelity)
