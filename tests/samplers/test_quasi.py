import numpy as np

from nars.samplers import CostBounds, QuasiProposer
from nars.samplers.quasi import quasi_pool
from tests.samplers.spaces import joint_space


def test_a_first_round_covers_the_range_of_costs_better_than_chance():
    space = joint_space()
    bounds = CostBounds(space)
    everything = np.log(bounds.costs(bounds.meeting(space.sample_codes(4000, rng=np.random.default_rng(1)))).macs_N)
    edges = np.linspace(everything.min(), everything.max(), 9)
    covered, by_chance = [], []
    for seed in range(10):
        rng = np.random.default_rng(seed)
        asked = bounds.costs(space.encode(QuasiProposer(space).propose([], 8, rng=rng))).macs_N
        covered.append(len(set(np.digitize(np.log(asked), edges))))
        by_chance.append(len(set(np.digitize(rng.choice(everything, 8), edges))))
    assert np.mean(covered) > np.mean(by_chance) + 1


def test_the_pool_is_balanced_over_each_knob():
    bounds = CostBounds(joint_space())
    pool_NK = quasi_pool(bounds, 256, rng=np.random.default_rng(0), known=frozenset())
    assert len(pool_NK) == 256
    paths = [knob.path for knob in bounds.space.knobs]
    label_smoothing_N = pool_NK[:, paths.index("recipe.label_smoothing")]  # no cost depends on it
    assert abs(np.mean(label_smoothing_N) - 0.5) < 0.05
