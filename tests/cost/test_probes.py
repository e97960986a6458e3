import numpy as np

from nars.cost.operator import operator_columns, operator_of
from nars.cost.probes import block_probes, head_probes, stem_probes
from nars.space.columns import architecture_columns
from tests.models.tiny import TINY


def only(probes):
    (numbers,) = probes.numbers().tolist()
    return operator_of(numbers)


def test_probes_have_the_operators_of_a_network():
    stem, first, *_, head = (found.operator(0) for found in operator_columns(architecture_columns([TINY])))
    shape = TINY.stages[0]
    stem_row = [TINY.resolution, TINY.in_channels, TINY.stem.width, TINY.stem.kernel, TINY.stem.stride]
    block_row = [
        first.in_size, TINY.stem.width, shape.width, shape.stride, shape.squeeze_excite,
        shape.block == "fused_residual", shape.first.kernel, shape.first.expansion, first.padding,
    ]  # fmt: skip
    head_row = [head.in_size, head.in_width, TINY.head.width, TINY.head.expansion, TINY.num_classes]
    assert only(stem_probes(np.array([stem_row], dtype=float), TINY.style)) == stem
    assert only(block_probes(np.array([block_row], dtype=float), TINY.style)) == first
    assert only(head_probes(np.array([head_row], dtype=float), TINY.style)) == head


def test_a_probe_is_one_network_and_a_column_of_many():
    rows = np.array([[8, 4, 12, 2, 1, 0, 5, 1.5, 2], [9, 8, 8, 1, 0, 1, 3, 3, 1]], dtype=float)
    probes = block_probes(rows, TINY.style)
    for n in range(2):
        architecture = probes.architecture(n, activation="relu6")
        again = list(operator_columns(architecture_columns([architecture])))[1].operator(0)
        assert again == operator_of(probes.numbers()[n].tolist())
        assert architecture.stages[0].activation == "relu6"
