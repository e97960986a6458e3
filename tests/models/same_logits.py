"""Two networks with the same random numbers, compared by what they give."""

import torch
from torch import Tensor, nn

from nars.models.classifier import build_network
from nars.models.trunk import Trunk
from nars.space.architecture import Architecture


def largest_difference(architecture: Architecture, reference: nn.Module) -> float:
    """Largest difference of a logit (of a trunk: of a feature) over two random images between networks made equal."""
    ours, images = made_equal(architecture, reference)
    with torch.no_grad():
        return difference(ours(images), reference(images))


def made_equal(architecture: Architecture, reference: nn.Module) -> tuple[Trunk, Tensor]:
    """Our network, in eval mode like the reference, whose random numbers were given to it; and two random images.

    Both networks name the same layers in the same order, so that the n-th array of one belongs to the n-th of the
    other.
    """
    images = random_images(architecture)
    ours = build_network(architecture)
    randomise(ours, images)
    with torch.no_grad():
        _copy(ours, reference)
    reference.eval()
    return ours, images


def difference(found: Tensor, expected: Tensor) -> float:
    """Largest difference of a number between what two networks gave for two images."""
    found, expected = found.flatten(1), expected.flatten(1)
    assert found.shape == expected.shape
    spread = (expected[0] - expected[1]).std().item()
    assert 0.05 < spread < 10, f"the image must move the numbers, neither not at all nor wildly, got {spread}"
    return (found - expected).abs().max().item()


def random_images(architecture: Architecture) -> Tensor:
    """Two images of the architecture's size."""
    size = architecture.resolution
    rng = torch.Generator().manual_seed(1)
    return torch.randn(2, architecture.in_channels, size, size, generator=rng)


@torch.no_grad()
def randomise(network: nn.Module, images: Tensor) -> None:
    """Random numbers everywhere; a norm's statistics are random ones near those of what reaches it.

    Statistics that had nothing to do with the features would let them vanish or explode over 75 norms.
    """
    rng = torch.Generator().manual_seed(0)

    def draw_statistics(norm: nn.BatchNorm2d, inputs: tuple[Tensor]) -> None:
        mean, variance = inputs[0].mean(dim=(0, 2, 3)), inputs[0].var(dim=(0, 2, 3))
        variance = variance.clamp(min=0.1 * variance.mean())
        norm.running_mean.copy_(mean + 0.2 * torch.randn(mean.shape, generator=rng) * variance.sqrt())
        norm.running_var.copy_(variance * (0.5 + torch.rand(mean.shape, generator=rng)))
        norm.weight.copy_(0.5 + torch.rand(mean.shape, generator=rng))
        norm.bias.copy_(0.2 * torch.randn(mean.shape, generator=rng))

    hooks = []
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            hooks.append(module.register_forward_pre_hook(draw_statistics))
        elif isinstance(module, nn.Conv2d | nn.Linear):
            module.weight.copy_(torch.randn(module.weight.shape, generator=rng) * module.weight[0].numel() ** -0.5)
            if module.bias is not None:
                module.bias.copy_(0.2 * torch.randn(module.bias.shape, generator=rng))
    network.eval()(images)
    for hook in hooks:
        hook.remove()


def _copy(source: nn.Module, target: nn.Module) -> None:
    given, wanted = source.state_dict(), target.state_dict()
    assert len(given) == len(wanted)
    for array, (name, own) in zip(given.values(), wanted.items(), strict=True):
        assert array.numel() == own.numel(), name
        wanted[name] = array.reshape(own.shape)
    target.load_state_dict(wanted)
