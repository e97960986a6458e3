import numpy as np
import pytest

from nars.analysis import pareto_front


def by_definition(accuracy_N, macs_N) -> list[int]:
    """Every trial against every other, as the docstring says it."""
    front = []
    for i, (accuracy, macs) in enumerate(zip(accuracy_N, macs_N, strict=True)):
        others = [(a, m, j) for j, (a, m) in enumerate(zip(accuracy_N, macs_N, strict=True)) if j != i]
        dominated = any(a >= accuracy and m <= macs and (a > accuracy or m < macs) for a, m, _ in others)
        repeated = any((a, m) == (accuracy, macs) and j < i for a, m, j in others)
        if not dominated and not repeated:
            front.append(i)
    return sorted(front, key=lambda i: macs_N[i])


@pytest.mark.parametrize("seed", range(50))
def test_the_front_is_what_brute_force_finds(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(0, 40))
    # Few different values, so that ties of every kind occur.
    accuracy_N, macs_N = rng.integers(0, 8, n) / 8, rng.integers(1, 9, n) * 1000
    assert pareto_front(accuracy_N, macs_N).tolist() == by_definition(accuracy_N, macs_N)


def test_the_front_by_hand():
    accuracy_N = np.array([0.9, 0.8, 0.9, 0.95, 0.7, 0.95])
    macs_N = np.array([200, 100, 200, 300, 150, 400])
    assert pareto_front(accuracy_N, macs_N).tolist() == [1, 0, 3]


def test_nothing_has_an_empty_front():
    assert pareto_front(np.array([]), np.array([], dtype=np.int64)).tolist() == []


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match=r"^accuracy must be a number, got nan$"):
        pareto_front(np.array([0.5, np.nan]), np.array([1, 2]))
    with pytest.raises(ValueError, match=r"^accuracy and macs must have one length, got \(2,\) and \(1,\)$"):
        pareto_front(np.array([0.5, 0.6]), np.array([1]))
