"""Sizes of the feature maps, and whether an architecture's strides and paddings fit its resolution."""

from collections.abc import Sequence

from nars.errors import ModelError
from nars.models.widths import round_width
from nars.space.architecture import Architecture, Block, BlockStyle, HeadStage, Stage


def feature_sizes(architecture: Architecture) -> tuple[int, ...]:
    """Height (and width) after the stem and after each stage.

    Raises:
        ModelError: If a stride is larger than the feature map that it strides over, if nothing is left of a
            feature map, if a forced padding changes its size in a block with an identity skip, or if groups do not
            divide the hidden width of their block.
    """
    stem = architecture.stem
    where = f"(resolution {architecture.resolution})"
    size = _strided(architecture.resolution, stem.kernel, stem.stride, stem.kernel // 2, "architecture.stem", where)
    stages, style = architecture.stages, architecture.style
    return stage_sizes(stages, style, in_width=stem.width, size=size, path="architecture.stages", where=where)


def stage_sizes(
    stages: Sequence[Stage], style: BlockStyle, *, in_width: int, size: int, path: str, where: str
) -> tuple[int, ...]:
    """Height (or width) before the first of some stages and after each.

    Args:
        stages: Of a trunk, or of a detector's head.
        style: What all blocks share.
        in_width: Channels of what comes in.
        size: Its height (or width).
        path: Of the list of stages, for messages.
        where: What came in, for messages.

    Raises:
        ModelError: As `feature_sizes` does.
    """
    sizes = [size]
    for index, stage in enumerate(stages):
        at, first = f"{path}[{index}]", stage.first
        upsample = stage.upsample if isinstance(stage, HeadStage) else 1
        _check_groups(first, in_width, style, f"{at}.first")
        if has_skip(in_width=in_width, width=stage.width, stride=stage.stride) and upsample == 1:
            _check_skip(first, f"{at}.first")
        if stage.rest is not None:
            _check_skip(stage.rest, f"{at}.rest")
            _check_groups(stage.rest, stage.width, style, f"{at}.rest")
        sizes.append(_strided(sizes[-1] * upsample, first.kernel, stage.stride, padding_of(first), at, where))
        in_width = stage.width
    return tuple(sizes)


def _strided(size: int, kernel: int, stride: int, padding: int, path: str, where: str) -> int:
    if size < stride:
        raise ModelError(
            f"{path}: a stride of {stride} needs features of at least {stride}x{stride}, got {size}x{size} {where}"
        )
    out_size = (size + 2 * padding - kernel) // stride + 1
    if out_size < 1:
        raise ModelError(
            f"{path}: a kernel of {kernel} with padding {padding} leaves nothing of {size}x{size} features {where}"
        )
    return out_size


def _check_skip(block: Block, path: str) -> None:
    if padding_of(block) != block.kernel // 2:
        raise ModelError(
            f"{path}: padding must be kernel // 2 = {block.kernel // 2} in a block with an identity skip, "
            f"got {block.padding}"
        )


def _check_groups(block: Block, in_width: int, style: BlockStyle, path: str) -> None:
    hidden = round_width(in_width * block.expansion, style.divisor)
    if block.groups is not None and hidden % block.groups:
        raise ModelError(f"{path}: groups must divide the block's hidden width {hidden}, got {block.groups}")


def has_skip(*, in_width: int, width: int, stride: int) -> bool:
    """Whether a block adds its input to its output."""
    return stride == 1 and in_width == width


def padding_of(block: Block) -> int:
    """Zeros on each side of the block's spatial convolution."""
    return block.kernel // 2 if block.padding is None else block.padding
