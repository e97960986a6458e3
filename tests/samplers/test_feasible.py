import numpy as np
import pytest

from nars.errors import ExhaustedSpaceError, InfeasibleSpaceError
from nars.samplers import CostBounds, sample_feasible
from nars.samplers.feasible import fresh, keys, tried_keys
from nars.space import Constraint
from tests.samplers.spaces import bounded, joint_space, tiny_space, trials_of


def test_samples_meet_the_constraints_and_differ():
    bounds = CostBounds(joint_space())
    codes_NK = sample_feasible(bounds, 200, rng=np.random.default_rng(0))
    assert codes_NK.shape == (200, bounds.space.num_knobs)
    assert bounds.costs(codes_NK).macs_N.max() <= 1e5
    assert len({candidate.id for candidate in bounds.space.decode(codes_NK)}) == 200


def test_keys_are_equal_exactly_for_equal_candidates():
    space = joint_space()
    codes_NK = space.sample_codes(200, rng=np.random.default_rng(0))
    again_NK = space.encode(space.decode(codes_NK))
    assert keys(again_NK) == keys(codes_NK)
    assert len(set(keys(codes_NK))) == len({candidate.id for candidate in space.decode(codes_NK)})


def test_fresh_keeps_the_first_of_each_new_row():
    rows_NK = np.array([[1.0, np.nan], [2.0, 0.0], [1.0, np.nan], [3.0, 0.5]])
    assert fresh(rows_NK, keys(rows_NK[1:2])).tolist()[1] == [3.0, 0.5]
    assert len(fresh(rows_NK, ())) == 3


def test_a_small_space_gives_all_it_has():
    space = tiny_space()
    codes_NK = sample_feasible(CostBounds(space), 50, rng=np.random.default_rng(0))
    assert len({candidate.id for candidate in space.decode(codes_NK)}) == 12


def test_an_exhausted_space_is_an_error():
    space = tiny_space()
    everything = space.decode(sample_feasible(CostBounds(space), 12, rng=np.random.default_rng(0)))
    known = tried_keys(space, trials_of(space, everything))
    with pytest.raises(ExhaustedSpaceError, match="every candidate of 'tiny' that meets the constraints was tried: 12"):
        sample_feasible(CostBounds(space), 1, rng=np.random.default_rng(1), known=known)


def test_nothing_feasible_tells_the_nearest_miss_and_what_binds():
    bounds = CostBounds(bounded(joint_space(), Constraint(cost="macs", maximum=5000)))
    with pytest.raises(InfeasibleSpaceError) as caught:
        sample_feasible(bounds, 1, rng=np.random.default_rng(0), max_draws=5000)
    # The smallest network of the space, which no other candidate undercuts.
    smallest = bounds.costs(joint_space().sample_codes(200_000, rng=np.random.default_rng(1))).macs_N.min()
    assert str(caught.value) == (
        "no candidate of 'joint' meets the constraints (5000 random ones were tried, "
        f"the nearest changed knob by knob): macs must be <= 5000, the nearest miss has {smallest}; binding knobs: "
        "architecture.stages[0].width is 8 (8 to 24), architecture.stages[1].width is 16 (16 to 48), "
        "architecture.resolution is 16 (one of [16, 20, 24])"
    )


def test_constraints_that_contradict_each_other_name_the_one_that_is_missed():
    space = bounded(joint_space(), Constraint(cost="macs", maximum=3e4), Constraint(cost="params", minimum=1e6))
    with pytest.raises(InfeasibleSpaceError, match="params must be >= 1000000, the nearest miss has"):
        sample_feasible(CostBounds(space), 1, rng=np.random.default_rng(0), max_draws=2000)


def test_a_feasible_region_that_random_draws_miss_is_found_from_the_nearest():
    space = joint_space()
    macs_N = CostBounds(space).costs(space.sample_codes(200_000, rng=np.random.default_rng(1))).macs_N
    rare = CostBounds(bounded(space, Constraint(cost="macs", maximum=float(macs_N.min()) + 1)))
    assert len(rare.meeting(space.sample_codes(200, rng=np.random.default_rng(0)))) == 0
    codes_NK = sample_feasible(rare, 20, rng=np.random.default_rng(0), max_draws=200)
    assert len(codes_NK) == 20  # the recipes of the smallest network
    assert rare.costs(codes_NK).macs_N.max() <= macs_N.min() + 1
