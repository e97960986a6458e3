"""The same weights in both backends give the same numbers; every setting takes effect in detectron2 too."""

import importlib.util
import math
from dataclasses import fields, replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from nars.errors import ModelError
from nars.models.detector import TwoStageDetector, build_detector
from nars.models.detector.detectron2_model import (
    build_detectron2,
    candidate_of,
    detectron2_config,
    from_detectron2,
)
from nars.models.detector.zoo import known_detectors, load_detector
from nars.models.naive_sync_batch_norm import NaiveSyncBatchNorm
from nars.models.sync_batch_norm import SyncBatchNorm
from nars.space.candidate import Candidate
from nars.space.detection_recipe import DetectionRecipe
from tests.models.detector.same_numbers import difference, randomise, regions
from tests.models.detector.tiny import FPN, PYRAMID, SETTINGS, TINY, recipe

HAS_DETECTRON2 = importlib.util.find_spec("detectron2") is not None
needs_detectron2 = pytest.mark.skipif(not HAS_DETECTRON2, reason="detectron2 is not installed")
quiet = pytest.mark.filterwarnings("ignore")  # of detectron2's imports
MEAN, STD = (0.4, 0.5, 0.6), (0.2, 0.25, 0.3)


class Normal(nn.Module):
    def forward(self, image: Tensor) -> Tensor:
        return (image - torch.tensor(MEAN)[:, None, None]) / torch.tensor(STD)[:, None, None]


def both(candidate: Candidate, image: Tensor) -> tuple[TwoStageDetector, nn.Module]:
    """A candidate with the same random numbers in both backends, in eval mode."""
    ours = build_detector(candidate.architecture, candidate.recipe, normalize=Normal())
    randomise(ours, [image])
    theirs = build_detectron2(config(candidate), ours.state_dict())
    return ours.eval(), theirs.eval()


def config(candidate: Candidate) -> object:
    cfg = detectron2_config(candidate, mean_C=MEAN, std_C=STD)
    cfg.MODEL.DEVICE = "cpu"
    return cfg


def tiny(form: str = "c4", *, norm: str = "BN", **settings: object) -> Candidate:
    given = SETTINGS if form == "c4" else PYRAMID
    detector = replace(given, **settings)
    return Candidate(architecture=TINY if form == "c4" else FPN, recipe=recipe(detector, norm=norm))


def differences(candidate: Candidate, size: tuple[int, int], count: int = 12) -> dict[str, float]:
    """Largest differences of features, of scores and deltas of anchors and regions, and of masks."""
    image = torch.rand(3, *size, generator=torch.Generator().manual_seed(1))
    ours, theirs = both(candidate, image)
    boxes = regions(count, *size)
    with torch.no_grad():
        normal, _ = ours.transform([image])
        batch = theirs.preprocess_image([{"image": image * 255}])
        found = {"image": difference(normal.tensors, batch.tensor)}
        # From here on the same input: their rounding of pixels is not what is compared.
        a, b = ours.backbone(normal.tensors), theirs.backbone(normal.tensors)
        found["trunk"] = max(difference(x, y) for x, y in zip(a.values(), b.values(), strict=True))
        scores, deltas = ours.rpn.head(list(a.values()))
        their_scores, their_deltas = theirs.proposal_generator.rpn_head(
            [b[name] for name in theirs.proposal_generator.in_features]
        )
        found["RPN"] = max(difference(x, y) for x, y in zip(scores + deltas, their_scores + their_deltas, strict=True))
        found["box"] = max(_box_differences(ours, theirs, a, b, boxes))
        if ours.roi_heads.mask_head is not None:
            found["mask"] = _mask_difference(ours, theirs, a, b, boxes)
    return found


def _box_differences(ours: nn.Module, theirs: nn.Module, a: dict, b: dict, boxes: Tensor) -> list[float]:
    from detectron2.structures import Boxes

    heads = theirs.roi_heads
    pooled = heads.box_pooler([b[name] for name in heads.box_in_features], [Boxes(boxes)])
    expected = heads.box_predictor(heads.box_head(pooled))
    found = ours.roi_heads.box_head(ours.roi_heads.box_roi_pool(a, [boxes]))
    return [difference(x, y) for x, y in zip(found, expected, strict=True)]


def _mask_difference(ours: nn.Module, theirs: nn.Module, a: dict, b: dict, boxes: Tensor) -> float:
    from detectron2.structures import Boxes

    heads = theirs.roi_heads
    pooled = heads.mask_pooler([b[name] for name in heads.mask_in_features], [Boxes(boxes)])
    return difference(
        ours.roi_heads.mask_head(ours.roi_heads.mask_roi_pool(a, [boxes])), heads.mask_head.layers(pooled)
    )


@needs_detectron2
@quiet
@pytest.mark.parametrize("form", ["c4", "fpn"])
def test_same_numbers_of_a_tiny_detector(form: str) -> None:
    found = differences(tiny(form), (64, 64))
    assert max(found.values()) < 1e-4, found


@needs_detectron2
@quiet
@pytest.mark.slow
@pytest.mark.parametrize("name", known_detectors())
def test_same_numbers_of_the_published_detectors(name: str) -> None:
    candidate = load_detector(name)
    size = (224, 320) if name.endswith("c4") else (256, 320)
    candidate = Candidate(architecture=replace(candidate.architecture, resolution=size[0]), recipe=candidate.recipe)
    found = differences(candidate, size)
    print(f"{name}: {', '.join(f'{part} {largest:.2g}' for part, largest in found.items())}")  # noqa: T201  # pytest -s
    assert max(found.values()) < 1e-4, found


@needs_detectron2
@quiet
@pytest.mark.parametrize("form", ["c4", "fpn"])
def test_same_detections(form: str) -> None:
    image = torch.rand(3, 64, 64, generator=torch.Generator().manual_seed(1))
    ours, theirs = both(tiny(form, score_threshold=0.02, post_nms_test=50), image)
    with torch.no_grad():
        (found,), (expected,) = ours([image]), theirs([{"image": image * 255, "height": 64, "width": 64}])
    expected = expected["instances"]
    assert len(found["scores"]) == len(expected) > 3
    torch.testing.assert_close(found["scores"], expected.scores, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(found["boxes"], expected.pred_boxes.tensor, rtol=1e-4, atol=1e-3)
    assert found["labels"].tolist() == expected.pred_classes.tolist()
    same = (found["masks"] >= 0.5) == expected.pred_masks
    assert same.float().mean() > 0.999


@needs_detectron2
@quiet
def test_weights_and_candidate_come_back_from_detectron2() -> None:
    candidate = tiny("fpn")
    ours = build_detector(candidate.architecture, candidate.recipe, normalize=nn.Identity())
    cfg = config(candidate)
    back = from_detectron2(build_detectron2(cfg, ours.state_dict()).state_dict())
    assert back.keys() == ours.state_dict().keys()
    assert all(torch.equal(array, ours.state_dict()[name]) for name, array in back.items())
    assert candidate_of(cfg) == candidate
    assert candidate_of(cfg.load_cfg(cfg.dump())) == candidate


def instances(boxes: Tensor, labels: list[int]) -> object:
    from detectron2.structures import BitMasks, Boxes, Instances

    masks = torch.zeros(len(boxes), 64, 64, dtype=torch.bool)
    for mask, (x1, y1, x2, y2) in zip(masks, boxes.int().tolist(), strict=True):
        mask[y1:y2, x1:x2] = True
    return Instances((64, 64), gt_boxes=Boxes(boxes), gt_classes=torch.tensor(labels), gt_masks=BitMasks(masks))


def model(form: str = "c4", **settings: object) -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return build_detectron2(config(tiny(form, **settings)))


def losses(**settings: object) -> dict[str, float]:
    boxes = torch.tensor([[4.0, 6.0, 30.0, 28.0], [30.0, 20.0, 62.0, 60.0]])
    image = torch.rand(3, 64, 64, generator=torch.Generator().manual_seed(0)) * 255
    built = model(**settings).train()
    from detectron2.utils.events import EventStorage

    with torch.random.fork_rng(devices=[]), EventStorage():
        torch.manual_seed(1)
        found = built([{"image": image, "instances": instances(boxes, [1, 3])} for _ in range(2)])
    return {name: loss.item() for name, loss in found.items()}


@needs_detectron2
@quiet
@pytest.mark.parametrize(
    ("setting", "loss"),
    [
        ("objectness_weight", "loss_rpn_cls"),
        ("rpn_box_weight", "loss_rpn_loc"),
        ("class_weight", "loss_cls"),
        ("box_weight", "loss_box_reg"),
        ("mask_weight", "loss_mask"),
    ],
)
def test_loss_weights(setting: str, loss: str) -> None:
    plain, weighted = losses(), losses(**{setting: 3.0})
    assert weighted == pytest.approx({**plain, loss: 3 * plain[loss]}, rel=1e-4)
    assert plain[loss] > 0


@needs_detectron2
@quiet
def test_smooth_l1_beta() -> None:
    plain, smooth = losses(), losses(smooth_l1_beta=1.0)
    assert smooth["loss_rpn_loc"] < 0.9 * plain["loss_rpn_loc"]
    assert smooth["loss_box_reg"] < 0.9 * plain["loss_box_reg"]


@needs_detectron2
@quiet
@pytest.mark.parametrize("resolution", [4, 8])
def test_pooler_resolutions(resolution: int) -> None:
    heads = model(box_resolution=resolution, mask_resolution=resolution + 2).roi_heads
    assert heads.box_pooler.output_size == (resolution, resolution)
    assert heads.mask_pooler.output_size == (resolution + 2, resolution + 2)


@needs_detectron2
@quiet
def test_anchors() -> None:
    ours = build_detector(TINY, tiny(anchor_sizes=(10, 20), anchor_ratios=(0.5, 2.0)).recipe, normalize=nn.Identity())
    theirs = model(anchor_sizes=(10, 20), anchor_ratios=(0.5, 2.0)).proposal_generator.anchor_generator
    features = [torch.zeros(1, 24, 8, 8)]
    expected = theirs(features)[0].tensor
    from torchvision.models.detection.image_list import ImageList

    (found,) = ours.rpn.anchor_generator(ImageList(torch.zeros(1, 3, 64, 64), [(64, 64)]), features)
    torch.testing.assert_close(found, expected)


@needs_detectron2
@quiet
def test_thresholds_of_overlap() -> None:
    box = torch.tensor([[10.0, 10.0, 30.0, 30.0]])
    regions_R4 = torch.cat([box, box + torch.tensor([4.0, 0.0, 4.0, 0.0]), box + 30])
    from detectron2.structures import Boxes, pairwise_iou

    overlaps = pairwise_iou(Boxes(box), Boxes(regions_R4))

    def labels(matcher: nn.Module) -> list[int]:
        return matcher(overlaps)[1].tolist()

    assert labels(model().proposal_generator.anchor_matcher) == [1, -1, 0]
    assert labels(model(rpn_iou_high=0.6).proposal_generator.anchor_matcher) == [1, 1, 0]
    assert labels(model(rpn_iou_low=0.67).proposal_generator.anchor_matcher) == [1, 0, 0]
    assert labels(model(roi_iou=0.6).roi_heads.proposal_matcher) == [1, 1, 0]
    assert labels(model(roi_iou=0.7).roi_heads.proposal_matcher) == [1, 0, 0]


@needs_detectron2
@quiet
def test_samples_of_anchors_and_regions() -> None:
    built = model(rpn_batch=20, rpn_positive=0.25, roi_batch=12, roi_positive=0.5)
    labels = built.proposal_generator._subsample_labels(torch.cat([torch.ones(50), torch.zeros(50)]))
    assert [int((labels == value).sum()) for value in (1, 0)] == [5, 15]
    chosen, classes = built.roi_heads._sample_proposals(
        torch.arange(100), torch.cat([torch.ones(50), torch.zeros(50)]).long(), torch.zeros(100, dtype=torch.long)
    )
    assert (len(chosen), int((classes == 0).sum())) == (12, 6)


@needs_detectron2
@quiet
@pytest.mark.parametrize("mode", ["train", "test"])
def test_proposals_before_and_after_suppression(mode: str) -> None:
    def left(apart: float, **settings: object) -> int:
        generator = model(**settings).proposal_generator.train(mode == "train")
        corner = torch.arange(60)[:, None] * apart
        boxes = torch.cat([corner, 0 * corner, corner + 20, 0 * corner + 20], dim=1)[None].float()
        scores = torch.linspace(1, 0, 60)[None]
        from detectron2.modeling.proposal_generator.proposal_utils import find_top_rpn_proposals

        found = find_top_rpn_proposals(
            [boxes], [scores], [(100, 4000)], generator.nms_thresh, generator.pre_nms_topk[generator.training],
            generator.post_nms_topk[generator.training], 0.0, generator.training,
        )  # fmt: skip
        return len(found[0])

    pre, post = f"pre_nms_{mode}", f"post_nms_{mode}"
    assert left(40.0, **{pre: 40, post: 50}) == 40
    assert left(40.0, **{pre: 40, post: 7}) == 7
    assert left(4.0, rpn_nms=0.7, **{pre: 60, post: 60}) == 60
    assert left(4.0, rpn_nms=0.6, **{pre: 60, post: 60}) == 30


@needs_detectron2
@quiet
def test_score_threshold_nms_and_detections() -> None:
    box = torch.tensor([[10.0, 10.0, 30.0, 30.0]])
    pair = torch.cat([box, box + torch.tensor([4.0, 0.0, 4.0, 0.0])])
    probabilities = torch.tensor([[0.6, 0.04, 0.03, 0.03, 0.3], [0.3, 0.04, 0.03, 0.03, 0.6]])
    from detectron2.structures import Boxes, Instances

    def left(**settings: object) -> int:
        found, _ = model(**settings).roi_heads.box_predictor.inference(
            (probabilities.log(), torch.zeros(2, 16)), [Instances((64, 64), proposal_boxes=Boxes(pair))]
        )
        return len(found[0])

    assert left(score_threshold=0.1, nms=0.7) == 2
    assert left(score_threshold=0.1, nms=0.6) == 1
    assert left(score_threshold=0.5, nms=0.7) == 1
    assert left(score_threshold=0.0, nms=0.7, detections=3) == 3


@needs_detectron2
@quiet
def test_image_sizes_flip_batch_and_lr_are_in_the_configuration() -> None:
    candidate = tiny(train_sizes=(40, 80), max_train_size=120, max_test_size=96)
    cfg = config(replace(candidate, recipe=replace(candidate.recipe, flip=True, batch_size=6, lr=0.3)))
    assert (cfg.INPUT.MIN_SIZE_TRAIN, cfg.INPUT.MAX_SIZE_TRAIN) == ((40, 80), 120)
    assert (cfg.INPUT.MIN_SIZE_TEST, cfg.INPUT.MAX_SIZE_TEST) == (64, 96)
    assert (cfg.INPUT.RANDOM_FLIP, cfg.SOLVER.IMS_PER_BATCH, cfg.SOLVER.BASE_LR) == ("horizontal", 6, 0.3)
    assert config(tiny()).INPUT.RANDOM_FLIP == "none"


NORMS = {
    "BN": nn.BatchNorm2d, "GN": nn.GroupNorm, "SyncBN": SyncBatchNorm, "naiveSyncBN": NaiveSyncBatchNorm,
    "naiveSyncBN_N": NaiveSyncBatchNorm,
}  # fmt: skip


@needs_detectron2
@quiet
@pytest.mark.parametrize("norm", NORMS)
def test_norms_of_trunk_and_heads(norm: str) -> None:
    built = build_detectron2(config(tiny("fpn", norm="BN", head_norm=norm)))
    kinds = (nn.modules.batchnorm._BatchNorm, nn.GroupNorm)

    def norms(module: nn.Module) -> set[type]:
        return {type(found) for found in module.modules() if isinstance(found, kinds)}

    assert norms(built.backbone.body.stages) == {nn.BatchNorm2d}
    assert norms(built.backbone.body.fpn) | norms(built.roi_heads) == {NORMS[norm]}
    assert norms(built.proposal_generator) == {NORMS[norm]}
    assert math.isfinite(sum(losses(head_norm=norm).values()))


def test_every_setting_is_tested_here_or_with_the_trainer() -> None:
    here = Path(__file__).read_text(encoding="utf-8")
    trainer = ("scale_low", "scale_high")  # tests/training/detection/test_detectron2_run.py
    modes = {f"{when}_nms_{mode}" for when in ("pre", "post") for mode in ("train", "test")}
    missing = {f.name for f in fields(DetectionRecipe) if f"{f.name}=" not in here and f'"{f.name}"' not in here}
    assert missing <= modes | set(trainer)


@pytest.mark.skipif(HAS_DETECTRON2, reason="detectron2 is installed")
def test_without_detectron2_its_page_is_named() -> None:
    with pytest.raises(ModelError, match=r"detectron2 is not installed; .*detectron2\.readthedocs\.io"):
        config(tiny())
