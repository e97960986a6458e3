import numpy as np

from nars.cost.layer_settings import LayerSettings
from tests.cost.spaces import digits_space, tangled_space


def test_layers_without_ties_share_nothing():
    layers = LayerSettings(digits_space())
    assert layers.num_stages == 3
    assert layers.shared_codes().tolist() == [[0.0] * digits_space().num_knobs]


def test_knobs_that_other_layers_name_are_set_first():
    space = tangled_space()
    codes_NK = LayerSettings(space).shared_codes()
    varies_K = np.ptp(codes_NK, axis=0) > 0
    assert len(codes_NK) == 3 * 2 * 2
    assert {knob.path for knob, varies in zip(space.knobs, varies_K, strict=True) if varies} == {
        "architecture.resolution",
        "architecture.stages[0].block",
        "architecture.stages[0].activation",
    }


def test_settings_of_a_layer_come_once():
    columns = LayerSettings(digits_space()).columns(np.zeros(digits_space().num_knobs), 2)
    # width x depth x first kernel x first expansion x squeeze-excite, and rest kernel x expansion where depth > 1
    assert len(columns.resolution_N) == 3 * 2 * 3 * 2 * (1 + 2 * 2 * 2)
