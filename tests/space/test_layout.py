"""What the features of a space mean."""

import numpy as np

from nars.space.domains import Choice, FloatRange, IntRange
from nars.space.encoding import features
from nars.space.knobs import Knob
from nars.space.layout import feature_layout

DEPTHS = tuple(Knob(path=f"stages[{i}].depth", domain=IntRange(1, 3 + i)) for i in range(3))
OPERATORS = tuple(Knob(path=f"edge{i}", domain=Choice(("conv", "pool", "skip"))) for i in range(3))
LR = Knob(path="lr", domain=FloatRange(0.1, 1.0, log=True))
FIXED = Knob(path="stages[3].depth", domain=Choice((2,)))


def test_each_feature_names_its_knob_and_kind() -> None:
    layout = feature_layout((LR, OPERATORS[0], FIXED, DEPTHS[0]))
    assert layout.knob_D.tolist() == [0, 1, 1, 1, 3]  # the fixed knob has no feature
    assert layout.one_hot_D.tolist() == [False, True, True, True, False]


def test_it_describes_what_features_gives() -> None:
    knobs = (*DEPTHS, *OPERATORS, LR, FIXED)
    assert len(feature_layout(knobs).knob_D) == features(knobs, np.zeros((2, len(knobs)))).shape[1]


def test_families_play_one_role_in_several_places() -> None:
    assert feature_layout((*DEPTHS, LR, *OPERATORS)).families == ((0, 1, 2), (4, 5, 6))


def test_two_are_no_family() -> None:
    assert feature_layout((*DEPTHS[:2], *OPERATORS[:2], LR)).families == ()


def test_a_knob_with_one_value_is_in_no_family() -> None:
    assert feature_layout((*DEPTHS[:2], FIXED)).families == ()


def test_unordered_choices_of_other_values_are_another_family() -> None:
    other = Knob(path="edge3", domain=Choice(("conv", "pool", "none")))
    assert feature_layout((*OPERATORS, other)).families == ((0, 1, 2),)
    assert feature_layout((*OPERATORS[:2], other)).families == ()


def test_no_knobs() -> None:
    layout = feature_layout(())
    assert layout.knob_D.shape == layout.one_hot_D.shape == (0,)
    assert layout.families == ()


def test_places_hold_knobs_of_several_roles() -> None:
    kernels = tuple(Knob(path=f"stages[{i}].first.kernel[0]", domain=Choice((3, 5))) for i in range(2))
    same_number = Knob(path="heads[0].width", domain=IntRange(1, 3))
    layout = feature_layout((LR, *DEPTHS, *kernels, same_number))
    assert layout.places == ((1, 4), (2, 5))  # one knob alone is no place


def test_a_knob_with_one_value_is_in_no_place() -> None:
    assert feature_layout((FIXED, Knob(path="stages[3].kernel", domain=Choice((3, 5))))).places == ()
