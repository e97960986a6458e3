from dataclasses import replace

import numpy as np
import pytest

from nars.trials import nondominated, pareto_front
from tests.exports.trials import trial


def by_definition(accuracy_N: np.ndarray, cost_NC: np.ndarray) -> list[bool]:
    """Every candidate against every other, as the docstring says it."""
    points = [(-accuracy, *cost) for accuracy, cost in zip(accuracy_N, cost_NC.tolist(), strict=True)]
    return [
        not any(q != p and all(a <= b for a, b in zip(q, p, strict=True)) for q in points) and p not in points[:i]
        for i, p in enumerate(points)
    ]


@pytest.mark.parametrize("seed", range(50))
@pytest.mark.parametrize("num_costs", [1, 2])
def test_the_front_is_what_brute_force_finds(seed: int, num_costs: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(0, 40))
    # Few different values, so that ties of every kind occur.
    accuracy_N, cost_NC = rng.integers(0, 8, n) / 8, rng.integers(1, 9, (n, num_costs)) * 1000.0
    assert nondominated(accuracy_N, cost_NC).tolist() == by_definition(accuracy_N, cost_NC)


def test_the_front_by_hand() -> None:
    accuracy_N = np.array([0.9, 0.8, 0.8, 0.7, 0.9, 0.95])
    cost_NC = np.array([[2.0, 1.0], [1.0, 1.0], [1.0, 1.0], [1.5, 0.5], [3.0, 0.9], [9.0, 9.0]])
    assert nondominated(accuracy_N, cost_NC).tolist() == [True, True, False, True, True, True]
    assert nondominated(accuracy_N, cost_NC[:, :1]).tolist() == [True, True, False, False, False, True]


def test_of_trials_the_complete_ones_count_the_cheapest_first() -> None:
    trials = [
        trial(0, accuracy=0.9, macs=200, params=5),
        trial(1, accuracy=0.8, macs=100, params=9),
        trial(2, accuracy=None, macs=1),
        trial(3, accuracy=0.7, macs=150, params=4),
        trial(4, accuracy=0.95, macs=300, params=9),
    ]
    assert [t.number for t in pareto_front(trials, ["macs"])] == [1, 0, 4]
    assert [t.number for t in pareto_front(trials, ["params"])] == [3, 0, 4]
    assert [t.number for t in pareto_front(trials, ["macs", "params"])] == [1, 3, 0, 4]
    assert pareto_front([replace(trials[2])], ["macs"]) == []


def test_bad_input_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^accuracy must be a number, got nan$"):
        nondominated(np.array([0.5, np.nan]), np.array([[1.0], [2.0]]))
    with pytest.raises(ValueError, match=r"^accuracies and costs must be N and N x C, got \(2,\) and \(1, 1\)$"):
        nondominated(np.array([0.5, 0.6]), np.array([[1.0]]))
