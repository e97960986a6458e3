"""A run that is short of memory goes on with half a batch at a time; see `Evaluation.passes`."""

from dataclasses import replace

import pytest
import torch

from nars.training.epoch import train_epoch
from nars.training.parts import Parts
from nars.training.run import train
from tests.training.tiny import candidate, digits, parts


def weights(built: Parts) -> torch.Tensor:
    return torch.cat([parameter.detach().flatten() for parameter in built.network.parameters()])


def run(folder, **options):
    return train(candidate(), digits("train"), digits("val"), seed=0, directory=folder, device="cpu", **options)


@pytest.fixture
def short_of_memory(monkeypatch):
    """Rows that a pass may have; more end in torch's own error."""
    seen, loss = [], Parts.loss

    def limited(self, rows, *rest):
        seen.append(len(rows))
        if len(rows) > limit[0]:
            raise torch.OutOfMemoryError(f"{len(rows)} images are too many")
        return loss(self, rows, *rest)

    limit = [8]
    monkeypatch.setattr(Parts, "loss", limited)
    return limit, seen


def test_two_passes_make_the_step_of_one():
    # batch norm would see other statistics: in eval mode it uses its running ones, and nothing differs
    whole, halves = (parts(batch_size=15, momentum=0.0) for _ in range(2))
    for built in (whole, halves):
        built.network.eval()
        built.network.train = lambda: None
    one = train_epoch(whole, epoch=1, seed=0)
    two = train_epoch(halves, epoch=1, seed=0, passes=2)
    torch.testing.assert_close(weights(whole), weights(halves), atol=1e-6, rtol=1e-4)
    assert two.train_loss == pytest.approx(one.train_loss, rel=1e-5)


def test_a_run_is_tried_again_with_half_a_batch_at_a_time(tmp_path, short_of_memory):
    _, seen = short_of_memory
    found = run(tmp_path, stop_epoch=2)
    assert found.passes == 2
    assert found.epochs == 2
    assert seen == [16, *[8] * 12]  # 48 images, 3 steps of 2 passes an epoch


def test_it_goes_on_from_its_last_checkpoint(tmp_path, short_of_memory):
    limit, _ = short_of_memory
    limit[0] = 16
    first = run(tmp_path, stop_epoch=1)
    limit[0] = 8
    found = run(tmp_path, stop_epoch=2)
    assert (first.passes, found.passes) == (1, 2)
    assert replace(found.curve[0], wall_s=0) == replace(first.curve[0], wall_s=0)


def test_it_is_tried_again_only_once(tmp_path, short_of_memory):
    limit, seen = short_of_memory
    limit[0] = 4
    with pytest.raises(torch.OutOfMemoryError, match="8 images are too many"):
        run(tmp_path, stop_epoch=1)
    assert seen == [16, 8]


def test_other_errors_are_not_tried_again(tmp_path, monkeypatch):
    def broken(_self, _rows, *_rest):
        raise RuntimeError("broken")

    monkeypatch.setattr(Parts, "loss", broken)
    with pytest.raises(RuntimeError, match="broken"):
        run(tmp_path, stop_epoch=1)


def test_with_a_part_of_a_gpu_it_is_not_halved(tmp_path, short_of_memory, monkeypatch):
    """The executor gives it all of one instead: the same numbers as without sharing."""
    _, seen = short_of_memory
    monkeypatch.setattr("nars.training.run.is_limited", lambda _device: True)
    with pytest.raises(torch.OutOfMemoryError, match="16 images are too many"):
        run(tmp_path, stop_epoch=1)
    assert seen == [16]
