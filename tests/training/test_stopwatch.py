import time
from dataclasses import fields, replace

import pytest
import torch

from nars.training.run import train
from nars.training.stopwatch import OFF, Stopwatch
from nars.trials import Evaluation, Spent
from tests.training.tiny import CPU, candidate, digits


def run(folder, *, profile: bool) -> Evaluation:
    chosen = candidate(ema=0.9, mixup=0.2, randaugment=5)
    splits = digits("train"), digits("val")
    return train(chosen, *splits, stop_epoch=4, seed=0, directory=folder, device="cpu", profile=profile)


def test_a_lap_counts_the_seconds_since_the_last():
    watch = Stopwatch(CPU, on=True)
    time.sleep(0.02)
    watch.lap("data")
    time.sleep(0.05)
    watch.lap("forward")
    time.sleep(0.02)
    watch.lap("data")
    assert watch.spent is not None
    assert watch.spent.data_s >= 0.04
    assert watch.spent.forward_s >= 0.05
    assert watch.spent.backward_s == 0


def test_one_that_is_off_tells_nothing():
    OFF.lap("data")
    assert OFF.spent is None


def test_the_phases_of_a_run_are_all_of_it_and_change_nothing(tmp_path):
    torch.ones(1)  # torch's own start is no part of a run
    measured, plain = run(tmp_path / "a", profile=True), run(tmp_path / "b", profile=False)
    spent = measured.spent
    assert plain.spent is None
    assert spent is not None
    phases = {field.name: getattr(spent, field.name) for field in fields(Spent)}
    assert all(seconds > 0 for seconds in phases.values()), phases
    assert sum(phases.values()) == pytest.approx(measured.wall_s, rel=0.05)
    assert [replace(one, wall_s=0) for one in measured.curve] == [replace(one, wall_s=0) for one in plain.curve]
