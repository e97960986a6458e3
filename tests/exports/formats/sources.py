"""Networks with random numbers that images move, as sources of formats."""

import torch
from torch import Tensor, nn

from nars.exports.formats import Source
from nars.space.candidate import Candidate
from nars.training.network import Normalize, build_network


def source(candidate: Candidate, *, seed: int = 0, images: int = 8) -> Source:
    """A network whose norms have statistics and whose logits differ by about 1 from image to image."""
    architecture = candidate.architecture
    channels, size = architecture.in_channels, architecture.resolution
    generator = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        normalize = Normalize(mean_C=torch.full((channels,), 0.4), std_C=torch.full((channels,), 0.3))
        network = build_network(candidate, normalize).eval()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d | nn.GroupNorm):
            assert module.weight is not None
            module.weight.data.uniform_(0.8, 1.2, generator=generator)
            assert module.bias is not None
            module.bias.data.normal_(0, 0.1, generator=generator)
        if isinstance(module, nn.BatchNorm2d):
            assert module.running_mean is not None
            assert module.running_var is not None
            module.running_mean.normal_(0, 0.1, generator=generator)
            module.running_var.uniform_(0.5, 1.5, generator=generator)
        if isinstance(module, nn.Conv2d) and module.bias is not None:
            module.bias.data.normal_(0, 0.1, generator=generator)
    pictures_NCRR = torch.rand((images, channels, size, size), generator=generator)
    _spread(network, pictures_NCRR)
    classes = tuple(f"class {index}" for index in range(architecture.num_classes))
    return Source(network=network, candidate=candidate, classes=classes, images_NCHW=pictures_NCRR)


def _spread(network: nn.Module, images_NCRR: Tensor) -> None:
    """Scales the last layer so that the logits of these images have a standard deviation of 1."""
    last = [module for module in network.modules() if isinstance(module, nn.Linear)][-1]
    with torch.no_grad():
        last.weight /= network(images_NCRR).std()
