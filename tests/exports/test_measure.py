from pathlib import Path

import pytest
import torch
from torch import nn

from nars.data.dataset import Split
from nars.data.source import load_split, prepare_splits
from nars.exports import load_bundle
from nars.exports.measure import accuracy_of, predict
from nars.space.data_spec import DataSpec
from nars.training.validate import validate
from tests.exports.conftest import SIZE, Study


def test_accuracy_is_the_share_of_hits() -> None:
    logits_NK = torch.tensor([[1.0, 0.0], [0.0, 2.0], [3.0, 1.0], [0.0, 1.0]])
    assert accuracy_of(logits_NK, torch.tensor([0, 1, 1, 1])) == 0.75


def test_images_reach_the_model_in_zero_to_one_at_its_resolution_in_their_order() -> None:
    images = (
        torch.arange(600, dtype=torch.int64).remainder(256).to(torch.uint8)[:, None, None, None].expand(-1, 1, 4, 4)
    )
    split = Split(images=images, labels=torch.zeros(600, dtype=torch.int64))
    means_N4 = predict(nn.Flatten(), split, resolution=2)
    expected = (torch.arange(600).remainder(256) / 255)[:, None].expand(-1, 4)
    assert torch.equal(means_N4, expected)


def test_it_agrees_with_the_validation_of_training(study: Study, exported: Path) -> None:
    splits = prepare_splits(DataSpec(), study.directory)
    val = load_split(splits, "val", size=SIZE)
    model = load_bundle(exported).model()
    _, expected = validate(model, val, resolution=8, batch_size=64, device=torch.device("cpu"))
    assert accuracy_of(predict(model, val, resolution=8), val.labels) == expected
    assert study.trial.evaluation is not None
    assert expected == pytest.approx(study.trial.evaluation.accuracy, abs=1e-12)
