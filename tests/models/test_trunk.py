from dataclasses import replace

import pytest
import torch

from nars.errors import ModelError
from nars.models.classifier import build_classifier
from nars.models.feature_sizes import feature_sizes
from nars.models.trunk import build_trunk, drop_probabilities, trunk_ends
from nars.models.zoo import load_network
from tests.models import published
from tests.models.tiny import TINY

TRUNK = replace(TINY, head=None)


def test_a_trunk_gives_the_features_of_its_last_stage():
    images = torch.randn(2, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    features = build_trunk(TRUNK)(images)
    assert features.shape == (2, TINY.stages[-1].width, feature_sizes(TINY)[-1], feature_sizes(TINY)[-1])


def test_a_classifier_is_its_trunk_and_a_head():
    classifier, trunk = build_classifier(TINY).eval(), build_trunk(TINY).eval()
    numbers = {name: array for name, array in classifier.state_dict().items() if not name.startswith("head.")}
    assert list(trunk.state_dict()) == list(numbers)
    trunk.load_state_dict(numbers)
    images = torch.randn(2, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    assert torch.equal(classifier.head(trunk(images)), classifier(images))


@pytest.mark.parametrize("norm", ["BN", "GN", "SyncBN", "naiveSyncBN"])
def test_every_weight_gets_a_gradient(norm):
    trunk = build_trunk(replace(TRUNK, style=replace(TRUNK.style, zero_init_residual=False)), norm=norm)
    trunk(torch.randn(4, 3, 16, 16, generator=torch.Generator().manual_seed(0))).square().sum().backward()
    assert [name for name, p in trunk.named_parameters() if p.grad is None] == []


def test_convolutions_start_kaiming_normal_by_fan_out():
    trunk = build_trunk(published.FBNETV3_G)
    conv = trunk.stages[6][1].branch.project.conv
    assert conv.weight.std().item() == pytest.approx((2 / 288) ** 0.5, rel=0.02)
    assert not trunk.stem.conv.bias.any()


def test_too_small_a_resolution_is_refused_before_anything_is_built():
    with pytest.raises(ModelError, match=r"architecture\.stages\[1\]: .* got 1x1 \(resolution 2\)"):
        build_trunk(replace(TRUNK, resolution=2))


def test_a_feature_ends_where_the_next_stage_strides():
    # Strides 1, 2, 1: the last stages at strides 2 and 4.
    assert trunk_ends(TINY) == (0, 2)
    assert trunk_ends(replace(TINY, stages=TINY.stages[:1])) == (0,)
    # The stem's own features, at stride 2, are no stage's.
    assert trunk_ends(replace(TINY, stages=TINY.stages[1:])) == (1,)


def test_fbnetv3_has_five_features_at_strides_of_powers_of_two():
    for name in ("d2go_fbnetv3_a", "d2go_fbnetv3_g", "fbnetv3_a"):
        ends = trunk_ends(load_network(name))
        assert ends == (0, 1, 2, 4, 6)
    sizes = feature_sizes(load_network("d2go_fbnetv3_a"))[1:]
    assert [sizes[end] for end in ends] == [112, 56, 28, 14, 7]


def test_drop_probability_rises_linearly_to_the_last_residual_branch():
    # Blocks 1, 2 and 4 of five have a skip; the fourth has the last one.
    assert drop_probabilities(TINY, 0.4) == pytest.approx((0.1, 0.2, 0.0, 0.4, 0.0))
    trunk = build_trunk(TINY, stochastic_depth=0.4)
    drops = [block.drop for stage in trunk.stages for block in stage]
    assert [None if drop is None else (drop.p, drop.mode) for drop in drops] == [
        (pytest.approx(0.1), "row"),
        (pytest.approx(0.2), "row"),
        None,
        (pytest.approx(0.4), "row"),
        None,
    ]


def test_without_residual_branches_nothing_drops():
    assert drop_probabilities(replace(TINY, stages=TINY.stages[2:]), 0.4) == (0.0,)
