"""The Pareto front of accuracy against MACs. Shapes: N trials, F of them on the front."""

import numpy as np
from numpy.typing import NDArray


def pareto_front(accuracy_N: NDArray[np.float64], macs_N: NDArray[np.int64]) -> NDArray[np.int64]:
    """Trials that no other trial dominates.

    One trial dominates another when its accuracy is at least as high and its MACs are at most as many, and one of
    the two is strictly better. Trials equal in both do not dominate each other; the first of them stands for all.

    Args:
        accuracy_N: Higher is better.
        macs_N: Lower is better.

    Returns:
        ``F`` positions in the input, fewest MACs first, so that accuracy rises too.

    Raises:
        ValueError: If the lengths differ or an accuracy is not a number.
    """
    if accuracy_N.shape != macs_N.shape or accuracy_N.ndim != 1:
        raise ValueError(f"accuracy and macs must have one length, got {accuracy_N.shape} and {macs_N.shape}")
    if np.isnan(accuracy_N).any():
        raise ValueError("accuracy must be a number, got nan")
    # With MACs rising, and accuracy falling among equal MACs, exactly the new records are on the front.
    order_N = np.lexsort((np.arange(len(macs_N)), -accuracy_N, macs_N))
    ordered_N = accuracy_N[order_N]
    best_before_N = np.concatenate(([-np.inf], np.maximum.accumulate(ordered_N)[:-1]))[: len(ordered_N)]
    return np.asarray(order_N[ordered_N > best_before_N], dtype=np.int64)
