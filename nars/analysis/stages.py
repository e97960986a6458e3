"""Where the time of a search went."""

from collections.abc import Sequence

import pandas as pd

from nars.storage.timing import Timing
from nars.trials import SearchStage, Trial, TrialState


def stages_frame(trials: Sequence[Trial], timings: Sequence[Timing]) -> pd.DataFrame:
    """One row per stage.

    Args:
        trials: Of the study.
        timings: Of the same trials.

    Returns:
        ``stage``, ``trials``, ``complete``, ``failed``, ``epochs`` (once more where a trial went on from an earlier
        one's), ``train_macs`` (their multiply-adds), ``wall_s`` (sum over trials), ``hours`` (from the first start to
        the last end).
    """
    rows = []
    for stage in SearchStage:
        inside = [(trial, timing) for trial, timing in zip(trials, timings, strict=True) if trial.stage is stage]
        starts = [timing.started for _, timing in inside if timing.started]
        ends = [timing.ended for _, timing in inside if timing.ended]
        told = [(trial, trial.evaluation) for trial, _ in inside if trial.evaluation]
        if inside:
            rows.append(
                {
                    "stage": stage.value,
                    "trials": len(inside),
                    "complete": len(told),
                    "failed": sum(trial.state is TrialState.FAILED for trial, _ in inside),
                    "epochs": sum(evaluation.epochs for _, evaluation in told),
                    "train_macs": sum(round(trial.cost.train_macs * trial.reached) for trial, _ in told),
                    "wall_s": sum(evaluation.wall_s for _, evaluation in told),
                    "hours": (max(ends) - min(starts)).total_seconds() / 3600 if starts and ends else None,
                }
            )
    return pd.DataFrame(rows).astype({"stage": "string", "hours": "Float64"})
