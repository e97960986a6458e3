from dataclasses import replace

import pytest
import torch

from nars.data.dataset import Split
from nars.errors import DataError
from nars.training.parts import build_parts, require_fitting
from tests.training.tiny import CPU, candidate, digits, parts


@pytest.mark.parametrize(
    ("count", "batch_size", "steps"),
    [
        (48, 16, 3),
        (48, 10, 5),  # the last batch has 8
        (48, 47, 1),  # a last batch of one image has no variance and is left out
        (48, 46, 2),
        (48, 500, 1),  # clipped to the images there are
        (3, 1, 3),
    ],
)
def test_batch_size_decides_the_number_of_steps(count, batch_size, steps):
    built = parts(count=count, batch_size=batch_size)
    assert built.steps_per_epoch == steps
    assert built.batch_size == min(batch_size, count)


def test_images_are_resized_once_to_the_architectures_resolution():
    large = digits("train", size=20)
    assert build_parts(candidate(), large, CPU).images.shape == (48, 1, 8, 8)


def test_the_averaged_network_is_what_is_validated():
    with_average, without = parts(ema=0.9), parts()
    assert with_average.validated is with_average.average.module
    assert without.average is None
    assert without.validated is without.network


def test_label_smoothing_is_in_the_loss():
    logits, label = torch.tensor([[2.0, 0.0, -1.0] + [0.0] * 7]), torch.tensor([0])
    log_p = torch.log_softmax(logits, 1)[0]
    for smoothing in (0.0, 0.2):
        expected = -(1 - smoothing) * log_p[0] - smoothing * log_p.mean()
        assert parts(label_smoothing=smoothing).criterion(logits, label) == pytest.approx(expected.item())


def test_other_channels_are_refused():
    rgb = Split(images=torch.zeros(4, 3, 8, 8, dtype=torch.uint8), labels=torch.zeros(4, dtype=torch.int64))
    with pytest.raises(DataError, match=r"^in_channels must be 3 for these images, got 1$"):
        require_fitting(rgb, candidate())


def test_more_classes_are_refused():
    split = digits("train")
    with pytest.raises(DataError, match=r"^num_classes must be >= 13 for these images, got 10$"):
        require_fitting(replace(split, labels=split.labels + 3 * (split.labels == 9)), candidate())
