from dataclasses import replace

import pytest

from nars.analysis.budgets import budgets_frame, fronts_frame, known_costs
from tests.analysis.histories import told_by_lr
from tests.storage.studies import cost_of


def trials(told):
    """Complete trials of some (MACs, accuracy)."""
    known = told_by_lr(len(told))
    return [
        replace(trial, cost=replace(cost_of(macs), latency_ms=None), evaluation=replace(trial.evaluation, accuracy=a, epochs=trial.epochs))
        for trial, (macs, a) in zip(known, told, strict=True)
    ]  # fmt: skip


def test_the_best_within_each_budget_by_hand():
    frame = budgets_frame(trials([(1_000, 0.5), (8_000, 0.8), (4_000, 0.9), (512_000, 0.7), (64_000, 0.95)]))
    macs = frame[frame["cost"] == "macs"]
    # ten budgets from 1,000 to 512,000, each twice the one before
    assert macs["maximum"].tolist() == pytest.approx([1_000 * 2**n for n in range(10)])
    assert macs["number"].tolist() == [0, 0, 2, 2, 2, 2, 4, 4, 4, 4]
    assert macs["value"].tolist() == [1_000] * 2 + [4_000] * 4 + [64_000] * 4


def test_the_cheapest_trial_is_within_the_least_budget_to_its_last_digit():
    # measured latencies have more digits than nine, and the first rounds down
    told = [replace(one, cost=replace(one.cost, latency_ms=ms)) for one, ms in zip(trials([(1, 0.5), (2, 0.6)]), (0.1234567891234, 0.2345678919876), strict=True)]  # fmt: skip
    frame = budgets_frame(told)
    latency = frame[frame["cost"] == "latency_ms"]
    assert latency["maximum"].iloc[[0, -1]].tolist() == [0.1234567891234, 0.2345678919876]
    assert latency["number"].tolist() == [0] * 9 + [1]


def test_a_trial_trained_in_part_is_not_what_a_budget_buys():
    found = trials([(1_000, 0.5), (2_000, 0.6)])
    found[1] = replace(found[1], fidelity=0.5)
    assert budgets_frame(found).empty


def test_the_front_of_each_cost():
    told = trials([(1_000, 0.5), (8_000, 0.8), (4_000, 0.9)])
    frame = fronts_frame(told)
    assert frame[frame["cost"] == "params"]["number"].tolist() == [0, 2]
    assert set(frame["cost"]) == {"macs", "params", "activations", "memory_bytes"}


def test_a_cost_that_some_trial_has_not_or_that_all_share_is_left_out():
    told = trials([(1_000, 0.5), (2_000, 0.6)])
    assert "latency_ms" not in known_costs(told)
    timed = [replace(one, cost=replace(one.cost, latency_ms=float(n + 1))) for n, one in enumerate(told)]
    assert "latency_ms" in known_costs(timed)
    assert known_costs(told[:1]) == ()
