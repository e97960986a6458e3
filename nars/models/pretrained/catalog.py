"""Weights that others have published, by name: whose network they fit, where they lie, what is known of the file.

timm's file names carry the first eight digits of their SHA-256 (torch.hub's rule), which is all that is published;
they are pinned by those. mobile-vision and d2go publish no checksum, so their files are never downloaded without one.
"""

from dataclasses import dataclass

from nars.errors import ModelError
from nars.space.problems import unknown

_TIMM = "https://github.com/rwightman/pytorch-image-models/releases/download/v0.1-weights"
_MOBILE_VISION = "https://dl.fbaipublicfiles.com/fbnet/models/20201201/GtOtfw"
_D2GO = "https://mobile-cv.s3-us-west-2.amazonaws.com/d2go/models"
_IMAGENET_INPUT = "RGB in [0, 1], minus mean 0.485 0.456 0.406, over deviation 0.229 0.224 0.225"
_DETECTRON_INPUT = "BGR from 0 to 255, minus mean 103.53 116.28 123.675"


@dataclass(frozen=True, kw_only=True, slots=True)
class PublishedWeights:
    """One published checkpoint."""

    name: str
    also: str = ""
    """Another name that it goes by."""
    network: str
    """The network that it was trained as; of a detector, its trunk, whose first five stages a C4 detector has."""
    url: str
    sha256: str | None = None
    """The SHA-256 in hexadecimal, or as many leading digits as are published; none where no digit is."""
    images: str
    """How its network reads images."""
    licence: str


def _timm(letter: str, file: str, sha256: str) -> PublishedWeights:
    return PublishedWeights(
        name=f"timm/fbnetv3_{letter}.ra2_in1k",
        network=f"timm_fbnetv3_{letter}",
        url=f"{_TIMM}/{file}-{sha256}.pth",
        sha256=sha256,
        images=_IMAGENET_INPUT,
        licence="Apache-2.0",
    )


def _mobile_cv(letter: str, job: str) -> PublishedWeights:
    return PublishedWeights(
        name=f"mobile_cv/fbnetv3_{letter.lower()}",
        network=f"fbnetv3_{letter.lower()}",
        url=f"{_MOBILE_VISION}/FBNetV3_{letter}_{job}/model.pth",
        images=_IMAGENET_INPUT,
        licence="CC BY-NC 4.0 (mobile-vision's): not for commercial use",
    )


def _d2go(name: str, network: str, file: str, also: str = "") -> PublishedWeights:
    return PublishedWeights(
        name=f"d2go/{name}",
        also=also,
        network=network,
        url=f"{_D2GO}/{file}.pth",
        images=_DETECTRON_INPUT,
        licence="Apache-2.0 (d2go's)",
    )


PUBLISHED = (
    _timm("b", "fbnetv3_b_224", "ead5d2a1"),
    _timm("d", "fbnetv3_d_224", "c98bce42"),
    _timm("g", "fbnetv3_g_240", "0b1df83b"),
    _mobile_cv("A", "f235707940"),
    _mobile_cv("B", "f233607847"),
    _mobile_cv("C", "f234529537"),
    _mobile_cv("D", "f231225742"),
    _mobile_cv("E", "f230158956"),
    _mobile_cv("F", "f230161092"),
    _mobile_cv("G", "f226438997"),
    _d2go("faster_rcnn_fbnetv3a_C4", "d2go_fbnetv3_a", "246823121/model_0479999"),
    _d2go("faster_rcnn_fbnetv3a_dsmask_C4", "d2go_fbnetv3_a_dsmask", "250414811/model_0399999"),
    _d2go("faster_rcnn_fbnetv3g_fpn", "d2go_fbnetv3_g", "250356938/model_0374999"),
    # "DSMask" alone says no head. d2go's own table of files gives this one, the Mask R-CNN, for its faster_rcnn
    # configuration too, and only this one holds the mask head that gave the network its name.
    _d2go(
        "mask_rcnn_fbnetv3a_dsmask_C4", "d2go_fbnetv3_a_dsmask", "268412271/model_0499999", "FBNetV3a-DSMask-C4 COCO"
    ),
    _d2go("mask_rcnn_fbnetv3a_C4", "d2go_fbnetv3_a", "268421013/model_final", "FBNetV3a-C4 COCO"),
    _d2go("mask_rcnn_fbnetv3g_fpn", "d2go_fbnetv3_g", "287445123/model_0409999", "FBNetV3g-FPN COCO"),
    _d2go("keypoint_rcnn_fbnetv3a_dsmask_C4", "d2go_fbnetv3_a_dsmask", "250430934/model_0389999"),
)
"""All of them."""


def known_weights() -> tuple[str, ...]:
    """Every name, other names included."""
    return tuple(name for weights in PUBLISHED for name in (weights.name, weights.also) if name)


def published_weights(name: str) -> PublishedWeights:
    """The published weights of a name.

    Raises:
        ModelError: If no weights have this name, naming the nearest.
    """
    for weights in PUBLISHED:
        if name in (weights.name, weights.also):
            return weights
    raise ModelError(unknown("weights", name, known_weights(), "the published weights and local files"))
