from dataclasses import replace

import pandas as pd
import pytest

from nars.space.domains import Choice, FloatRange, IntRange
from nars.storage.frames import _knob_column, curves_frame, timings_frame, trials_frame
from nars.storage.timing import Timing
from nars.trials import SearchStage, Trial, TrialState
from tests.storage.studies import cost_of, evaluation_of, sample, small_space


@pytest.mark.parametrize(
    ("domain", "values", "kind"),
    [
        (IntRange(1, 3), [1, None], "Int64"),
        (FloatRange(0.0, 1.0), [0.5, None], "Float64"),
        (Choice((1, 2)), [2, 1], "Int64"),
        (Choice((1.0, 2.5)), [None, None], "Float64"),
        (Choice((True, False)), [True, None], "boolean"),
        (Choice(("a", "b")), ["a", None], "string"),
        (Choice((None, 3)), [3, None], "Int64"),
        (Choice(("auto", 3)), ["auto", "3"], "string"),
    ],
)
def test_a_column_has_the_type_of_its_domain_whatever_its_rows(domain, values, kind):
    column = _knob_column(domain, [3 if value == "3" else value for value in values])
    assert column.dtype == pd.Series([], dtype=kind).dtype
    assert [None if pd.isna(value) else value for value in column] == values


def test_no_trials_give_the_same_columns():
    frame = trials_frame(small_space(), ())
    assert len(frame) == 0
    assert frame.dtypes["recipe.momentum"] == "Float64"
    assert curves_frame(()).columns.tolist() == ["number", "epoch", "train_loss", "val_loss", "val_accuracy", "lr"]


def test_memory_of_a_gpu_is_told_where_any_trial_used_one() -> None:
    def told(*peaks: int | None) -> pd.DataFrame:
        evaluations = [replace(evaluation_of(0.5), peak_memory_bytes=peak) for peak in peaks]
        trials = [
            Trial(
                number=number, candidate=sample(1)[0], stage=SearchStage.COARSE, round=0, fidelity=1.0, seed=0,
                cost=cost_of(50_000), state=TrialState.COMPLETE, evaluation=evaluation,
            )
            for number, evaluation in enumerate(evaluations)
        ]  # fmt: skip
        return timings_frame(trials, [Timing(number=trial.number, started=None, ended=None) for trial in trials])

    assert "peak_memory_bytes" not in told(None, None)
    frame = told(None, 3 << 30)
    assert frame.dtypes["peak_memory_bytes"] == "Int64"
    assert frame["peak_memory_bytes"].dropna().to_dict() == {1: 3 << 30}
