"""An architecture block by block, every width and size resolved: what generated code and pictures are made of."""

from collections.abc import Sequence
from dataclasses import dataclass

from nars.models.feature_sizes import feature_sizes, has_skip, padding_of
from nars.models.widths import round_width, squeeze_excite_width
from nars.space.architecture import Activation, Architecture, BlockKind, BlockStyle, HeadStage, Stage


@dataclass(frozen=True, kw_only=True, slots=True)
class BlockRow:
    """One block as it is built."""

    stage: int
    """Index of its stage."""
    kind: BlockKind
    in_width: int
    hidden: int
    """Channels between its two pointwise convolutions; of a fused residual, behind its spatial one."""
    width: int
    kernel: int
    stride: int
    padding: int
    groups: int
    """Of the spatial convolution."""
    squeeze_excite: int
    """Hidden channels of the squeeze-excite; 0 without one."""
    projects: bool
    """Whether it ends with a pointwise convolution; only a fused residual may not."""
    has_skip: bool
    activation: Activation
    upsample: int = 1
    """Factor by which pixels are repeated before its spatial convolution; only in a detector's head more than 1."""

    @property
    def expands(self) -> bool:
        """Whether an inverted residual begins with a pointwise convolution."""
        return self.kind == "inverted_residual" and self.hidden != self.in_width


def block_rows(architecture: Architecture) -> tuple[BlockRow, ...]:
    """All blocks of an architecture, in their order.

    Raises:
        ModelError: If it cannot be built.
    """
    feature_sizes(architecture)  # raises where it cannot
    return stage_rows(architecture.stages, architecture.style, in_width=architecture.stem.width)


def stage_rows(stages: Sequence[Stage], style: BlockStyle, *, in_width: int) -> tuple[BlockRow, ...]:
    """All blocks of some stages, in their order.

    Args:
        stages: Of a trunk, or of a detector's head.
        style: What all blocks share.
        in_width: Channels of what comes in.
    """
    rows: list[BlockRow] = []
    for index, stage in enumerate(stages):
        for number in range(stage.depth):
            block = stage.first if number == 0 or stage.rest is None else stage.rest
            is_fused = stage.block == "fused_residual"
            projects = not is_fused or block.expansion != 1
            hidden = round_width(in_width * block.expansion, style.divisor) if projects else stage.width
            stride = stage.stride if number == 0 else 1
            upsample = stage.upsample if number == 0 and isinstance(stage, HeadStage) else 1
            gated = squeeze_excite_width(
                hidden, expansion=block.expansion, reference=style.se_reference, divisor=style.divisor
            )
            row = BlockRow(
                stage=index,
                kind=stage.block,
                in_width=in_width,
                hidden=hidden,
                width=stage.width,
                kernel=block.kernel,
                stride=stride,
                padding=padding_of(block),
                groups=1 if is_fused else block.groups or hidden,
                squeeze_excite=gated if stage.squeeze_excite else 0,
                projects=projects,
                has_skip=has_skip(in_width=in_width, width=stage.width, stride=stride) and upsample == 1,
                activation=stage.activation,
                upsample=upsample,
            )
            rows.append(row)
            in_width = stage.width
    return tuple(rows)
