"""Probes: networks of one block, each the smallest that has a given operator; trunks, save where the head is meant.

A space's operators are enumerated and measured as parts of probes, so that the rules of widths, sizes and paddings
stand in one place, `nars.cost.geometry`, and what is measured is what the builder builds.
Shapes: N probes; a row of numbers describes one operator, in the order of its kind's fields below.
"""

from dataclasses import dataclass

import numpy as np

from nars.cost.operator import operator_columns
from nars.space.architecture import Activation, Architecture, Block, BlockStyle, Head, Stage, Stem
from nars.space.columns import ArchitectureColumns, BlockColumns, Floats, HeadColumns, Ints, StageColumns

STEM_FIELDS = ("resolution", "in_channels", "width", "kernel", "stride")
BLOCK_FIELDS = (
    "in_size", "in_width", "width", "stride", "squeeze_excite", "fused", "kernel", "expansion", "padding",
)  # fmt: skip
HEAD_FIELDS = ("in_size", "in_width", "width", "expansion", "num_classes")


@dataclass(frozen=True, kw_only=True, slots=True)
class Probes:
    """N networks and which of their operators is meant."""

    columns: ArchitectureColumns
    position: int
    """0 for the stem, 1 for the block, 2 for the head."""

    def numbers(self) -> Ints:
        """The meant operators, ``N x 10``: the fields of `Operator` in order, the kind by its index.

        Raises:
            CostError: If a probe cannot be built.
        """
        return np.stack(list(operator_columns(self.columns))[self.position].numbers, axis=1)

    def architecture(self, n: int, *, activation: Activation) -> Architecture:
        """Probe ``n``; the activation stands in all its parts."""
        columns, stage, head = self.columns, self.columns.stages[0], self.columns.head
        return Architecture(
            resolution=int(columns.resolution_N[n]),
            in_channels=int(columns.in_channels_N[n]),
            num_classes=int(columns.num_classes_N[n]),
            stem=Stem(
                width=int(columns.stem_width_N[n]),
                kernel=int(columns.stem_kernel_N[n]),  # type: ignore[arg-type]  # one of the space's kernels
                stride=int(columns.stem_stride_N[n]),  # type: ignore[arg-type]  # as above
                activation=activation,
            ),
            stages=(
                Stage(
                    width=int(stage.width_N[n]),
                    depth=1,
                    first=Block(
                        kernel=int(stage.first.kernel_N[n]),  # type: ignore[arg-type]  # as above
                        expansion=float(stage.first.expansion_N[n]),
                        padding=int(stage.first.padding_N[n]),
                    ),
                    stride=int(stage.stride_N[n]),  # type: ignore[arg-type]  # as above
                    squeeze_excite=bool(stage.squeeze_excite_N[n]),
                    activation=activation,
                    block="fused_residual" if stage.fused_N[n] else "inverted_residual",
                ),
            ),
            head=None
            if head is None
            else Head(width=int(head.width_N[n]), expansion=float(head.expansion_N[n]), activation=activation),
            style=columns.style,
        )


def stem_probes(rows_NF: Floats, style: BlockStyle) -> Probes:
    """Stems before a block that does next to nothing."""
    fields = dict(zip(STEM_FIELDS, rows_NF.T, strict=True))
    return Probes(columns=_columns(fields, style, stem=fields, block=_plain_block(fields["width"])), position=0)


def block_probes(rows_NF: Floats, style: BlockStyle) -> Probes:
    """Blocks behind a stem that keeps the size of the image."""
    fields = dict(zip(BLOCK_FIELDS, rows_NF.T, strict=True))
    return Probes(columns=_columns({"resolution": fields["in_size"]}, style, block=fields), position=1)


def head_probes(rows_NF: Floats, style: BlockStyle) -> Probes:
    """Heads behind a block that keeps size and width."""
    fields = dict(zip(HEAD_FIELDS, rows_NF.T, strict=True))
    image = {"resolution": fields["in_size"], "num_classes": fields["num_classes"]}
    return Probes(columns=_columns(image, style, block=_plain_block(fields["in_width"]), head=fields), position=2)


_Fields = dict[str, Floats]


def _plain_block(width_N: Floats) -> _Fields:
    ones_N, zeros_N = np.ones_like(width_N), np.zeros_like(width_N)
    return {
        "in_width": width_N, "width": width_N, "stride": ones_N, "squeeze_excite": zeros_N, "fused": zeros_N,
        "kernel": ones_N, "expansion": ones_N, "padding": zeros_N,
    }  # fmt: skip


def _columns(
    image: _Fields, style: BlockStyle, *, block: _Fields, stem: _Fields | None = None, head: _Fields | None = None
) -> ArchitectureColumns:
    """Networks of one block; what is not given is as small as it can be."""
    ones_N = np.ones_like(image["resolution"])
    stem = stem or {"width": block["in_width"], "kernel": ones_N, "stride": ones_N}
    shape = BlockColumns(
        kernel_N=_ints(block["kernel"]),
        expansion_N=block["expansion"],
        padding_N=_ints(block["padding"]),
        groups_N=_ints(0 * ones_N),
    )
    stage = StageColumns(
        width_N=_ints(block["width"]),
        depth_N=_ints(ones_N),
        stride_N=_ints(block["stride"]),
        squeeze_excite_N=block["squeeze_excite"] > 0,
        fused_N=block["fused"] > 0,
        first=shape,
        rest=shape,
    )
    return ArchitectureColumns(
        resolution_N=_ints(image["resolution"]),
        in_channels_N=_ints(image.get("in_channels", ones_N)),
        num_classes_N=_ints(image.get("num_classes", 2 * ones_N)),
        stem_width_N=_ints(stem["width"]),
        stem_kernel_N=_ints(stem["kernel"]),
        stem_stride_N=_ints(stem["stride"]),
        stem_bias_N=np.zeros(len(ones_N), dtype=np.bool_),
        stages=(stage,),
        head=None if head is None else HeadColumns(width_N=_ints(head["width"]), expansion_N=head["expansion"]),
        style=style,
    )


def _ints(values_N: Floats) -> Ints:
    return values_N.astype(np.int64)
