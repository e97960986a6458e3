import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from nars.errors import CheckpointError, DivergedError
from nars.space.architecture import Architecture, Block, Head, Stage, Stem
from nars.space.candidate import Candidate
from nars.space.recipe import Recipe
from nars.training.checkpoint import load_last
from nars.training.run import _require_learning, train
from nars.training.trained import load_trained
from nars.training.validate import validate
from nars.trials import Evaluation, Rung
from tests.training.tiny import CPU, candidate, digits, parts

# everything that draws or keeps a state, so that continuing has something to lose
RICH = {
    "ema": 0.9,
    "dropout": 0.1,
    "stochastic_depth": 0.2,
    "mixup": 0.2,
    "cutmix": 1.0,
    "randaugment": 5,
    "crop": 0.7,
    "flip": True,
    "warmup": 0.2,
    "label_smoothing": 0.1,
}


def run(
    directory: Path, *, stop_epoch: int = 4, seed: int = 0, chosen: Candidate | None = None, **options
) -> Evaluation:
    return train(
        chosen or candidate(),
        digits("train"),
        digits("val"),
        stop_epoch=stop_epoch,
        seed=seed,
        directory=directory,
        device="cpu",
        **options,
    )


def timeless(evaluation: Evaluation) -> Evaluation:
    curve = tuple(replace(record, wall_s=0.0) for record in evaluation.curve)
    return replace(evaluation, curve=curve, wall_s=0.0)


def assert_same_bits(one: Path, other: Path) -> None:
    first, second = load_last(one), load_last(other)
    assert first.epoch == second.epoch
    for name in ("network", "average"):
        states = getattr(first, name), getattr(second, name)
        assert (states[0] is None) == (states[1] is None)
        if states[0] is not None:
            assert all(torch.equal(states[0][key], states[1][key]) for key in states[0])
    buffers = [checkpoint.optimizer["state"] for checkpoint in (first, second)]
    for index, state in buffers[0].items():
        assert all(torch.equal(value, buffers[1][index][key]) for key, value in state.items())


def test_an_evaluation_has_its_curve(tmp_path):
    seen = []
    evaluation = run(tmp_path, report=seen.append)
    assert evaluation.epochs == 4
    assert [record.epoch for record in evaluation.curve] == [1, 2, 3, 4]
    assert evaluation.curve == tuple(seen)
    assert evaluation.accuracy == evaluation.curve[-1].val_accuracy
    assert evaluation.device == "cpu"
    assert evaluation.wall_s >= sum(record.wall_s for record in evaluation.curve)
    assert evaluation.curve[-1].train_loss < evaluation.curve[0].train_loss


@pytest.mark.parametrize(
    "settings",
    [{}, RICH, {**RICH, "optimizer": "adamw", "lr": 0.01}, {"optimizer": "rmsprop", "lr": 0.01, "norm": "GN"}],
)
def test_stopped_and_continued_is_never_stopped_bit_for_bit(tmp_path, settings):
    chosen = candidate(**settings)
    straight = run(tmp_path / "straight", chosen=chosen)
    prefix = run(tmp_path / "parts", chosen=chosen, stop_epoch=2)
    continued = run(tmp_path / "parts", chosen=chosen)
    assert timeless(prefix).curve == timeless(straight).curve[:2]
    assert timeless(continued) == timeless(straight)
    assert_same_bits(tmp_path / "straight", tmp_path / "parts")


def test_killed_in_the_middle_and_continued_is_never_stopped(tmp_path):
    chosen = candidate(**RICH)

    class KilledError(Exception):
        pass

    def kill(record) -> None:
        if record.epoch == 3:
            raise KilledError

    with pytest.raises(KilledError):
        run(tmp_path / "killed", chosen=chosen, report=kill)
    assert timeless(run(tmp_path / "killed", chosen=chosen)) == timeless(run(tmp_path / "straight", chosen=chosen))
    assert_same_bits(tmp_path / "killed", tmp_path / "straight")


def test_a_truncated_checkpoint_costs_an_epoch_and_changes_nothing(tmp_path, caplog):
    chosen = candidate(**RICH)
    straight = run(tmp_path / "straight", chosen=chosen)
    run(tmp_path / "broken", chosen=chosen, stop_epoch=3)
    last = tmp_path / "broken" / "epoch_00003.pt"
    last.write_bytes(last.read_bytes()[:1000])
    new = []
    assert timeless(run(tmp_path / "broken", chosen=chosen, report=new.append)) == timeless(straight)
    assert [record.epoch for record in new] == [3, 4]
    assert "epoch_00003.pt: truncated or damaged" in caplog.text


def test_start_from_continues_another_folder_and_leaves_it_alone(tmp_path):
    chosen = candidate(**RICH)
    run(tmp_path / "early", chosen=chosen, stop_epoch=2)
    before = {path.name: path.read_bytes() for path in (tmp_path / "early").iterdir()}
    continued = run(tmp_path / "late", chosen=chosen, start_from=tmp_path / "early")
    assert timeless(continued) == timeless(run(tmp_path / "straight", chosen=chosen))
    assert {path.name: path.read_bytes() for path in (tmp_path / "early").iterdir()} == before


def test_the_runs_own_checkpoint_goes_before_start_from(tmp_path):
    run(tmp_path / "early", stop_epoch=1)
    run(tmp_path / "late", stop_epoch=3)
    new = []
    run(tmp_path / "late", start_from=tmp_path / "early", report=new.append)
    assert [record.epoch for record in new] == [4]


def test_what_is_done_is_not_trained_again(tmp_path):
    first = run(tmp_path / "own")
    files = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "own").iterdir()}
    new = []
    assert timeless(run(tmp_path / "own", report=new.append)) == timeless(first)
    assert timeless(run(tmp_path / "other", start_from=tmp_path / "own", report=new.append)) == timeless(first)
    assert new == []
    assert {path.name: path.stat().st_mtime_ns for path in (tmp_path / "own").iterdir()} == files
    load_trained(candidate(), tmp_path / "other")


def test_a_checkpoint_of_another_seed_or_candidate_is_refused(tmp_path):
    run(tmp_path, stop_epoch=1)
    with pytest.raises(CheckpointError, match="the checkpoint must be of seed 1, got 0"):
        run(tmp_path, seed=1)
    with pytest.raises(CheckpointError, match="the checkpoint must be of candidate"):
        run(tmp_path, chosen=candidate(lr=0.06))
    with pytest.raises(CheckpointError, match="the checkpoint must be of seed 1, got 0"):
        run(tmp_path / "new", seed=1, start_from=tmp_path)


def test_seeds_give_other_runs_and_the_callers_generator_is_untouched(tmp_path):
    state = torch.random.get_rng_state()
    losses = [run(tmp_path / str(seed), seed=seed, stop_epoch=1).curve[0].train_loss for seed in (0, 1)]
    assert losses[0] != losses[1]
    assert torch.equal(torch.random.get_rng_state(), state)


@pytest.mark.parametrize("stop_epoch", [0, 5])
def test_stop_epoch_must_lie_within_the_recipe(tmp_path, stop_epoch):
    with pytest.raises(ValueError, match=f"^stop_epoch must be in 1 to 4, got {stop_epoch}$"):
        run(tmp_path, stop_epoch=stop_epoch)


def test_a_diverging_run_is_ended_with_epoch_and_loss(tmp_path):
    with pytest.raises(DivergedError, match=r"^diverged in epoch 1: train loss must be .*, got [\d.]+$|nan|inf"):
        run(tmp_path, chosen=candidate(lr=50.0, schedule="constant"))
    assert load_last(tmp_path) is None


def test_a_loss_of_twice_a_uniform_guess_is_too_much_once_the_warmup_is_over():
    built = parts(epochs=4, warmup=0.5)
    highest = 2 * math.log(10)
    _require_learning(built, highest - 0.01, 3)
    _require_learning(built, 100.0, 2)
    with pytest.raises(DivergedError) as caught:
        _require_learning(built, 100.0, 3)
    assert str(caught.value) == (
        "diverged in epoch 3: train loss must be <= 4.605 (2 times a uniform guess among 10 classes), got 100.000"
    )


@pytest.mark.slow
def test_a_small_network_learns_the_digits(tmp_path):
    """A million MACs, ten epochs."""
    block = Block(kernel=3, expansion=3.0)
    widths, depths, strides = (8, 16, 24, 40), (1, 2, 2, 2), (1, 2, 2, 2)
    network = Architecture(
        resolution=16,
        in_channels=1,
        num_classes=10,
        stem=Stem(width=8, stride=1),
        stages=tuple(
            Stage(width=w, depth=d, stride=s, first=block, rest=block if d > 1 else None)
            for w, d, s in zip(widths, depths, strides, strict=True)
        ),
        head=Head(width=128, expansion=4.0),
    )
    recipe = Recipe(
        optimizer="adamw", lr=6e-3, weight_decay=0.05, batch_size=64, epochs=10, warmup=0.1, label_smoothing=0.1
    )
    chosen = Candidate(architecture=network, recipe=recipe)
    train_split, val_split, test_split = (digits(name, 1197, 16) for name in ("train", "val", "test"))
    evaluation = train(chosen, train_split, val_split, stop_epoch=10, seed=0, directory=tmp_path, device="cpu")
    assert evaluation.accuracy >= 0.97
    _, test_accuracy = validate(load_trained(chosen, tmp_path), test_split, resolution=16, batch_size=300, device=CPU)
    assert test_accuracy >= 0.97


@pytest.mark.gpu
def test_a_gpu_run_repeats_and_continues(tmp_path):
    chosen = candidate(**RICH)
    options = {"stop_epoch": 4, "seed": 0, "device": "cuda"}
    straight = train(chosen, digits("train"), digits("val"), directory=tmp_path / "a", **options)
    train(chosen, digits("train"), digits("val"), directory=tmp_path / "b", **{**options, "stop_epoch": 2})
    assert timeless(train(chosen, digits("train"), digits("val"), directory=tmp_path / "b", **options)) == timeless(
        straight
    )
    assert straight.device.startswith("cuda (")


def test_a_rung_ends_a_run_and_the_run_goes_on_from_there_later(tmp_path: Path):
    whole = run(tmp_path / "whole")
    at_half = whole.curve[1].val_accuracy
    passed = run(tmp_path / "passed", rungs=[Rung(share=0.5, accuracy=at_half)])
    assert timeless(passed) == timeless(whole)
    ended = run(tmp_path / "ended", rungs=[Rung(share=0.5, accuracy=at_half + 1e-6)])
    assert (ended.epochs, ended.accuracy) == (2, at_half)
    assert load_last(tmp_path / "ended").epoch == 2
    again = run(tmp_path / "ended", rungs=[Rung(share=0.5, accuracy=at_half + 1e-6)])  # killed before it was told
    assert timeless(again) == timeless(ended)
    assert timeless(run(tmp_path / "ended")) == timeless(whole)
    assert_same_bits(tmp_path / "ended", tmp_path / "whole")
