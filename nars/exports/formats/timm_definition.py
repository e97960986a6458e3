"""An architecture in the words of timm's MobileNetV3 class, which its FBNetV3 is made of."""

from collections.abc import Iterator
from itertools import groupby

from nars.errors import BundleError
from nars.models.block_rows import BlockRow, block_rows
from nars.models.widths import round_width
from nars.space.architecture import Activation, Architecture, Block, Stage

_ACTIVATIONS: dict[Activation, str] = {"hswish": "hs", "relu": "re", "relu6": "r6", "swish": "sw"}


def timm_definition(architecture: Architecture) -> list[list[str]]:
    """The strings of each stage, the last of which is the expansion before the pooling.

    Raises:
        BundleError: If timm's class cannot express the architecture; the message lists every part that it cannot.
    """
    problems = list(_problems(architecture))
    if problems:
        raise BundleError(f"timm cannot express {'; '.join(problems)}")
    head = architecture.head
    assert head is not None  # a classifier has one
    stages = [
        _stage_strings(stage, tuple(rows))
        for stage, (_, rows) in zip(
            architecture.stages, groupby(block_rows(architecture), key=lambda row: row.stage), strict=True
        )
    ]
    hidden = round_width(architecture.stages[-1].width * head.expansion, architecture.style.divisor)
    if hidden != architecture.stages[-1].width:
        stages.append([f"cn_r1_k1_s1_c{hidden}_n{_ACTIVATIONS[head.activation]}"])
    return stages


def _problems(architecture: Architecture) -> Iterator[str]:
    """What timm's class has no word for."""
    stem, style = architecture.stem, architecture.style
    if (stem.kernel, stem.stride) != (3, 2):
        yield f"a stem of kernel {stem.kernel} and stride {stem.stride} (always 3 and 2)"
    if architecture.head is not None and architecture.head.activation != stem.activation:
        yield f"a head's activation {architecture.head.activation} beside the stem's {stem.activation}"
    if not style.depthwise_norm:
        yield "depthwise convolutions without a norm"
    if style.divisor != 8:
        yield f"widths rounded to multiples of {style.divisor}"
    for index, stage in enumerate(architecture.stages):
        yield from (f"{problem} in stage {index}" for problem in _stage_problems(stage))


def _stage_problems(stage: Stage) -> Iterator[str]:
    if stage.block == "fused_residual":
        yield "fused residuals"
    for block in (stage.first, stage.rest):
        if block is not None and block.padding not in {None, block.kernel // 2}:
            yield f"a padding of {block.padding} under a kernel of {block.kernel}"
        if block is not None and block.groups is not None:
            yield f"{block.groups} groups"


def _stage_strings(stage: Stage, rows: tuple[BlockRow, ...]) -> list[str]:
    strings = [_block_string(stage.first, rows[0], repeats=1)]
    if stage.rest is not None:
        strings.append(_block_string(stage.rest, rows[1], repeats=stage.depth - 1))
    return strings


def _block_string(block: Block, row: BlockRow, *, repeats: int) -> str:
    gate = "_se0.25" if row.squeeze_excite else ""
    act = _ACTIVATIONS[row.activation]
    kind, expansion = ("ir", f"_e{block.expansion:g}") if row.expands else ("ds", "")
    return f"{kind}_r{repeats}_k{row.kernel}_s{row.stride}{expansion}_c{row.width}{gate}_n{act}"
