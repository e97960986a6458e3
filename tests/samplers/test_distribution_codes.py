"""Optuna's distributions as codes, and back."""

import numpy as np
import pytest
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from nars.samplers.distribution_codes import canonical_codes, codes_of, domain_of, value_of
from nars.space.domains import Choice, FloatRange, IntRange

VALUES = [
    (CategoricalDistribution((64, 16, 32)), [16, 32, 64], [0, 1, 2]),  # amounts, smallest first
    (CategoricalDistribution((0, 1, 2)), [2, 0, 1], [2, 0, 1]),
    (CategoricalDistribution((0.1, 0.5, None)), [None, 0.5, 0.1], [2, 1, 0]),
    (CategoricalDistribution((True, False)), [False, True], [1, 0]),
    (CategoricalDistribution(("sgd", 3, 2.5, None, True)), ["sgd", 3, 2.5, None, True], [0, 1, 2, 3, 4]),
    (CategoricalDistribution((7,)), [7], [0]),
    (IntDistribution(3, 9), [3, 9, 4], [0, 6, 1]),
    (IntDistribution(-4, 8, step=4), [-4, 0, 8], [0, 1, 3]),
    (IntDistribution(5, 5), [5], [0]),
    (IntDistribution(1, 100, log=True), [1, 10, 100], [0, 0.5, 1]),
    (IntDistribution(4, 4, log=True), [4], [0]),
    (FloatDistribution(-1.0, 3.0), [-1.0, 0.0, 3.0], [0, 0.25, 1]),
    (FloatDistribution(1e-4, 1.0, log=True), [1e-4, 1e-2, 1.0], [0, 0.5, 1]),
    (FloatDistribution(-10.2, 10.2, step=0.1), [-10.2, 10.2], [0, 204]),
    (FloatDistribution(0.3, 0.3), [0.3], [0]),
    (FloatDistribution(1e6, 1e6 + 0.5), [1e6 + 0.125], [0.25]),
    (FloatDistribution(-1.7e308, 1.7e308), [0.0, 1.7e308], [0.5, 1]),
]


@pytest.mark.parametrize(("distribution", "values", "codes"), VALUES, ids=lambda value: str(value)[:60])
def test_values_have_their_codes_and_come_back(
    distribution: BaseDistribution, values: list[object], codes: list[float]
) -> None:
    found = codes_of(distribution, values)
    assert np.allclose(found, codes)
    for value, code in zip(values, found, strict=True):
        back = value_of(distribution, float(code))
        assert type(back) is type(value)
        assert back == (pytest.approx(value, rel=1e-12) if isinstance(value, float) else value)


@pytest.mark.parametrize("distribution", [distribution for distribution, _, _ in VALUES], ids=lambda d: str(d)[:60])
def test_every_code_gives_a_value_that_optuna_takes(distribution: BaseDistribution) -> None:
    domain = domain_of(distribution)
    every = np.linspace(0, 1, 33) if domain.size is None else np.arange(min(domain.size, 300), dtype=float)
    codes = canonical_codes(distribution, every)
    for code in codes:
        value = value_of(distribution, float(code))
        assert distribution._contains(distribution.to_internal_repr(value))
        assert type(value) in (int, float, bool, str, type(None))
        assert np.allclose(codes_of(distribution, [value]), code, atol=1e-12)


def test_kinds_of_domains() -> None:
    assert isinstance(domain_of(FloatDistribution(0, 1)), FloatRange)
    assert isinstance(domain_of(IntDistribution(1, 8, log=True)), FloatRange)
    assert domain_of(FloatDistribution(0, 1, step=0.25)) == IntRange(0, 4)
    assert domain_of(IntDistribution(2, 8, step=3)) == IntRange(0, 2)
    assert domain_of(IntDistribution(2, 2)) == Choice((0,))
    ordered = {
        choices: domain_of(CategoricalDistribution(choices)).ordered
        for choices in [(16, 32), (0.5, 0.1), (0, 1, 2), (3, 1, 2), (True, False), (1, "a"), (8, None), (0, 2, 4)]
    }
    assert [choices for choices, is_ordered in ordered.items() if is_ordered] == [(16, 32), (0.5, 0.1), (0, 2, 4)]


def test_choices_of_other_words_are_other_domains() -> None:
    assert domain_of(CategoricalDistribution(("a", "b"))) != domain_of(CategoricalDistribution(("a", "c")))
    assert domain_of(CategoricalDistribution(("a", "b"))) == domain_of(CategoricalDistribution(("a", "b")))


def test_a_value_outside_has_the_nearest_code_and_an_unknown_choice_none() -> None:
    assert codes_of(IntDistribution(3, 9), [1, 50]).tolist() == [0, 6]
    assert codes_of(FloatDistribution(0.1, 1.0, log=True), [0.001, 7.0]).tolist() == [0, 1]
    assert codes_of(FloatDistribution(0.0, 1.0, step=0.5), [0.3]).tolist() == [1]
    assert np.isnan(codes_of(CategoricalDistribution(("a", "b")), ["c", None, 0, float("nan")])).all()
    assert np.isnan(codes_of(CategoricalDistribution((16, 32)), [24, "16"])).all()
    assert np.isnan(codes_of(IntDistribution(0, 9), ["3", None])).all()


def test_a_number_that_is_no_number_may_be_a_choice() -> None:
    distribution = CategoricalDistribution((float("nan"), 1.5))
    assert codes_of(distribution, [float("nan"), 1.5, float("nan")]).tolist() == [0, 1, 0]


def test_lists_as_choices() -> None:
    with pytest.warns(UserWarning, match="Choices for a categorical distribution"):
        distribution = CategoricalDistribution(([1, 2], [3]))  # type: ignore[list-item]
    assert codes_of(distribution, [[3], [1, 2], [3], [4]])[:3].tolist() == [1, 0, 1]


def test_integers_on_a_log_scale_are_rounded_once() -> None:
    distribution = IntDistribution(1, 8, log=True)
    codes = canonical_codes(distribution, np.linspace(0, 1, 500))
    assert len(np.unique(codes)) == 8
    assert (canonical_codes(distribution, codes) == codes).all()
