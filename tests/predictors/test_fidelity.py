import numpy as np
import pytest

from nars.predictors import accuracy_at, choose_fidelity
from nars.trials import epoch_at


def test_ranks_that_agree_from_half_on_choose_half():
    # Reversed order until the last epoch of the first half, the final order from there on.
    curves = [[0.5 - final] * 9 + [final] * 11 for final in (0.1, 0.2, 0.3, 0.4)]
    choice = choose_fidelity(curves)
    assert choice.fidelity == 0.5
    assert choice.correlation == pytest.approx(1.0)


def test_curves_of_different_lengths_are_compared_at_the_same_share():
    # Final order from epoch ceil(0.7 * E) on, whatever E is.
    curves = []
    for final, epochs in ((0.1, 10), (0.2, 20), (0.3, 30), (0.4, 7)):
        switch = epoch_at(epochs, 0.7)
        curves.append([0.5 - final] * (switch - 1) + [final] * (epochs - switch + 1))
    assert choose_fidelity(curves).fidelity == 0.7


def test_an_agreement_that_does_not_last_was_chance():
    # The final order at first, reversed until the last epoch of the first half, the final order again.
    for early, fidelity in ((2, 0.5), (3, 0.05)):
        curves = [[final] * early + [0.5 - final] * (9 - early) + [final] * 11 for final in (0.1, 0.2, 0.3, 0.4)]
        assert choose_fidelity(curves).fidelity == fidelity


def test_a_correlation_just_at_the_threshold_is_enough():
    # Two neighbours of four swapped until the end: rho = 0.8 all along.
    early, final = [1.0, 2, 4, 3], [1.0, 2, 3, 4]
    curves = [[e] * 19 + [f] for e, f in zip(early, final, strict=True)]
    assert choose_fidelity(curves, threshold=0.79).fidelity == 0.05
    assert choose_fidelity(curves, threshold=0.81).fidelity == 1.0


@pytest.mark.parametrize(
    "curves",
    [
        [],
        [[0.1, 0.2], [0.3, 0.4]],
        [[0.1, 0.5], [0.2, 0.5], [0.3, 0.5]],
        [[0.9], [0.8], [0.7]],
    ],
    ids=["none", "two", "equal finals", "one epoch"],
)
def test_where_nothing_can_be_learnt_the_whole_run_is_needed(curves):
    if curves and len(curves[0]) == 1:  # one epoch is the whole run: any share of it is
        assert epoch_at(1, choose_fidelity(curves).fidelity) == 1
    else:
        assert choose_fidelity(curves).fidelity == 1.0
        assert choose_fidelity(curves).correlation == 1.0


def test_tied_early_accuracies_do_not_count_as_agreement():
    curves = [[0.1] * 19 + [final] for final in (0.2, 0.3, 0.4)]
    assert choose_fidelity(curves).fidelity == 1.0


def test_accuracy_at_a_share_reads_the_curve_of_a_shorter_run():
    curve = np.arange(10) / 10
    assert accuracy_at(curve.tolist(), epochs=20, fidelity=0.5) == 0.9
    with pytest.raises(ValueError, match=r"fidelity 0.55 of 20 epochs needs 11 epochs, the curve has 10"):
        accuracy_at(curve.tolist(), epochs=20, fidelity=0.55)
