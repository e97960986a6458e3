from dataclasses import replace

import pytest
import torch
from torch import nn

from nars.errors import ModelError
from nars.models.classifier import Classifier, build_classifier, build_network
from nars.models.trunk import Trunk
from tests.models import published
from tests.models.tiny import TINY


@pytest.mark.parametrize(
    ("architecture", "params"),
    [
        (published.FBNETV3_A, published.FBNETV3_A_PARAMS),
        (published.TIMM_B, published.TIMM_B_PARAMS),
        (published.FBNETV3_G, published.FBNETV3_G_PARAMS),
        (published.FBNETV3_A0, published.FBNETV3_A0_PARAMS),
    ],
)
def test_published_parameter_counts(architecture, params):
    classifier = build_classifier(architecture)
    assert sum(p.numel() for p in classifier.parameters() if p.requires_grad) == params


def test_structure_is_readable():
    classifier = build_classifier(TINY)
    assert [name for name, _ in classifier.stem.named_children()] == ["conv", "norm", "act"]
    assert [len(stage) for stage in classifier.stages] == [2, 2, 1]
    assert classifier.stages[1][0].branch.depthwise.conv.stride == (2, 2)
    assert classifier.stages[1][1].branch.depthwise.conv.stride == (1, 1)
    assert classifier.stages[1][0].branch.depthwise.conv.kernel_size == (5, 5)
    assert classifier.stages[1][1].branch.depthwise.conv.kernel_size == (3, 3)


def test_head_has_no_norm_or_bias_before_the_linear_layer():
    head = build_classifier(TINY).head
    assert [name for name, _ in head.named_children()] == [
        "expand",
        "pool",
        "features",
        "flatten",
        "dropout",
        "classifier",
    ]
    assert head.expand.conv.out_channels == 6 * 24
    assert [name for name, _ in head.features.named_children()] == ["conv", "act"]
    assert head.features.conv.bias is None
    assert head.classifier.weight.shape == (5, 32)
    assert head.classifier.bias is not None


@pytest.mark.parametrize("norm", ["BN", "GN", "SyncBN", "naiveSyncBN"])
def test_every_norm_gives_scores_and_a_gradient_for_every_weight(norm):
    classifier = build_classifier(replace(TINY, style=replace(TINY.style, zero_init_residual=False)), norm=norm)
    scores = classifier(torch.randn(4, 3, 16, 16, generator=torch.Generator().manual_seed(0)))
    assert scores.shape == (4, 5)
    scores.square().sum().backward()
    without = [name for name, p in classifier.named_parameters() if p.grad is None]
    assert without == []
    kinds = {type(m).__name__ for m in classifier.modules()}
    assert {"BN": "BatchNorm2d", "GN": "GroupNorm", "SyncBN": "SyncBatchNorm", "naiveSyncBN": "NaiveSyncBatchNorm"}[
        norm
    ] in kinds


def test_dropout_is_before_the_linear_layer():
    assert build_classifier(TINY, dropout=0.3).head.dropout.p == 0.3


def test_convolutions_start_kaiming_normal_by_fan_out_and_biases_at_zero():
    classifier = build_classifier(published.FBNETV3_A)
    conv = classifier.head.expand.conv
    assert conv.weight.std().item() == pytest.approx((2 / 1344) ** 0.5, rel=0.02)
    assert classifier.head.classifier.weight.std().item() == pytest.approx(0.01, rel=0.02)
    for module in classifier.modules():
        if isinstance(module, nn.Conv2d | nn.Linear) and module.bias is not None:
            assert not module.bias.any()


def test_the_same_seed_gives_the_same_weights():
    states = []
    with torch.random.fork_rng(devices=[]):
        for _ in range(2):
            torch.manual_seed(3)
            states.append(build_classifier(TINY).state_dict())
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


def test_too_small_a_resolution_is_refused_before_anything_is_built():
    with pytest.raises(ModelError, match=r"architecture\.stages\[1\]: .* got 1x1 \(resolution 2\)"):
        build_classifier(replace(TINY, resolution=2))


def test_without_a_head_there_is_a_network_but_no_classifier():
    assert type(build_network(TINY)) is Classifier
    assert type(build_network(replace(TINY, head=None))) is Trunk
    with pytest.raises(ModelError, match=r"architecture\.head: a classifier needs a head, got none"):
        build_classifier(replace(TINY, head=None))
