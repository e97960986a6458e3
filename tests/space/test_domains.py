import math

import numpy as np
import pytest

from nars.space import Choice, FloatRange, IntRange


def test_int_range_holds_both_ends_and_its_steps() -> None:
    domain = IntRange(8, 32, 8)
    assert list(domain.values) == [8, 16, 24, 32]
    assert domain.size == 4
    assert [domain.code(v) for v in domain.values] == [0, 1, 2, 3]
    assert domain.value(2) == 24


@pytest.mark.parametrize(
    ("low", "high", "step", "message"),
    [
        (4, 2, 1, "low must be <= high, got low=4, high=2"),
        (8, 30, 8, "high=30 is not reachable from low=8 in steps of 8"),
        (8, 16, 0, "step must be >= 1, got 0"),
    ],
)
def test_int_range_says_which_rule_is_broken(low: int, high: int, step: int, message: str) -> None:
    with pytest.raises(ValueError, match="^" + message + "$"):
        IntRange(low, high, step)


@pytest.mark.parametrize("strange", [9, 40, True, 16.0, "16"])
def test_int_range_refuses_what_it_does_not_hold(strange: object) -> None:
    with pytest.raises(ValueError, match="must be one of 8, 16, ..., 32"):
        IntRange(8, 32, 8).code(strange)  # type: ignore[arg-type]


def test_choice_of_numbers_is_ordered_by_size_and_of_words_is_not() -> None:
    assert Choice((5, 3, 7)).values == (3, 5, 7)
    assert Choice((5, 3, 7)).ordered
    assert Choice(("sgd", "adamw")).values == ("sgd", "adamw")
    assert not Choice(("sgd", "adamw")).ordered
    assert not Choice((True, False)).ordered


def test_choice_tells_booleans_from_numbers() -> None:
    assert Choice((True, False)).code(False) == 1
    with pytest.raises(ValueError, match="must be one of"):
        Choice((0, 1)).code(True)


@pytest.mark.parametrize("values", [(), (3, 3)])
def test_choice_refuses_nothing_and_repetition(values: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="choice must name"):
        Choice(values)


def test_float_range_on_a_log_scale_halves_the_factor() -> None:
    domain = FloatRange(1e-3, 1e-1, log=True)
    assert domain.value(0.0) == 1e-3
    assert domain.value(1.0) == 1e-1
    assert domain.value(0.5) == pytest.approx(math.sqrt(1e-3 * 1e-1), rel=1e-6)
    assert FloatRange(0.0, 3.0).value(0.5) == 1.5


def test_float_range_keeps_six_digits_and_survives_text() -> None:
    domain = FloatRange(1e-5, 12.0, log=True)
    values_N = domain.from_units(np.random.default_rng(0).random(2000))
    for value in values_N:
        assert float(f"{value:.6g}") == value, "six digits must say the value exactly"
        assert domain.value(domain.code(float(value))) == value


@pytest.mark.parametrize(
    ("low", "high", "log", "message"),
    [(1.0, 1.0, False, "low must be < high"), (0.0, 1.0, True, "low must be > 0 on a log scale, got 0.0")],
)
def test_float_range_says_which_rule_is_broken(low: float, high: float, log: bool, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        FloatRange(low, high, log)


def test_float_range_refuses_values_outside() -> None:
    with pytest.raises(ValueError, match="must be between 0.1 and 1, got 2"):
        FloatRange(0.1, 1.0).code(2)
