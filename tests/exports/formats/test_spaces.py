"""Random candidates of every shipped space of classifiers."""

from pathlib import Path

import numpy as np
import pytest
import torch

from nars.exports.formats import format_named
from nars.exports.measure import accuracy_of
from nars.space import SearchSpace, load_space
from tests.exports.formats.sources import source
from tests.exports.formats.test_formats import needs_executorch, needs_onnx

FORMATS = [
    pytest.param("onnx", marks=needs_onnx),
    "torch-export",
    "torchscript",
    "python",
    pytest.param("executorch", marks=needs_executorch),
]
SHAPES = {"digits": (1, 10), "cifar10_folder": (3, 10), "fbnetv3_imagenet": (3, 1000)}
"""Channels and classes of each space's data."""
SAMPLES = {"digits": (5, 100), "cifar10_folder": (3, 100), "fbnetv3_imagenet": (1, 4)}
"""Candidates, and images for each, that fit into CI; twenty with a hundred take tens of minutes for each format."""


def shipped(name: str) -> SearchSpace:
    channels, classes = SHAPES[name]
    space = load_space(Path("search_spaces") / f"{name}.yaml")
    return space.with_data_shape(in_channels=channels, num_classes=classes)


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("space", SHAPES)
def test_logits_are_within_1e_4_of_the_source(space: str, name: str, tmp_path: Path) -> None:
    chosen = format_named(name)
    candidates, images = SAMPLES[space]
    for index, candidate in enumerate(shipped(space).sample(candidates, rng=np.random.default_rng(0))):
        folder = tmp_path / str(index)
        folder.mkdir()
        given = source(candidate, seed=index, images=images)
        chosen.write(given, folder)
        run = chosen.open(folder)
        with torch.inference_mode():
            differences = [
                (run(x_NCRR) - given.network(x_NCRR)).abs().max().item() for x_NCRR in given.images_NCHW.split(20)
            ]
        assert max(differences) <= 1e-4, f"{candidate.id}: {max(differences)}"


@pytest.mark.slow
def test_timm_has_words_for_some_of_the_published_space_and_gives_the_same_logits(tmp_path: Path) -> None:
    pytest.importorskip("timm")
    chosen = format_named("timm")
    standard = [
        candidate
        for candidate in shipped("fbnetv3_imagenet").sample(200, rng=np.random.default_rng(0))
        if all(stage.first.padding in {None, stage.first.kernel // 2} for stage in candidate.architecture.stages)
    ]
    assert len(standard) > 20
    for index, candidate in enumerate(standard[:3]):
        folder = tmp_path / str(index)
        folder.mkdir()
        given = source(candidate, seed=index, images=2)
        chosen.write(given, folder)
        run = chosen.open(folder)
        with torch.inference_mode():
            logits = given.network(given.images_NCHW)
            assert (run(given.images_NCHW) - logits).abs().max() < 1e-4
            assert accuracy_of(run(given.images_NCHW), logits.argmax(1)) == 1
