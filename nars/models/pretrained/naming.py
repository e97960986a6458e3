"""What the arrays of a checkpoint are called in our networks, told by the names that each program gives them."""

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor

from nars.errors import ModelError
from nars.models.pretrained.stage_division import Place, divide_into_stages
from nars.models.pretrained.weights import Weights

_ARRAY = re.compile(r"(?P<module>.+)\.(?P<array>\w+)")
_TIMM_BLOCK = re.compile(r"blocks\.(\d+)\.(\d+)\.(.+)")
_MOBILE_CV_BLOCK = re.compile(r"(?:backbone\.)?(?:stages\.)?xif(\d+)_(\d+)\.(.+)")
_D2GO_BLOCK = re.compile(r"(?:backbone\.)?(?:(?:body|bottom_up)\.)?trunk\d+\.fbnetv2_(\d+)_(\d+)\.(.+)")

_TIMM_OUTSIDE_BLOCKS = {
    "conv_stem": "stem.conv",
    "bn1": "stem.norm",
    "conv_head": "head.features.conv",
    "classifier": "head.classifier",
}
_TIMM_SQUEEZE_EXCITE = {
    "se.conv_reduce": "squeeze_excite.reduce",
    "se.conv_expand": "squeeze_excite.expand",
}
_TIMM_RESIDUAL = {
    "conv_pw": "expand.conv",
    "bn1": "expand.norm",
    "conv_dw": "depthwise.conv",
    "bn2": "depthwise.norm",
    "conv_pwl": "project.conv",
    "bn3": "project.norm",
    **_TIMM_SQUEEZE_EXCITE,
}
_TIMM_SEPARABLE = {
    "conv_dw": "depthwise.conv",
    "bn1": "depthwise.norm",
    "conv_pw": "project.conv",
    "bn2": "project.norm",
    **_TIMM_SQUEEZE_EXCITE,
}
"""A block without expansion."""
_TIMM_LAST = {"conv": "head.expand.conv", "bn1": "head.expand.norm"}

_MOBILE_VISION_BLOCK = {
    "pw.conv": "expand.conv",
    "pw.bn": "expand.norm",
    "dw.conv": "depthwise.conv",
    "dw.bn": "depthwise.norm",
    "se.se.0.conv": "squeeze_excite.reduce",
    "se.se.1": "squeeze_excite.expand",
    "pwl.conv": "project.conv",
    "pwl.bn": "project.norm",
}
_MOBILE_VISION_STEM = {"conv": "stem.conv", "bn": "stem.norm"}
_MOBILE_VISION_POOL = {"pw.conv": "head.expand.conv", "pw.bn": "head.expand.norm", "pwl.conv": "head.features.conv"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Named:
    """A checkpoint whose arrays were recognised."""

    family: str
    """Whose names they are."""
    names: Mapping[str, str]
    """The checkpoint's name by ours; what is no part of a classifier or trunk is left out."""


def recognise(weights: Weights, depths: Sequence[int]) -> Named:
    """Our names of a checkpoint's arrays.

    Args:
        weights: The checkpoint.
        depths: Blocks of each stage of the network that it is for.

    Raises:
        ModelError: If the names are nobody's whom we know.
    """
    arrays = weights.arrays
    for prefix in ("", "classifier."):  # a bundle's network normalises its own input around the classifier
        if f"{prefix}stem.conv.weight" in arrays:
            theirs = [name for name in arrays if re.match(rf"{re.escape(prefix)}(stem|stages|head)\.", name)]
            return Named(family="NARS", names={name.removeprefix(prefix): name for name in theirs})
    if "conv_stem.weight" in arrays:
        blocks = _blocks(arrays, _TIMM_BLOCK, _timm_table)
        return Named(family="timm", names=_timm_outside(arrays) | _in_our_stages(arrays, blocks, depths))
    for family, pattern in (("mobile-vision", _MOBILE_CV_BLOCK), ("d2go", _D2GO_BLOCK)):
        if any(pattern.fullmatch(name) for name in arrays):
            outside = {f"head.classifier.{array}": f"head.conv.{array}" for array in ("weight", "bias")}
            outside = {ours: theirs for ours, theirs in outside.items() if theirs in arrays}
            blocks = _blocks(arrays, pattern, _mobile_vision_table)
            return Named(family=family, names=outside | _in_our_stages(arrays, blocks, depths))
    raise ModelError(
        f"{weights.path}: its arrays must have the names of NARS, timm, mobile-vision or d2go, got {next(iter(arrays))}"
    )


def mobile_vision_names(
    arrays: Mapping[str, Tensor], pattern: re.Pattern[str], depths: Sequence[int]
) -> dict[str, str]:
    """Their names by ours, of mobile-vision's blocks that stand somewhere else than in a trunk.

    Args:
        arrays: Of the checkpoint.
        pattern: Tells group, number and their part.
        depths: Blocks of each stage of the part of the network that they are for.
    """
    return _in_our_stages(arrays, _blocks(arrays, pattern, _mobile_vision_table), depths)


def _blocks(
    arrays: Collection[str], pattern: re.Pattern[str], table_of: Callable[[Collection[str]], Mapping[str, str]]
) -> dict[Place, dict[str, str]]:
    """Of each block, their names by our part of it; ``pattern`` tells group, number and their part."""
    parts: dict[Place, dict[str, str]] = defaultdict(dict)
    for name in arrays:
        if found := pattern.fullmatch(name):
            parts[int(found[1]), int(found[2])][found[3]] = name
    return {place: _renamed(theirs, table_of(theirs)) for place, theirs in parts.items()}


def _in_our_stages(
    arrays: Mapping[str, Tensor], blocks: Mapping[Place, Mapping[str, str]], depths: Sequence[int]
) -> dict[str, str]:
    """Their names by our full ones; a block that is no residual one has full names already."""
    shaped = {place: {ours: arrays[name] for ours, name in named.items()} for place, named in blocks.items()}
    places = divide_into_stages(shaped, depths)
    names: dict[str, str] = {}
    for place, named in blocks.items():
        prefix = "stages.{}.{}.branch.".format(*places[place]) if place in places else ""
        names |= {f"{prefix}{ours}": name for ours, name in named.items()}
    return names


def _renamed(theirs: Mapping[str, str], table: Mapping[str, str]) -> dict[str, str]:
    """Full names by our part; a part that the table lacks keeps its name, so that it fits nowhere unnoticed."""
    renamed = {}
    for part, name in theirs.items():
        found = _ARRAY.fullmatch(part)
        module, array = (found["module"], found["array"]) if found else (part, "")
        renamed[f"{table.get(module, module)}.{array}"] = name
    return renamed


def _timm_table(parts: Collection[str]) -> Mapping[str, str]:
    if "conv_pwl.weight" in parts:
        return _TIMM_RESIDUAL
    return _TIMM_SEPARABLE if "conv_dw.weight" in parts else _TIMM_LAST


def _timm_outside(arrays: Mapping[str, Tensor]) -> dict[str, str]:
    found = {}
    for name in arrays:
        module, _, array = name.rpartition(".")
        if module in _TIMM_OUTSIDE_BLOCKS:
            found[f"{_TIMM_OUTSIDE_BLOCKS[module]}.{array}"] = name
    return found


def _mobile_vision_table(parts: Collection[str]) -> Mapping[str, str]:
    if "dw.conv.weight" in parts:
        return _MOBILE_VISION_BLOCK
    return _MOBILE_VISION_STEM if "conv.weight" in parts else _MOBILE_VISION_POOL
