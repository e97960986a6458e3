import math

import pytest
import torch
from torch import nn

from nars.data.dataset import Split
from nars.training.validate import validate
from tests.training.tiny import CPU, digits


class BrightnessLogits(nn.Module):
    """Two classes: logit 0, and the mean brightness in [0, 1]."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        assert not self.training
        brightness = x.mean(dim=(1, 2, 3))
        return torch.stack([torch.zeros_like(brightness), brightness], dim=1)


def test_loss_and_accuracy_follow_their_definitions():
    images = torch.tensor([0, 255, 255, 51], dtype=torch.uint8)[:, None, None, None].expand(4, 1, 2, 2)
    split = Split(images=images, labels=torch.tensor([0, 1, 0, 1]))
    loss, accuracy = validate(BrightnessLogits(), split, resolution=2, batch_size=3, device=CPU)
    softplus = [math.log1p(math.exp(b)) for b in (0.0, 1.0, 1.0, 0.2)]
    assert loss == pytest.approx((sum(softplus) - 1.0 - 0.2) / 4)
    assert accuracy == 3 / 4


def test_the_batch_size_does_not_matter():
    split = Split(images=digits("val").images, labels=digits("val").labels % 2)
    results = [validate(BrightnessLogits(), split, resolution=8, batch_size=size, device=CPU) for size in (1, 7, 500)]
    assert results[0] == pytest.approx(results[1])
    assert results[0] == pytest.approx(results[2])


def test_images_are_resized_to_the_networks_resolution():
    class Shape(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            assert x.shape[2:] == (6, 6)
            return torch.zeros(len(x), 10)

    validate(Shape(), digits("val"), resolution=6, batch_size=48, device=CPU)
