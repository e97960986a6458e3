"""Every distinct operator of a search space, exactly and once, without sampling.

A network is a walk through layers: stem, stages, and the head where there is one. What a layer hands to the next is the
size and the width of its features. The walk goes forward over all features that can be reached, then backward to keep
those from which a network can be completed. The operators met on what is left are those of all buildable networks of
the space, no more and no fewer. Constraints are not looked at: a search asks for the costs of candidates before it
knows which meet them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import get_args

import numpy as np

from nars.cost.geometry import buildable
from nars.cost.layer_settings import LayerSettings
from nars.cost.operator import Operator, operator_of
from nars.cost.probes import Probes, block_probes, head_probes, stem_probes
from nars.cost.rows import all_pairs, is_among, unique_rows
from nars.cost.stage_walk import StageWalk, features_after
from nars.errors import CostError
from nars.space.architecture import Activation, Architecture, BlockStyle
from nars.space.columns import ArchitectureColumns, Floats
from nars.space.search_space import SearchSpace


@dataclass(frozen=True, kw_only=True, slots=True)
class _Found:
    """Different operators of one layer, as rows of one kind of probe."""

    make: Callable[[Floats, BlockStyle], Probes]
    rows_NF: Floats
    activation: Activation


def space_operators(space: SearchSpace, *, limit: int | None = None) -> dict[Operator, Architecture]:
    """Each operator of any buildable network of a space, with a probe that has it (see `nars.cost.probes`).

    Args:
        space: Fitted to its data, so that it tells channels and classes.
        limit: How many operators there may be; none for any number.

    Raises:
        CostError: If there are more operators than ``limit``, if an architecture knob is continuous, if a block has
            groups, or if no network of the space can be built.
    """
    _require_depthwise(space)
    layers = LayerSettings(space)
    found = [part for shared_K in layers.shared_codes() for part in _walk(space, layers, shared_K)]
    if not found:
        raise CostError(f"no network of the space {space.name!r} can be built at its resolutions")
    probes = [part.make(part.rows_NF, layers.style) for part in found]
    numbers_NF = np.concatenate([probe.numbers() for probe in probes])
    first_U = np.sort(np.unique(numbers_NF, axis=0, return_index=True)[1])
    if limit is not None and len(first_U) > limit:
        raise CostError(
            f"the space {space.name!r} has {len(first_U):,} distinct operators, more than the limit of {limit:,}; "
            f"coarser steps make fewer, --limit allows more"
        )
    starts = np.cumsum([0, *(len(part.rows_NF) for part in found)])
    operators: dict[Operator, Architecture] = {}
    for n in first_U:
        part = int(np.searchsorted(starts, n, side="right")) - 1
        architecture = probes[part].architecture(int(n - starts[part]), activation=found[part].activation)
        operators[operator_of(numbers_NF[n].tolist())] = architecture
    return operators


def _require_depthwise(space: SearchSpace) -> None:
    grouped = [path for path, value in space.fixed.items() if path.endswith(".groups") and value is not None]
    grouped += [knob.path for knob in space.knobs if knob.path.endswith(".groups")]
    if grouped:
        raise CostError(f"a latency table must know every operator; none has blocks with groups @ $.{grouped[0]}")


def _walk(space: SearchSpace, layers: LayerSettings, shared_K: Floats) -> Iterator[_Found]:
    """Operators of the networks that agree in the shared knobs, none if no such network can be built."""
    stems = _stem_rows(layers.columns(shared_K, 0))
    stems = stems[buildable(stem_probes(stems, layers.style).columns)]
    stem_features = features_after(stem_probes(stems, layers.style))
    reached, walks = unique_rows(stem_features), list[StageWalk]()
    for index in range(layers.num_stages):
        stage = layers.columns(shared_K, index + 1).stages[index]
        walks.append(StageWalk(stage, reached, style=layers.style))
        reached = walks[-1].features_out()
    ends = reached
    for walk in reversed(walks):
        reached = walk.keep(reached)
    if not len(reached):
        return
    stems = stems[is_among(stem_features, reached)]
    yield _Found(make=stem_probes, rows_NF=stems, activation=_activation(space, "stem"))
    for index, walk in enumerate(walks):
        yield _Found(make=block_probes, rows_NF=walk.blocks(), activation=_activation(space, f"stages[{index}]"))
    last = layers.columns(shared_K, layers.num_stages + 1)
    if last.head is not None:
        heads = all_pairs(ends, unique_rows(last.head.width_N, last.head.expansion_N, last.num_classes_N))
        yield _Found(make=head_probes, rows_NF=heads, activation=_activation(space, "head"))


def _stem_rows(columns: ArchitectureColumns) -> Floats:
    """Rows of stem probes."""
    return unique_rows(
        columns.resolution_N, columns.in_channels_N, columns.stem_width_N, columns.stem_kernel_N, columns.stem_stride_N
    )


def _activation(space: SearchSpace, part: str) -> Activation:
    """The activation of a part of the network; the first of those that are searched."""
    path = f"architecture.{part}.activation"
    value = space.fixed.get(path)
    for knob in space.knobs:
        if knob.path == path:
            value = knob.domain.value(0)
    return next(activation for activation in get_args(Activation) if activation == value)
