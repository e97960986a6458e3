"""Crowds: boxes around many objects that nobody told apart. They are neither an object nor background.

Targets mark them in ``crowd``, a boolean for each box; targets without it have none.
"""

import torch
from torch import Tensor

_INSIDE = 0.5
"""Share of a region's area within crowds from which on it says nothing."""

Target = dict[str, Tensor]


def without_crowds(target: Target) -> Target:
    """The objects alone."""
    if "crowd" not in target:
        return target
    keep = ~target["crowd"]
    return {name: value[keep] if name in ("boxes", "labels", "masks") else value for name, value in target.items()}


def in_crowd(regions_R4: Tensor, target: Target) -> Tensor:
    """Which regions lie within a crowd, `R` booleans."""
    inside_R = torch.zeros(len(regions_R4), dtype=torch.bool, device=regions_R4.device)
    if "crowd" not in target or not target["crowd"].any():
        return inside_R
    crowds_C4 = target["boxes"][target["crowd"]].to(regions_R4)
    low_RC2 = torch.maximum(regions_R4[:, None, :2], crowds_C4[None, :, :2])
    high_RC2 = torch.minimum(regions_R4[:, None, 2:], crowds_C4[None, :, 2:])
    shared_RC = (high_RC2 - low_RC2).clamp(min=0).prod(dim=2)
    area_R = (regions_R4[:, 2:] - regions_R4[:, :2]).clamp(min=0).prod(dim=1)
    return shared_RC.amax(dim=1) > _INSIDE * area_R
