from dataclasses import replace

import pytest

from nars.cost.operator import Operator, operator_columns
from nars.errors import CostError
from nars.space.architecture import Block
from nars.space.columns import architecture_columns
from tests.models.tiny import TINY


def operators(architecture):
    return [columns.operator(0) for columns in operator_columns(architecture_columns([architecture]))]


def operator(kind, in_size, in_width, out_width, **numbers):
    others = {"hidden_width": 0, "kernel": 1, "stride": 1, "padding": 0, "squeeze_width": 0, "num_classes": 0}
    return Operator(kind=kind, in_size=in_size, in_width=in_width, out_width=out_width, **(others | numbers))


def test_operators_of_a_network_in_order():
    block = "inverted_residual"
    assert operators(TINY) == [
        operator("stem", 16, 3, 8, kernel=3, stride=2, padding=1),
        operator(block, 8, 8, 8, hidden_width=8, kernel=3, padding=1),
        operator(block, 8, 8, 8, hidden_width=16, kernel=3, padding=1),
        operator(block, 8, 8, 16, hidden_width=32, kernel=5, stride=2, padding=2, squeeze_width=8),
        operator(block, 4, 16, 16, hidden_width=32, kernel=3, padding=1, squeeze_width=8),
        operator("fused_residual", 4, 16, 24, hidden_width=32, kernel=3, padding=1),
        operator("head", 4, 24, 32, hidden_width=144, num_classes=5),
    ]


def test_a_trunk_has_every_operator_but_the_head():
    assert operators(replace(TINY, head=None)) == operators(TINY)[:-1]


def test_a_fused_residual_that_does_not_project_has_no_hidden_width():
    fused = replace(TINY.stages[2], first=Block(kernel=3, expansion=1))
    assert operators(replace(TINY, stages=(fused,)))[1].hidden_width == 0


def test_repeats_are_the_rest_of_each_stage():
    shallow = replace(TINY, stages=(replace(TINY.stages[0], depth=1, rest=None), *TINY.stages[1:]))
    repeats = [columns.repeats_N.tolist() for columns in operator_columns(architecture_columns([TINY, shallow]))]
    assert repeats == [[1, 1], [1, 1], [1, 0], [1, 1], [1, 1], [1, 1], [1, 1]]


def test_a_grouped_convolution_is_never_taken_for_a_depthwise_one():
    grouped = replace(TINY.stages[0], first=Block(kernel=3, expansion=1, groups=2))
    with pytest.raises(CostError, match="none has blocks with groups"):
        operators(replace(TINY, stages=(grouped, *TINY.stages[1:])))
