"""A candidate trained by detectron2: its trainer, its data loaders and augmentations, its COCO evaluator.

Optimiser, schedule and moving average are the recipe's, from the same code as in the other backend. detectron2 is
imported when first needed.
"""

import json
import math
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn, optim

from nars.data.detection import DetectionSplit
from nars.errors import DivergedError
from nars.models.detector import TwoStageDetector, build_detector
from nars.models.detector.detectron2_model import (
    build_detectron2,
    candidate_of,
    detectron2_config,
    from_detectron2,
    require_detectron2,
)
from nars.models.detector.parts import detector_settings
from nars.space.candidate import Candidate
from nars.training.averaging import build_average
from nars.training.detection.coco import truth_of_split
from nars.training.detection.parts import require_classes
from nars.training.initial_weights import start_from_weights
from nars.training.network import Normalize, measure_normalization_of_each
from nars.training.optimizer import build_optimizer
from nars.training.schedule import lr_factor
from nars.trials import CocoFigures

_FIGURES = {"ap": "AP", "ap50": "AP50", "ap75": "AP75", "ap_small": "APs", "ap_medium": "APm", "ap_large": "APl"}
"""Ours, and detectron2's in percent."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Detectron2Result:
    """What detectron2 made of a candidate."""

    detector: TwoStageDetector
    """Our detector with the weights that were validated, in eval mode."""
    boxes: CocoFigures
    """By detectron2's evaluator, which tells precision alone."""
    masks: CocoFigures | None
    """None in a detector of boxes alone."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Detectron2Epoch:
    """One epoch as detectron2 tells it."""

    train_loss: float
    """Mean over the epoch's steps."""
    lr: float
    """Learning rate of the last step."""
    boxes: CocoFigures
    masks: CocoFigures | None


def train_with_detectron2(
    candidate: Candidate,
    train_split: DetectionSplit,
    val_split: DetectionSplit,
    *,
    seed: int,
    directory: Path,
    device: str = "cpu",
    stop_epoch: int | None = None,
    report: Callable[[Detectron2Epoch], None] | None = None,
) -> Detectron2Result:
    """Trains a candidate from its first epoch and validates it.

    Args:
        candidate: What to train, and how.
        train_split: Training images and objects, with masks where the detector has a mask head.
        val_split: Validation images and objects, likewise.
        seed: Of initialisation, order, augmentation, and samples of anchors and regions.
        directory: Where detectron2 writes its checkpoints, metrics and results.
        device: A torch device.
        stop_epoch: Epochs to have done in the end; all of the recipe's by default, whose schedule holds in any case.
        report: Called after each epoch, which is then validated too; without it the last one alone is.

    Raises:
        ModelError: If detectron2 is not installed, or the detector cannot be built.
        DivergedError: If a loss is no number.
        DataError: If the objects are of more classes than the architecture tells apart.
    """
    require_detectron2()
    require_classes(train_split, candidate)
    from detectron2.utils.env import seed_all_rng

    normalize = measure_normalization_of_each(train_split.images)
    cfg = run_config(candidate, train_split, normalize, directory=directory, seed=seed, device=device)
    seed_all_rng(seed)
    trainer = _trainer_class()(cfg, candidate, train_split)
    if stop_epoch is not None:
        trainer.max_iter = stop_epoch * cfg.SOLVER.MAX_ITER // candidate.recipe.epochs
    model = trainer.average.module if trainer.average is not None else trainer.model

    def validate() -> dict[str, CocoFigures]:
        return evaluate_with_detectron2(cfg, model, val_split, directory=directory)

    if report is not None:
        _report_epochs(trainer, steps=cfg.SOLVER.MAX_ITER // candidate.recipe.epochs, validate=validate, report=report)
    try:
        trainer.train()
    except FloatingPointError as error:  # detectron2's word for a loss that is no number
        raise DivergedError(str(error).splitlines()[0]) from error
    figures = validate()
    detector = build_detector(candidate.architecture, candidate.recipe, normalize=normalize)
    detector.load_state_dict({**detector.state_dict(), **from_detectron2(model.state_dict())})
    return Detectron2Result(detector=detector.eval(), boxes=figures["bbox"], masks=figures.get("segm"))


def _report_epochs(
    trainer: Any,
    *,
    steps: int,
    validate: Callable[[], dict[str, CocoFigures]],
    report: Callable[[Detectron2Epoch], None],
) -> None:
    """Has every epoch of so many steps validated and reported."""
    from detectron2.engine import hooks

    def after_step(trainer: Any) -> None:
        if (trainer.iter + 1) % steps:
            return
        losses = [loss for loss, _ in trainer.storage.history("total_loss").values()[-steps:]]
        figures = validate()
        report(
            Detectron2Epoch(
                train_loss=float(np.mean(losses)),
                lr=float(trainer.storage.history("lr").latest()),
                boxes=figures["bbox"],
                masks=figures.get("segm"),
            )
        )

    trainer.register_hooks([hooks.CallbackHook(after_step=after_step)])


def run_config(
    candidate: Candidate, split: DetectionSplit, normalize: Normalize, *, directory: Path, seed: int, device: str
) -> Any:
    """The configuration of a run on a split."""
    cfg = detectron2_config(candidate, mean_C=normalize.mean.flatten().tolist(), std_C=normalize.std.flatten().tolist())
    recipe = candidate.recipe
    batch_size = min(recipe.batch_size, len(split))
    cfg.SOLVER.IMS_PER_BATCH = batch_size
    cfg.SOLVER.MAX_ITER = recipe.epochs * math.ceil(len(split) / batch_size)
    cfg.SOLVER.CHECKPOINT_PERIOD = cfg.SOLVER.MAX_ITER
    cfg.TEST.EVAL_PERIOD = 0
    cfg.MODEL.DEVICE, cfg.OUTPUT_DIR, cfg.SEED = device, str(directory), seed
    cfg.DATALOADER.NUM_WORKERS = 0
    return cfg


def evaluate_with_detectron2(
    cfg: Any, model: nn.Module, split: DetectionSplit, *, directory: Path
) -> dict[str, CocoFigures]:
    """Figures of a detectron2 model on a split by detectron2's COCO evaluator, under ``bbox`` and ``segm``."""
    from detectron2.data import MetadataCatalog, build_detection_test_loader
    from detectron2.evaluation import COCOEvaluator, inference_on_dataset

    directory.mkdir(parents=True, exist_ok=True)
    truth = directory / "truth.json"
    truth.write_text(json.dumps({"info": {}, **truth_of_split(split).dataset}, default=bytes.decode), encoding="utf-8")
    name = f"nars_{directory.resolve()}"
    MetadataCatalog.pop(name, None)
    MetadataCatalog.get(name).set(json_file=str(truth))
    tasks = ("bbox", "segm") if cfg.MODEL.MASK_ON else ("bbox",)
    loader = build_detection_test_loader(_records(split), mapper=_mapper(cfg, split, train=False), num_workers=0)
    evaluator = COCOEvaluator(name, tasks=tasks, output_dir=str(directory), use_fast_impl=False)
    found = inference_on_dataset(model, loader, evaluator)
    return {task: _figures(found.get(task, {})) for task in tasks}


def _figures(percents: Mapping[str, float]) -> CocoFigures:
    """What detectron2 tells in percent, not a number where there is no such object; recalls it does not tell."""
    values: dict[str, float | None] = dict.fromkeys(field.name for field in fields(CocoFigures))
    for ours, theirs in _FIGURES.items():
        percent = percents.get(theirs, math.nan)
        values[ours] = None if math.isnan(percent) else percent / 100
    return CocoFigures(**values)


def _trainer_class() -> Any:
    """detectron2's trainer with our optimiser, schedule and average, and data that is at hand."""
    from detectron2.data import build_detection_train_loader
    from detectron2.engine import DefaultTrainer, hooks

    class Trainer(DefaultTrainer):  # type: ignore[misc]  # detectron2 is not there for the type checker
        """Trains one candidate on one split."""

        def __init__(self, cfg: Any, candidate: Candidate, split: DetectionSplit) -> None:
            Trainer.candidate, Trainer.split = candidate, split  # detectron2 builds by class methods alone
            super().__init__(cfg)
            self.average = build_average(self.model, decay=candidate.recipe.ema)
            if self.average is not None:
                average, model = self.average, self.model
                self.register_hooks([hooks.CallbackHook(after_step=lambda _: average.update_parameters(model))])

        @classmethod
        def build_model(cls, cfg: Any) -> nn.Module:
            candidate = cls.candidate
            own = build_detector(candidate.architecture, candidate.recipe, normalize=nn.Identity())
            start_from_weights(own, candidate.recipe)
            return build_detectron2(cfg, own.state_dict())

        @classmethod
        def build_optimizer(cls, _cfg: Any, model: nn.Module) -> optim.Optimizer:
            return build_optimizer(model, cls.candidate.recipe)

        @classmethod
        def build_lr_scheduler(cls, cfg: Any, optimizer: optim.Optimizer) -> Any:
            recipe, steps = cls.candidate.recipe, cfg.SOLVER.MAX_ITER

            def factor(step: int) -> float:
                progress = min(step, steps - 1) / steps
                return lr_factor(recipe.schedule, warmup=recipe.warmup, progress=progress)

            return optim.lr_scheduler.LambdaLR(optimizer, factor)

        @classmethod
        def build_train_loader(cls, cfg: Any) -> Any:
            return build_detection_train_loader(
                _records(cls.split),
                mapper=_mapper(cfg, cls.split, train=True),
                total_batch_size=cfg.SOLVER.IMS_PER_BATCH,
                num_workers=0,
            )

    return Trainer


def _records(split: DetectionSplit) -> list[dict[str, Any]]:
    """The images of a split in detectron2's words, but for their pixels."""
    from detectron2.structures import BoxMode

    records: list[dict[str, Any]] = []
    for row, (image_id, (height, width), target) in enumerate(
        zip(split.image_ids, split.sizes, split.targets, strict=True)
    ):
        annotations: list[dict[str, Any]] = []
        for number, (box, label) in enumerate(zip(target.boxes.tolist(), target.labels.tolist(), strict=True)):
            annotation = {"bbox": box, "bbox_mode": BoxMode.XYXY_ABS, "category_id": label}
            annotation["iscrowd"] = int(target.crowd[number])
            if target.masks is not None:
                annotation["segmentation"] = target.masks[number].as_coco
            annotations.append(annotation)
        records.append({"row": row, "image_id": image_id, "height": height, "width": width, "annotations": annotations})
    return records


def _mapper(cfg: Any, split: DetectionSplit, *, train: bool) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """From a record to what the model reads."""
    from detectron2.data import detection_utils
    from detectron2.data import transforms as T  # noqa: N812  # as everybody calls it

    steps = T.AugmentationList(train_augmentations(cfg) if train else [_resize(cfg, train=False)])

    def mapped(record: dict[str, Any]) -> dict[str, Any]:
        given = T.AugInput(np.ascontiguousarray(split.images[record["row"]].permute(1, 2, 0).numpy()))
        changes = steps(given)
        image = torch.from_numpy(np.ascontiguousarray(given.image.transpose(2, 0, 1)))
        made: dict[str, Any] = {key: record[key] for key in ("image_id", "height", "width")}
        made["image"] = image
        if train:
            size = given.image.shape[:2]
            objects = [
                detection_utils.transform_instance_annotations(deepcopy(annotation), changes, size)
                for annotation in record["annotations"]
                if not annotation["iscrowd"]
            ]
            found = detection_utils.annotations_to_instances(objects, size, mask_format="bitmask")
            made["instances"] = detection_utils.filter_empty_instances(found)
        return made

    return mapped


def train_augmentations(cfg: Any) -> list[Any]:
    """Crop, resize with scale jitter, flip: in detectron2's classes, each where the recipe asks for it."""
    from detectron2.data import transforms as T  # noqa: N812  # as above

    recipe = candidate_of(cfg).recipe
    steps: list[Any] = []
    if recipe.crop < 1:
        side = math.sqrt(recipe.crop)  # the recipe tells the smallest share of the area
        steps.append(T.RandomCrop("relative_range", (side, side)))
    steps.append(_resize(cfg, train=True))
    if recipe.flip:
        steps.append(T.RandomFlip())
    return steps


def _resize(cfg: Any, *, train: bool) -> Any:
    """Resizing by the shorter side; while training times the scale jitter."""
    from detectron2.data import transforms as T  # noqa: N812  # as above

    if not train:
        return T.ResizeShortestEdge(cfg.INPUT.MIN_SIZE_TEST, cfg.INPUT.MAX_SIZE_TEST)
    settings = detector_settings(candidate_of(cfg).recipe)
    sizes, resolution = settings.train_sizes, candidate_of(cfg).architecture.resolution

    class JitteredResize(T.Augmentation):  # type: ignore[misc]  # detectron2 is not there for the type checker
        """One of the shorter sides, with a bound of the longer one, both times one factor."""

        def get_transform(self, image: Any) -> Any:
            shorter = int(np.random.choice(sizes or (resolution,)))  # noqa: NPY002  # detectron2 seeds this one
            factor = np.random.uniform(settings.scale_low, settings.scale_high)  # noqa: NPY002  # as above
            longest = settings.max_train_size or shorter
            return T.ResizeShortestEdge(round(shorter * factor), round(longest * factor)).get_transform(image)

    return JitteredResize()
