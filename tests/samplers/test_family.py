import numpy as np
import pytest

from nars.errors import InfeasibleSpaceError
from nars.samplers import CostBounds, Learner, QuasiProposer, family, observe, within
from nars.space import Constraint
from tests.samplers.spaces import joint_space, trials_of

BUDGETS = (2e4, 4e4, 8e4)


def test_each_member_is_within_its_budget_and_none_is_told_to_be_worse_than_a_smaller_one():
    space = joint_space()
    bounds = CostBounds(space)
    history = trials_of(space, QuasiProposer(space).propose([], 24, rng=np.random.default_rng(0)))
    learnt = Learner(bounds, seed=0).fit(observe(history))
    rng = np.random.default_rng(1)
    codes_NK = family(space, learnt, cost="macs", maxima=BUDGETS, starts_NK=np.empty((0, space.num_knobs)), rng=rng)
    assert (bounds.costs(codes_NK).macs_N <= BUDGETS).all()
    assert (np.diff(learnt.score(codes_NK)) >= 0).all()


def test_a_budget_that_nothing_meets_is_an_error():
    space = joint_space()
    history = trials_of(space, QuasiProposer(space).propose([], 8, rng=np.random.default_rng(0)))
    learnt = Learner(CostBounds(space), seed=0).fit(observe(history))
    with pytest.raises(InfeasibleSpaceError, match="macs must be <= 10"):
        family(
            space,
            learnt,
            cost="macs",
            maxima=(10.0,),
            starts_NK=np.empty((0, space.num_knobs)),
            rng=np.random.default_rng(1),
        )


def test_a_budget_replaces_one_maximum_and_keeps_all_other_bounds():
    space = joint_space()
    bounded = within(space, "params", 5e3)
    assert bounded.constraints == (*space.constraints, Constraint(cost="params", maximum=5e3))
    assert within(bounded, "params", 6e3).constraints == (*space.constraints, Constraint(cost="params", maximum=6e3))
    low = within(within(space, "params", 5e3), "macs", 3e4)
    assert {c.cost: c.maximum for c in low.constraints} == {"params": 5e3, "macs": 3e4}
