"""FBNetV3's blocks: inverted residual and fused residual (reference/fbnetv3.md sections 2.2 and 2.4)."""

from collections import OrderedDict

from torch import Tensor, nn
from torchvision.ops import StochasticDepth

from nars.models.convolution import build_convolution
from nars.models.feature_sizes import has_skip, padding_of
from nars.models.squeeze_excite import SqueezeExcite
from nars.models.widths import round_width, squeeze_excite_width
from nars.space.architecture import Block, BlockStyle, Stage
from nars.space.norm import Norm


class ResidualBlock(nn.Module):
    """A branch of named parts, with an identity skip around it where input and output agree.

    Attributes:
        branch: ``expand``, ``upsample``, ``depthwise``, ``squeeze_excite``, ``project``, or for a fused block ``conv``,
            ``squeeze_excite``, ``project``; a part that the block lacks is absent.
        drop: Drops the branch of single images while training; none exactly where there is no skip.
    """

    def __init__(self, branch: nn.Sequential, *, drop: StochasticDepth | None) -> None:
        super().__init__()
        self.branch = branch
        self.drop = drop

    def forward(self, x: Tensor) -> Tensor:
        """Features of `N x in_width x H x W` features."""
        y: Tensor = self.branch(x)
        return y if self.drop is None else x + self.drop(y)


def build_block(
    block: Block,
    stage: Stage,
    style: BlockStyle,
    *,
    in_width: int,
    stride: int,
    norm: Norm,
    drop_probability: float,
    upsample: int = 1,
) -> ResidualBlock:
    """One block of a stage.

    Args:
        block: The kernel, expansion and padding.
        stage: What all blocks of the stage share.
        style: What all blocks of the network share.
        in_width: Input channels.
        stride: The stage's stride for its first block, else 1.
        norm: Normalisation after each convolution.
        drop_probability: Share of images whose branch is dropped while training, where there is a skip.
        upsample: Factor by which an inverted residual repeats pixels before its spatial convolution.
    """
    if stage.block == "fused_residual":
        branch = _fused_branch(block, stage, style, in_width=in_width, stride=stride, norm=norm)
    else:
        branch = _inverted_branch(block, stage, style, in_width=in_width, stride=stride, norm=norm, upsample=upsample)
    skip = has_skip(in_width=in_width, width=stage.width, stride=stride) and upsample == 1
    # A branch that ends in an activation keeps its scale: behind a ReLU, 0 would never get a gradient.
    last_scale = dict(branch.named_parameters()).get("project.norm.weight")
    if skip and style.zero_init_residual and last_scale is not None:
        nn.init.zeros_(last_scale)
    return ResidualBlock(branch, drop=StochasticDepth(drop_probability, mode="row") if skip else None)


def _inverted_branch(
    block: Block, stage: Stage, style: BlockStyle, *, in_width: int, stride: int, norm: Norm, upsample: int
) -> nn.Sequential:
    hidden = round_width(in_width * block.expansion, style.divisor)
    parts: OrderedDict[str, nn.Module] = OrderedDict()
    if hidden != in_width:
        parts["expand"] = build_convolution(in_width, hidden, norm=norm, activation=stage.activation)
    if upsample > 1:
        parts["upsample"] = nn.Upsample(scale_factor=upsample, mode="nearest")
    parts["depthwise"] = build_convolution(
        hidden,
        hidden,
        kernel=block.kernel,
        stride=stride,
        padding=padding_of(block),
        groups=hidden if block.groups is None else block.groups,
        norm=norm if style.depthwise_norm else None,
        activation=stage.activation if style.depthwise_norm else None,
    )
    if stage.squeeze_excite:
        parts["squeeze_excite"] = _squeeze_excite(hidden, block, stage, style)
    parts["project"] = build_convolution(hidden, stage.width, norm=norm, activation=None)
    return nn.Sequential(parts)


def _fused_branch(
    block: Block, stage: Stage, style: BlockStyle, *, in_width: int, stride: int, norm: Norm
) -> nn.Sequential:
    projected = block.expansion != 1
    hidden = round_width(in_width * block.expansion, style.divisor) if projected else stage.width
    parts: OrderedDict[str, nn.Module] = OrderedDict()
    parts["conv"] = build_convolution(
        in_width,
        hidden,
        kernel=block.kernel,
        stride=stride,
        padding=padding_of(block),
        norm=norm,
        activation=stage.activation,
    )
    if stage.squeeze_excite:
        parts["squeeze_excite"] = _squeeze_excite(hidden, block, stage, style)
    if projected:
        parts["project"] = build_convolution(hidden, stage.width, norm=norm, activation=None)
    return nn.Sequential(parts)


def _squeeze_excite(width: int, block: Block, stage: Stage, style: BlockStyle) -> SqueezeExcite:
    hidden = squeeze_excite_width(width, expansion=block.expansion, reference=style.se_reference, divisor=style.divisor)
    return SqueezeExcite(width, hidden, activation=stage.activation, gate=style.se_gate)
