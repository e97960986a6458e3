import numpy as np
import pytest

from nars.cost.constraints import excess, meets
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


def test_excess_is_relative_to_the_bound_that_is_broken():
    sampled = costs([5, 10, 20, 30], [1, 1, 1, 1])
    assert excess(Constraint(cost="macs", minimum=10, maximum=20), sampled).tolist() == [0.5, 0.0, 0.0, 0.5]
    assert excess(Constraint(cost="macs", minimum=0, maximum=10), sampled).tolist() == [0.0, 0.0, 1.0, 2.0]
