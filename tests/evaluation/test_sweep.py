"""A sweep tells what building the detector anew with each setting would."""

from collections.abc import Iterator
from itertools import product

import pytest
import torch

from nars.cost.formula import candidate_cost
from nars.evaluation.sweep import sweep
from nars.models.detector import TwoStageDetector, build_detector
from nars.space.candidate import Candidate
from nars.space.inference import inference_grid
from nars.training.detection.validate import validate_detector
from nars.training.network import Normalize
from tests.training.detection.tiny import CPU, candidate, scenes

VALUES = {"resolution": (40, 48), "post_nms_test": (3, 10), "nms": (0.3, 0.5), "score_threshold": (0.001, 0.1)}
BLANK = Normalize(mean_C=torch.zeros(3), std_C=torch.ones(3))


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Small detectors are quickest on one thread."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def trained(given: Candidate) -> TwoStageDetector:
    """New weights, and norms whose statistics are those of some scenes."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        detector = build_detector(given.architecture, given.recipe, normalize=BLANK)
        split = scenes("train")
        optimizer = torch.optim.AdamW(detector.parameters(), lr=6e-3)
        for _ in range(80):
            images = [image.float() / 255 for image in split.images[:6]]
            targets = [
                {"boxes": t.boxes, "labels": t.labels, "masks": torch.zeros(len(t), 48, 48)} for t in split.targets[:6]
            ]
            optimizer.zero_grad()
            sum(detector.train()(images, targets).values()).backward()
            optimizer.step()
    return detector.eval()


@pytest.mark.parametrize("with_masks", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_every_combination_is_told_as_it_is_built(*, with_masks: bool) -> None:
    given = candidate(with_masks=with_masks)
    detector = trained(given)
    found = list(sweep(detector, given, scenes("train"), inference_grid(given, VALUES), device=CPU))
    assert len(found) == 16
    told = set()
    for row in found:
        settings = row.candidate.recipe.detector
        told.add(
            (row.candidate.architecture.resolution, settings.post_nms_test, settings.nms, settings.score_threshold)
        )
        built = build_detector(row.candidate.architecture, row.candidate.recipe, normalize=BLANK)
        built.load_state_dict(detector.state_dict())
        expected = validate_detector(built, scenes("train"), batch_size=8, device=CPU)
        assert row.figures == expected.detection
        assert row.accuracy == expected.accuracy
        assert row.cost == candidate_cost(row.candidate)
    assert told == set(product(*VALUES.values()))
    assert len({row.figures for row in found}) > 3, "the settings must make a difference"


def untrained(given: Candidate) -> TwoStageDetector:
    return build_detector(given.architecture, given.recipe, normalize=BLANK)


def test_larger_images_and_more_proposals_cost_more() -> None:
    given = candidate()
    rows = list(sweep(untrained(given), given, scenes("val"), inference_grid(given, VALUES), device=CPU))
    macs = {(r.candidate.architecture.resolution, r.candidate.recipe.detector.post_nms_test): r.cost.macs for r in rows}
    assert macs[40, 3] < macs[40, 10] < macs[48, 10]
    assert macs[40, 3] < macs[48, 3]
