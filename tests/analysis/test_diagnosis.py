import numpy as np
import pandas as pd
import pytest

from nars.analysis.diagnosis import MOST_FITS, diagnosis_frame, predictions_frame
from tests.analysis.histories import told_by_lr
from tests.storage.studies import small_space


def test_figures_of_a_round_by_hand():
    predictions = pd.DataFrame(
        {
            "number": [1, 2, 3, 4, 5],
            "round": [1, 1, 1, 2, 2],
            "fidelity": [1.0] * 5,
            "expected": [0.5, 0.6, 0.7, 0.8, 0.8],
            "spread": [0.1, 0.1, 0.1, 0.01, 0.1],
            "got": [0.55, 0.75, 0.65, 0.9, 0.8],
        }
    )
    frame = diagnosis_frame(predictions).set_index("round")
    assert frame.index.tolist() == ["1", "2", "all"]
    # expected 1 2 3 against got 1 3 2: two of three pairs in order, tau = (2 - 1) / 3
    assert frame.loc["1", "kendall"] == pytest.approx(1 / 3)
    assert frame.loc["1", "error"] == pytest.approx((0.05 + 0.15 + 0.05) / 3)
    assert frame.loc["1", "bias"] == pytest.approx((-0.05 - 0.15 + 0.05) / 3)
    assert frame.loc["1", ["within_one", "within_two"]].tolist() == pytest.approx([2 / 3, 1.0])
    assert pd.isna(frame.loc["2", "kendall"])
    assert frame.loc["2", ["within_one", "within_two"]].tolist() == [0.5, 0.5]
    assert frame.loc["all", "trials"] == 5


def test_a_round_is_told_from_the_rounds_before_it_alone():
    space, trials = small_space(), told_by_lr(60, round_size=20)
    frame = predictions_frame(space, trials, seed=0, predictor="gaussian")
    assert frame["number"].tolist() == list(range(20, 60))  # nothing went before the first round
    told = diagnosis_frame(frame).set_index("round")
    assert (told["kendall"] > 0.9).all()
    assert told.loc["all", "error"] < 0.02
    # what comes later changes nothing that was told before
    shorter = predictions_frame(space, trials[:40], seed=0, predictor="gaussian")
    pd.testing.assert_frame_equal(shorter, frame[frame["round"] == 1])


def test_many_rounds_are_told_in_few_groups():
    space, trials = small_space(), told_by_lr(40, round_size=2)
    frame = predictions_frame(space, trials, seed=0, predictor="gaussian")
    expected = {tuple(part) for part in np.array_split(np.arange(1, 20), MOST_FITS)}
    told = sorted(frame["round"].unique())
    # the groups that fewer than eight trials went before are left out
    assert told == sorted(index for part in expected for index in part if 2 * part[0] >= 8)


def test_no_rounds_no_rows():
    assert predictions_frame(small_space(), told_by_lr(12), seed=0, predictor="gaussian").empty
    assert diagnosis_frame(predictions_frame(small_space(), [], seed=0, predictor="gaussian")).empty
