import pytest
import torch

from nars.models.activations import build_activation, build_gate

X = torch.linspace(-8, 8, 65)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("hswish", X * (X + 3).clamp(0, 6) / 6),
        ("relu", X.clamp(min=0)),
        ("relu6", X.clamp(0, 6)),
        ("swish", X / (1 + torch.exp(-X))),
    ],
)
def test_activation_is_its_formula(name, expected):
    torch.testing.assert_close(build_activation(name)(X), expected)


@pytest.mark.parametrize(
    ("name", "expected"), [("hard_sigmoid", (X / 6 + 0.5).clamp(0, 1)), ("sigmoid", 1 / (1 + torch.exp(-X)))]
)
def test_gate_is_its_formula(name, expected):
    torch.testing.assert_close(build_gate(name)(X), expected)
