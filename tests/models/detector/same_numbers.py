"""Random numbers for a whole detector that neither vanish nor explode, and how far two outputs lie apart."""

import torch
from torch import Tensor, nn

from nars.models.detector import TwoStageDetector


@torch.no_grad()
def randomise(detector: TwoStageDetector, images: list[Tensor]) -> None:
    """Random weights everywhere; a norm's statistics are near those of what reaches it."""
    rng = torch.Generator().manual_seed(0)

    def draw_statistics(norm: nn.BatchNorm2d, inputs: tuple[Tensor]) -> None:
        mean, variance = inputs[0].mean(dim=(0, 2, 3)), inputs[0].var(dim=(0, 2, 3))
        variance = variance.clamp(min=0.1 * variance.mean() + 1e-6)
        norm.running_mean.copy_(mean + 0.2 * torch.randn(mean.shape, generator=rng) * variance.sqrt())
        norm.running_var.copy_(variance * (0.5 + torch.rand(mean.shape, generator=rng)))
        norm.weight.copy_(0.5 + torch.rand(mean.shape, generator=rng))
        norm.bias.copy_(0.2 * torch.randn(mean.shape, generator=rng))

    hooks = []
    for module in detector.modules():
        if isinstance(module, nn.BatchNorm2d):
            hooks.append(module.register_forward_pre_hook(draw_statistics))
        elif isinstance(module, nn.Conv2d | nn.Linear):
            module.weight.copy_(torch.randn(module.weight.shape, generator=rng) * module.weight[0].numel() ** -0.5)
            if module.bias is not None:
                module.bias.copy_(0.2 * torch.randn(module.bias.shape, generator=rng))
    # Boxes stay near their anchors, and no two probabilities are both 1.
    for layer in (detector.rpn.head.deltas, detector.roi_heads.box_head.deltas, detector.rpn.head.objectness):
        layer.weight.mul_(0.1)
    detector.eval()(images)
    for hook in hooks:
        hook.remove()


def difference(found: Tensor, expected: Tensor) -> float:
    """Largest difference of a number; both must have some spread."""
    assert found.shape == expected.shape
    assert expected.std() > 0.01, "numbers that are all alike prove nothing"
    return (found - expected).abs().max().item()


def regions(count: int, height: int, width: int) -> Tensor:
    """Random boxes of many sizes in an image, ``count x 4``."""
    rng = torch.Generator().manual_seed(2)
    low = torch.rand(count, 2, generator=rng) * torch.tensor([width, height]) * 0.7
    side = (0.05 + torch.rand(count, 2, generator=rng)) * torch.tensor([width, height]) * 0.6
    return torch.cat([low, (low + side).minimum(torch.tensor([float(width), float(height)]))], dim=1)
