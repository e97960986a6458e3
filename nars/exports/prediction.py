"""What a bundle's network says to pictures of the user's own."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from nars.data.dataset import Split
from nars.data.decoding import decode_images
from nars.errors import BundleError, DataError
from nars.exports.bundle import load_bundle
from nars.exports.measure import predict
from nars.exports.opening import open_bundle


@dataclass(frozen=True, kw_only=True, slots=True)
class Label:
    """One class that an image may be of."""

    name: str
    probability: float
    """By the softmax of the logits, in [0, 1]; as sure of itself as the network is, which may be too sure."""


def predict_images(
    directory: Path | str, paths: Sequence[Path | str], *, form: str | None = None, top: int = 3
) -> list[tuple[Label, ...]]:
    """The likeliest classes of image files.

    Args:
        directory: The bundle's folder.
        paths: Image files of any size; prepared as the images of the training were, as ``preprocessing.yaml`` says.
        form: Name of a format of the bundle; none for its own weights.
        top: Classes an image, at least 1.

    Returns:
        For each image its classes, the likeliest first.

    Raises:
        BundleError: If the bundle is damaged or has no such format.
        DataError: If a file is absent or is no image.
    """
    bundle = load_bundle(directory)
    if bundle.candidate.is_detector:
        raise BundleError(f"{directory}: must be a classifier's bundle, got a detector's; see detect_images")
    rules = bundle.preprocessing
    absent = [str(path) for path in paths if not Path(path).is_file()]
    if absent:
        raise DataError(f"there is no image {', '.join(absent)}")
    images_NCSS = decode_images(Path(), [str(path) for path in paths], size=rules.size)
    if rules.channels == 1:
        images_NCSS = _greyscale(images_NCSS)
    split = Split(images=images_NCSS, labels=torch.zeros(len(paths), dtype=torch.int64))
    logits_NK = predict(open_bundle(bundle, form), split, resolution=rules.resolution)
    values_NT, indices_NT = logits_NK.softmax(1).topk(min(top, len(rules.classes)), dim=1)
    return [
        tuple(Label(name=rules.classes[index], probability=value) for value, index in zip(values, indices, strict=True))
        for values, indices in zip(values_NT.tolist(), indices_NT.tolist(), strict=True)
    ]


def _greyscale(images_N3SS: Tensor) -> Tensor:
    """Luma of ITU-R 601 in Pillow's whole numbers, which leave a grey pixel as it is (torchvision's take 1 off)."""
    weights_3 = torch.tensor([19595, 38470, 7471], dtype=torch.int32)[:, None, None]
    luma_N1SS = (images_N3SS.int() * weights_3).sum(1, keepdim=True, dtype=torch.int32) + 0x8000
    return (luma_N1SS >> 16).to(torch.uint8)
