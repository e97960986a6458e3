"""The normalisations of a recipe; all have one scale and one shift a channel."""

from collections.abc import Callable
from functools import partial

from torch import nn

from nars.models.naive_sync_batch_norm import NaiveSyncBatchNorm
from nars.models.sync_batch_norm import SyncBatchNorm
from nars.space.norm import Norm

_MOST_GROUPS = 32
_FEWEST_CHANNELS = 8


def num_groups(width: int) -> int:
    """Groups of a group norm: the largest divisor of ``width`` up to 32 with 8 channels or more a group, else 1.

    Fewer channels a group would erase the signal of small feature maps: on 1 x 1 features with one channel a
    group, each number minus its mean is 0.
    """
    fitting = (
        groups for groups in range(_MOST_GROUPS, 1, -1) if width % groups == 0 and width // groups >= _FEWEST_CHANNELS
    )
    return next(fitting, 1)


def _group_norm(width: int) -> nn.Module:
    return nn.GroupNorm(num_groups(width), width)


_NORMS: dict[Norm, Callable[[int], nn.Module]] = {
    "BN": nn.BatchNorm2d,
    "GN": _group_norm,
    "SyncBN": SyncBatchNorm,
    "naiveSyncBN": NaiveSyncBatchNorm,
    "naiveSyncBN_N": partial(NaiveSyncBatchNorm, stats_mode="N"),
}


def build_norm(norm: Norm, width: int) -> nn.Module:
    """A new normalisation of `N x width x H x W` features."""
    return _NORMS[norm](width)
