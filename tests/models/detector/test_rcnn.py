"""Losses, detections, classes from 0 on, crowds, masks."""

from dataclasses import replace

import pytest
import torch

from nars.errors import ModelError
from nars.models.detector import build_detector
from nars.models.detector.pooler import RegionPooler
from nars.models.detector.transform import paste_masks
from tests.models.detector.tiny import FPN, SETTINGS, TINY, batch, losses, recipe, tiny


@pytest.mark.slow
@pytest.mark.parametrize("form", [TINY, FPN], ids=["c4", "fpn"])
def test_it_learns_a_batch_and_finds_its_objects(form: object) -> None:
    torch.manual_seed(0)
    detector = tiny(form, norm="GN", post_nms_test=50, box_resolution=7)
    images, targets = batch()
    for image, target in zip(images, targets, strict=True):  # something to see: each class its own colour
        for box, colour in zip(target["boxes"].int().tolist(), (0, 2), strict=True):
            image[:, box[1] : box[3], box[0] : box[2]] *= 0.1
            image[colour, box[1] : box[3], box[0] : box[2]] = 1.0
    optimizer = torch.optim.AdamW(detector.parameters(), lr=4e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 200)
    detector.train()
    for _ in range(200):
        optimizer.zero_grad()
        sum(detector(images, targets).values()).backward()
        optimizer.step()
        schedule.step()
    with torch.no_grad():
        found = detector.eval()(images)
    for detections, target in zip(found, targets, strict=True):
        for box, label, mask in zip(target["boxes"], target["labels"], target["masks"], strict=True):
            (own,) = torch.where(detections["labels"] == label)
            first = own[0]
            assert (detections["boxes"][first] - box).abs().max() < 10
            overlap = ((detections["masks"][first] > 0.5) & (mask > 0)).sum() / mask.sum()
            assert overlap > 0.5


def test_detections_of_images_of_any_size() -> None:
    detector = tiny(score_threshold=0.0, detections=5).eval()
    with torch.no_grad():
        found = detector([torch.rand(3, 50, 80), torch.rand(3, 128, 64)])
    assert [tuple(detections["masks"].shape) for detections in found] == [(5, 50, 80), (5, 128, 64)]
    for detections in found:
        assert set(detections["labels"].tolist()) <= {0, 1, 2, 3}
        assert detections["masks"].min() >= 0
        assert detections["masks"].max() <= 1


def test_images_without_objects_give_losses() -> None:
    images, targets = batch()
    empty = {"boxes": torch.zeros(0, 4), "labels": torch.zeros(0, dtype=torch.long), "masks": torch.zeros(0, 64, 64)}
    for given in ([empty, empty], [targets[0], empty]):
        found = tiny().train()(images, given)
        sum(found.values()).backward()
        assert all(torch.isfinite(loss) for loss in found.values())


def test_a_crowd_is_neither_object_nor_background() -> None:
    crowd = torch.tensor([[20.0, 20.0, 60.0, 60.0]])
    target = {"boxes": torch.cat([torch.tensor([[2.0, 2.0, 12.0, 12.0]]), crowd]), "crowd": torch.tensor([False, True])}
    regions = torch.tensor(
        [[2.0, 2.0, 12.0, 12.0], [30.0, 30.0, 40.0, 40.0], [20.0, 20.0, 60.0, 60.0], [0.0, 40.0, 18.0, 60.0]]
    )
    labels, _ = tiny().rpn.assign_targets_to_anchors([regions], [target])
    assert labels[0].tolist() == [1, -1, -1, 0]
    heads = tiny().roi_heads
    kept, _, labels, _ = heads.select_training_samples([regions], [{**target, "labels": torch.tensor([2, 2])}])
    assert sorted(zip(labels[0].tolist(), kept[0][:, 0].tolist(), strict=True)) == [(0, 0.0), (2, 2.0), (2, 2.0)]


def test_a_batch_with_crowds_gives_losses() -> None:
    images, targets = batch()
    marked = [{**target, "crowd": torch.tensor([False, True])} for target in targets]
    plain, crowded = losses(tiny()), tiny().train()(images, marked)
    assert set(plain) == set(crowded)
    assert all(torch.isfinite(loss) for loss in crowded.values())


def test_pooling_reads_pixels_at_their_centres() -> None:
    """Of a ramp, the mean over a region is its value at the region's centre, half a pixel taken out."""
    ramp = torch.arange(16.0).expand(16, 16)[None, None]
    pooler = RegionPooler(strides=(4,), resolution=2)
    found = pooler({"0": ramp}, [torch.tensor([[8.0, 8.0, 40.0, 40.0]])])
    # In features the region is 2 to 10; its halves have their centres at 4 and 8, pixel i has its own at i + 1/2.
    torch.testing.assert_close(found[0, 0], torch.tensor([[3.5, 7.5], [3.5, 7.5]]))


def test_regions_are_pooled_from_the_level_of_their_size() -> None:
    pooler = RegionPooler(strides=(8, 16, 32), resolution=1)
    levels = {str(i): torch.full((1, 1, 64 // 2**i, 64 // 2**i), float(i)) for i in range(3)}
    sizes = torch.tensor([20.0, 111.0, 113.0, 223.0, 225.0, 500.0])
    boxes = torch.stack([0 * sizes, 0 * sizes, sizes, sizes], dim=1)
    assert pooler({"p2": torch.zeros(1, 1, 128, 128), **levels}, [boxes]).flatten().tolist() == [0, 0, 0, 0, 1, 2]


def test_pasted_masks_fill_their_boxes() -> None:
    masks, boxes = torch.ones(1, 4, 4), torch.tensor([[3.0, 2.0, 9.0, 10.0]])
    pasted = paste_masks(masks, boxes, (16, 12))
    inside = torch.zeros(16, 12)
    inside[2:10, 3:9] = 1
    assert torch.equal(pasted[0] > 0.5, inside > 0)


@pytest.mark.parametrize(
    ("changes", "settings", "message"),
    [
        (
            {"stride": 16},
            {},
            "architecture.stages: a c4 detector without box stages of its own must have a stage beyond",
        ),
        ({"stride": 32}, {}, "architecture.detector.stride: must be the stride of a stage"),
        ({"rpn_stride": 32}, {}, "architecture.detector.rpn_stride: must be the stride of a stage"),
        ({}, {"box_resolution": 1}, r"architecture.detector.box\[0\]: a stride of 2 needs features of at least 2x2"),
    ],
)
def test_parts_that_do_not_fit_are_named(changes: dict, settings: dict, message: str) -> None:
    architecture = replace(TINY, detector=replace(TINY.detector, **changes))
    with pytest.raises(ModelError, match=message):
        build_detector(architecture, recipe(replace(SETTINGS, **settings)), normalize=torch.nn.Identity())


def test_anchors_must_deal_out_evenly() -> None:
    with pytest.raises(ModelError, match="must deal out evenly over 4 levels, got 3 sizes"):
        tiny(FPN, anchor_sizes=(8, 16, 32))


def test_new_weights_draw_from_torchs_generator_alone() -> None:
    a, b = (tiny().state_dict() for _ in range(2))
    assert all(torch.equal(a[name], b[name]) for name in a)
