from dataclasses import replace

import numpy as np
import pytest

from nars.samplers import CoarseProposer, CostBounds, Learner, observe, sample_feasible
from nars.space import Candidate
from tests.samplers.spaces import accuracy, joint_space, trials_of


def best_of(candidates: list[Candidate]) -> float:
    space = joint_space()
    return float(accuracy(space, space.encode(candidates)).max())


@pytest.mark.slow
def test_it_finds_better_candidates_than_chance_does():
    space = joint_space()
    gains = []
    for seed in range(3):
        asked, history = CoarseProposer(space, seed=seed), []
        for index in range(3):
            candidates = asked.propose(history, 8, rng=np.random.default_rng([index, seed]))
            history += trials_of(space, candidates, start=len(history))
        chance_NK = sample_feasible(CostBounds(space), 24, rng=np.random.default_rng(seed))
        found = best_of([trial.candidate for trial in history])
        gains.append(found - float(accuracy(space, chance_NK).max()))
    assert np.median(gains) > 0.02


def test_a_batch_is_spread_over_different_candidates():
    space = joint_space()
    asked = CoarseProposer(space, seed=0)
    history = trials_of(space, asked.propose([], 16, rng=np.random.default_rng(0)))
    batch = asked.propose(history, 8, rng=np.random.default_rng(1))
    assert len({candidate.architecture for candidate in batch}) >= 4


def test_half_of_a_batch_explores_while_a_single_cost_ranks_better():
    space = joint_space()
    asked = CoarseProposer(space, seed=0)
    history = trials_of(space, asked.propose([], 16, rng=np.random.default_rng(0)))
    learnt = Learner(CostBounds(space), seed=0).fit(observe(history))
    assert learnt.is_trusted
    assert asked._chances(8, learnt) == 0
    assert asked._chances(8, replace(learnt, costs_rank=0.999)) == 4
    assert asked._chances(1, replace(learnt, costs_rank=0.999)) == 1


def test_the_pretrained_predictor_is_no_hidden_state():
    space = joint_space()
    used, new = CoarseProposer(space, seed=0), CoarseProposer(space, seed=0)
    history = trials_of(space, used.propose([], 8, rng=np.random.default_rng(0)))
    used.propose(history, 4, rng=np.random.default_rng(5))
    again = used.propose(history, 4, rng=np.random.default_rng(1))
    assert [c.id for c in again] == [c.id for c in new.propose(history, 4, rng=np.random.default_rng(1))]
