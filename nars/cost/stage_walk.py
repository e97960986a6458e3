"""All ways through one stage of a search space: from features to features, and the blocks met on the way.

Shapes: L settings of the stage, S features (size and width), M moves, P steps; B columns that describe a block.
A *move* is what of a setting decides on the features behind the stage: width, and the first block's stride, kernel
and padding. A *step* is a move from given features.
"""

import numpy as np

from nars.cost.geometry import buildable, geometry
from nars.cost.probes import Probes, block_probes
from nars.cost.rows import all_pairs, equal_pairs, is_among, unique_rows
from nars.space.architecture import BlockStyle
from nars.space.columns import BlockColumns, Floats, Ints, StageColumns

_MOVE = (0, 1, 4, 6)
"""Columns of a move among those of a block: width, stride, kernel, padding."""


class StageWalk:
    """The steps through one stage."""

    def __init__(self, stage: StageColumns, features_S2: Floats, *, style: BlockStyle) -> None:
        """Every step that can be built.

        Args:
            stage: The stage's L settings.
            features_S2: Size and width of the features that may come in, each once.
            style: Of the network.
        """
        first_LB, rest_LB = _block(stage, stage.first, stage.stride_N), _block(stage, stage.rest, stage.stride_N**0)
        # Blocks behind the first must keep the size of their features; any size tells whether they do.
        behind = np.column_stack([np.ones(len(rest_LB)), stage.width_N, rest_LB])
        has_rest_L = stage.depth_N > 1
        fits_L = ~has_rest_L | buildable(block_probes(behind, style).columns)
        self._moves_M4, which_L = np.unique(first_LB[fits_L][:, _MOVE], axis=0, return_inverse=True)
        move_L = which_L.reshape(-1)
        self._firsts = unique_rows(move_L, first_LB[fits_L])
        has_rest_L = has_rest_L[fits_L]
        self._rests = unique_rows(move_L[has_rest_L], rest_LB[fits_L][has_rest_L])
        steps_P3 = all_pairs(features_S2, np.arange(len(self._moves_M4), dtype=np.float64)[:, np.newaxis])
        probes = self._step_probes(steps_P3, style)
        self._steps_P3 = steps_P3[buildable(probes.columns)]
        self._out_P2 = features_after(self._step_probes(self._steps_P3, style))

    def features_out(self) -> Floats:
        """Size and width of the features behind the stage, each once."""
        return unique_rows(self._out_P2)

    def keep(self, features_S2: Floats) -> Floats:
        """Drops the steps that do not end in these features; the features from which the others start, each once."""
        is_kept_P = is_among(self._out_P2, features_S2)
        self._steps_P3, self._out_P2 = self._steps_P3[is_kept_P], self._out_P2[is_kept_P]
        return unique_rows(self._steps_P3[:, :2])

    def blocks(self) -> Floats:
        """The different blocks of all steps, as rows of block probes."""
        step, first = equal_pairs(_keys(self._steps_P3[:, 2]), _keys(self._firsts[:, 0]))
        firsts = np.column_stack([self._steps_P3[step, :2], self._firsts[first, 1:]])
        ends = unique_rows(self._out_P2, self._steps_P3[:, 2])
        end, rest = equal_pairs(_keys(ends[:, 2]), _keys(self._rests[:, 0]))
        rests = np.column_stack([ends[end, :2], self._rests[rest, 1:]])
        return unique_rows(np.concatenate([firsts, rests]))

    def _step_probes(self, steps_P3: Floats, style: BlockStyle) -> Probes:
        width_P, stride_P, kernel_P, padding_P = self._moves_M4[_keys(steps_P3[:, 2])].T
        zeros_P = np.zeros_like(width_P)
        block = (width_P, stride_P, zeros_P, zeros_P, kernel_P, zeros_P + 1, padding_P)
        return block_probes(np.column_stack([steps_P3[:, :2], *block]), style)


def features_after(probes: Probes) -> Floats:
    """Size and width of the features behind the stem and block of each probe, ``N x 2``."""
    shape = geometry(probes.columns)
    return np.column_stack([shape.out_size_N, shape.out_width_N]).astype(np.float64)


def _block(stage: StageColumns, block: BlockColumns, stride_L: Ints) -> Floats:
    """Columns of a block in the order of `nars.cost.probes.BLOCK_FIELDS`, less its input."""
    return np.column_stack(
        [
            stage.width_N, stride_L, stage.squeeze_excite_N, stage.fused_N, block.kernel_N, block.expansion_N,
            block.padding_N,
        ]
    ).astype(np.float64)  # fmt: skip


def _keys(column_N: Floats) -> Ints:
    return column_N.astype(np.int64)
