import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from nars.cost.latency import LatencyTable, _codes, measure_table
from nars.cost.operator import Timing, operator_columns
from nars.errors import CostError
from nars.space.columns import architecture_columns
from tests.cost.random_architectures import buildable_architectures, is_grouped
from tests.models.tiny import TINY


def operators(architecture):
    return [columns.operator(0) for columns in operator_columns(architecture_columns([architecture]))]


def table_of(architectures, **fields):
    distinct = dict.fromkeys(operator for a in architectures for operator in operators(a))
    timings = {operator: Timing(latency_ms=2.0**-i, iqr_ms=0.125) for i, operator in enumerate(distinct)}
    return LatencyTable(device="abacus", timings=timings, **fields)


def test_latency_is_the_sum_over_operators():
    deep = replace(TINY, stages=(replace(TINY.stages[0], depth=4), *TINY.stages[1:]))
    shallow = replace(TINY, stages=(replace(TINY.stages[0], depth=1, rest=None), *TINY.stages[1:]))
    table = table_of([TINY])
    second_block = 2.0**-2
    total = sum(2.0**-i for i in range(7))
    latency_ms_N = table.columns(architecture_columns([TINY, deep, shallow]))
    assert latency_ms_N.tolist() == [total, total + 2 * second_block, total - second_block]


def test_many_architectures_at_once_equal_one_at_a_time():
    rng = np.random.default_rng(2)
    architectures = [
        replace(a, style=TINY.style)
        for a in buildable_architectures(400, rng=rng)
        if len(a.stages) == 2 and not is_grouped(a)  # no table tells grouped convolutions
    ]
    assert len(architectures) > 30
    table = table_of(architectures)
    singly = [
        sum(
            int(columns.repeats_N[0]) * table.timings[columns.operator(0)].latency_ms
            for columns in operator_columns(architecture_columns([a]))
        )
        for a in architectures
    ]
    np.testing.assert_allclose(table.columns(architecture_columns(architectures)), singly, rtol=1e-12)


def test_numbers_too_many_for_one_integer_are_told_apart():
    # Read as two digits of base 2**32, the first two candidates would differ by 2**64, which an int64 does not hold.
    numbers = (np.array([0, 2**32, 0, 0]), np.array([0, 0, 2**32 - 1, 0]))
    first, second, third, again = _codes(numbers).tolist()
    assert len({first, second, third}) == 3
    assert again == first


def test_an_operator_without_an_entry_is_named():
    table = table_of([TINY])
    wider = replace(TINY, head=replace(TINY.head, width=40))
    with pytest.raises(CostError) as caught:
        table.columns(architecture_columns([TINY, wider]))
    assert str(caught.value) == (
        "the latency table of 'abacus' has no entry for Operator(kind='head', in_size=4, in_width=24, "
        "hidden_width=144, out_width=40, kernel=1, stride=1, padding=0, squeeze_width=0, num_classes=5)"
    )


def test_another_style_is_refused():
    table = table_of([TINY], style=TINY.style)
    other = replace(TINY, style=replace(TINY.style, depthwise_norm=False))
    with pytest.raises(CostError, match=r"was measured with .*'depthwise_norm': True}, got .*'depthwise_norm': False}"):
        table.columns(architecture_columns([other]))
    # What widths already tell may differ.
    table.columns(architecture_columns([replace(TINY, style=replace(TINY.style, zero_init_residual=False))]))


def test_saved_and_loaded_tables_are_equal(tmp_path):
    table = table_of([TINY], style=TINY.style)
    table.save(tmp_path / "table.csv")
    assert LatencyTable.load(tmp_path / "table.csv") == table


@pytest.mark.parametrize(
    ("name", "message"), [("t.csv", "cannot read the latency table"), ("t.txt", r"must be a \.csv")]
)
def test_an_absent_or_unknown_file_is_an_error(tmp_path, name, message):
    with pytest.raises(CostError, match=message):
        LatencyTable.load(tmp_path / name)


def test_a_measured_table_covers_its_architectures():
    table = measure_table([TINY], repeats=2, warmup=1)
    assert list(table.timings) == operators(TINY)
    assert table.style == TINY.style
    assert table.columns(architecture_columns([TINY]))[0] == pytest.approx(
        sum(timing.latency_ms for timing in table.timings.values())
    )


def test_measuring_refuses_mixed_styles_no_architecture_and_no_repeats():
    other = replace(TINY, style=replace(TINY.style, divisor=4))
    with pytest.raises(CostError, match="must share one style, got 2 styles"):
        measure_table([TINY, other])
    with pytest.raises(CostError, match="must share one style, got 0 styles"):
        measure_table([])
    with pytest.raises(CostError, match="repeats must be >= 1, got 0"):
        measure_table([TINY], repeats=0)


def test_looking_up_does_not_load_torch():
    code = "import nars.cost.latency, nars.cost.formula, nars.cost.constraints, sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_table_is_written_whole_or_not_at_all(tmp_path):
    table = table_of([TINY])
    table.save(tmp_path / "new" / "table.csv")
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["table.csv"]
    (tmp_path / "file").touch()
    with pytest.raises(CostError, match="table.csv: the latency table cannot be written: "):
        table.save(tmp_path / "file" / "table.csv")
