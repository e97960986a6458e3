"""The architecture of one network: typed stages and blocks, and the resolution it reads.

The form covers the FBNetV3 family and its relatives: a stem, stages of inverted residual blocks whose first block
may differ from the rest in kernel and expansion, and the pooled last block. Without that block it is a trunk, whose
features a detector reads.
"""

from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field

Activation = Literal["hswish", "relu", "relu6", "swish"]
BlockKind = Literal["inverted_residual", "fused_residual"]
OddKernel = Annotated[Literal[1, 3, 5, 7, 9], Field()]
Width = Annotated[int, Field(ge=1)]
Expansion = Annotated[float, Field(gt=0)]

_STRICT = ConfigDict(extra="forbid", strict=True)


@dataclass(frozen=True, kw_only=True, slots=True)
class Stem:
    """The first convolution."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    width: Width
    """Output channels."""
    kernel: OddKernel = 3
    stride: Literal[1, 2, 4] = 2
    activation: Activation = "hswish"
    bias: bool = False
    """Whether the convolution has a bias beside its norm (mobile-vision's FBNetV3 does, timm's does not)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """What may differ between the first block of a stage and the rest."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    kernel: OddKernel
    expansion: Expansion
    """Hidden width over input width; the hidden width is rounded to the style's divisor."""
    padding: Annotated[int, Field(ge=0)] | None = None
    """Depthwise padding; none means ``kernel // 2``."""
    groups: Annotated[int, Field(ge=1)] | None = None
    """Groups of an inverted residual's spatial convolution, a divisor of its hidden width; none means depthwise."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Stage:
    """A run of blocks of one width; only the first strides and changes width."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    width: Width
    """Output channels of each block."""
    depth: Annotated[int, Field(ge=1)]
    """Number of blocks, the first included."""
    first: Block
    rest: Block | None = None
    """Shape of blocks 2 to ``depth``; none exactly when ``depth`` is 1."""
    stride: Literal[1, 2] = 1
    squeeze_excite: bool = False
    activation: Activation = "hswish"
    block: BlockKind = "inverted_residual"

    def __post_init__(self) -> None:
        if (self.rest is None) != (self.depth == 1):
            raise ValueError(f"rest must be given exactly when depth > 1, got depth={self.depth}, rest={self.rest}")
        for block in (self.first, self.rest):
            if self.block == "fused_residual" and block is not None and block.groups is not None:
                raise ValueError(f"groups must be left out of a fused residual, got {block.groups}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Head:
    """FBNetV3's pooled last block: 1x1 expansion, global average pool, 1x1 to ``width`` without a norm."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    width: Width
    """Features that the classifier sees."""
    expansion: Expansion = 6.0
    """Width before pooling over the last stage's width."""
    activation: Activation = "hswish"


@dataclass(frozen=True, kw_only=True, slots=True)
class BlockStyle:
    """Details that all blocks of a network share; mobile-vision's, timm's and d2go's nets differ in them."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    se_reference: Literal["input", "expanded"] = "input"
    """A squeeze-excite's hidden width is a quarter of the block's input width or of its expanded width."""
    se_gate: Literal["hard_sigmoid", "sigmoid"] = "hard_sigmoid"
    depthwise_norm: bool = True
    """Whether norm and activation follow the depthwise convolution."""
    zero_init_residual: bool = True
    """Whether the last norm scale starts at 0 in blocks with a skip."""
    divisor: Annotated[int, Field(ge=1)] = 8
    """Hidden widths are rounded to multiples of this."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Architecture:
    """One network: a classifier, complete; or without a head the trunk of a detector."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    resolution: Annotated[int, Field(ge=1)]
    """Height and width of the input in pixels."""
    in_channels: Annotated[int, Field(ge=1)]
    num_classes: Annotated[int, Field(ge=2)]
    """Classes that the classifier, or the detector around a trunk, tells apart."""
    stem: Stem
    stages: Annotated[tuple[Stage, ...], Field(min_length=1, strict=False)]
    head: Head | None
    """None for a trunk. Has no default, so that a file which forgets its head is no trunk by mistake."""
    style: BlockStyle = field(default_factory=BlockStyle)
