"""Loss and accuracy of a network on a split."""

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from nars.data.dataset import Split
from nars.training.augmentation import resize
from nars.training.device import autocast, place


def validate(
    model: nn.Module, split: Split, *, resolution: int, batch_size: int, device: torch.device
) -> tuple[float, float]:
    """Mean cross-entropy and top-1 accuracy; the model is in eval mode afterwards.

    Args:
        model: Float images in [0, 1] to logits, on ``device``.
        split: Images and labels.
        resolution: Height and width in pixels at which the model reads images; others are resized.
        batch_size: Images a step; it has no influence on the result but for rounding.
        device: Where to compute.

    Returns:
        The loss in nats and the accuracy in [0, 1].
    """
    model.eval()
    loss_sum = torch.zeros((), dtype=torch.float64, device=device)
    num_right = torch.zeros((), dtype=torch.int64, device=device)
    batches = zip(torch.split(split.images, batch_size), torch.split(split.labels, batch_size), strict=True)
    with torch.inference_mode():
        for images, labels in batches:
            x = place(resize(images.to(device), resolution).float() / 255, device)
            y = labels.to(device)
            with autocast(device):
                logits = model(x)
            loss_sum += cross_entropy(logits.float(), y, reduction="sum")
            num_right += (logits.argmax(1) == y).sum()
    return float(loss_sum) / len(split), int(num_right) / len(split)
