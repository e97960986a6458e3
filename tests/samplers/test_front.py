"""Worth of candidates where costs are to be lowered too."""

from dataclasses import replace

import numpy as np
import pytest

from nars.samplers import CoarseProposer, CostBounds
from nars.samplers.front import FrontImprovement
from nars.samplers.improvement import log_expected_improvement
from tests.samplers.spaces import accuracy, joint_space, trials_of

# One knob whose code is the log cost itself; budgets span 0 to 1.
SPAN = np.array([[0.0], [1.0]])


def front(*known: tuple[float, float], least: float = 0.0) -> FrontImprovement:
    costs, means = np.array(known).reshape(-1, 2).T
    return FrontImprovement(
        lambda codes_NK: codes_NK, allowed_NC=SPAN, known_NC=costs[:, None], mean_N=means, least=least
    )


def worth(acquisition: FrontImprovement, cost: float, mean: float, spread: float = 1e-3) -> float:
    codes = np.array([[cost]])
    return float(np.exp(acquisition.log_value(codes, codes, np.array([mean]), np.array([spread]))[0]))


def test_a_sure_gain_is_the_area_that_the_front_rises_by() -> None:
    # The front is 0 up to cost 0.5 and 2 from there on. A candidate of cost 0.25 and accuracy 3 lifts it
    # by 3 over 0.25 to 0.5 and by 1 over 0.5 to 1.
    known = front((0.5, 2.0))
    assert abs(worth(known, 0.25, 3.0) - (0.25 * 3 + 0.5 * 1)) < 0.1  # budgets are 64 points of the range
    assert abs(worth(known, 0.25, 1.0) - 0.25 * 1) < 0.05
    assert worth(known, 0.6, 1.9) < 1e-9  # dominated


def test_it_is_the_mean_over_budgets_of_the_improvement_over_the_best_that_each_allows() -> None:
    known = front((0.5, 2.0))
    # Van der Corput's points: 64 of them, the first (0) left out, and one budget that allows everything.
    budgets = np.array([int(f"{i:06b}"[::-1], 2) / 64 for i in range(64)])[1:]
    best = np.where(budgets >= 0.5, 2.0, 0.0)
    improvement = np.exp(log_expected_improvement(np.full(63, 1.5), np.full(63, 0.7), best))
    everything = np.exp(log_expected_improvement(np.array([1.5]), np.array([0.7]), 2.0))[0]
    expected = (improvement[budgets >= 0.3].sum() + everything) / 64
    assert np.isclose(worth(known, 0.3, 1.5, 0.7), expected)


def test_what_is_taken_lifts_the_front() -> None:
    known = front((0.5, 2.0))
    before = worth(known, 0.25, 3.0)
    known.take(np.array([0.25]), 3.0)
    assert worth(known, 0.25, 3.0) < 1e-3 < before
    assert worth(known, 0.1, 3.0) > 0.2  # still cheaper


def test_a_candidate_dearer_than_all_counts_for_the_last_budget_alone() -> None:
    known = front((0.5, 2.0))
    assert np.isclose(worth(known, 7.0, 3.0), 1 / 64, rtol=1e-2)


def area(accuracy_N: np.ndarray, log_cost_N: np.ndarray, *, low: float, high: float) -> float:
    """Mean over budgets of the best accuracy that each allows, 0 where there is none."""
    budgets = np.linspace(low, high, 1000)
    return float(np.mean([np.max(accuracy_N[log_cost_N <= b], initial=0.0) for b in budgets]))


@pytest.mark.slow
def test_the_coarse_stage_lifts_the_whole_front_further_than_a_search_for_accuracy_does() -> None:
    single = replace(joint_space(), constraints=())
    several = replace(single, costs_to_lower=("macs",))
    areas: dict[int, list[float]] = {0: [], 1: []}
    for seed in range(4):
        for which, space in enumerate((single, several)):
            asked, history = CoarseProposer(space, seed=seed), []
            for index in range(4):
                candidates = asked.propose(history, 6, rng=np.random.default_rng([index, seed]))
                history += trials_of(space, candidates, start=len(history))
            codes_NK = space.encode([trial.candidate for trial in history])
            log_cost_N = CostBounds(several).log_costs_to_lower(codes_NK)[:, 0]
            areas[which].append(area(accuracy(space, codes_NK), log_cost_N, low=10.0, high=14.0))
    assert np.median(areas[1]) > np.median(areas[0])
    assert np.median(np.array(areas[1]) - np.array(areas[0])) > 0


def test_two_costs_and_a_bound() -> None:
    space = replace(joint_space(), costs_to_lower=("macs", "params"))
    asked = CoarseProposer(space, seed=0)
    history = trials_of(space, asked.propose([], 8, rng=np.random.default_rng(0)))
    batch = asked.propose(history, 6, rng=np.random.default_rng(1))
    assert len({candidate.id for candidate in batch}) == 6
    assert all(CostBounds(space).cost(candidate).macs <= 1e5 for candidate in batch)
