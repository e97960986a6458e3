"""What every generated ``model.py`` has: rows of blocks, and the modules that are built of them."""

from collections.abc import Iterable
from itertools import groupby

from torch import nn

from nars.models.activations import build_activation, build_gate
from nars.models.block_rows import BlockRow
from nars.models.norms import num_groups
from nars.space.architecture import Activation, Architecture, BlockStyle
from nars.space.norm import Norm

_ROWS = '''\
class Inverted(NamedTuple):
    """An inverted residual: 1x1 expansion (none where hidden is in_width), spatial convolution, 1x1 projection."""

    in_width: int
    hidden: int
    width: int
    kernel: int
    stride: int
    padding: int
    groups: int
    squeeze_excite: int  # hidden channels, 0 for none
    skip: bool
    act: type{upsample_field}


class Fused(NamedTuple):
    """A fused residual: spatial convolution, 1x1 projection (where it projects)."""

    in_width: int
    hidden: int
    width: int
    kernel: int
    stride: int
    padding: int
    projects: bool
    squeeze_excite: int
    skip: bool
    act: type'''

_PARTS = '''\
def named(**parts):
    """Modules in a row."""
    return nn.Sequential(OrderedDict((name, part) for name, part in parts.items() if part is not None))


def convolution(in_width, width, *, kernel=1, stride=1, padding=0, groups=1, bias=False, norm=True, act=None):
    """A convolution, its norm, its activation."""
    return named(
        conv=nn.Conv2d(in_width, width, kernel, stride=stride, padding=padding, groups=groups, bias=bias),
        norm={norm} if norm else None,
        act=act() if act else None,
    )


class SqueezeExcite(nn.Module):
    """Channels gated by the mean of the whole feature map."""

    def __init__(self, width, hidden, act):
        super().__init__()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.reduce = nn.Conv2d(width, hidden, 1)
        self.act = act()
        self.expand = nn.Conv2d(hidden, width, 1)
        self.gate = nn.{gate}()

    def forward(self, x):
        return x * self.gate(self.expand(self.act(self.reduce(self.pool(x)))))


def inverted_branch(row):
    normed = {depthwise_norm}
    expands = row.hidden != row.in_width
    return named(
        expand=convolution(row.in_width, row.hidden, act=row.act) if expands else None,
{upsample_part}        depthwise=convolution(
            row.hidden, row.hidden, kernel=row.kernel, stride=row.stride, padding=row.padding, groups=row.groups,
            norm=normed, act=row.act if normed else None,
        ),
        squeeze_excite=SqueezeExcite(row.hidden, row.squeeze_excite, row.act) if row.squeeze_excite else None,
        project=convolution(row.hidden, row.width),
    )


def fused_branch(row):
    return named(
        conv=convolution(
            row.in_width, row.hidden, kernel=row.kernel, stride=row.stride, padding=row.padding, act=row.act
        ),
        squeeze_excite=SqueezeExcite(row.hidden, row.squeeze_excite, row.act) if row.squeeze_excite else None,
        project=convolution(row.hidden, row.width) if row.projects else None,
    )


class Block(nn.Module):
    """A branch, with its input added where their shapes agree."""

    def __init__(self, row):
        super().__init__()
        self.branch = fused_branch(row) if isinstance(row, Fused) else inverted_branch(row)
        self.skip = row.skip

    def forward(self, x):
        return x + self.branch(x) if self.skip else self.branch(x)


class Normalize(nn.Module):
    """The training images' mean and standard deviation per channel, which are among the weights."""

    def __init__(self, channels):
        super().__init__()
        self.register_buffer("mean", torch.zeros(channels, 1, 1))
        self.register_buffer("std", torch.ones(channels, 1, 1))

    def forward(self, images):
        return (images - self.mean) / self.std'''
_UPSAMPLE_FIELD = """
    upsample: int = 1  # factor by which pixels are repeated before the spatial convolution"""
_UPSAMPLE_PART = """\
        upsample=nn.Upsample(scale_factor=row.upsample, mode="nearest") if row.upsample > 1 else None,
"""


def rows_text(*, upsamples: bool) -> str:
    """The types of rows; ``upsamples`` says whether a block may enlarge its features, as in a detector's head."""
    return _ROWS.format(upsample_field=_UPSAMPLE_FIELD if upsamples else "")


def parts_text(network: nn.Module, norm: Norm, style: BlockStyle, *, upsamples: bool) -> str:
    """The modules.

    Args:
        network: Which of them are the parts.
        norm: After its convolutions.
        style: What its blocks share.
        upsamples: As `rows_text`.
    """
    return _PARTS.format(
        norm=norm_text(network, norm),
        gate=type(build_gate(style.se_gate)).__name__,
        depthwise_norm=style.depthwise_norm,
        upsample_part=_UPSAMPLE_PART if upsamples else "",
    )


def stages_text(rows: Iterable[BlockRow]) -> str:
    """The rows of some blocks, a tuple for each stage."""
    lines: list[str] = []
    for _, of_stage in groupby(rows, key=lambda row: row.stage):
        lines += ["    (", *(f"        {_row(row)}," for row in of_stage), "    ),"]
    return "\n".join(lines)


def stem_text(architecture: Architecture) -> str:
    """The arguments of the first convolution."""
    stem = architecture.stem
    return (
        f"{architecture.in_channels}, {stem.width}, kernel={stem.kernel}, stride={stem.stride}, "
        f"padding={stem.kernel // 2}, bias={stem.bias}, act={activation_text(stem.activation)}"
    )


def names_text(names: Iterable[str]) -> str:
    """Names of classes, a line each."""
    return "\n".join(f"    {name!r}," for name in names)


def activation_text(name: Activation) -> str:
    """The name of an activation in torch."""
    return f"nn.{type(build_activation(name)).__name__}"


def norm_text(network: nn.Module, norm: Norm) -> str:
    """How a norm of ``width`` channels is made; the groups of a group norm are those of the network's."""
    if norm != "GN":  # the synchronised ones are batch norm in eval mode and on one device
        return "nn.BatchNorm2d(width)"
    widths = {module.num_channels for module in network.modules() if isinstance(module, nn.GroupNorm)}
    groups = {width: num_groups(width) for width in sorted(widths)}
    return f"nn.GroupNorm({groups}[width], width)"


def _row(row: BlockRow) -> str:
    is_fused = row.kind == "fused_residual"
    shape = (row.in_width, row.hidden, row.width, row.kernel, row.stride, row.padding)
    values = (*shape, row.projects if is_fused else row.groups, row.squeeze_excite, row.has_skip)
    enlarged = (row.upsample,) if row.upsample > 1 else ()
    texts = [*map(str, values), activation_text(row.activation), *map(str, enlarged)]
    return f"{'Fused' if is_fused else 'Inverted'}({', '.join(texts)})"
