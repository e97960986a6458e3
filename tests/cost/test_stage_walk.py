import numpy as np

from nars.cost.layer_settings import LayerSettings
from nars.cost.stage_walk import StageWalk
from tests.cost.spaces import digits_space


def second_stage(features):
    layers = LayerSettings(digits_space())
    columns = layers.columns(np.zeros(digits_space().num_knobs), 2)
    return StageWalk(columns.stages[1], np.array(features, dtype=float), style=layers.style)


def test_features_behind_a_stage():
    # Stride 2; widths 16, 24 and 32.
    walk = second_stage([[12, 8], [1, 8]])
    assert walk.features_out().tolist() == [[6, 16], [6, 24], [6, 32]]


def test_blocks_of_a_stage_are_counted():
    # First: width, kernel, expansion, squeeze-excite; rest: width, kernel, expansion, squeeze-excite.
    assert len(second_stage([[12, 8]]).blocks()) == 3 * 2 * 3 * 2 + 3 * 2 * 2 * 2


def test_only_steps_to_features_that_are_kept_remain():
    walk = second_stage([[12, 8], [16, 8]])
    assert walk.keep(np.array([[8.0, 24.0]])).tolist() == [[16, 8]]
    assert walk.features_out().tolist() == [[8, 24]]
    assert len(walk.blocks()) == 2 * 3 * 2 + 2 * 2 * 2
    assert walk.keep(np.empty((0, 2))).shape == (0, 2)
    assert len(walk.blocks()) == 0
