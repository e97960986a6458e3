from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from nars.errors import ModelError
from nars.models.classifier import build_classifier
from nars.models.pretrained import Weights, load_weights
from nars.space.architecture import Block, Stem
from tests.models.pretrained.checkpoints import SMALL, equal, headless, network, saved

WIDE, DEEP = SMALL.stages


def given(tmp_path: Path, **changes: object) -> tuple[Weights, dict[str, Tensor]]:
    """A random network of the small architecture on disk, and its arrays."""
    state = network(seed=1, **changes).state_dict()
    return saved(state, tmp_path / "w.pth"), state


def test_an_equal_network_is_copied_whole(tmp_path: Path) -> None:
    weights, state = given(tmp_path)
    for inherit in (False, True):
        own = network()
        report = load_weights(own, weights, inherit=inherit)
        assert equal(own.state_dict(), state)
        assert report.loaded == tuple(state)
        assert (report.reshaped, report.new, report.skipped) == ((), (), ())
    images = torch.randn(2, 3, 16, 16)
    assert torch.equal(own(images), network(seed=1)(images))


def test_nothing_is_drawn(tmp_path: Path) -> None:
    weights, _ = given(tmp_path)
    own = network()
    before = torch.get_rng_state()
    load_weights(own, weights, inherit=True)
    assert torch.equal(torch.get_rng_state(), before)


def test_another_number_of_classes_is_a_new_classifier(tmp_path: Path) -> None:
    weights, state = given(tmp_path)
    for inherit in (False, True):
        own = network(num_classes=4)
        before = own.head.classifier.weight.clone()
        report = load_weights(own, weights, inherit=inherit)
        assert report.new == report.skipped == ("head.classifier.weight", "head.classifier.bias")
        assert torch.equal(own.head.classifier.weight, before)
        assert torch.equal(own.head.features.conv.weight, state["head.features.conv.weight"])


def test_another_network_is_refused_with_counts_and_left_as_it_was(tmp_path: Path) -> None:
    stages = (WIDE, replace(DEEP, first=Block(kernel=5, expansion=6)))
    weights, state = given(tmp_path, stages=stages)
    own = network()
    before = {name: array.clone() for name, array in own.state_dict().items()}
    # other expansion: of the block's 22 arrays only the last norm's 5, two counters and one bias keep their shapes
    fitting = sum(state[name].shape == array.shape for name, array in before.items())
    assert fitting < len(before)
    message = (
        rf"w.pth: a checkpoint of another network: {fitting} of {len(before)} arrays fit, first misfit "
        r"stages.1.0.branch.expand.conv.weight: 32x8x1x1 needed, 48x8x1x1 given; inherit: true takes what fits$"
    )
    with pytest.raises(ModelError, match=message):
        load_weights(own, weights, inherit=False)
    assert equal(own.state_dict(), before)


@pytest.mark.parametrize(
    ("changes", "misfit"),
    [
        ({"stem": Stem(width=8, bias=True)}, "stem.conv.bias: 8 given, which the network has not"),
        (
            {"stages": (WIDE, replace(DEEP, depth=3))},
            "stages.1.2.branch.expand.conv.weight: 32x16x1x1 given, which the network has not",
        ),
        (
            {"stages": (WIDE, replace(DEEP, depth=1, rest=None))},
            "stages.1.1.branch.expand.conv.weight: 32x16x1x1 needed, none given",
        ),
        ({"in_channels": 1}, "stem.conv.weight: 8x3x3x3 needed, 8x1x3x3 given"),
    ],
)
def test_more_or_less_than_the_network_is_another_network(tmp_path: Path, changes, misfit: str) -> None:
    weights, _ = given(tmp_path, **changes)
    with pytest.raises(ModelError, match=f"first misfit {misfit}"):
        load_weights(network(), weights, inherit=False)


def test_wider_and_narrower_by_channel_order(tmp_path: Path) -> None:
    weights, state = given(tmp_path)
    # stage 1: 16 to 24 channels; the first block's hidden 32 to 24
    wider = (WIDE, replace(DEEP, width=24, first=Block(kernel=5, expansion=3)))
    own = network(stages=wider)
    fresh = {name: array.clone() for name, array in own.state_dict().items()}
    report = load_weights(own, weights, inherit=True)
    found = own.state_dict()

    name = "stages.1.0.branch.expand.conv.weight"
    assert torch.equal(found[name], state[name][:24])
    name = "stages.1.0.branch.depthwise.norm.running_var"
    assert torch.equal(found[name], state[name][:24])
    name = "stages.1.0.branch.project.conv.weight"
    assert torch.equal(found[name][:16], state[name][:, :24])
    assert torch.equal(found[name][16:], fresh[name][16:])
    name = "stages.1.1.branch.expand.conv.weight"
    assert torch.equal(found[name][:32, :16], state[name])
    assert torch.equal(found[name][32:], fresh[name][32:])
    assert torch.equal(found[name][:32, 16:], fresh[name][:32, 16:])
    name = "stages.1.1.branch.project.norm.weight"
    assert torch.equal(found[name], torch.cat([state[name], fresh[name][16:]]))
    name = "head.classifier.weight"
    assert torch.equal(found[name], state[name])

    assert ("stages.1.0.branch.expand.conv.weight", "32x8x1x1", "24x8x1x1") in report.reshaped
    assert "stem.conv.weight" in report.loaded
    assert set(report.loaded) | {name for name, *_ in report.reshaped} == set(found)
    assert (report.new, report.skipped) == ((), ())


def test_kernels_are_cropped_and_padded_around_their_middle(tmp_path: Path) -> None:
    weights, state = given(tmp_path)
    first, rest = Block(kernel=3, expansion=4), Block(kernel=7, expansion=2)
    own = network(stages=(WIDE, replace(DEEP, first=first, rest=rest)))
    load_weights(own, weights, inherit=True)
    found = own.state_dict()
    name = "stages.1.0.branch.depthwise.conv.weight"
    assert torch.equal(found[name], state[name][..., 1:4, 1:4])
    name = "stages.1.1.branch.depthwise.conv.weight"
    assert torch.equal(found[name], torch.nn.functional.pad(state[name], (2, 2, 2, 2)))


def test_what_the_checkpoint_lacks_stays_new(tmp_path: Path) -> None:
    weights, state = given(tmp_path, stages=(WIDE, replace(DEEP, depth=1, rest=None, squeeze_excite=False)))
    own = network()
    fresh = {name: array.clone() for name, array in own.state_dict().items()}
    report = load_weights(own, weights, inherit=True)
    expected = tuple(name for name in fresh if name.startswith("stages.1.1.") or "squeeze_excite" in name)
    assert report.new == expected
    assert all(torch.equal(own.state_dict()[name], fresh[name]) for name in expected)
    assert torch.equal(
        own.state_dict()["stages.1.0.branch.project.conv.weight"], state["stages.1.0.branch.project.conv.weight"]
    )


def test_what_the_network_lacks_is_skipped(tmp_path: Path) -> None:
    weights, _ = given(tmp_path, stages=(WIDE, replace(DEEP, depth=4)), stem=Stem(width=8, bias=True))
    report = load_weights(network(), weights, inherit=True)
    assert report.new == ()
    assert {name.rsplit(".branch", 1)[0] for name in report.skipped} == {"stem.conv.bias", "stages.1.2", "stages.1.3"}


@pytest.mark.parametrize("norm", ["GN", "SyncBN", "naiveSyncBN"])
def test_other_norms_take_scale_and_shift_and_statistics_where_they_have_them(tmp_path: Path, norm) -> None:
    weights, state = given(tmp_path)
    own = build_classifier(SMALL, norm=norm)
    report = load_weights(own, weights, inherit=False)
    assert report.new == ()
    assert torch.equal(own.stem.norm.weight, state["stem.norm.weight"])
    statistics = {name for name in state if name.endswith(("running_mean", "running_var", "num_batches_tracked"))}
    assert set(report.skipped) == (statistics if norm == "GN" else set())
    if norm != "GN":
        assert torch.equal(own.stem.norm.running_var, state["stem.norm.running_var"])
        assert int(own.stem.norm.num_batches_tracked) == 8


def test_statistics_that_are_needed_and_not_there(tmp_path: Path) -> None:
    weights = saved(build_classifier(SMALL, norm="GN").state_dict(), tmp_path / "w.pth")
    with pytest.raises(ModelError, match="first misfit stem.norm.running_mean: 8 needed, none given"):
        load_weights(network(), weights, inherit=False)


def test_counters_may_be_missing(tmp_path: Path) -> None:
    state = {n: a for n, a in network(seed=1).state_dict().items() if not n.endswith("num_batches_tracked")}
    report = load_weights(network(), saved(state, tmp_path / "w.pth"), inherit=False)
    assert report.loaded == tuple(state)
    assert len(report.new) == 1 + 2 + 3 + 3 + 1


def test_a_network_without_a_head(tmp_path: Path) -> None:
    weights, state = given(tmp_path)
    trunk = headless(network())
    report = load_weights(trunk, weights, inherit=False)
    assert equal(trunk.state_dict(), {name: array for name, array in state.items() if not name.startswith("head")})
    assert report.skipped == tuple(name for name in state if name.startswith("head"))
    trunk_alone = saved(trunk.state_dict(), tmp_path / "trunk.pth")
    with pytest.raises(ModelError, match="first misfit head.expand.conv.weight: 32x16x1x1 needed, none given"):
        load_weights(network(), trunk_alone, inherit=False)
    assert len(load_weights(network(), trunk_alone, inherit=True).new) == 9


def test_half_precision_is_widened(tmp_path: Path) -> None:
    _, state = given(tmp_path)
    weights = saved(
        {name: array.half() if array.is_floating_point() else array for name, array in state.items()},
        tmp_path / "h.pth",
    )
    own = network()
    load_weights(own, weights, inherit=False)
    assert own.stem.conv.weight.dtype == torch.float32
    assert torch.equal(own.stem.conv.weight, state["stem.conv.weight"].half().float())


def test_a_report_has_one_line_and_all_lines(tmp_path: Path) -> None:
    weights, _ = given(tmp_path)
    own = network(stages=(WIDE, replace(DEEP, depth=3, first=Block(kernel=3, expansion=4))), num_classes=4)
    report = load_weights(own, weights, inherit=True)
    counts = "68 arrays loaded, 1 reshaped, 24 new, 2 skipped"
    assert report.summary == f"{weights.path} (SHA-256 {weights.sha256}): {counts}"
    lines = report.text.splitlines()
    assert lines[0] == f"weights {weights.path}: {counts}"
    assert "    stages.1.0.branch.depthwise.conv.weight: 32x1x5x5 to 32x1x3x3" in lines
    assert "  skipped 2:" in lines
    assert any(line.startswith("  loaded 68: stem.conv 1, stem.norm 5, stages.0.0 12, stages.1.0 ") for line in lines)
