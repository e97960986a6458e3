"""Codes as the architecture columns that costs are computed from, without building a candidate.

Shapes: N candidates, K knobs.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from nars.space.architecture import BlockStyle
from nars.space.columns import ArchitectureColumns, BlockColumns, HeadColumns, StageColumns
from nars.space.domains import FloatRange, Value
from nars.space.knobs import Knob

Floats = NDArray[np.float64]


def columns_of_codes(
    knobs: tuple[Knob, ...], fixed: Mapping[str, Value], codes_NK: NDArray[np.float64]
) -> ArchitectureColumns:
    """The numbers of N architectures that costs depend on."""
    table = _Table(knobs, fixed, codes_NK)
    num_stages = 1 + max(
        int(path.split("[")[1].split("]")[0])
        for path in (*fixed, *(knob.path for knob in knobs))
        if path.startswith("architecture.stages[")
    )
    style = {path.rsplit(".", 1)[1]: v for path, v in fixed.items() if path.startswith("architecture.style.")}
    return ArchitectureColumns(
        resolution_N=table.ints("architecture.resolution"),
        in_channels_N=table.ints("architecture.in_channels"),
        num_classes_N=table.ints("architecture.num_classes"),
        stem_width_N=table.ints("architecture.stem.width"),
        stem_kernel_N=table.ints("architecture.stem.kernel"),
        stem_stride_N=table.ints("architecture.stem.stride"),
        stem_bias_N=table.numbers("architecture.stem.bias").astype(np.bool_),
        stages=tuple(_stage(table, f"architecture.stages[{i}]") for i in range(num_stages)),
        head=_head(table) if table.has("architecture.head.width") else None,
        style=BlockStyle(**style),  # type: ignore[arg-type]  # the loader has checked each value
    )


class _Table:
    """Settings by path, as one array over the candidates."""

    def __init__(self, knobs: tuple[Knob, ...], fixed: Mapping[str, Value], codes_NK: Floats) -> None:
        self._knobs = {knob.path: (knob, codes_NK[:, k]) for k, knob in enumerate(knobs)}
        self._fixed = fixed
        self._n = len(codes_NK)

    def has(self, path: str) -> bool:
        return path in self._knobs or path in self._fixed

    def numbers(self, path: str) -> Floats:
        """Values of one numeric or boolean setting; an inactive knob has its ``otherwise`` value, NaN for none."""
        if path not in self._knobs:
            return np.full(self._n, _number(self._fixed[path]))
        knob, codes_N = self._knobs[path]
        inactive_N = np.isnan(codes_N)
        if isinstance(knob.domain, FloatRange):
            values_N = knob.domain.from_units(np.nan_to_num(codes_N))
        else:
            values = np.array([_number(value) for value in knob.domain.values])
            values_N = values[np.nan_to_num(codes_N).astype(np.int64)]
        return np.where(inactive_N, _number(knob.otherwise), values_N)

    def ints(self, path: str) -> NDArray[np.int64]:
        return self.numbers(path).astype(np.int64)

    def equals(self, path: str, value: str) -> NDArray[np.bool_]:
        """Where a setting of words has one value."""
        if path not in self._knobs:
            return np.full(self._n, self._fixed[path] == value)
        knob, codes_N = self._knobs[path]
        assert not isinstance(knob.domain, FloatRange)
        matches = [float(i) for i, known in enumerate(knob.domain.values) if known == value]
        return np.where(np.isnan(codes_N), knob.otherwise == value, np.isin(codes_N, matches))


def _number(value: Value) -> float:
    return float("nan") if value is None or isinstance(value, str | tuple) else float(value)


def _stage(table: _Table, path: str) -> StageColumns:
    first = _block(table, f"{path}.first", None)
    has_rest = table.has(f"{path}.rest.kernel")
    return StageColumns(
        width_N=table.ints(f"{path}.width"),
        depth_N=table.ints(f"{path}.depth"),
        stride_N=table.ints(f"{path}.stride"),
        squeeze_excite_N=table.numbers(f"{path}.squeeze_excite").astype(np.bool_),
        fused_N=table.equals(f"{path}.block", "fused_residual"),
        first=first,
        rest=_block(table, f"{path}.rest", first) if has_rest else first,
    )


def _head(table: _Table) -> HeadColumns:
    return HeadColumns(
        width_N=table.ints("architecture.head.width"), expansion_N=table.numbers("architecture.head.expansion")
    )


def _block(table: _Table, path: str, fallback: BlockColumns | None) -> BlockColumns:
    kernel_N, expansion_N = table.numbers(f"{path}.kernel"), table.numbers(f"{path}.expansion")
    if fallback is not None:
        kernel_N = np.where(np.isnan(kernel_N), fallback.kernel_N, kernel_N)
        expansion_N = np.where(np.isnan(expansion_N), fallback.expansion_N, expansion_N)
    padding_N, groups_N = table.numbers(f"{path}.padding"), table.numbers(f"{path}.groups")
    return BlockColumns(
        kernel_N=kernel_N.astype(np.int64),
        expansion_N=expansion_N,
        padding_N=np.where(np.isnan(padding_N), kernel_N // 2, padding_N).astype(np.int64),
        groups_N=np.nan_to_num(groups_N).astype(np.int64),
    )
