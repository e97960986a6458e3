"""What a network answers to a split, computed so that it comes out the same again: on the CPU, in float32."""

from collections.abc import Callable

import torch
from torch import Tensor

from nars.data.dataset import Split
from nars.training.augmentation import resize

_BATCH_SIZE = 256
"""Fixed, because the batch size has a say in the last bits of the logits."""


def predict(model: Callable[[Tensor], Tensor], split: Split, *, resolution: int) -> Tensor:
    """Logits of all images of a split.

    Args:
        model: Float images in [0, 1] to logits, on the CPU; a module in eval mode.
        split: N images.
        resolution: Height and width in pixels at which the model reads images; others are resized.

    Returns:
        An ``N x num_classes`` float tensor.
    """
    batches = torch.split(split.images, _BATCH_SIZE)
    with torch.inference_mode():
        return torch.cat([model(as_input(x_NCHW, resolution)) for x_NCHW in batches])


def as_input(images_NCHW: Tensor, resolution: int) -> Tensor:
    """Images of uint8 as a network of a resolution reads them: resized, floats in [0, 1]."""
    return resize(images_NCHW, resolution).float() / 255


def accuracy_of(logits_NK: Tensor, labels_N: Tensor) -> float:
    """Share of images whose largest logit is that of their class."""
    return int((logits_NK.argmax(1) == labels_N).sum()) / len(labels_N)
