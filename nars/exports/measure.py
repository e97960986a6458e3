"""What a network answers to a split, computed so that it comes out the same again: on the CPU, in float32."""

import torch
from torch import Tensor, nn

from nars.data.dataset import Split
from nars.training.augmentation import resize

_BATCH_SIZE = 256
"""Fixed, because the batch size has a say in the last bits of the logits."""


def predict(model: nn.Module, split: Split, *, resolution: int) -> Tensor:
    """Logits of all images of a split.

    Args:
        model: Float images in [0, 1] to logits, on the CPU and in eval mode.
        split: N images.
        resolution: Height and width in pixels at which the model reads images; others are resized.

    Returns:
        An ``N x num_classes`` float tensor.
    """
    batches = torch.split(split.images, _BATCH_SIZE)
    with torch.inference_mode():
        return torch.cat([model(resize(x_NCHW, resolution).float() / 255) for x_NCHW in batches])


def accuracy_of(logits_NK: Tensor, labels_N: Tensor) -> float:
    """Share of images whose largest logit is that of their class."""
    return int((logits_NK.argmax(1) == labels_N).sum()) / len(labels_N)
