"""Codes as the architecture columns that costs are computed from, without building a candidate.

Shapes: N candidates, K knobs.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from nars.space.architecture import BlockStyle
from nars.space.columns import ArchitectureColumns, BlockColumns, DetectorColumns, HeadColumns, StageColumns
from nars.space.domains import Value
from nars.space.knobs import Knob
from nars.space.setting_table import SettingTable

Floats = NDArray[np.float64]


def columns_of_codes(
    knobs: tuple[Knob, ...], fixed: Mapping[str, Value], codes_NK: NDArray[np.float64]
) -> ArchitectureColumns:
    """The numbers of N architectures that costs depend on."""
    table = SettingTable(knobs, fixed, codes_NK)
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
        detector=_detector(table) if table.has("architecture.detector.form") else None,
    )


def _detector(table: SettingTable) -> DetectorColumns:
    architecture, recipe = "architecture.detector", "recipe.detector"
    is_fpn_N = table.equals(f"{architecture}.form", "fpn")
    stride_N = table.ints(f"{architecture}.stride")
    resolution_N = table.ints("architecture.resolution")
    return DetectorColumns(
        is_fpn_N=is_fpn_N,
        stride_N=stride_N,
        roi_stride_N=_given(table, f"{architecture}.roi_stride", stride_N),
        fpn_width_N=_given(table, f"{architecture}.fpn_width", 0 * stride_N),
        rpn_stride_N=_given(table, f"{architecture}.rpn_stride", np.where(is_fpn_N, 16, stride_N)),
        rpn_depth_N=_given(table, f"{architecture}.rpn_depth", 0 * stride_N),
        box=_head_stages(table, f"{architecture}.box"),
        mask=_head_stages(table, f"{architecture}.mask"),
        num_sizes_N=table.ints(f"{recipe}.anchor_sizes"),
        num_ratios_N=table.ints(f"{recipe}.anchor_ratios"),
        box_resolution_N=table.ints(f"{recipe}.box_resolution"),
        mask_resolution_N=table.ints(f"{recipe}.mask_resolution"),
        regions_N=table.ints(f"{recipe}.post_nms_test"),
        detections_N=table.ints(f"{recipe}.detections"),
        longest_N=_given(table, f"{recipe}.max_test_size", resolution_N),
    )


def _given(table: SettingTable, path: str, otherwise_N: NDArray[np.int64]) -> NDArray[np.int64]:
    """A setting that may be none, with what holds then."""
    numbers_N = table.numbers(path)
    return np.where(np.isnan(numbers_N), otherwise_N, numbers_N).astype(np.int64)


def _head_stages(table: SettingTable, path: str) -> tuple[StageColumns, ...] | None:
    stages: list[StageColumns] = []
    while table.has(f"{path}[{len(stages)}].width"):
        stages.append(_stage(table, f"{path}[{len(stages)}]"))
    return tuple(stages) or None


def _stage(table: SettingTable, path: str) -> StageColumns:
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
        upsample_N=table.ints(f"{path}.upsample") if table.has(f"{path}.upsample") else None,
    )


def _head(table: SettingTable) -> HeadColumns:
    return HeadColumns(
        width_N=table.ints("architecture.head.width"), expansion_N=table.numbers("architecture.head.expansion")
    )


def _block(table: SettingTable, path: str, fallback: BlockColumns | None) -> BlockColumns:
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
