import pickle
from pathlib import Path

import pytest

from tests.evaluation.tasks import task


@pytest.mark.parametrize(
    ("fidelity", "epochs", "expected"),
    [(1.0, 10, 10), (0.5, 10, 5), (0.51, 10, 6), (0.01, 10, 1), (1 / 3, 3, 1), (2 / 3, 9, 6)],
)
def test_stop_epoch_is_the_fidelity_s_share_rounded_up(fidelity: float, epochs: int, expected: int) -> None:
    assert task(0, Path("x"), fidelity=fidelity, epochs=epochs).stop_epoch == expected


def test_a_quotient_of_epochs_gives_back_those_epochs() -> None:
    for epochs in range(1, 200):
        for stop in range(1, epochs + 1):
            assert task(0, Path("x"), fidelity=stop / epochs, epochs=epochs).stop_epoch == stop


def test_rounding_noise_is_not_an_epoch() -> None:
    assert 0.07 * 100 > 7
    assert task(0, Path("x"), fidelity=0.07, epochs=100).stop_epoch == 7


def test_a_task_survives_pickling() -> None:
    original = task(3, Path("x"), fidelity=0.5)
    assert pickle.loads(pickle.dumps(original)) == original
