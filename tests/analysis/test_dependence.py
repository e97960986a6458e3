import numpy as np
import pytest

from nars.analysis.dependence import dependence_frame
from nars.analysis.taught import taught_by
from tests.analysis.histories import told_by_lr
from tests.storage.studies import small_space


def test_the_knob_that_decides_has_its_line_and_the_others_are_level():
    taught = taught_by(small_space(), told_by_lr(60), seed=0)
    frame = dependence_frame(taught, ["recipe.lr", "recipe.optimizer", "architecture.resolution"])
    lr = frame[frame["knob"] == "recipe.lr"]
    rates = lr["value"].astype(float).to_numpy()
    assert (rates.min(), rates.max(), len(rates)) == (0.001, 1.0, 9)
    # 0.5 + 0.4 (log10(lr) + 3) / 3, the truth of the history
    np.testing.assert_allclose(lr["accuracy"], 0.5 + 0.4 * (np.log10(rates) + 3) / 3, atol=0.02)
    assert (lr["high"] - lr["low"]).max() < 0.05
    optimizer = frame[frame["knob"] == "recipe.optimizer"]
    assert optimizer["value"].tolist() == ["sgd", "adamw"]
    assert np.ptp(optimizer["accuracy"]) < 0.02
    assert frame[frame["knob"] == "architecture.resolution"]["value"].tolist() == ["16", "24", "32"]


def test_a_knob_that_others_switch_on_is_told_of_candidates_that_have_it():
    taught = taught_by(small_space(), told_by_lr(30), seed=0)
    frame = dependence_frame(taught, ["recipe.momentum"])
    assert len(frame) == 9
    assert frame["accuracy"].between(0, 1).all()


@pytest.mark.parametrize("count", [0, 7])
def test_too_few_trials_teach_nothing(count):
    assert taught_by(small_space(), told_by_lr(8)[:count], seed=0) is None
