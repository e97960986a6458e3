import torch

from nars.training.detection.augmentation import Crop, Flip, build_detection_augmentation
from nars.training.detection.example import Example, example_of
from nars.training.device import seeded
from tests.training.detection.tiny import candidate, scenes


def example() -> Example:
    """One object whose pixels alone are white, one crowd."""
    masks = torch.zeros(2, 20, 30, dtype=torch.uint8)
    masks[0, 5:10, 2:12] = 1
    masks[1, 12:18, 20:29] = 1
    return Example(
        image=(masks[0] * 255).expand(3, 20, 30).clone(),
        boxes=torch.tensor([[2.0, 5, 12, 10], [20, 12, 29, 18]]),
        labels=torch.tensor([4, 1]),
        crowd=torch.tensor([False, True]),
        masks=masks,
    )


def require_whole(found: Example) -> None:
    """The white pixels, the mask and the box are one thing still."""
    for box, mask, label in zip(found.boxes, found.masks, found.labels, strict=True):
        inside = mask.nonzero()
        tight = [*inside.amin(0).flip(0).tolist(), *(inside.amax(0) + 1).flip(0).tolist()]
        assert box.tolist() == tight
        if label == 4:
            assert torch.equal(found.image[0] == 255, mask.bool())


def test_flip_mirrors_image_boxes_and_masks_of_half_of_the_images():
    flipped = 0
    with seeded(0):
        for _ in range(200):
            found = Flip()(example())
            require_whole(found)
            flipped += found.boxes[0, 0] == 18  # 30 - 12
    assert 70 < flipped < 130


def test_crop_keeps_what_is_in_the_window_and_drops_the_rest():
    counts = set()
    with seeded(0):
        for _ in range(200):
            found = Crop(scale=(0.2, 1.0))(example())
            height, width = found.size
            assert 0.1 < height * width / 600 <= 1
            assert found.masks.shape == (len(found.labels), height, width)
            require_whole(found)
            counts.add(len(found.labels))
    assert counts == {0, 1, 2}


def test_a_recipe_turns_steps_on_and_off():
    assert len(build_detection_augmentation(candidate().recipe)) == 0
    both = build_detection_augmentation(candidate(flip=True, crop=0.5).recipe)
    assert [type(step) for step in both] == [Crop, Flip]
    assert "scale=(0.5, 1.0)" in repr(both)


def test_an_example_holds_masks_only_where_they_are_asked_for():
    found = example_of(scenes("train"), 0, with_masks=True)
    assert found.masks.shape == (len(found.labels), *found.size)
    assert example_of(scenes("train"), 0, with_masks=False).masks is None
