"""The trained thing: a classifier that normalises its own input, so that what is exported needs no hidden step."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from nars.models.classifier import build_classifier
from nars.space.candidate import Candidate


class Normalize(nn.Module):
    """Takes the training images' mean from each channel and divides by their standard deviation."""

    mean: Tensor
    std: Tensor

    def __init__(self, *, mean_C: Tensor, std_C: Tensor) -> None:
        super().__init__()
        self.register_buffer("mean", mean_C.detach().clone().float()[:, None, None])
        self.register_buffer("std", std_C.detach().clone().float()[:, None, None])

    def forward(self, images_NCHW: Tensor) -> Tensor:
        """Images in [0, 1] to images of zero mean and unit variance."""
        return (images_NCHW - self.mean) / self.std


class NormalizedClassifier(nn.Module):
    """``N x C x R x R`` float images in [0, 1] to ``N x num_classes`` logits."""

    def __init__(self, *, normalize: Normalize, classifier: nn.Module) -> None:
        super().__init__()
        self.normalize = normalize
        self.classifier = classifier

    def forward(self, images_NCHW: Tensor) -> Tensor:
        """Logits."""
        logits_NK: Tensor = self.classifier(self.normalize(images_NCHW))
        return logits_NK


def build_network(candidate: Candidate, normalize: Normalize) -> NormalizedClassifier:
    """The network of a candidate with fresh weights, drawn from torch's current generator."""
    recipe = candidate.recipe
    classifier = build_classifier(
        candidate.architecture,
        norm=recipe.norm,
        dropout=recipe.dropout,
        stochastic_depth=recipe.stochastic_depth,
    )
    return NormalizedClassifier(normalize=normalize, classifier=classifier)


def measure_normalization(images_NCHW: Tensor) -> Normalize:
    """Mean and standard deviation of each channel over all pixels of all images.

    Args:
        images_NCHW: uint8 images, as they enter the network.

    Returns:
        The normalisation of images in [0, 1]; a channel without any variation is divided by 1.
    """
    return _normalization_of(_levels(images_NCHW.transpose(0, 1)))


def measure_normalization_of_each(images: Iterable[Tensor]) -> Normalize:
    """The same over ``C x H x W`` images of different sizes, at least one, looked at one by one."""
    return _normalization_of(sum((_levels(image) for image in images), torch.zeros(())))


def _levels(pixels_C: Tensor) -> Tensor:
    """How often each channel has each of 256 levels, ``C x 256``; by histogram: exact, without a float copy."""
    return torch.stack([torch.bincount(channel.flatten().cpu(), minlength=256) for channel in pixels_C.unbind()])


def _normalization_of(counts_C256: Tensor) -> Normalize:
    levels_256 = torch.arange(256, dtype=torch.float64) / 255
    counts_C256 = counts_C256.double()
    share_C256 = counts_C256 / counts_C256.sum(1, keepdim=True)
    mean_C = share_C256 @ levels_256
    std_C = ((share_C256 * (levels_256 - mean_C[:, None]) ** 2).sum(1)).sqrt()
    return Normalize(mean_C=mean_C, std_C=torch.where(std_C > 0, std_C, 1.0))
