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
DetectorForm = Literal["c4", "fpn"]

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
class HeadStage(Stage):
    """A stage of a detector's box or mask head, which may also enlarge its features."""

    upsample: Literal[1, 2] = 1
    """Factor by which the first block repeats pixels before its spatial convolution."""

    def __post_init__(self) -> None:
        Stage.__post_init__(self)  # no super(): slots make another class of this one
        if self.upsample > 1 and (self.stride > 1 or self.block == "fused_residual"):
            raise ValueError(
                f"upsample must be 1 beside a stride and in a fused residual, got upsample={self.upsample}, "
                f"stride={self.stride}, block={self.block}"
            )


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
class Detector:
    """What a two-stage detector has beside its trunk, in d2go's two forms.

    In the C4 form the trunk ends with the last stage at ``stride``, and everything reads its features. In the FPN form
    the whole trunk runs, a pyramid of ``fpn_width`` channels stands on its features from ``stride`` on, and one more,
    coarser level on that. The RPN's feature extractor repeats the last block of the trunk at ``rpn_stride``.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    form: DetectorForm = "c4"
    stride: Literal[4, 8, 16, 32] = 16
    """Of the features that regions and proposals are read from; in the FPN form, of the finest of them."""
    roi_stride: Literal[4, 8, 16, 32] | None = None
    """Of the finest features that regions are pooled from, in the FPN form; none is ``stride``."""
    fpn_width: Width | None = None
    """Channels of the pyramid; given exactly in the FPN form."""
    rpn_stride: Literal[4, 8, 16, 32] | None = None
    """Of the trunk's features whose last block the RPN repeats; none is ``stride`` in the C4 form and 16 in an FPN."""
    rpn_depth: Annotated[int, Field(ge=1)] | None = None
    """Blocks of the RPN's feature extractor; none is as many as follow the first block of the repeated stage."""
    box: Annotated[tuple[HeadStage, ...], Field(min_length=1, strict=False)] | None = None
    """The box head, run on each region; none is the trunk's stages at stride 32 (of a C4 detector, all beyond
    ``stride``)."""
    mask: Annotated[tuple[HeadStage, ...], Field(min_length=1, strict=False)] | None = None
    """The mask head, run on each detection; none for boxes alone."""

    def __post_init__(self) -> None:
        if (self.fpn_width is None) != (self.form == "c4"):
            raise ValueError(f"fpn_width must be given exactly for fpn, got form={self.form}, {self.fpn_width}")
        if self.form == "c4" and self.roi_stride is not None:
            raise ValueError(f"roi_stride must be left out for c4, got {self.roi_stride}")
        if self.roi_stride is not None and self.roi_stride < self.stride:
            raise ValueError(f"roi_stride must be >= stride, got roi_stride={self.roi_stride}, stride={self.stride}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Architecture:
    """One network: a classifier, complete; or without a head a detector, or the trunk of one."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    resolution: Annotated[int, Field(ge=1)]
    """Height and width of the input in pixels; of a detector, the shorter side of an image at test."""
    in_channels: Annotated[int, Field(ge=1)]
    num_classes: Annotated[int, Field(ge=2)]
    """Classes that the classifier, or the detector around a trunk, tells apart."""
    stem: Stem
    stages: Annotated[tuple[Stage, ...], Field(min_length=1, strict=False)]
    head: Head | None
    """None for a trunk. Has no default, so that a file which forgets its head is no trunk by mistake."""
    style: BlockStyle = field(default_factory=BlockStyle)
    detector: Detector | None = None
    """What stands on a trunk; none for a classifier, and for a trunk alone."""

    def __post_init__(self) -> None:
        if self.detector is not None and self.head is not None:
            raise ValueError("head must be null in a detector, which has its own heads")
