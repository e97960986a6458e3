"""Blocks of a checkpoint into stages as an architecture has them.

Others group blocks more coarsely than we do: mobile-vision's and timm's last group is two of our stages. In ours all
blocks have one width, all or none a squeeze-excite, and all after the first one kernel and one hidden width. The
network's own division holds where the checkpoint's blocks agree with that; else a stage ends where their shapes do
not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from torch import Tensor

Place = tuple[int, int]
"""Number of a stage or group, number of the block in it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Shape:
    """What a block's arrays tell of it."""

    in_width: int
    hidden: int
    width: int
    kernel: int
    squeeze_excite: bool


def divide_into_stages(blocks: Mapping[Place, Mapping[str, Tensor]], depths: Sequence[int]) -> dict[Place, Place]:
    """Which block of which of our stages each block is.

    Args:
        blocks: Arrays of each block by group and number, named as in our branches; blocks without a depthwise and a
            projecting convolution are left out.
        depths: Blocks of each stage of the network that they are for.
    """
    shapes = {place: shape for place, arrays in sorted(blocks.items()) if (shape := _shape(arrays)) is not None}
    as_in_the_network = [(stage, index) for stage, depth in enumerate(depths) for index in range(depth)]
    if len(shapes) == len(as_in_the_network):
        places = dict(zip(shapes, as_in_the_network, strict=True))
        if all(_is_allowed(places, shapes, *pair) for pair in pairwise(shapes)):
            return places
    return _by_shapes(shapes)


def _is_allowed(places: Mapping[Place, Place], shapes: Mapping[Place, _Shape], before: Place, place: Place) -> bool:
    """Whether two neighbouring blocks may have these places: a stage is within one group and of one shape."""
    if places[place][1] == 0:
        return True
    return place[0] == before[0] and _goes_on(shapes[before], shapes[place], places[before][1])


def _by_shapes(shapes: Mapping[Place, _Shape]) -> dict[Place, Place]:
    """As few stages as the groups and shapes allow."""
    places = dict.fromkeys(list(shapes)[:1], (0, 0))
    for before, place in pairwise(shapes):
        stage, index = places[before]
        goes_on = place[0] == before[0] and _goes_on(shapes[before], shapes[place], index)
        places[place] = (stage, index + 1) if goes_on else (stage + 1, 0)
    return places


def _goes_on(before: _Shape, shape: _Shape, index: int) -> bool:
    """Whether a block may stand in one stage with the block before, which is number ``index`` of it."""
    if shape.in_width != shape.width or shape.squeeze_excite != before.squeeze_excite:
        return False
    return index == 0 or (shape.kernel, shape.hidden) == (before.kernel, before.hidden)


def _shape(arrays: Mapping[str, Tensor]) -> _Shape | None:
    depthwise, project = arrays.get("depthwise.conv.weight"), arrays.get("project.conv.weight")
    if depthwise is None or project is None:
        return None
    expand = arrays.get("expand.conv.weight")
    hidden = depthwise.shape[0]
    return _Shape(
        in_width=hidden if expand is None else expand.shape[1],
        hidden=hidden,
        width=project.shape[0],
        kernel=depthwise.shape[-1],
        squeeze_excite=any(name.startswith("squeeze_excite") for name in arrays),
    )
