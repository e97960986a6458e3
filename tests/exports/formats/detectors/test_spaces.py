"""Random candidates of every shipped space of detectors, and the published detector with a pyramid."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from nars.exports.detector_conversion import sameness
from nars.exports.formats.detectors import detector_format
from nars.models.detector.zoo import load_detector
from nars.space import load_space
from nars.space.candidate import Candidate
from nars.training.detection.validate import on_host
from tests.exports.formats.detectors.sharp import images, sharp_source
from tests.exports.formats.detectors.test_detectron2 import needs_detectron2
from tests.exports.formats.test_formats import needs_onnx

FORMATS = [
    pytest.param("onnx", marks=needs_onnx),
    "torch-export",
    "torchscript",
    "python",
    pytest.param("detectron2", marks=[needs_detectron2, pytest.mark.filterwarnings("ignore")]),  # of its imports
]
CLASSES = {"digit_scenes": 10, "mask_rcnn_fbnetv3_coco": 80}
SAMPLES = {"digit_scenes": (4, 20), "mask_rcnn_fbnetv3_coco": (1, 4)}
"""Candidates, and images for each, that fit into CI."""


def candidates(space: str, count: int) -> list[Candidate]:
    shipped = load_space(Path("search_spaces") / f"{space}.yaml")
    shipped = shipped.with_data_shape(in_channels=3, num_classes=CLASSES[space])
    return shipped.sample(count, rng=np.random.default_rng(0))


def compared(candidate: Candidate, form: str, folder: Path, *, seed: int, count: int) -> tuple[int, int]:
    """How many detections there are, and how many of them are the source's."""
    given = sharp_source(candidate, seed=seed)
    folder.mkdir(exist_ok=True)
    chosen = detector_format(form)
    chosen.write(given, folder)
    run = chosen.open(folder, given.detector.transform)
    with torch.inference_mode():
        ours, theirs = (
            [on_host(network([image])[0]) for image in images(candidate, count, seed=99)]
            for network in (given.detector, run)
        )
    same = sameness(ours, theirs)
    return same.detections, same.same


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("space", CLASSES)
def test_detections_are_the_source_s(space: str, form: str, tmp_path: Path) -> None:
    number, count = SAMPLES[space]
    for index, candidate in enumerate(candidates(space, number)):
        found, same = compared(candidate, form, tmp_path / str(index), seed=index, count=count)
        print(f"{space} {index} {form}: {same} of {found} detections")  # noqa: T201  # the figures: pytest -s
        assert found > count, "an image shows something"
        # of drawn weights, a few overlaps are as good as at a bound of suppression, which rounding decides
        assert same >= 0.99 * found, candidate.id


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMATS)
def test_a_detector_with_a_pyramid(form: str, tmp_path: Path) -> None:
    published = load_detector("mask_rcnn_fbnetv3_g_fpn")
    assert published.recipe.detector is not None
    small = replace(
        published,
        architecture=replace(published.architecture, resolution=128),
        recipe=replace(published.recipe, detector=replace(published.recipe.detector, max_test_size=200)),
    )
    found, same = compared(small, form, tmp_path, seed=0, count=3)
    assert same >= 0.99 * found > 0
