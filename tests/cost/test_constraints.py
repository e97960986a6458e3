import numpy as np
import pytest

from nars.cost.constraints import excess
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


def test_latency_is_bounded_with_a_table_and_refused_without():
    constraint = Constraint(cost="latency_ms", maximum=1.5)
    assert (excess(constraint, costs([1, 1], [1, 1], [1.5, 1.6])) > 0).tolist() == [False, True]
    with pytest.raises(CostError, match="a constraint on latency_ms needs a latency table, got none"):
        excess(constraint, costs([1], [1]))


def test_excess_is_relative_to_the_bound_that_is_broken():
    sampled = costs([5, 10, 20, 30], [1, 1, 1, 1])
    assert excess(Constraint(cost="macs", minimum=10, maximum=20), sampled).tolist() == [0.5, 0.0, 0.0, 0.5]
    assert excess(Constraint(cost="macs", minimum=0, maximum=10), sampled).tolist() == [0.0, 0.0, 1.0, 2.0]
