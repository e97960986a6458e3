"""Shares of variance, against closed formulas."""

import numpy as np
import pytest

from nars.analysis.importance import importance
from nars.space.domains import Choice, FloatRange
from nars.space.knobs import Condition, Knob

UNIT = tuple(
    Knob(path=f"{part}.x{i}", domain=FloatRange(0.0, 1.0)) for i, part in enumerate(["architecture"] * 2 + ["recipe"])
)


def g(codes_NK: np.ndarray) -> np.ndarray:
    """Sobol's g function with a = 0, 1, 9: its partial variances are 1/3 / (1 + a)^2."""
    a = np.array([0.0, 1.0, 9.0])
    return np.prod((np.abs(4 * codes_NK - 2) + a) / (1 + a), axis=1)


def test_shares_of_sobols_g_function() -> None:
    found = importance(g, UNIT, rng=np.random.default_rng(0), points=8192)
    part = 1 / 3 / np.array([1.0, 4.0, 100.0])
    whole = np.prod(1 + part) - 1
    alone = {f"{p}.x{i}": part[i] / whole for i, p in enumerate(["architecture"] * 2 + ["recipe"])}
    total = {name: 1 - (np.prod(1 + np.delete(part, i)) - 1) / whole for i, name in enumerate(alone)}
    assert found.deviation == pytest.approx(whole**0.5, rel=0.02)
    for share in found.knobs:
        assert share.alone == pytest.approx(alone[share.name], abs=0.03)
        assert share.total == pytest.approx(total[share.name], abs=0.03)
    assert [share.name for share in found.knobs] == ["architecture.x0", "architecture.x1", "recipe.x2"]
    both = (1 + part[0]) * (1 + part[1]) - 1
    assert found.architecture.alone == pytest.approx(both / whole, abs=0.03)
    assert found.recipe.alone == pytest.approx(part[2] / whole, abs=0.03)
    assert found.interaction == pytest.approx(1 - (both + part[2]) / whole, abs=0.04)


def test_a_product_of_two_centred_knobs_is_all_interaction() -> None:
    found = importance(lambda c: (c[:, 0] - 0.5) * (c[:, 2] - 0.5), UNIT, rng=np.random.default_rng(0), points=4096)
    assert found.interaction > 0.95
    assert found.architecture.total > 0.95
    assert found.recipe.total > 0.95


def test_nothing_that_varies_is_worth_nothing() -> None:
    found = importance(lambda c: np.full(len(c), 0.7), UNIT, rng=np.random.default_rng(0))
    assert found.deviation == 0
    assert all(share.total == 0 for share in found.knobs)


def test_an_inactive_knob_counts_only_where_it_is_active() -> None:
    knobs = (
        Knob(path="recipe.op", domain=Choice(("a", "b"))),
        Knob(path="recipe.x", domain=FloatRange(0.0, 1.0), conditions=(Condition(path="recipe.op", values=("a",)),)),
    )
    # x counts in one half of the space: its variance is 1/12 there, 0 elsewhere; given op, mean 0.5 in both.
    found = importance(
        lambda c: np.where(c[:, 0] == 0, np.nan_to_num(c[:, 1]), 0.5), knobs, rng=np.random.default_rng(0), points=8192
    )
    shares = {share.name: share for share in found.knobs}
    assert found.deviation == pytest.approx((1 / 24) ** 0.5, rel=0.03)
    assert shares["recipe.op"].alone == pytest.approx(0.0, abs=0.03)
    assert shares["recipe.x"].alone == pytest.approx(0.5, abs=0.03)
    assert shares["recipe.x"].total == pytest.approx(1.0, abs=0.03)


def test_candidates_without_a_network_are_left_out() -> None:
    def tell(codes_NK: np.ndarray) -> np.ndarray:
        return np.where(codes_NK[:, 1] < 0.1, np.nan, codes_NK[:, 0])

    found = importance(tell, UNIT, rng=np.random.default_rng(0), points=4096)
    assert found.knobs[0].name == "architecture.x0"
    assert found.knobs[0].total > 0.95
