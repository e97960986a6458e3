import numpy as np
import pytest

from nars.cost.constraints import describe_miss, meets
from nars.cost.formula import CostColumns
from nars.errors import CostError
from nars.space.constraint import Constraint


def costs(macs, params, latency_ms=None):
    zeros_N = np.zeros(len(macs), dtype=np.int64)
    return CostColumns(
        macs_N=np.array(macs),
        params_N=np.array(params),
        activations_N=zeros_N,
        memory_bytes_N=zeros_N,
        latency_ms_N=None if latency_ms is None else np.array(latency_ms),
    )


def test_every_constraint_must_be_met_and_bounds_are_inside():
    constraints = [Constraint(cost="macs", minimum=10, maximum=20), Constraint(cost="params", maximum=5)]
    sampled = costs([9, 10, 20, 21, 15], [5, 5, 5, 5, 6])
    assert meets(constraints, sampled).tolist() == [False, True, True, False, False]
    assert meets([], sampled).all()


def test_latency_is_bounded_with_a_table_and_refused_without():
    constraint = Constraint(cost="latency_ms", maximum=1.5)
    assert meets([constraint], costs([1, 1], [1, 1], [1.5, 1.6])).tolist() == [True, False]
    with pytest.raises(CostError, match="a constraint on latency_ms needs a latency table, got none"):
        meets([constraint], costs([1], [1]))


def test_the_miss_names_the_nearest_candidate_and_the_binding_constraint():
    constraints = [Constraint(cost="macs", maximum=1000), Constraint(cost="params", minimum=40, maximum=50)]
    # 20 %, 10 % and 100 % outside; two meet the bound on params, none the one on macs.
    sampled = costs([1200, 1100, 2000], [45, 50, 51])
    assert describe_miss(constraints, sampled) == (
        "none of 3 sampled candidates meets the constraints; the nearest miss has macs 1,100, where macs <= 1,000 is "
        "asked; macs <= 1,000 binds: 0 of 3 meet it alone"
    )


def test_the_nearest_miss_may_break_another_bound_than_the_binding_one():
    constraints = [Constraint(cost="macs", minimum=1000), Constraint(cost="params", maximum=50)]
    sampled = costs([990, 2000, 2000, 900], [50, 80, 90, 60])
    assert describe_miss(constraints, sampled) == (
        "none of 4 sampled candidates meets the constraints; the nearest miss has macs 990, where 1,000 <= macs is "
        "asked; params <= 50 binds: 1 of 4 meet it alone"
    )


def test_fractions_are_shown():
    text = describe_miss([Constraint(cost="latency_ms", maximum=0.5)], costs([1], [1], [1234.5678]))
    assert "latency_ms 1,234.57, where latency_ms <= 0.5 is asked" in text
