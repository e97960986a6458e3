"""What every proposer promises, asked of each."""

import subprocess
import sys

import numpy as np
import pytest
import torch

from nars.errors import ExhaustedSpaceError, InfeasibleSpaceError
from nars.samplers import Proposer, QuasiProposer, named_proposer
from nars.space import Constraint, SearchSpace
from nars.trials import Trial, TrialState
from tests.samplers.spaces import bounded, joint_space, tiny_space, trials_of

NAMES = ("quasi", "nars", "random", "tpe", "gp", "nsga2")
SLOW_GP = ("quasi", "nars", "random", "tpe", pytest.param("gp", marks=pytest.mark.slow), "nsga2")
"""A Gaussian process takes seconds where the others take milliseconds."""

OTHER_PROCESS = """
import sys
from tests.samplers.test_proposers import search
for name in sys.argv[1:]:
    print(",".join(trial.candidate.id for trial in search(name, seed=4)))
"""


def proposer(name: str, space: SearchSpace) -> Proposer:
    return QuasiProposer(space) if name == "quasi" else named_proposer(space, name, seed=1)


def search(name: str, *, seed: int, rounds: int = 2, size: int = 6) -> list[Trial]:
    space = joint_space()
    asked, history = proposer(name, space), []
    for index in range(rounds):
        candidates = asked.propose(history, size, rng=np.random.default_rng([index, seed]))
        history += trials_of(space, candidates, start=len(history))
    return history


@pytest.mark.parametrize("name", NAMES)
def test_proposals_are_new_and_meet_the_constraints(name):
    history = search(name, seed=0)
    assert len({trial.candidate.id for trial in history}) == 12
    assert max(trial.cost.macs for trial in history) <= 1e5


@pytest.mark.parametrize(
    "name", ["quasi", *(pytest.param(name, marks=pytest.mark.slow) for name in ("nars", "random", "tpe", "nsga2"))]
)
def test_two_hundred_proposals_are_new_and_meet_the_constraints(name):
    history = search(name, seed=0, rounds=5, size=40)
    assert len({trial.candidate.id for trial in history}) == 200
    assert max(trial.cost.macs for trial in history) <= 1e5


@pytest.mark.parametrize(
    "names", [("quasi", "nars", "random", "tpe", "nsga2"), pytest.param(("gp",), marks=pytest.mark.slow)]
)
def test_the_seed_decides_in_any_process_and_global_generators_are_left_alone(names):
    before = torch.get_rng_state().clone(), np.random.get_state()[1].copy()  # noqa: NPY002 - it is looked at
    here = [[trial.candidate.id for trial in search(name, seed=4)] for name in names]
    assert torch.equal(torch.get_rng_state(), before[0])
    np.testing.assert_array_equal(np.random.get_state()[1], before[1])  # noqa: NPY002
    command = [sys.executable, "-c", OTHER_PROCESS, *names]
    there = subprocess.run(command, check=True, capture_output=True, text=True)
    assert [line.split(",") for line in there.stdout.split()] == here
    for name, ids in zip(names, here, strict=True):
        assert [trial.candidate.id for trial in search(name, seed=5, rounds=1)] != ids[:6]


@pytest.mark.parametrize("name", SLOW_GP)
def test_failed_and_running_trials_are_not_proposed_again(name):
    space = joint_space()
    ended = search(name, seed=0, size=5)
    history = ended[:6]
    history += trials_of(space, [t.candidate for t in ended[6:8]], start=6, state=TrialState.FAILED)
    history += trials_of(space, [t.candidate for t in ended[8:]], start=8, state=TrialState.RUNNING)
    candidates = proposer(name, space).propose(history, 4, rng=np.random.default_rng(0))
    assert len({c.id for c in candidates} | {t.candidate.id for t in history}) == 14


@pytest.mark.parametrize("name", NAMES)
def test_a_history_of_failures_only_is_no_error(name):
    space = joint_space()
    candidates = proposer(name, space).propose([], 6, rng=np.random.default_rng(0))
    history = trials_of(space, candidates, state=TrialState.FAILED)
    assert len(proposer(name, space).propose(history, 4, rng=np.random.default_rng(1))) == 4


@pytest.mark.parametrize("name", SLOW_GP)
def test_a_small_space_is_used_up_and_then_exhausted(name):
    space = tiny_space()
    asked, history = proposer(name, space), []
    for index in range(3):
        candidates = asked.propose(history, 5, rng=np.random.default_rng(index))
        history += trials_of(space, candidates, start=len(history))
    assert len(history) == len({trial.candidate.id for trial in history}) == 12
    with pytest.raises(ExhaustedSpaceError):
        asked.propose(history, 5, rng=np.random.default_rng(9))


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_nothing_feasible_is_an_error(name):
    space = bounded(joint_space(), Constraint(cost="macs", maximum=10))
    with pytest.raises(InfeasibleSpaceError, match="macs must be <= 10"):
        proposer(name, space).propose([], 2, rng=np.random.default_rng(0))
