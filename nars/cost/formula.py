"""Costs of many networks at once, by closed formula.

Shapes: N candidates; every array has shape ``(N,)``.
"""

from dataclasses import dataclass

import numpy as np

from nars.cost.detector_formula import detector_parts
from nars.cost.geometry import geometry
from nars.cost.latency import LatencyTable
from nars.cost.part_formula import block_part, head_part, stem_part
from nars.errors import CostError
from nars.space.architecture import Architecture
from nars.space.candidate import Candidate
from nars.space.columns import ArchitectureColumns, Floats, Ints, architecture_columns
from nars.space.detector_columns import candidate_columns
from nars.trials.cost import Cost

_BYTES = 4
"""Of a float32 number."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CostColumns:
    """Costs of N networks at batch 1 and their own resolution; `Cost` tells what each means."""

    macs_N: Ints
    params_N: Ints
    activations_N: Ints
    memory_bytes_N: Ints
    latency_ms_N: Floats | None = None
    """None without a latency table."""


def cost_columns(columns: ArchitectureColumns, *, table: LatencyTable | None = None) -> CostColumns:
    """Costs of N architectures.

    A MAC is one multiply-add of a convolution or linear layer; biases, norms, activations, pools, gates and skips
    have none. Parameters are weights, biases, norm scales and shifts (running statistics are not). Activations are
    output elements of convolution and linear layers, those of squeeze-excites included.

    Memory is 4 bytes for each parameter and for each element of the largest set of feature maps alive at once. The
    operators are those of the network as built, each on its own: convolution, norm, activation, pool, gate product,
    skip addition, linear layer. Each writes a new map (none works in place, none is folded into another; dropout and
    flattening write nothing), and while it runs there live its inputs, its output, and what a later operator still
    reads: a block's input until the skip is added, a squeeze-excite's input until it is gated. The image lives until
    the stem's convolution is done.

    Of a detector: see `nars.cost.detector_formula`.

    Args:
        columns: The architectures.
        table: Measured operators, for ``latency_ms_N``.

    Raises:
        CostError: If an architecture cannot be built, or the table lacks one of its operators.
    """
    if columns.detector is not None:
        return _detector_costs(columns, table)
    shape = geometry(columns)
    stem, head = stem_part(columns, shape), head_part(columns, shape)
    macs_N, params_N = stem.macs_N + head.macs_N, stem.params_N + head.params_N
    activations_N, maps_N = stem.activations_N + head.activations_N, np.maximum(stem.maps_N, head.maps_N)
    for block in shape.blocks:
        part = block_part(block, depthwise_norm=columns.style.depthwise_norm)
        macs_N += block.repeats_N * part.macs_N
        params_N += block.repeats_N * part.params_N
        activations_N += block.repeats_N * part.activations_N
        maps_N = np.maximum(maps_N, np.where(block.repeats_N > 0, part.maps_N, 0))
    return CostColumns(
        macs_N=macs_N,
        params_N=params_N,
        activations_N=activations_N,
        memory_bytes_N=_BYTES * (params_N + maps_N),
        latency_ms_N=None if table is None else table.columns(columns),
    )


def _detector_costs(columns: ArchitectureColumns, table: LatencyTable | None) -> CostColumns:
    if table is not None:
        raise CostError("a detector's latency cannot be told from a table: none has its heads")
    parts = detector_parts(columns).all
    params_N = np.add.reduce([part.params_N for part in parts])
    return CostColumns(
        macs_N=np.add.reduce([part.macs_N for part in parts]),
        params_N=params_N,
        activations_N=np.add.reduce([part.activations_N for part in parts]),
        memory_bytes_N=_BYTES * (params_N + np.maximum.reduce([part.maps_N for part in parts])),
    )


def candidate_cost(candidate: Candidate, *, table: LatencyTable | None = None) -> Cost:
    """Cost of one candidate, of a detector with its recipe's regions; ``train_macs`` is 0.

    Raises:
        CostError: As in `cost_columns`.
    """
    return _one(cost_columns(candidate_columns([candidate]), table=table))


def architecture_cost(architecture: Architecture, *, table: LatencyTable | None = None) -> Cost:
    """Cost of one classifier or trunk; ``train_macs`` is 0, since that depends on the recipe too.

    Raises:
        CostError: As in `cost_columns`.
    """
    return _one(cost_columns(architecture_columns([architecture]), table=table))


def _one(costs: CostColumns) -> Cost:
    return Cost(
        macs=int(costs.macs_N[0]),
        params=int(costs.params_N[0]),
        activations=int(costs.activations_N[0]),
        memory_bytes=int(costs.memory_bytes_N[0]),
        latency_ms=None if costs.latency_ms_N is None else float(costs.latency_ms_N[0]),
    )
