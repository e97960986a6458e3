"""A detector starts from the weights that its recipe names."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from nars.errors import ModelError
from nars.models.detector import build_detector
from nars.training.detection.applied import read_detector_applied
from nars.training.detection.parts import build_detector_parts
from nars.training.initial_weights import require_fit
from tests.training.detection.tiny import CPU, candidate, scenes


@pytest.fixture
def file(tmp_path: Path) -> Path:
    given = candidate()
    network = build_detector(given.architecture, given.recipe, normalize=nn.Identity())
    torch.save(network.state_dict(), tmp_path / "weights.pth")
    return tmp_path / "weights.pth"


def test_trunk_and_heads_start_from_the_weights(file: Path) -> None:
    saved = torch.load(file, weights_only=True)
    parts = build_detector_parts(candidate(weights=str(file)), scenes("train"), CPU)
    own = parts.network.state_dict()
    assert all(torch.equal(own[name], array) for name, array in saved.items())
    assert parts.weights.new == ()
    assert "arrays loaded, 0 reshaped, 0 new" in read_detector_applied(parts).weights


def test_random_ones_by_default(file: Path) -> None:
    parts = build_detector_parts(candidate(), scenes("train"), CPU)
    saved = torch.load(file, weights_only=True)
    assert not torch.equal(parts.network.state_dict()["backbone.stem.conv.weight"], saved["backbone.stem.conv.weight"])
    assert parts.weights is None


def test_weights_that_do_not_fit_are_refused_before_a_run(file: Path) -> None:
    require_fit(candidate(weights=str(file)))
    with_masks = candidate(weights=str(file), with_masks=True)
    with pytest.raises(ModelError, match=r"first misfit roi_heads.mask_head"):
        require_fit(with_masks)
    require_fit(replace(with_masks, recipe=replace(with_masks.recipe, inherit=True)))
