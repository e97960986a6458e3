"""Random candidates of every shipped space of detectors, and a tiny one with a pyramid."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from nars.errors import BundleError
from nars.exports.detector_conversion import sameness
from nars.exports.formats.detectors import detector_format
from nars.space import load_space
from nars.space.candidate import Candidate
from nars.training.detection.validate import on_host
from tests.exports.formats.detectors.sharp import images, sharp_source
from tests.exports.formats.detectors.test_detectron2 import needs_detectron2
from tests.exports.formats.test_formats import needs_onnx
from tests.training.detection.tiny import candidate

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


def compared(given: Candidate, form: str, folder: Path, *, seed: int, count: int) -> tuple[int, int]:
    """How many detections there are, and how many of them are the source's."""
    source = sharp_source(given, seed=seed)
    folder.mkdir(exist_ok=True)
    written = detector_format(form)
    written.write(source, folder)
    run = written.open(folder, source.detector.transform)
    with torch.inference_mode():
        ours, theirs = (
            [on_host(network([image])[0]) for image in images(given, count, seed=99)]
            for network in (source.detector, run)
        )
    same = sameness(ours, theirs)
    return same.detections, same.same


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("space", CLASSES)
def test_detections_are_the_source_s(space: str, form: str, tmp_path: Path) -> None:
    number, count = SAMPLES[space]
    for index, chosen in enumerate(candidates(space, number)):
        found, same = compared(chosen, form, tmp_path / str(index), seed=index, count=count)
        print(f"{space} {index} {form}: {same} of {found} detections")  # noqa: T201  # the figures: pytest -s
        assert found > count, "an image shows something"
        # of drawn weights, a few overlaps are as good as at a bound of suppression, which rounding decides
        assert same >= 0.99 * found, chosen.id


def pyramid() -> Candidate:
    tiny = candidate(
        with_masks=True,
        detector={"anchor_sizes": (8, 16, 32), "pre_nms_test": 30, "post_nms_test": 40, "max_test_size": 96},
    )
    (stage,) = tiny.architecture.stages
    assert tiny.architecture.detector is not None
    fpn = replace(tiny.architecture.detector, form="fpn", fpn_width=16)
    return replace(tiny, architecture=replace(tiny.architecture, stages=(stage, stage), detector=fpn))


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMATS)
def test_a_detector_with_a_pyramid(form: str, tmp_path: Path) -> None:
    """Of the finer levels some proposals are left out before suppression, of the coarser ones none are there to be."""
    found, same = compared(pyramid(), form, tmp_path, seed=0, count=30)
    assert same >= 0.99 * found > 300


@pytest.mark.slow
def test_torch_export_names_the_size_that_it_was_not_followed_for(tmp_path: Path) -> None:
    source = sharp_source(pyramid(), seed=0)
    written = detector_format("torch-export")
    written.write(source, tmp_path)
    run = written.open(tmp_path, source.detector.transform)
    with pytest.raises(BundleError, match="not followed for images of 12 x 96 pixels"):
        run([torch.rand(3, 12, 96)])
