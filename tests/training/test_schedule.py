import math

import pytest

from nars.training.schedule import lr_at, lr_factor
from tests.training.tiny import recipe

CLOSED_FORMS = {
    "cosine": lambda t: (1 + math.cos(math.pi * t)) / 2,
    "linear": lambda t: 1 - t,
    "step": lambda t: 1.0 if t < 1 / 3 else 0.1 if t < 2 / 3 else 0.01,
    "exponential": lambda t: math.exp(math.log(0.01) * t),
    "constant": lambda _: 1.0,
}


@pytest.mark.parametrize("schedule", CLOSED_FORMS)
@pytest.mark.parametrize("warmup", [0.0, 0.2])
def test_courses_follow_their_closed_forms(schedule, warmup):
    for progress in (warmup, 0.3, 0.5, 0.77, 0.999):
        expected = CLOSED_FORMS[schedule]((progress - warmup) / (1 - warmup))
        assert lr_factor(schedule, warmup=warmup, progress=progress) == pytest.approx(expected)


@pytest.mark.parametrize("schedule", CLOSED_FORMS)
def test_warmup_is_a_line_from_zero_to_the_peak(schedule):
    for progress in (0.0, 0.05, 0.1999):
        assert lr_factor(schedule, warmup=0.2, progress=progress) == pytest.approx(progress / 0.2)
    assert lr_factor(schedule, warmup=0.2, progress=0.2) == 1.0


def test_lr_is_the_peak_times_the_factor():
    assert lr_at(recipe(lr=0.4, schedule="linear", warmup=0.0), 0.75) == pytest.approx(0.1)
