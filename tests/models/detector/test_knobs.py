"""Every setting of a detector's recipe takes effect."""

import math
from dataclasses import fields, replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from nars.models.naive_sync_batch_norm import NaiveSyncBatchNorm
from nars.models.sync_batch_norm import SyncBatchNorm
from nars.space.detection_recipe import DetectionRecipe
from tests.models.detector.tiny import FPN, TINY, batch, losses, tiny

BOX = torch.tensor([[10.0, 10.0, 30.0, 30.0]])
"""20 x 20 pixels."""
SHIFTED = BOX + torch.tensor([4.0, 0.0, 4.0, 0.0])
"""Overlaps it by 16 x 20 of 24 x 20 pixels: IoU 2/3."""


def inputs_of(module: nn.Module, run: object) -> list[torch.Size]:
    shapes = []
    hook = module.register_forward_pre_hook(lambda _m, args: shapes.append(args[0].shape))
    run()
    hook.remove()
    return shapes


@pytest.mark.parametrize("resolution", [4, 7])
def test_box_resolution(resolution: int) -> None:
    detector = tiny(box_resolution=resolution).eval()
    (shape,) = inputs_of(detector.roi_heads.box_head, lambda: detector(batch()[0]))
    assert shape[1:] == (24, resolution, resolution)


@pytest.mark.parametrize("resolution", [8, 12])
def test_mask_resolution(resolution: int) -> None:
    detector = tiny(mask_resolution=resolution, score_threshold=0.0).eval()
    (shape,) = inputs_of(detector.roi_heads.mask_head, lambda: detector(batch()[0]))
    assert shape[1:] == (24, resolution, resolution)


def anchors(detector: nn.Module) -> list[Tensor]:
    generator = detector.rpn.anchor_generator
    return [generator.generate_anchors(sizes, generator.aspect_ratios[0]) for sizes in generator.sizes]


def test_anchor_sizes_and_ratios() -> None:
    (cell,) = anchors(tiny(anchor_sizes=(10, 20), anchor_ratios=(0.5, 2.0)))
    sides = cell[:, 2:] - cell[:, :2]
    assert sides.prod(dim=1).sqrt().tolist() == pytest.approx([10, 10, 20, 20])
    assert (sides[:, 1] / sides[:, 0]).tolist() == pytest.approx([0.5, 2, 0.5, 2])
    assert (cell[:, :2] + cell[:, 2:]).abs().max() < 1e-5


def test_anchor_sizes_are_dealt_out_over_a_pyramid() -> None:
    cells = anchors(tiny(FPN, anchor_sizes=(8, 12, 16, 24, 32, 48, 64, 96), anchor_ratios=(1.0,)))
    assert [[box[2].item() * 2 for box in cell] for cell in cells] == [[8, 12], [16, 24], [32, 48], [64, 96]]


def labels_of_anchors(**settings: object) -> list[float]:
    """Of an anchor that overlaps the box whole, one by 2/3, and one not at all."""
    regions = torch.cat([BOX, SHIFTED, BOX + 30])
    labels, _ = tiny(**settings).rpn.assign_targets_to_anchors([regions], [{"boxes": BOX}])
    return labels[0].tolist()


def test_rpn_iou_thresholds() -> None:
    assert labels_of_anchors() == [1, -1, 0]  # 2/3 is between 0.3 and 0.7
    assert labels_of_anchors(rpn_iou_high=0.6) == [1, 1, 0]
    assert labels_of_anchors(rpn_iou_low=0.67) == [1, 0, 0]


@pytest.mark.parametrize(("roi_iou", "label"), [(0.6, 3), (0.7, 0)])
def test_roi_iou(roi_iou: float, label: int) -> None:
    targets = [{"boxes": BOX, "labels": torch.tensor([3])}]
    heads = tiny(roi_iou=roi_iou).roi_heads
    _, labels = heads.assign_targets_to_proposals([SHIFTED], [BOX], [targets[0]["labels"]])
    assert labels[0].tolist() == [label]


@pytest.mark.parametrize(("size", "share", "positives"), [(8, 0.5, 4), (20, 0.25, 5)])
def test_samples_of_anchors_and_regions(size: int, share: float, positives: int) -> None:
    detector = tiny(rpn_batch=size, rpn_positive=share, roi_batch=size, roi_positive=share)
    labels = [torch.cat([torch.ones(50), torch.zeros(50)])]
    for sampler in (detector.rpn.fg_bg_sampler, detector.roi_heads.fg_bg_sampler):
        (positive,), (negative,) = sampler(labels)
        assert (int(positive.sum()), int(negative.sum())) == (positives, size - positives)


def proposals(detector: nn.Module, *, apart: float = 40.0) -> int:
    """How many are left of 60 boxes of 20 pixels, ``apart`` pixels from each other."""
    count = 60
    corner = torch.arange(count)[:, None] * apart
    boxes = torch.cat([corner, torch.zeros_like(corner), corner + 20, torch.full_like(corner, 20.0)], dim=1)
    scores = torch.linspace(1, 0, count)
    found, _ = detector.rpn.filter_proposals(boxes[None], scores[None, :, None], [(100, 4000)], [count])
    return len(found[0])


@pytest.mark.parametrize("mode", ["train", "test"])
def test_proposals_before_and_after_suppression(mode: str) -> None:
    def left(**settings: int) -> int:
        return proposals(tiny(**settings).train(mode == "train"))

    assert left(**{f"pre_nms_{mode}": 40, f"post_nms_{mode}": 50}) == 40
    assert left(**{f"pre_nms_{mode}": 40, f"post_nms_{mode}": 7}) == 7
    other = "test" if mode == "train" else "train"
    assert left(**{f"pre_nms_{mode}": 60, f"post_nms_{mode}": 60, f"pre_nms_{other}": 3, f"post_nms_{other}": 2}) == 60


@pytest.mark.parametrize(("threshold", "left"), [(0.7, 60), (0.6, 30)])
def test_rpn_nms(threshold: float, left: int) -> None:
    settings = {"pre_nms_test": 100, "post_nms_test": 100}
    assert proposals(tiny(rpn_nms=threshold, **settings).eval(), apart=4.0) == left  # neighbours overlap by 2/3


def detections(**settings: object) -> int:
    """How many are left of two boxes of one class that overlap by 2/3, with probabilities near 0.6 and 0.3."""
    probabilities = torch.tensor([[0.3, 0.6, 0.04, 0.03, 0.03], [0.6, 0.3, 0.04, 0.03, 0.03]])
    heads = tiny(**settings).roi_heads
    found, _, _ = heads.postprocess_detections(
        probabilities.log(), torch.zeros(2, 20), [torch.cat([BOX, SHIFTED])], [(64, 64)]
    )
    return len(found[0])


def test_score_threshold_nms_and_detections() -> None:
    assert detections(score_threshold=0.1, nms=0.7) == 2
    assert detections(score_threshold=0.1, nms=0.6) == 1
    assert detections(score_threshold=0.5, nms=0.7) == 1
    assert detections(score_threshold=0.0, nms=0.7) == 8
    assert detections(score_threshold=0.0, nms=0.7, detections=3) == 3


def sizes(
    *, train: bool, image: tuple[int, int] = (60, 90), draws: int = 1, **settings: object
) -> set[tuple[int, ...]]:
    transform = tiny(**settings).train(train).transform
    target = [{"boxes": BOX}] if train else None
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return {tuple(transform([torch.zeros(3, *image)], target)[0].image_sizes[0]) for _ in range(draws)}


def test_image_sizes() -> None:
    assert sizes(train=False) == {(42, 64)}  # into a square of the architecture's resolution
    assert sizes(train=False, max_test_size=96) == {(64, 96)}
    assert sizes(train=True, max_test_size=96) == {(42, 64)}
    assert sizes(train=True, max_train_size=96) == {(64, 96)}
    assert sizes(train=True, train_sizes=(40, 80), max_train_size=120, draws=20) == {(40, 60), (80, 120)}


def test_scale_jitter_is_for_training_alone() -> None:
    found = sizes(train=True, image=(64, 64), scale_low=0.5, scale_high=2.0, draws=30)
    assert len(found) > 10
    assert min(found) >= (32, 32)
    assert max(found) <= (128, 128)
    assert sizes(train=False, image=(64, 64), scale_low=0.5, scale_high=2.0, draws=5) == {(64, 64)}


@pytest.mark.parametrize(
    ("setting", "loss"),
    [
        ("objectness_weight", "loss_objectness"),
        ("rpn_box_weight", "loss_rpn_box_reg"),
        ("class_weight", "loss_classifier"),
        ("box_weight", "loss_box_reg"),
        ("mask_weight", "loss_mask"),
    ],
)
def test_loss_weights(setting: str, loss: str) -> None:
    plain, weighted = losses(tiny()), losses(tiny(**{setting: 3.0}))
    assert weighted == pytest.approx({**plain, loss: 3 * plain[loss]}, rel=1e-5)
    assert plain[loss] > 0


def test_smooth_l1_beta() -> None:
    plain, smooth = losses(tiny()), losses(tiny(smooth_l1_beta=1.0))
    for name in ("loss_rpn_box_reg", "loss_box_reg"):
        assert smooth[name] < 0.9 * plain[name]
    assert smooth["loss_objectness"] == pytest.approx(plain["loss_objectness"])


NORMS = {
    "BN": nn.BatchNorm2d, "GN": nn.GroupNorm, "SyncBN": SyncBatchNorm, "naiveSyncBN": NaiveSyncBatchNorm,
    "naiveSyncBN_N": NaiveSyncBatchNorm,
}  # fmt: skip


def norms(module: nn.Module) -> list[nn.Module]:
    return [found for found in module.modules() if isinstance(found, nn.modules.batchnorm._BatchNorm | nn.GroupNorm)]


@pytest.mark.parametrize("form", [TINY, FPN], ids=["c4", "fpn"])
@pytest.mark.parametrize("norm", NORMS)
def test_norms_of_trunk_and_heads(form: object, norm: str) -> None:
    whole = tiny(form, norm=norm)
    assert {type(found) for found in norms(whole)} == {NORMS[norm]}
    if norm.startswith("naive"):
        assert {found.stats_mode for found in norms(whole)} == {"N" if norm.endswith("_N") else ""}
    mixed = tiny(form, norm="BN", head_norm=norm)
    for part in (mixed.rpn, mixed.roi_heads, getattr(mixed.backbone, "fpn", mixed.rpn)):
        assert {type(found) for found in norms(part)} == {NORMS[norm]}
    assert {type(found) for found in norms(mixed.backbone.stages)} == {nn.BatchNorm2d}
    assert math.isfinite(sum(losses(whole).values()))


@pytest.mark.parametrize("width", [9, 20, 37])
def test_group_norm_with_any_width(width: int) -> None:
    stages = (replace(TINY.stages[0], width=width), *TINY.stages[1:])
    assert math.isfinite(sum(losses(tiny(replace(TINY, stages=stages), norm="GN")).values()))


def test_no_setting_is_forgotten() -> None:
    """A new setting fails here until a test above changes it."""
    source = Path(__file__).read_text(encoding="utf-8")
    modes = {f"{when}_nms_{mode}" for when in ("pre", "post") for mode in ("train", "test")}
    missing = [f.name for f in fields(DetectionRecipe) if f"{f.name}=" not in source and f'"{f.name}"' not in source]
    assert set(missing) <= modes, missing
