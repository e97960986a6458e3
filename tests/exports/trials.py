"""Trial records for tests; only what a test names differs from one to the next."""

from nars.trials import (
    Cost,
    Evaluation,
    Failure,
    FailureReason,
    SearchStage,
    Trial,
    TrialState,
)
from tests.evaluation.tasks import candidate


def trial(
    number: int,
    *,
    accuracy: float | None = 0.9,
    macs: int = 100_000,
    params: int = 1000,
    latency_ms: float | None = None,
    fidelity: float = 1.0,
) -> Trial:
    """A complete trial, or a failed one where the accuracy is none."""
    is_complete = accuracy is not None
    return Trial(
        number=number,
        candidate=candidate(),
        stage=SearchStage.FINAL,
        round=0,
        fidelity=fidelity,
        seed=0,
        cost=Cost(macs=macs, params=params, activations=10, memory_bytes=100, latency_ms=latency_ms),
        state=TrialState.COMPLETE if is_complete else TrialState.FAILED,
        evaluation=Evaluation(accuracy=accuracy, epochs=candidate().recipe.epochs, curve=())
        if accuracy is not None
        else None,
        failure=None if is_complete else Failure(reason=FailureReason.DIVERGED, message="loss is nan"),
    )
