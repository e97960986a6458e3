"""Lists of numbers in Optuna, which has none."""

import optuna
import pytest

from nars.space.domains import Choice
from nars.space.knobs import Knob
from nars.storage.knob_distributions import distribution, param, values_of_params

KNOB = Knob(path="recipe.detector.anchor_sizes", domain=Choice(((16, 32), (8, 16, 24))))


def test_a_list_is_kept_as_its_text_and_comes_back() -> None:
    assert distribution(KNOB.domain) == optuna.distributions.CategoricalDistribution(["[16, 32]", "[8, 16, 24]"])
    assert param((16, 32)) == "[16, 32]"
    params = {KNOB.path: "[8, 16, 24]", "recipe.lr": 0.1}
    assert values_of_params([KNOB], params) == {KNOB.path: (8, 16, 24), "recipe.lr": 0.1}


@pytest.mark.parametrize("value", [1, 0.5, True, None, "BN"])
def test_other_values_stay_what_they_are(value: object) -> None:
    assert param(value) is value
    assert values_of_params([KNOB], {"recipe.norm": value}) == {"recipe.norm": value}
