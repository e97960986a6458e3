"""A bundle with formats: written, opened, evaluated, asked."""

import shutil
from pathlib import Path

import pytest
import torch
from PIL import Image

from nars.data.source import load_split, prepare_splits
from nars.errors import BundleError, DataError
from nars.exports import evaluate_bundle, export_bundle, load_bundle, open_bundle, predict_images, read_formats
from nars.exports.measure import as_input
from nars.space.data_spec import DataSpec
from tests.exports.conftest import SIZE, SPACE_TEXT, Study
from tests.exports.formats.test_formats import needs_onnx

FAST = ("torchscript", "python")


@pytest.fixture(scope="module")
def bundle(study: Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _export(study, tmp_path_factory.mktemp("formats") / "best", FAST)


@pytest.fixture(scope="module")
def onnx_bundle(study: Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _export(study, tmp_path_factory.mktemp("formats") / "best", ("onnx", "onnx-int8"))


def _export(study: Study, out: Path, formats: tuple[str, ...]) -> Path:
    return export_bundle(
        study.trial,
        checkpoint_directory=study.directory / "trial",
        splits_directory=study.directory,
        data=DataSpec(),
        size=SIZE,
        space_text=SPACE_TEXT,
        study="tiny",
        threads=torch.get_num_threads(),
        out=out,
        formats=formats,
    )


def _test_images(study: Study) -> torch.Tensor:
    split = load_split(prepare_splits(DataSpec(), study.directory), "test", size=SIZE)
    return as_input(split.images, 8)


def test_the_formats_are_files_of_the_bundle_and_on_its_card(bundle: Path) -> None:
    document = read_formats(bundle)
    assert document is not None
    assert document.images == 300
    assert [(one.format, one.refusal) for one in document.formats] == [(name, None) for name in FAST]
    assert document.source.accuracy == load_bundle(bundle).metrics.test_accuracy
    card = (bundle / "README.md").read_text()
    assert 'torch.jit.load("model.torchscript")' in card
    assert "| python | 0.0e+00 | 1.0000 |" in card
    for name in ("architecture.png", "learning_curve.png"):
        assert f"]({name})" in card
        with Image.open(bundle / name) as picture:
            assert picture.size[0] > 500


@pytest.mark.parametrize("name", ["model.torchscript", "formats.json", "architecture.png"])
def test_a_format_changed_by_hand_is_refused(bundle: Path, tmp_path: Path, name: str) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(bundle, folder)
    (folder / name).write_bytes((folder / name).read_bytes() + b" ")
    with pytest.raises(BundleError, match=rf"the bundle is damaged: {name} must have SHA-256"):
        load_bundle(folder)


@pytest.mark.parametrize("name", FAST)
def test_a_format_is_scored_on_the_test_split(bundle: Path, name: str) -> None:
    result = evaluate_bundle(bundle, form=name)
    assert result.is_reproduced
    assert result.accuracy == evaluate_bundle(bundle).accuracy


def test_a_format_that_is_not_there(bundle: Path) -> None:
    with pytest.raises(BundleError) as info:
        open_bundle(load_bundle(bundle), "onnx")
    assert str(info.value) == (
        f"{bundle}: the bundle must hold the format 'onnx', got torchscript, python; export it again with --format onnx"
    )


def test_a_file_without_a_checksum_is_not_run(bundle: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(bundle, folder)
    lines = (folder / "SHA256SUMS").read_text().splitlines(keepends=True)
    (folder / "SHA256SUMS").write_text("".join(line for line in lines if "model.py" not in line))
    with pytest.raises(BundleError, match=r"must hold the format 'python', got torchscript; export it again"):
        open_bundle(load_bundle(folder), "python")


def test_timm_runs_a_bundle_of_its_own_words(study: Study, tmp_path: Path) -> None:
    pytest.importorskip("timm")
    other = _export(study, tmp_path / "best", ("timm",))
    run = open_bundle(load_bundle(other), "timm")
    images = _test_images(study)
    with torch.inference_mode():
        assert (run(images) - load_bundle(other).model()(images)).abs().max() < 1e-4


@pytest.mark.parametrize("form", [None, "python"])
def test_pictures_get_labels_with_probabilities(bundle: Path, study: Study, tmp_path: Path, form: str | None) -> None:
    split = load_split(prepare_splits(DataSpec(), study.directory), "test", size=SIZE)
    paths = []
    for index in range(10):
        paths.append(tmp_path / f"{index}.png")
        Image.fromarray(split.images[index, 0].numpy()).save(paths[-1])
    answers = predict_images(bundle, paths, form=form, top=2)
    with torch.inference_mode():
        expected = load_bundle(bundle).model()(as_input(split.images[:10], 8)).softmax(1)
    for labels, row in zip(answers, expected, strict=True):
        assert len(labels) == 2
        assert labels[0].probability == pytest.approx(row.max().item(), abs=1e-5)
        assert labels[0].name == str(row.argmax().item())
        assert labels[0].probability >= labels[1].probability


def test_bad_pictures(bundle: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"there is no image .*absent\.png"):
        predict_images(bundle, [tmp_path / "absent.png"])
    (tmp_path / "text.png").write_text("no image")
    with pytest.raises(DataError, match=r"text\.png: unreadable image"):
        predict_images(bundle, [tmp_path / "text.png"])


@pytest.mark.slow
@needs_onnx
def test_onnx_and_its_int8_form_are_scored(onnx_bundle: Path) -> None:
    source = evaluate_bundle(onnx_bundle).accuracy
    assert evaluate_bundle(onnx_bundle, form="onnx").accuracy == source
    assert evaluate_bundle(onnx_bundle, form="onnx-int8").accuracy == pytest.approx(source, abs=0.01)
