from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pandas as pd

from nars.analysis.stages import stages_frame
from nars.storage.timing import Timing
from nars.trials import Failure, FailureReason, SearchStage, TrialState
from tests.analysis.histories import told_by_lr

START = datetime(2026, 11, 27, tzinfo=UTC)


def test_trials_epochs_and_time_of_each_stage():
    trials = told_by_lr(4, wall_s=3.0)
    failure = Failure(reason=FailureReason.DIVERGED, message="")
    trials[1] = replace(trials[1], state=TrialState.FAILED, evaluation=None, failure=failure)
    trials[3] = replace(trials[3], stage=SearchStage.FINAL)
    timings = [
        Timing(number=n, started=START + timedelta(hours=n), ended=START + timedelta(hours=n + 1)) for n in range(4)
    ]
    timings[3] = replace(timings[3], ended=None)
    frame = stages_frame(trials, timings).set_index("stage")
    assert frame.index.tolist() == ["coarse", "final"]
    assert frame.loc["coarse", ["trials", "complete", "failed"]].tolist() == [3, 2, 1]
    assert frame.loc["coarse", "epochs"] == sum(trials[n].candidate.recipe.epochs for n in (0, 2))
    # told_by_lr says 60,000,000 multiply-adds for each recipe in full
    assert frame.loc["coarse", "train_macs"] == 2 * 60_000_000
    assert frame.loc["coarse", ["wall_s", "hours"]].tolist() == [6.0, 3.0]
    assert pd.isna(frame.loc["final", "hours"])
