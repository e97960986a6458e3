import pytest

from nars.trials import Rung, last_epoch

RUNGS = (Rung(share=1 / 9, accuracy=0.3), Rung(share=1 / 3, accuracy=0.6))


@pytest.mark.parametrize(
    ("curve", "expected"),
    [
        ([], None),
        ([0.2], 1),  # ceil(9 / 9)
        ([0.3], None),  # on the bar
        ([0.3, 0.1, 0.59], 3),
        ([0.3, 0.1, 0.6], None),
        ([0.2, 0.1, 0.5], 1),  # the first rung that it falls short of
        ([0.3, 0.9, 0.6, 0.1], None),  # what comes after the last rung does not count
    ],
)
def test_a_run_ends_at_the_first_rung_that_it_falls_short_of(curve: list[float], expected: int | None):
    assert last_epoch(curve, epochs=9, rungs=RUNGS) == expected


def test_without_rungs_no_run_ends_early():
    assert last_epoch([0.0] * 9, epochs=9, rungs=()) is None


def test_a_rung_falls_on_the_epoch_that_a_fidelity_of_its_share_trains_to():
    assert last_epoch([0.9, 0.9, 0.1, 0.9], epochs=7, rungs=(Rung(share=1 / 3, accuracy=0.5),)) == 3
