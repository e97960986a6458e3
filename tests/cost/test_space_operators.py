import numpy as np
import pytest

from nars.cost.geometry import buildable
from nars.cost.operator import operator_columns
from nars.cost.space_operators import space_operators
from nars.errors import CostError
from nars.space import parse_space
from nars.space.columns import architecture_columns
from tests.cost.spaces import TANGLED, all_codes, digits_space, operators_of, tangled_space


def test_operators_of_a_space_are_those_of_its_candidates():
    space = digits_space()
    # The rarest operator is one of 720 equally likely ones: 30,000 candidates miss none.
    sampled = operators_of(space, space.sample_codes(30_000, rng=np.random.default_rng(0)))
    assert set(space_operators(space)) == sampled


def test_conditions_and_networks_that_cannot_be_built_are_respected():
    space = tangled_space()
    codes_NK = all_codes(space)
    built_N = buildable(space.columns(codes_NK))
    assert 0.1 < built_N.mean() < 0.9
    assert set(space_operators(space)) == operators_of(space, codes_NK)


def test_a_space_of_trunks_has_no_head_among_its_operators():
    head = TANGLED[TANGLED.index("  head:") : TANGLED.index("  style:")]
    # More classes than one change no operator of a trunk.
    text = TANGLED.replace(head, "  head: null\n").replace("num_classes: 4", "num_classes: {choice: [4, 5]}")
    space = parse_space(text, source="trunks.yaml", name="trunks")
    operators = space_operators(space)
    assert set(operators) == operators_of(space, all_codes(space))
    assert "head" not in {operator.kind for operator in operators}
    for operator, architecture in operators.items():
        assert architecture.head is None
        assert operator in [found.operator(0) for found in operator_columns(architecture_columns([architecture]))]


def test_operators_of_networks_that_cannot_be_completed_are_left_out():
    # A kernel of 5 without padding needs 5 pixels, which no network at resolution 3 has left in its last stage.
    text = TANGLED.replace("first: {kernel: 5, expansion: 3}", "first: {kernel: 5, expansion: 3, padding: 0}")
    space = parse_space(text, source="narrow.yaml")
    operators = space_operators(space)
    assert set(operators) == operators_of(space, all_codes(space))
    assert {operator.in_size for operator in operators if operator.kind == "stem"} == {6, 9}


def test_each_operator_comes_with_a_network_that_has_it():
    for operator, architecture in space_operators(tangled_space()).items():
        columns = architecture_columns([architecture])
        assert operator in [found.operator(0) for found in operator_columns(columns)]


def test_the_first_of_searched_activations_is_taken():
    stage = next(a for o, a in space_operators(tangled_space()).items() if o.kind == "fused_residual")
    assert stage.stages[0].activation == "hswish"


def test_too_many_operators_are_counted_and_refused():
    assert len(space_operators(digits_space(), limit=1377)) == 1377
    with pytest.raises(
        CostError, match="'digits' has 1,377 distinct operators, more than the limit of 1,376; .*--limit"
    ):
        space_operators(digits_space(), limit=1376)


def test_settings_too_many_to_list_are_refused():
    text = TANGLED.replace("width: {choice: [8, 12]}", "width: {low: 1, high: 1000000}")
    with pytest.raises(CostError, match="one layer of the space has up to 64,000,000 settings"):
        space_operators(parse_space(text, source="wide.yaml"))


def test_a_continuous_architecture_knob_is_refused():
    text = TANGLED.replace("expansion: {choice: [1, 4]}", "expansion: {low: 1, high: 4}")
    with pytest.raises(CostError, match=r"architecture.stages\[1\].rest.expansion is continuous: .*give it a step"):
        space_operators(parse_space(text, source="smooth.yaml"))


def test_a_space_without_a_buildable_network_is_refused():
    text = TANGLED.replace("choice: [3, 6, 9]", "choice: [1, 2]").replace("stride: {choice: [1, 4]}", "stride: 4")
    text = text.replace("when: {resolution: [6, 9]}", "when: {resolution: 2}")
    with pytest.raises(CostError, match="no network of the space 'space' can be built"):
        space_operators(parse_space(text, source="tiny.yaml"))


def test_blocks_with_groups_are_refused():
    text = TANGLED.replace("first: {kernel: 5, expansion: 3}", "first: {kernel: 5, expansion: 3, groups: 1}")
    with pytest.raises(CostError, match=r"none has blocks with groups @ \$\.architecture\.stages\[\d\]\.first\.groups"):
        space_operators(parse_space(text, source="grouped.yaml"))
