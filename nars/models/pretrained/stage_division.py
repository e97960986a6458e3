"""Blocks of a checkpoint into stages as an architecture has them.

Others group blocks more coarsely than we do: mobile-vision's and timm's last group is two of our stages. In ours all
blocks have one width, all or none a squeeze-excite, and all after the first one kernel and one hidden width; so a
stage ends where the arrays' shapes say that this no longer holds.
"""

from collections.abc import Mapping
from dataclasses import dataclass

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


def divide_into_stages(blocks: Mapping[Place, Mapping[str, Tensor]]) -> dict[Place, Place]:
    """Which block of which of our stages each block is.

    Args:
        blocks: Arrays of each block by group and number, named as in our branches; blocks without a depthwise and a
            projecting convolution are left out.
    """
    shapes = {place: shape for place, arrays in sorted(blocks.items()) if (shape := _shape(arrays)) is not None}
    places: dict[Place, Place] = {}
    stage, index = -1, 0
    previous: tuple[Place, _Shape] | None = None
    for place, shape in shapes.items():
        if previous is None or place[0] != previous[0][0] or not _goes_on(previous[1], shape, index):
            stage, index = stage + 1, 0
        else:
            index += 1
        places[place] = (stage, index)
        previous = (place, shape)
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
