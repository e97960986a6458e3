"""Squeeze-excite: channels gated by what the whole feature map holds."""

from torch import Tensor, nn

from nars.models.activations import Gate, build_activation, build_gate
from nars.space.architecture import Activation


class SqueezeExcite(nn.Module):
    """Global average pool, 1x1 with bias, activation, 1x1 with bias, gate; no norm."""

    def __init__(self, width: int, hidden_width: int, *, activation: Activation, gate: Gate) -> None:
        super().__init__()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.reduce = nn.Conv2d(width, hidden_width, kernel_size=1)
        self.act = build_activation(activation)
        self.expand = nn.Conv2d(hidden_width, width, kernel_size=1)
        self.gate = build_gate(gate)

    def forward(self, x: Tensor) -> Tensor:
        """Gated features, `N x width x H x W` like the input."""
        gate: Tensor = self.gate(self.expand(self.act(self.reduce(self.pool(x)))))
        return x * gate
