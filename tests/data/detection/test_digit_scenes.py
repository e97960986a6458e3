from dataclasses import replace

import pytest
import torch

from nars.data.dataset import Split
from nars.data.detection import digit_scenes, inspect_detection_data, load_detection_split, prepare_detection_splits
from nars.data.detection.digit_scenes import load_scenes
from nars.data.digits import digits_listings, load_digits_split
from nars.data.splits import Listing
from nars.errors import DataError
from nars.space.data_spec import DataSpec, SceneSettings

FEW = SceneSettings(train=12, val=5, test=4, pixels=64)


def test_masks_are_the_ink_that_is_seen_and_boxes_are_tight_around_them():
    split = load_scenes(FEW, "train")
    assert len(split) == 12
    for image, target in zip(split.images, split.targets, strict=True):
        assert image.shape == (3, 64, 64)
        assert image.dtype == torch.uint8
        masks = torch.stack([mask.decode() for mask in target.masks])
        assert masks.sum(0).max() == 1  # no pixel is two digits
        for box, mask, area in zip(target.boxes, masks, target.area, strict=True):
            inside = mask.nonzero()
            assert box.tolist() == [
                inside[:, 1].min(), inside[:, 0].min(), inside[:, 1].max() + 1, inside[:, 0].max() + 1,
            ]  # fmt: skip
            assert area == mask.sum()


def test_a_pixel_outside_all_masks_is_background(monkeypatch):
    drawn = load_scenes(FEW, "train")
    # the same draws with ink of another colour: the background is the same, and every pixel of the ink is not
    colour = digit_scenes._ink_colour
    monkeypatch.setattr(digit_scenes, "_ink_colour", lambda brightness, rng: 255 - colour(brightness, rng))
    for image, other, target in zip(drawn.images, load_scenes(FEW, "train").images, drawn.targets, strict=True):
        changed = (image != other).any(0)
        ink = torch.stack([mask.decode() for mask in target.masks]).sum(0) > 0
        assert (changed & ~ink).sum() == 0
        assert changed.sum() > 0.99 * ink.sum()  # faint ink on an equal colour


def test_digits_overlap_but_most_of_each_is_seen():
    split = load_scenes(replace(FEW, train=200, pixels=96), "train")
    counts = [len(target) for target in split.targets]
    assert set(counts) == {1, 2, 3, 4, 5, 6}
    heights = torch.cat([target.boxes[:, 3] - target.boxes[:, 1] for target in split.targets])
    assert heights.min() < 16 < 40 < heights.max()
    overlapping = sum(_boxes_overlap(target.boxes) for target in split.targets)
    assert overlapping > 50


def _boxes_overlap(boxes: torch.Tensor) -> bool:
    for i, a in enumerate(boxes):
        for b in boxes[i + 1 :]:
            if max(a[0], b[0]) < min(a[2], b[2]) and max(a[1], b[1]) < min(a[3], b[3]):
                return True
    return False


def test_same_seed_same_scenes_and_no_two_splits_share_one():
    one, again, other = (load_scenes(replace(FEW, seed=seed), "train") for seed in (0, 0, 1))
    assert all(torch.equal(a, b) for a, b in zip(one.images, again.images, strict=True))
    assert not torch.equal(one.images[0], other.images[0])
    assert set(one.image_ids).isdisjoint(load_scenes(FEW, "val").image_ids)
    longer = load_scenes(replace(FEW, train=20), "train")
    assert torch.equal(longer.images[3], one.images[3])


def test_test_scenes_have_test_digits(monkeypatch):
    asked = []

    def ask(listing: Listing, *, size: int) -> Split:
        asked.append(listing)
        return load_digits_split(listing, size=size)

    monkeypatch.setattr("nars.data.detection.digit_scenes.load_digits_split", ask)
    load_scenes(FEW, "test")
    assert asked == [digits_listings()["test"]]


def test_through_the_face_of_the_data(tmp_path):
    spec = DataSpec(source="digit_scenes", scenes=FEW)
    assert inspect_detection_data(spec).in_channels == 3
    assert len(inspect_detection_data(spec).classes) == 10
    splits = prepare_detection_splits(spec, tmp_path, with_masks=True)
    assert prepare_detection_splits(spec, tmp_path, with_masks=True) == splits
    split = load_detection_split(splits, "val", with_masks=False)
    assert len(split) == 5
    assert split.targets[0].masks is None
    with pytest.raises(DataError, match="the splits are of other scenes"):
        prepare_detection_splits(DataSpec(source="digit_scenes"), tmp_path, with_masks=True)
