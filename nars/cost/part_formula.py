"""Costs of a network's parts by closed formula: stem, block, head.

Shapes: N candidates; every array has shape ``(N,)``. Comments use S for the input size of a block, U for that before
its spatial convolution, T for its output size, c, h and w for its input, hidden and output width, q for the
squeeze-excite's width, k for the kernel and g for the channels of one group of a convolution.
"""

from dataclasses import dataclass

import numpy as np

from nars.cost.geometry import Geometry
from nars.cost.stage_geometry import BlockGeometry
from nars.space.columns import ArchitectureColumns, Ints


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """Costs of one part of the network."""

    macs_N: Ints
    params_N: Ints
    activations_N: Ints
    maps_N: Ints
    """Largest number of feature map elements alive at once while one of its operators runs."""


def stem_part(columns: ArchitectureColumns, shape: Geometry) -> Part:
    """The first convolution."""
    weights_N = columns.stem_kernel_N**2 * columns.in_channels_N * columns.stem_width_N
    pixels_N = shape.stem.pixels_N
    out_N = columns.stem_width_N * pixels_N
    return Part(
        macs_N=weights_N * pixels_N,
        params_N=weights_N + (2 + columns.stem_bias_N) * columns.stem_width_N,
        activations_N=out_N,
        # Convolution; norm and activation.
        maps_N=np.maximum(columns.in_channels_N * shape.image.pixels_N + out_N, 2 * out_N),
    )


def head_part(columns: ArchitectureColumns, shape: Geometry) -> Part:
    """The pooled last block and the classifier; nothing for trunks."""
    if shape.head is None:
        zeros_N = np.zeros_like(shape.out_size_N)
        return Part(macs_N=zeros_N, params_N=zeros_N, activations_N=zeros_N, maps_N=zeros_N)
    width_N, hidden_N, classes_N = shape.out_width_N, shape.head.hidden_width_N, columns.num_classes_N
    pixels_N, features_N = shape.extents[-1].pixels_N, shape.head.width_N
    expanded_N = hidden_N != width_N
    pooled_N = hidden_N * features_N + features_N * classes_N
    map_N = hidden_N * pixels_N
    return Part(
        macs_N=expanded_N * width_N * map_N + pooled_N,
        params_N=expanded_N * (width_N * hidden_N + 2 * hidden_N) + pooled_N + classes_N,
        activations_N=expanded_N * map_N + features_N + classes_N,
        maps_N=largest(
            expanded_N * (width_N * pixels_N + map_N),  # expansion
            expanded_N * 2 * map_N,  # its norm and activation
            map_N + hidden_N,  # pool
            hidden_N + features_N,  # convolution of the pooled
            2 * features_N,  # its activation
            features_N + classes_N,  # linear layer
        ),
    )


def block_part(block: BlockGeometry, *, depthwise_norm: bool) -> Part:
    """One block; where kinds differ over the candidates, both are computed and chosen from."""
    if not block.fused_N.any():
        return _inverted(block, depthwise_norm=depthwise_norm)
    if block.fused_N.all():
        return _fused(block)
    fused, inverted = _fused(block), _inverted(block, depthwise_norm=depthwise_norm)
    return Part(
        macs_N=np.where(block.fused_N, fused.macs_N, inverted.macs_N),
        params_N=np.where(block.fused_N, fused.params_N, inverted.params_N),
        activations_N=np.where(block.fused_N, fused.activations_N, inverted.activations_N),
        maps_N=np.where(block.fused_N, fused.maps_N, inverted.maps_N),
    )


def _inverted(block: BlockGeometry, *, depthwise_norm: bool) -> Part:
    c_N, h_N = block.in_width_N, block.hidden_width_N
    expanded_N = c_N != h_N
    in_N, before_N = c_N * block.in_extent.pixels_N, h_N * block.in_extent.pixels_N  # cS², hS²
    enlarged_N, after_N = h_N * block.upsampled_extent.pixels_N, h_N * block.out_extent.pixels_N  # hU², hT²
    upsampled_N = enlarged_N != before_N
    held_N = block.held_N * in_N  # cS², as the skip's
    tail = _tail(block, after_N, held_N)
    filter_N = block.kernel_N**2 * block.group_width_N  # k²g
    return Part(
        macs_N=tail.macs_N + expanded_N * c_N * before_N + filter_N * after_N,
        params_N=tail.params_N + (expanded_N * (c_N + 2) + filter_N + 2 * depthwise_norm) * h_N,
        activations_N=tail.activations_N + expanded_N * before_N + after_N,
        maps_N=largest(
            tail.maps_N,
            expanded_N * (in_N + before_N),  # expansion
            expanded_N * (held_N + 2 * before_N),  # its norm and activation
            upsampled_N * (expanded_N * held_N + before_N + enlarged_N),  # repeating of pixels
            (expanded_N | upsampled_N) * held_N + enlarged_N + after_N,  # depthwise convolution
            held_N + 2 * after_N if depthwise_norm else tail.maps_N,  # its norm and activation
        ),
    )


def _fused(block: BlockGeometry) -> Part:
    c_N, h_N = block.in_width_N, block.hidden_width_N
    in_N, after_N = c_N * block.in_extent.pixels_N, h_N * block.out_extent.pixels_N  # cS², hT²
    held_N = block.held_N * in_N
    tail = _tail(block, after_N, held_N)
    weights_N = block.kernel_N**2 * c_N * h_N
    return Part(
        macs_N=tail.macs_N + weights_N * block.out_extent.pixels_N,
        params_N=tail.params_N + weights_N + 2 * h_N,
        activations_N=tail.activations_N + after_N,
        # Convolution; its norm and activation, and the skip's addition where nothing projects.
        maps_N=largest(tail.maps_N, in_N + after_N, held_N + 2 * after_N),
    )


def _tail(block: BlockGeometry, hidden_map_N: Ints, held_N: Ints) -> Part:
    """Squeeze-excite and projection, which both kinds of block end with."""
    h_N, w_N, q_N, projected_N = block.hidden_width_N, block.width_N, block.squeeze_width_N, block.projected_N
    squeezed_N = q_N > 0
    out_N = projected_N * w_N * block.out_extent.pixels_N  # wT²
    gates_N = 2 * h_N * q_N
    return Part(
        macs_N=gates_N + h_N * out_N,
        params_N=gates_N + squeezed_N * (q_N + h_N) + projected_N * (h_N + 2) * w_N,
        activations_N=squeezed_N * (q_N + h_N) + out_N,
        # Projection; its norm, and the skip's addition; gate product; the gate's convolutions; its activation.
        maps_N=held_N
        + largest(
            hidden_map_N + out_N,
            2 * out_N,
            squeezed_N * (2 * hidden_map_N + h_N),
            squeezed_N * (hidden_map_N + q_N + np.maximum(q_N, h_N)),
        ),
    )


def largest(first_N: Ints, *others_N: Ints) -> Ints:
    """Elementwise maximum."""
    for other_N in others_N:
        first_N = np.maximum(first_N, other_N)
    return first_N
