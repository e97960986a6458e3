"""What holds for every format."""

import importlib.util
import re
from pathlib import Path

import pytest
import torch

from nars.errors import BundleError
from nars.exports.formats import format_named, formats_named
from nars.exports.formats.library import library
from nars.space.candidate import Candidate
from tests.exports.formats.networks import RESIDUAL, SYNCHRONISED, UNUSUAL
from tests.exports.formats.sources import source

HAS_ONNX = all(importlib.util.find_spec(name) for name in ("onnx", "onnxruntime", "onnxscript"))
needs_onnx = pytest.mark.skipif(not HAS_ONNX, reason="onnx, onnxruntime or onnxscript is not installed")
HAS_EXECUTORCH = importlib.util.find_spec("executorch") is not None
needs_executorch = pytest.mark.skipif(not HAS_EXECUTORCH, reason="executorch is not installed")
FLOATS = [
    pytest.param("onnx", marks=[needs_onnx, pytest.mark.slow]),
    pytest.param("torch-export", marks=pytest.mark.slow),
    "torchscript",
    "python",
    pytest.param("executorch", marks=[needs_executorch, pytest.mark.slow]),
]


@pytest.mark.parametrize("name", FLOATS)
@pytest.mark.parametrize("candidate", [RESIDUAL, UNUSUAL, SYNCHRONISED], ids=["residual", "unusual", "synchronised"])
def test_logits_are_those_of_the_source_for_any_number_of_images(
    name: str, candidate: Candidate, tmp_path: Path
) -> None:
    given = source(candidate)
    chosen = format_named(name)
    chosen.write(given, tmp_path)
    assert all((tmp_path / file).is_file() for file in chosen.files)
    run = chosen.open(tmp_path)
    with torch.inference_mode():
        expected = given.network(given.images_NCHW)
        for count in (1, 3, 8):
            assert (run(given.images_NCHW[:count]) - expected[:count]).abs().max() < 1e-5
    assert expected.std() > 0.5


@pytest.mark.parametrize("name", FLOATS)
def test_no_path_of_this_machine_gets_into_a_file(name: str, tmp_path: Path) -> None:
    chosen = format_named(name)
    chosen.write(source(RESIDUAL), tmp_path)
    here = str(Path(__file__).parents[3]).encode()
    for file in chosen.files:
        assert here not in (tmp_path / file).read_bytes()


@pytest.mark.slow
@needs_onnx
def test_int8_is_smaller_and_near(tmp_path: Path) -> None:
    given = source(RESIDUAL, images=64)
    for name in ("onnx", "onnx-int8"):
        format_named(name).write(given, tmp_path)
    run = format_named("onnx-int8").open(tmp_path)
    expected = given.network(given.images_NCHW)
    difference = (run(given.images_NCHW) - expected).abs()
    assert 1e-4 < difference.mean() < 0.2  # of logits that spread by 1: it is quantised, and not broken
    assert {path.name for path in tmp_path.iterdir()} == {"model.onnx", "model.int8.onnx"}


def test_an_unknown_format_is_told_with_the_nearest() -> None:
    with pytest.raises(BundleError) as info:
        formats_named(["python", "torchscrip"])
    assert str(info.value) == (
        "unknown format 'torchscrip'; did you mean 'torchscript'?; known: onnx, onnx-int8, torch-export, torchscript, "
        "python, timm, executorch, detectron2"
    )


def test_a_format_asked_for_twice_is_written_once() -> None:
    assert [one.name for one in formats_named(["python", "torchscript", "python"])] == ["python", "torchscript"]


def test_an_absent_library_is_told_with_the_line_that_installs_it() -> None:
    with pytest.raises(BundleError) as info:
        library("no_such_library.part", install="no-such-library")
    assert re.fullmatch(
        r"no_such_library is not installed \(No module named 'no_such_library'\); run: pip install no-such-library",
        str(info.value),
    )


@pytest.mark.parametrize(
    "name", ["torch-export", "torchscript", "python", pytest.param("executorch", marks=needs_executorch)]
)
def test_a_file_that_is_none_cannot_be_opened(name: str, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=re.escape(str(tmp_path))):
        format_named(name).open(tmp_path)
