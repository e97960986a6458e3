"""What a candidate needs."""

from dataclasses import dataclass

from nars.space.constraint import COST_NAMES, CostName

__all__ = ["COST_NAMES", "Cost", "CostName"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Cost:
    """Costs of one candidate at batch 1 and its own resolution."""

    macs: int
    """Multiply-adds of convolution and linear layers, each counted once."""
    params: int
    """Trainable numbers: weights, biases, norm scales and shifts."""
    activations: int
    """Output elements of all convolution and linear layers."""
    memory_bytes: int
    """Peak inference memory in float32: all weights, and the largest set of feature maps alive at once."""
    latency_ms: float | None = None
    """Sum of a latency table's operators; none where the space names no table."""
    train_macs: int = 0
    """Three times ``macs`` for every training image of every epoch of the full recipe."""
