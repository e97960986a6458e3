"""Training and validation by detectron2 on a few scenes of digits."""

import importlib.util
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from nars.models.detector import build_detector
from nars.models.detector.detectron2_model import from_detectron2
from nars.study import search
from nars.training.detection.validate import validate_detector
from nars.training.network import Normalize
from nars.training.trained import load_trained
from tests.space.detection import TEXT, detection_space
from tests.training.detection.tiny import CPU, candidate, scenes

pytestmark = [
    pytest.mark.skipif(importlib.util.find_spec("detectron2") is None, reason="detectron2 is not installed"),
    pytest.mark.filterwarnings("ignore"),  # of its imports
]
BLANK = Normalize(mean_C=torch.zeros(3), std_C=torch.ones(3))


def config(tmp_path: Path, **settings: object) -> object:
    from nars.training.detection.detectron2_run import run_config

    return run_config(candidate(**settings), scenes("train"), BLANK, directory=tmp_path, seed=0, device="cpu")


@pytest.mark.parametrize("with_masks", [False, True])
def test_trained_and_evaluated_by_detectron2(tmp_path: Path, *, with_masks: bool) -> None:
    from nars.training.detection.detectron2_run import train_with_detectron2

    given = candidate(with_masks=with_masks, epochs=25, ema=0.9, lr=6e-3)
    result = train_with_detectron2(given, scenes("train"), scenes("train"), seed=0, directory=tmp_path)
    assert result.boxes.ap > 0.02
    # Our backend with the same weights, by our own metric path.
    figures = validate_detector(result.detector, scenes("train"), batch_size=4, device=CPU).detection
    assert figures.boxes.ap == pytest.approx(result.boxes.ap, abs=0.01)
    assert figures.boxes.ap50 == pytest.approx(result.boxes.ap50, abs=0.02)
    assert (result.masks is not None) == with_masks
    if with_masks:
        assert figures.masks.ap == pytest.approx(result.masks.ap, abs=0.02)


def test_it_starts_from_the_recipes_weights(tmp_path: Path) -> None:
    from nars.training.detection.detectron2_run import _trainer_class

    given = candidate()
    own = build_detector(given.architecture, given.recipe, normalize=nn.Identity())
    torch.save(own.state_dict(), tmp_path / "weights.pth")
    weights = str(tmp_path / "weights.pth")
    trainer = _trainer_class()
    trainer.candidate = candidate(weights=weights)
    model = trainer.build_model(config(tmp_path, weights=weights))
    found = from_detectron2(model.state_dict())
    assert all(torch.equal(found[name], array) for name, array in own.state_dict().items())


def test_length_batch_and_sizes(tmp_path: Path) -> None:
    cfg = config(tmp_path, epochs=5, batch_size=5)
    assert (cfg.SOLVER.MAX_ITER, cfg.SOLVER.IMS_PER_BATCH) == (15, 5)
    assert config(tmp_path, batch_size=100).SOLVER.IMS_PER_BATCH == 12


def test_lr_follows_warm_up_and_schedule(tmp_path: Path) -> None:
    from nars.training.detection.detectron2_run import _trainer_class

    cfg = config(tmp_path, epochs=10, warmup=0.2, schedule="linear", lr=0.1, batch_size=6)
    trainer = _trainer_class()
    trainer.candidate = candidate(epochs=10, warmup=0.2, schedule="linear", lr=0.1, batch_size=6)
    optimizer = trainer.build_optimizer(cfg, torch.nn.Linear(2, 2))
    scheduler = trainer.build_lr_scheduler(cfg, optimizer)
    found = []
    for _ in range(20):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    expected = [0.1 * (step / 4 if step < 4 else 1 - (step - 4) / 16) for step in range(20)]
    assert found == pytest.approx(expected)


def sizes(tmp_path: Path, **settings: object) -> set[tuple[int, int]]:
    """Of 30 training images of 48 pixels as they reach the model."""
    from nars.training.detection.detectron2_run import _mapper, _records

    np.random.seed(0)  # noqa: NPY002  # detectron2's augmentations draw from it
    mapper = _mapper(config(tmp_path, **settings), scenes("train"), train=True)
    return {tuple(mapper(_records(scenes("train"))[0])["image"].shape[1:]) for _ in range(30)}


def test_train_sizes_and_scale_jitter(tmp_path: Path) -> None:
    assert sizes(tmp_path) == {(48, 48)}
    assert sizes(tmp_path, detector={"train_sizes": (32, 64)}) == {(32, 32), (64, 64)}
    jittered = sizes(tmp_path, detector={"scale_low": 0.5, "scale_high": 2.0})
    assert len(jittered) > 5
    assert min(jittered) >= (24, 24)
    assert max(jittered) <= (96, 96)


def test_flip_and_crop(tmp_path: Path) -> None:
    from nars.training.detection.detectron2_run import train_augmentations

    def names(**settings: object) -> list[str]:
        return [type(step).__name__ for step in train_augmentations(config(tmp_path, **settings))]

    assert names() == ["JitteredResize"]
    assert names(flip=True) == ["JitteredResize", "RandomFlip"]
    assert names(crop=0.25) == ["RandomCrop", "JitteredResize"]
    assert train_augmentations(config(tmp_path, crop=0.25))[0].crop_size == (0.5, 0.5)


def test_crowds_are_not_trained_on(tmp_path: Path) -> None:
    from nars.training.detection.detectron2_run import _mapper, _records

    split = scenes("train")
    crowd = torch.ones_like(split.targets[0].crowd)
    marked = replace(split, targets=(replace(split.targets[0], crowd=crowd), *split.targets[1:]))
    mapper = _mapper(config(tmp_path), marked, train=True)
    assert len(mapper(_records(marked)[0])["instances"]) == 0
    assert len(mapper(_records(marked)[1])["instances"]) == len(split.targets[1])
    assert math.isfinite(sum(split.sizes[0]))


def test_a_trial_reports_each_epoch_and_leaves_a_checkpoint(tmp_path: Path) -> None:
    from nars.training.detection.detectron2_trial import train_detector_with_detectron2

    given, records = candidate(epochs=8, batch_size=4, ema=0.5, lr=6e-3, warmup=0.0, schedule="linear"), []
    splits = scenes("train"), scenes("val")
    found = train_detector_with_detectron2(
        given, *splits, stop_epoch=3, seed=1, directory=tmp_path, device="cpu", report=records.append
    )
    assert found.curve == tuple(records)
    assert (found.epochs, [record.epoch for record in records]) == (3, [1, 2, 3])
    # The schedule is that of all 8 epochs of 3 steps: the last step of each.
    assert [record.lr for record in records] == pytest.approx([6e-3 * (1 - step / 24) for step in (2, 5, 8)])
    assert records[0].train_loss > records[-1].train_loss > 0
    detector = load_trained(given, tmp_path)
    validation = validate_detector(detector, splits[1], batch_size=4, device=CPU)
    assert validation.accuracy == pytest.approx(found.accuracy, abs=0.01)


def test_a_search_by_detectron2(tmp_path: Path) -> None:
    space = detection_space(TEXT.replace("nms_test: 10", "nms_test: {choice: [5, 10]}"))
    settings = replace(space.settings, trials=2, final=1, early_stop="none", backend="detectron2")
    with search(space, root=tmp_path, settings=settings, workers=1, device="cpu") as study:
        assert [trial.failure for trial in study.trials] == [None, None]
        assert all(len(trial.evaluation.curve) == 2 for trial in study.trials)
        assert study.settings.backend == "detectron2"
        assert any(trial.evaluation.inferences for trial in study.trials)
