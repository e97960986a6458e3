from dataclasses import replace
from pathlib import Path

import pytest
import torch

from nars.errors import CheckpointError, DataError, DivergedError
from nars.space.candidate import Candidate
from nars.training.checkpoint import load_last
from nars.training.detection.run import train_detector
from nars.training.detection.validate import validate_detector
from nars.training.run import _require_learning
from nars.training.trained import load_trained
from nars.trials import Evaluation
from tests.training.detection.tiny import CPU, candidate, parts, scenes


def train(chosen: Candidate, directory: Path, *, stop: int = 3, start_from: Path | None = None) -> Evaluation:
    return train_detector(
        chosen, scenes("train"), scenes("val"), stop_epoch=stop, seed=3, directory=directory, start_from=start_from,
        device="cpu",
    )  # fmt: skip


def same_weights(one: Path, other: Path) -> bool:
    a, b = load_last(one).network, load_last(other).network
    return all(torch.equal(a[name], b[name]) for name in a)


@pytest.mark.parametrize("with_masks", [False, True])
def test_a_run_that_was_interrupted_ends_as_one_that_was_not(tmp_path, with_masks):
    chosen = candidate(with_masks=with_masks, ema=0.9, flip=True, crop=0.7)
    whole = train(chosen, tmp_path / "whole")
    train(chosen, tmp_path / "first", stop=1)
    continued = train(chosen, tmp_path / "second", start_from=tmp_path / "first")
    assert [replace(r, wall_s=0) for r in continued.curve] == [replace(r, wall_s=0) for r in whole.curve]
    assert same_weights(tmp_path / "whole", tmp_path / "second")
    assert whole.applied == continued.applied
    assert all(record.val_loss is None for record in whole.curve)


def test_the_accuracy_is_that_of_the_task_and_all_figures_are_kept(tmp_path):
    boxes = train(candidate(), tmp_path / "boxes", stop=1)
    assert boxes.detection.masks is None
    assert boxes.accuracy == boxes.detection.boxes.ap
    masks = train(candidate(with_masks=True), tmp_path / "masks", stop=1)
    assert masks.accuracy == masks.detection.masks.ap
    assert masks.detection == load_last(tmp_path / "masks").curve[-1].detection


@pytest.mark.parametrize("ema", [0.0, 0.9])
def test_the_trained_detector_does_what_was_validated(tmp_path, ema):
    chosen = candidate(ema=ema)
    evaluation = train(chosen, tmp_path, stop=2)
    network = load_trained(chosen, tmp_path)
    assert not network.training
    again = validate_detector(network, scenes("val"), batch_size=8, device=CPU)
    assert again.detection == evaluation.detection
    with pytest.raises(CheckpointError, match="must be of candidate"):
        load_trained(candidate(ema=ema, lr=0.1), tmp_path)


def test_a_loss_that_is_not_finite_or_stays_blind_ends_the_run(tmp_path):
    with pytest.raises(DivergedError, match="diverged in epoch 1: train loss must be"):
        train(candidate(optimizer="sgd", lr=1e6), tmp_path)
    built = parts(epochs=4, warmup=0.5)
    # ln 2 for objects, ln 11 for ten classes and the background, 1 for each of two boxes
    highest = 2 * (0.6931 + 2.3979 + 2)
    _require_learning(built, highest - 0.01, 3)
    with pytest.raises(DivergedError, match=r"2 times a detector of 10 classes that has learnt nothing"):
        _require_learning(built, highest + 0.01, 3)
    assert parts(with_masks=True).blind_loss == pytest.approx(highest / 2 + 0.6931, abs=1e-3)
    weighted = parts(detector={"objectness_weight": 0.0, "class_weight": 0.0, "box_weight": 3.0})
    assert weighted.blind_loss == pytest.approx(4)


def test_a_new_detector_is_blind_and_no_worse():
    built = parts()
    built.network.train()
    with torch.no_grad():
        loss = float(built.loss(torch.arange(12)))
    assert 0.4 * built.blind_loss < loss < built.blind_loss


def test_classes_that_the_architecture_lacks_are_refused(tmp_path):
    chosen = candidate()
    few = replace(chosen, architecture=replace(chosen.architecture, num_classes=3))
    with pytest.raises(DataError, match="num_classes must be >= 10 for these objects, got 3"):
        train(few, tmp_path)


@pytest.mark.slow
def test_a_small_detector_learns_its_scenes_boxes_and_masks(tmp_path):
    richer = {
        "mask_resolution": 14, "post_nms_train": 50, "post_nms_test": 30, "roi_batch": 32, "anchor_sizes": (12, 20, 30),
    }  # fmt: skip
    chosen = candidate(with_masks=True, epochs=80, lr=1e-2, batch_size=6, ema=0.9, detector=richer)
    evaluation = train_detector(
        chosen, scenes("train"), scenes("train"), stop_epoch=80, seed=0, directory=tmp_path, device="cpu"
    )
    assert evaluation.detection.boxes.ap > 0.5
    assert evaluation.detection.masks.ap > 0.1
