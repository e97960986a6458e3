"""What the arrays of a checkpoint are called in our detectors: of d2go's detectors all, of other networks the trunk."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from torch import Tensor

from nars.models.pretrained.naming import Named, mobile_vision_names, recognise
from nars.models.pretrained.weights import Weights

INPUT = "transform."
"""Start of our names of what normalises images: a detector's own, never loaded."""
OUTPUTS = ("roi_heads.box_head.classes.", "roi_heads.box_head.deltas.", "roi_heads.mask_head.masks.")
"""Starts of our names of layers that know the classes."""
TRUNK = "backbone."
_BLOCK = re.compile(r"(.*)stages\.(\d+)\.(\d+)\.")
_D2GO_HEADS = {
    "rpn.head.": r"proposal_generator\.rpn_head\.rpn_feature\.0",
    "roi_heads.box_head.": r"roi_heads\.box_head\.roi_box_conv\.0",
    "roi_heads.mask_head.": r"roi_heads\.mask_head\.feature_extractor\.0",
}
_D2GO_OUTPUTS = {
    "proposal_generator.rpn_head.rpn_regressor.cls_logits": "rpn.head.objectness",
    "proposal_generator.rpn_head.rpn_regressor.bbox_pred": "rpn.head.deltas",
    "roi_heads.box_predictor.cls_score": "roi_heads.box_head.classes",
    "roi_heads.box_predictor.bbox_pred": "roi_heads.box_head.deltas",
    "roi_heads.mask_head.predictor.mask_fcn_logits": "roi_heads.mask_head.masks",
}
_D2GO_PYRAMID = re.compile(r"backbone\.fpn_(lateral|output)(\d+)\.(norm\.)?(\w+)")


def is_detector(own: Iterable[str]) -> bool:
    """Whether these are the arrays of one of our detectors."""
    return any(name.startswith(TRUNK) for name in own)


def recognise_detector(weights: Weights, own: Sequence[str]) -> Named:
    """Our names of a checkpoint's arrays in a detector.

    Args:
        weights: The checkpoint.
        own: Names of the detector's arrays.

    Raises:
        ModelError: If the names are nobody's whom we know.
    """
    arrays, depths = weights.arrays, _depths(own)
    for prefix in ("", "detector."):
        if f"{prefix}{TRUNK}stem.conv.weight" in arrays:
            theirs = [name for name in arrays if re.match(rf"{re.escape(prefix)}(backbone|rpn|roi_heads)\.", name)]
            return Named(family="NARS", names={name.removeprefix(prefix): name for name in theirs})
    trunk = recognise(weights, depths.get(TRUNK, []))
    names = {f"{TRUNK}{ours}": theirs for ours, theirs in trunk.names.items() if not ours.startswith("head.")}
    if trunk.family == "d2go":
        for head, pattern in _D2GO_HEADS.items():
            block = re.compile(rf"{pattern}\.fbnetv2_(\d+)_(\d+)\.(.+)")
            found = mobile_vision_names(arrays, block, depths.get(head, []))
            names |= {f"{head}{ours}": theirs for ours, theirs in found.items()}
        names |= _outside_blocks(arrays)
    return Named(family=trunk.family, names=names)


def _depths(own: Iterable[str]) -> dict[str, list[int]]:
    """Blocks of each stage of each part, by the start of its names."""
    places = {(found[1], int(found[2]), int(found[3])) for name in own if (found := _BLOCK.match(name))}
    counts = Counter((part, stage) for part, stage, _ in places)
    return {part: [counts[key] for key in sorted(counts) if key[0] == part] for part, _ in counts}


def _outside_blocks(arrays: Mapping[str, Tensor]) -> dict[str, str]:
    """Scores, deltas, masks and the pyramid."""
    names = {}
    levels = sorted({int(found[2]) for name in arrays if (found := _D2GO_PYRAMID.fullmatch(name))})
    for name in arrays:
        layer, _, array = name.rpartition(".")
        if layer in _D2GO_OUTPUTS:
            names[f"{_D2GO_OUTPUTS[layer]}.{array}"] = name
        elif found := _D2GO_PYRAMID.fullmatch(name):
            blocks = "inner_blocks" if found[1] == "lateral" else "layer_blocks"
            names[f"{TRUNK}fpn.{blocks}.{levels.index(int(found[2]))}.{1 if found[3] else 0}.{found[4]}"] = name
    return names
