import pytest
import torch
from torchvision.transforms import v2
from torchvision.transforms.v2 import functional

from nars.training.augmentation import (
    RandAugment,
    RandomCrop,
    RandomFlip,
    build_augmentation,
    build_mixing,
    crop_and_resize,
    resize,
)
from nars.training.device import seeded
from tests.training.tiny import digits, recipe


def noise(count: int = 64, channels: int = 3, size: int = 16) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (count, channels, size, size), generator=generator, dtype=torch.uint8)


def smooth(size: int = 16) -> torch.Tensor:
    """One image without high frequencies."""
    rows = torch.linspace(0, 255, size)
    return ((rows[:, None] + rows[None, :]) / 2).round().to(torch.uint8)[None, None]


def changed(images: torch.Tensor, augmented: torch.Tensor) -> torch.Tensor:
    assert augmented.shape == images.shape
    assert augmented.dtype == torch.uint8
    return (images != augmented).flatten(1).any(1)


def test_half_of_the_images_are_mirrored_each_by_its_own_draw():
    images = noise(400)
    with seeded(0):
        flipped = RandomFlip()(images)
    is_changed = changed(images, flipped)
    assert 150 < int(is_changed.sum()) < 250  # 200 expected, standard deviation 10
    torch.testing.assert_close(flipped[is_changed], images[is_changed].flip(-1))


def test_a_crop_is_torchvisions_resized_crop():
    image = smooth()
    ours = crop_and_resize(
        image, size_N2=torch.tensor([[8 / 16, 12 / 16]]), centre_N2=torch.tensor([[(3 + 4) / 16, (2 + 6) / 16]])
    )
    theirs = functional.resized_crop(image, top=3, left=2, height=8, width=12, size=[16, 16], antialias=True)
    # at its rim ours reads the pixels beyond the crop, theirs repeats the last one
    torch.testing.assert_close(ours[..., 2:-2, 2:-2].int(), theirs[..., 2:-2, 2:-2].int(), atol=1, rtol=0)


def test_the_whole_image_as_a_crop_is_the_image():
    images = noise()
    same = crop_and_resize(images, size_N2=torch.ones(64, 2), centre_N2=torch.full((64, 2), 0.5))
    torch.testing.assert_close(same, images)


def test_crops_keep_the_area_and_ratio_that_they_may():
    with seeded(0):
        size_N2, centre_N2 = RandomCrop(scale=(0.3, 1.0))._draw(2000, torch.Size([1000, 1000]), torch.device("cpu"))
    area_N, ratio_N = size_N2.prod(1), size_N2[:, 1] / size_N2[:, 0]
    assert area_N.min() >= 0.299
    assert area_N.max() <= 1
    assert ratio_N.min() >= 0.74
    assert ratio_N.max() <= 1.35
    assert (centre_N2 - size_N2 / 2 >= -1e-6).all()
    assert (centre_N2 + size_N2 / 2 <= 1 + 1e-6).all()
    # of a uniform area in [0.3, 1] the mean is 0.65; large crops of odd ratios do not fit and lower it
    assert 0.55 < float(area_N.mean()) < 0.65


def test_each_image_is_cropped_by_its_own_draw():
    images = smooth().repeat(32, 1, 1, 1)
    with seeded(0):
        cropped = RandomCrop(scale=(0.2, 0.5))(images)
    assert len(torch.unique(cropped.flatten(1), dim=0)) > 25


def test_randaugment_draws_for_each_image():
    images = smooth(24).repeat(200, 1, 1, 1)
    with seeded(0):
        augmented = RandAugment(magnitude=15)(images)
    assert len(torch.unique(augmented.flatten(1), dim=0)) > 60


@pytest.mark.parametrize("channels", [1, 3])
def test_randaugment_changes_most_images_and_more_with_magnitude(channels):
    images = noise(256, channels)
    distances = []
    for magnitude in (9, 25):
        with seeded(0):
            augmented = RandAugment(magnitude=magnitude)(images)
        assert changed(images, augmented).float().mean() > 0.6
        distances.append((augmented.float() - images.float()).abs().mean())
    assert distances[0] < distances[1]


def test_one_image_gets_what_torchvision_gives_it():
    """Each of our results for an image is one that torchvision's own draws can give for it."""
    image = smooth(8)
    with seeded(0):
        ours = RandAugment(num_ops=1, magnitude=9)(image.repeat(300, 1, 1, 1))
        theirs = torch.cat([v2.RandAugment(num_ops=1, magnitude=9)(image) for _ in range(300)])
    ours_set, theirs_set = ({tuple(row.tolist()) for row in rows.flatten(1)} for rows in (ours, theirs))
    assert ours_set == theirs_set


def test_a_recipe_without_augmentation_leaves_images_alone():
    images = noise()
    assert len(build_augmentation(recipe())) == 0
    assert build_augmentation(recipe())(images) is images


@pytest.mark.parametrize("settings", [{"flip": True}, {"crop": 0.5}, {"randaugment": 9}])
def test_every_augmentation_takes_effect_and_repeats_with_its_seed(settings):
    images = digits("train").images
    augmentation = build_augmentation(recipe(**settings))
    results = []
    for seed in (1, 1, 2):
        with seeded(seed):
            results.append(augmentation(images))
    assert changed(images, results[0]).float().mean() > 0.3
    assert torch.equal(results[0], results[1])
    assert not torch.equal(results[0], results[2])


def test_the_order_is_crop_flip_randaugment():
    kinds = [type(module) for module in build_augmentation(recipe(flip=True, crop=0.5, randaugment=9))]
    assert kinds == [RandomCrop, RandomFlip, RandAugment]


def test_mixup_mixes_images_and_labels_in_the_same_proportion():
    images = torch.eye(4).reshape(4, 1, 2, 2)
    mixing = build_mixing(recipe(mixup=0.5), num_classes=4)
    with seeded(0):
        mixed, labels = mixing(images, torch.arange(4))
    # image i is the i-th unit vector, so mixed images and soft labels must be the same numbers
    torch.testing.assert_close(mixed.reshape(4, 4), labels)
    torch.testing.assert_close(labels.sum(1), torch.ones(4))
    assert (labels > 0).sum() == 8


def test_cutmix_labels_are_the_shares_of_the_pasted_area():
    images = torch.arange(4.0)[:, None, None, None].expand(4, 1, 10, 10)
    mixing = build_mixing(recipe(cutmix=1.0), num_classes=4)
    with seeded(3):
        mixed, labels = mixing(images, torch.arange(4))
    shares = torch.stack([(mixed == label).float().mean(dim=(1, 2, 3)) for label in range(4)], dim=1)
    torch.testing.assert_close(shares, labels)
    assert 0 < labels[0, 0] < 1


def test_with_both_on_each_batch_takes_one():
    images = torch.arange(4.0)[:, None, None, None].expand(4, 1, 10, 10).contiguous()
    mixing = build_mixing(recipe(mixup=1.0, cutmix=1.0), num_classes=4)
    with seeded(0):
        batches = [mixing(images, torch.arange(4))[0] for _ in range(40)]
    # only mixup makes numbers that no image has
    num_mixup = sum(bool((batch != batch.round()).any()) for batch in batches)
    assert 10 <= num_mixup <= 30


def test_no_mixing_without_alpha():
    assert build_mixing(recipe(), num_classes=4) is None


def test_resize_is_antialiased_and_leaves_equal_sizes_alone():
    board = (torch.arange(64)[:, None] + torch.arange(64)[None, :]) % 2 * 255
    images = board.to(torch.uint8)[None, None]
    assert resize(images, 64) is images
    torch.testing.assert_close(resize(images, 4).float(), torch.full((1, 1, 4, 4), 127.5), atol=3, rtol=0)
