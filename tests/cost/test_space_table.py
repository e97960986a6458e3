from dataclasses import replace

import numpy as np
import pytest

from nars.cost.latency import LatencyTable
from nars.cost.space_operators import space_operators
from nars.cost.space_table import measure_space
from nars.errors import CostError
from nars.samplers import CostBounds, sample_feasible
from nars.space import parse_space

SPACE = """\
architecture:
  resolution: 8
  in_channels: 1
  num_classes: 3
  stem: {width: 8, stride: 1}
  stages:
    - width: {choice: [8, 16]}
      depth: {low: 1, high: 2}
      first: {kernel: {choice: [3, 5]}, expansion: {choice: [1, 2]}}
      rest: {kernel: 3, expansion: 1}
      stride: 2
  head: {width: 16, expansion: 2}
recipe: {optimizer: sgd, lr: {low: 3e-3, high: 0.1, log: true}, batch_size: 64, epochs: 2}
"""
OPERATORS = 1 + 2 * 2 * 2 + 2 + 2


def space(constraint="", table=None):
    text = SPACE + constraint + ("" if table is None else f"latency: {{table: {table}}}\n")
    return parse_space(text, source="s.yaml", name="s")


def test_a_space_is_measured_whole_and_reported():
    told = []
    table = measure_space(space(), repeats=2, warmup=0, report=lambda done, total: told.append((done, total)))
    assert set(table.timings) == set(space_operators(space()))
    assert told == [(done, OPERATORS) for done in range(OPERATORS + 1)]
    assert table.measured is not None
    assert table.style == space_operators(space())[next(iter(table.timings))].style


def test_a_bound_on_latency_is_met_by_a_measured_table(tmp_path):
    path = tmp_path / "s.csv"
    measure_space(space(), repeats=2, warmup=1).save(path)
    unbounded = CostBounds(space(table=path))
    codes_NK = space().sample_codes(500, rng=np.random.default_rng(0))
    latency_ms_N = unbounded.costs(codes_NK).latency_ms_N
    middle_ms = float(np.median(latency_ms_N))
    assert latency_ms_N.min() < middle_ms < latency_ms_N.max()

    bounds = CostBounds(space(f"constraints: {{latency_ms: {{max: {middle_ms!r}}}}}\n", table=path))
    found_NK = sample_feasible(bounds, 20, rng=np.random.default_rng(1))
    assert len(found_NK) == 20
    assert unbounded.costs(found_NK).latency_ms_N.max() <= middle_ms


def test_an_operator_that_the_table_lacks_is_named(tmp_path):
    path = tmp_path / "s.csv"
    table = measure_space(space(), repeats=1, warmup=0)
    missing = next(operator for operator in table.timings if operator.kernel == 5)
    kept = {operator: timing for operator, timing in table.timings.items() if operator != missing}
    replace(table, timings=kept).save(path)
    bounds = CostBounds(space("constraints: {latency_ms: {max: 1000}}\n", table=path))
    with pytest.raises(CostError) as caught:
        sample_feasible(bounds, 20, rng=np.random.default_rng(0))
    assert str(caught.value) == f"the latency table of {table.device!r} has no entry for {missing}"
    assert LatencyTable.load(path).timings == kept


def test_a_table_too_large_or_without_runs_is_refused():
    with pytest.raises(CostError, match=f"has {OPERATORS} distinct operators, more than the limit of 3"):
        measure_space(space(), limit=3)
    with pytest.raises(CostError, match="repeats must be >= 1, got 0"):
        measure_space(space(), repeats=0)
