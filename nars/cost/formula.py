"""Costs of many networks at once, by closed formula.

Shapes: N candidates; every array has shape ``(N,)``. Comments use S for the input size of a block, T for its output
size, c, h and w for its input, hidden and output width, q for the squeeze-excite's width, k for the kernel and g for
the channels of one group of a convolution.
"""

from dataclasses import dataclass

import numpy as np

from nars.cost.geometry import BlockGeometry, Geometry, geometry
from nars.cost.latency import LatencyTable
from nars.space.architecture import Architecture
from nars.space.columns import ArchitectureColumns, Floats, Ints, architecture_columns
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


@dataclass(frozen=True, kw_only=True, slots=True)
class _Part:
    """Costs of one part of the network."""

    macs_N: Ints
    params_N: Ints
    activations_N: Ints
    maps_N: Ints
    """Largest number of feature map elements alive at once while one of its operators runs."""


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

    Args:
        columns: The architectures.
        table: Measured operators, for ``latency_ms_N``.

    Raises:
        CostError: If an architecture cannot be built, or the table lacks one of its operators.
    """
    shape = geometry(columns)
    stem, head = _stem(columns, shape), _head(columns, shape)
    macs_N, params_N = stem.macs_N + head.macs_N, stem.params_N + head.params_N
    activations_N, maps_N = stem.activations_N + head.activations_N, np.maximum(stem.maps_N, head.maps_N)
    for block in shape.blocks:
        part = _block(block, depthwise_norm=columns.style.depthwise_norm)
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


def architecture_cost(architecture: Architecture, *, table: LatencyTable | None = None) -> Cost:
    """Cost of one architecture; ``train_macs`` is 0, since that depends on the recipe too.

    Raises:
        CostError: As in `cost_columns`.
    """
    costs = cost_columns(architecture_columns([architecture]), table=table)
    return Cost(
        macs=int(costs.macs_N[0]),
        params=int(costs.params_N[0]),
        activations=int(costs.activations_N[0]),
        memory_bytes=int(costs.memory_bytes_N[0]),
        latency_ms=None if costs.latency_ms_N is None else float(costs.latency_ms_N[0]),
    )


def _stem(columns: ArchitectureColumns, shape: Geometry) -> _Part:
    weights_N = columns.stem_kernel_N**2 * columns.in_channels_N * columns.stem_width_N
    pixels_N = shape.stem_size_N**2
    out_N = columns.stem_width_N * pixels_N
    return _Part(
        macs_N=weights_N * pixels_N,
        params_N=weights_N + (2 + columns.stem_bias_N) * columns.stem_width_N,
        activations_N=out_N,
        # Convolution; norm and activation.
        maps_N=np.maximum(columns.in_channels_N * columns.resolution_N**2 + out_N, 2 * out_N),
    )


def _head(columns: ArchitectureColumns, shape: Geometry) -> _Part:
    if shape.head is None:
        zeros_N = np.zeros_like(shape.out_size_N)
        return _Part(macs_N=zeros_N, params_N=zeros_N, activations_N=zeros_N, maps_N=zeros_N)
    width_N, hidden_N, classes_N = shape.out_width_N, shape.head.hidden_width_N, columns.num_classes_N
    pixels_N, features_N = shape.out_size_N**2, shape.head.width_N
    expanded_N = hidden_N != width_N
    pooled_N = hidden_N * features_N + features_N * classes_N
    map_N = hidden_N * pixels_N
    return _Part(
        macs_N=expanded_N * width_N * map_N + pooled_N,
        params_N=expanded_N * (width_N * hidden_N + 2 * hidden_N) + pooled_N + classes_N,
        activations_N=expanded_N * map_N + features_N + classes_N,
        maps_N=_largest(
            expanded_N * (width_N * pixels_N + map_N),  # expansion
            expanded_N * 2 * map_N,  # its norm and activation
            map_N + hidden_N,  # pool
            hidden_N + features_N,  # convolution of the pooled
            2 * features_N,  # its activation
            features_N + classes_N,  # linear layer
        ),
    )


def _block(block: BlockGeometry, *, depthwise_norm: bool) -> _Part:
    """One block; where kinds differ over the candidates, both are computed and chosen from."""
    if not block.fused_N.any():
        return _inverted(block, depthwise_norm=depthwise_norm)
    if block.fused_N.all():
        return _fused(block)
    fused, inverted = _fused(block), _inverted(block, depthwise_norm=depthwise_norm)
    return _Part(
        macs_N=np.where(block.fused_N, fused.macs_N, inverted.macs_N),
        params_N=np.where(block.fused_N, fused.params_N, inverted.params_N),
        activations_N=np.where(block.fused_N, fused.activations_N, inverted.activations_N),
        maps_N=np.where(block.fused_N, fused.maps_N, inverted.maps_N),
    )


def _inverted(block: BlockGeometry, *, depthwise_norm: bool) -> _Part:
    c_N, h_N = block.in_width_N, block.hidden_width_N
    expanded_N = c_N != h_N
    before_N, after_N = h_N * block.in_size_N**2, h_N * block.out_size_N**2  # hS², hT²
    held_N = block.skip_N * c_N * block.in_size_N**2  # the skip's cS²
    tail = _tail(block, after_N, held_N)
    filter_N = block.kernel_N**2 * block.group_width_N  # k²g
    return _Part(
        macs_N=tail.macs_N + expanded_N * c_N * before_N + filter_N * after_N,
        params_N=tail.params_N + (expanded_N * (c_N + 2) + filter_N + 2 * depthwise_norm) * h_N,
        activations_N=tail.activations_N + expanded_N * before_N + after_N,
        maps_N=_largest(
            tail.maps_N,
            expanded_N * (c_N * block.in_size_N**2 + before_N),  # expansion
            expanded_N * (held_N + 2 * before_N),  # its norm and activation
            expanded_N * held_N + before_N + after_N,  # depthwise convolution
            held_N + 2 * after_N if depthwise_norm else tail.maps_N,  # its norm and activation
        ),
    )


def _fused(block: BlockGeometry) -> _Part:
    c_N, h_N = block.in_width_N, block.hidden_width_N
    in_N, after_N = c_N * block.in_size_N**2, h_N * block.out_size_N**2  # cS², hT²
    held_N = block.skip_N * in_N
    tail = _tail(block, after_N, held_N)
    weights_N = block.kernel_N**2 * c_N * h_N
    return _Part(
        macs_N=tail.macs_N + weights_N * block.out_size_N**2,
        params_N=tail.params_N + weights_N + 2 * h_N,
        activations_N=tail.activations_N + after_N,
        # Convolution; its norm and activation, and the skip's addition where nothing projects.
        maps_N=_largest(tail.maps_N, in_N + after_N, held_N + 2 * after_N),
    )


def _tail(block: BlockGeometry, hidden_map_N: Ints, held_N: Ints) -> _Part:
    """Squeeze-excite and projection, which both kinds of block end with."""
    h_N, w_N, q_N, projected_N = block.hidden_width_N, block.width_N, block.squeeze_width_N, block.projected_N
    squeezed_N = q_N > 0
    out_N = projected_N * w_N * block.out_size_N**2  # wT²
    gates_N = 2 * h_N * q_N
    return _Part(
        macs_N=gates_N + h_N * out_N,
        params_N=gates_N + squeezed_N * (q_N + h_N) + projected_N * (h_N + 2) * w_N,
        activations_N=squeezed_N * (q_N + h_N) + out_N,
        # Projection; its norm, and the skip's addition; gate product; the gate's convolutions; its activation.
        maps_N=held_N
        + _largest(
            hidden_map_N + out_N,
            2 * out_N,
            squeezed_N * (2 * hidden_map_N + h_N),
            squeezed_N * (hidden_map_N + q_N + np.maximum(q_N, h_N)),
        ),
    )


def _largest(first_N: Ints, *others_N: Ints) -> Ints:
    for other_N in others_N:
        first_N = np.maximum(first_N, other_N)
    return first_N
