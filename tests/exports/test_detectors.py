"""Bundles of detectors, with and without masks."""

from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from nars.data.detection import load_detection_split, prepare_detection_splits
from nars.errors import BundleError
from nars.evaluation.detection import DetectionEvaluator
from nars.evaluation.evaluator import TrialTask
from nars.exports import (
    FoundObject,
    detect_images,
    draw_objects,
    evaluate_bundle,
    export_bundle,
    load_bundle,
    open_bundle,
    predict_images,
    read_formats,
    train_again,
)
from nars.exports.detector_conversion import sameness
from nars.exports.formats.detectors import DetectorSource, detector_format
from nars.exports.select import best_trial
from nars.models.detector import build_detector
from nars.space.data_spec import DataSpec
from nars.training.detection.coco import Detections
from nars.training.detection.run import train_detector
from nars.training.detection.validate import on_host
from nars.training.network import Normalize
from nars.training.trained import load_trained
from tests.exports.trials import trial
from tests.training.detection.tiny import SCENES, candidate

NORMALIZE = Normalize(mean_C=torch.full((3,), 0.5), std_C=torch.full((3,), 0.25))
CLASSES = tuple(map(str, range(10)))
DATA = DataSpec(source="digit_scenes", scenes=SCENES)


def export(directory: Path, *, with_masks: bool, accuracy: float | None = None, formats: tuple[str, ...] = ()) -> Path:
    """The bundle of a detector of two epochs."""
    chosen = candidate(with_masks=with_masks, epochs=2, ema=0.5)
    splits = prepare_detection_splits(DATA, directory, with_masks=with_masks)
    train_split, val_split = (load_detection_split(splits, name, with_masks=with_masks) for name in ("train", "val"))
    evaluation = train_detector(
        chosen, train_split, val_split, stop_epoch=2, seed=3, directory=directory / "trial", device="cpu"
    )
    if accuracy is not None:
        evaluation = replace(evaluation, accuracy=accuracy)
    return export_bundle(
        replace(trial(5), candidate=chosen, evaluation=evaluation, seed=3),
        checkpoint_directory=directory / "trial",
        splits_directory=directory,
        data=DATA,
        size=48,
        space_text="name: scenes\n",
        threads=torch.get_num_threads(),
        study="scenes",
        formats=formats,
        out=directory / "bundle",
    )


@pytest.mark.parametrize("with_masks", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_a_bundle_is_loaded_evaluated_and_trained_again(tmp_path, with_masks):
    directory = export(tmp_path, with_masks=with_masks)
    bundle = load_bundle(directory)
    assert bundle.candidate == candidate(with_masks=with_masks, epochs=2, ema=0.5)
    assert (bundle.metrics.train_images, bundle.metrics.test_images) == (12, 6)
    figures = bundle.metrics.test_detection
    assert figures is not None
    assert (figures.masks is None) != with_masks
    model = bundle.model()
    assert not model.training
    (found,) = model([torch.rand(3, 40, 60)])
    assert ("masks" in found) == with_masks
    result = evaluate_bundle(directory)
    assert result.is_reproduced
    assert result.images == 6
    assert result.detection == figures
    train_again(directory, out=tmp_path / "again", device="cpu")
    first, second = (load_file(folder / "weights.safetensors") for folder in (directory, tmp_path / "again"))
    assert all(torch.equal(first[name], second[name]) for name in first)
    card = (directory / "README.md").read_text()
    assert ("mask AP (COCO, 6 images)" in card) == with_masks
    assert "of any size, which the network itself resizes" in card
    with Image.open(directory / "detections.png") as sheet:
        assert sheet.size == (3 * 420, 2 * 420)
    assert "](detections.png)" in card


def test_formats_find_what_the_source_finds(tmp_path):
    for library in ("onnx", "onnxruntime"):
        pytest.importorskip(library)
    directory = export(tmp_path, with_masks=True, formats=("torchscript", "onnx-int8"))
    document = read_formats(directory)
    assert document is not None
    script, int8 = document.formats
    assert document.compared == "score"
    assert script.refusal is None
    assert script.measured is not None
    assert script.measured.agreement == 1
    assert script.measured.largest_difference <= 1e-3
    assert int8.files == ()
    bundle = load_bundle(directory)
    assert evaluate_bundle(directory, form="torchscript").is_reproduced
    with pytest.raises(BundleError, match="refused at the export: int8 is for classifiers"):
        open_bundle(bundle, "onnx-int8")
    Image.new("RGB", (40, 30), "white").save(tmp_path / "white.png")
    (shown,) = detect_images(directory, [tmp_path / "white.png"], form="torchscript", least_score=0.0)
    assert Image.open(BytesIO(shown.picture)).size == (640, 480)
    assert all(one.mask_HW is not None and one.mask_HW.shape == (30, 40) for one in shown.objects)
    with pytest.raises(BundleError, match="must be a classifier's bundle"):
        predict_images(directory, [tmp_path / "white.png"])
    card = (directory / "README.md").read_text()
    assert "boxes, labels, scores, *masks = torch.jit.load" in card


@pytest.mark.parametrize("form", ["onnx", "torch-export", "torchscript", "python"])
def test_a_file_takes_images_of_other_shapes_than_the_traced_one(tmp_path, form):
    if form == "onnx":
        for library in ("onnx", "onnxruntime"):
            pytest.importorskip(library)
    chosen = candidate(with_masks=True)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        source = build_detector(chosen.architecture, chosen.recipe, normalize=NORMALIZE).eval()
        images = [torch.rand(3, 48, 48), torch.rand(3, 40, 60), torch.rand(3, 70, 31)]
    given = DetectorSource(detector=source, candidate=chosen, classes=CLASSES, shape=(3, 48, 48))
    written = detector_format(form)
    written.write(given, tmp_path)
    run = written.open(tmp_path, source.transform)
    with torch.inference_mode():  # one at a time, since a batch pads them to one size
        wanted, found = ([on_host(network([image])[0]) for image in images] for network in (source, run))
    same = sameness(wanted, found)
    # of an untrained detector some overlaps are as good as at the bound of suppression, which rounding decides
    assert same.same >= 0.9 * same.detections > 0
    assert same.largest_difference < 1e-5


@pytest.mark.parametrize(
    "form", ["onnx", pytest.param("torch-export", marks=pytest.mark.slow), "torchscript", "python"]
)
@pytest.mark.parametrize("no_region", [False, True])
def test_an_image_in_which_nothing_is_found(tmp_path, form, no_region):
    if form == "onnx":
        for library in ("onnx", "onnxruntime"):
            pytest.importorskip(library)
    chosen = candidate(with_masks=True, detector={"score_threshold": 1.0})
    source = build_detector(chosen.architecture, chosen.recipe, normalize=NORMALIZE).eval()
    if no_region:  # every anchor is made as good as nothing
        torch.nn.init.constant_(source.rpn.head.deltas.bias, -20.0)
    written = detector_format(form)
    given = DetectorSource(detector=source, candidate=chosen, classes=CLASSES, shape=(3, 48, 48))
    written.write(given, tmp_path)
    run = written.open(tmp_path, source.transform)
    with torch.no_grad():
        (found,) = run([torch.zeros(3, 30, 40)])  # fewer anchors than proposals are kept of
    assert {name: tuple(value.shape) for name, value in found.items()} == {
        "boxes": (0, 4), "labels": (0,), "scores": (0,), "masks": (0, 30, 40)
    }  # fmt: skip


def test_detections_that_differ_are_no_pair():
    boxes = torch.tensor([[0.0, 0.0, 10.0, 10.0], [20.0, 0.0, 30.0, 10.0]])
    one = Detections(boxes=boxes, labels=torch.tensor([1, 2]), scores=torch.tensor([0.9, 0.5]))
    assert sameness([one], [one]).same == 2
    moved = replace(one, boxes=boxes + torch.tensor([0.2, 0.0, 0.2, 0.0]))  # overlap 9.8 / 10.2
    assert sameness([one], [moved]).same == 0
    surer = replace(one, scores=torch.tensor([0.9, 0.502]))
    assert sameness([one], [surer]).same == 1
    other = replace(one, labels=torch.tensor([1, 3]))
    assert sameness([one], [other]).same == 1
    fewer = replace(one, boxes=boxes[:1], labels=one.labels[:1], scores=one.scores[:1])
    assert (sameness([one], [fewer]).detections, sameness([one], [fewer]).same) == (2, 1)


def test_objects_are_drawn_where_they_are():
    mask_HW = torch.zeros(48, 96, dtype=torch.bool)
    mask_HW[10:20, 30:40] = True
    thing = FoundObject(name="seven", score=0.75, box=(30.0, 10.0, 40.0, 20.0), mask_HW=mask_HW)
    black = torch.zeros(3, 48, 96, dtype=torch.uint8)
    assert not np.asarray(Image.open(BytesIO(draw_objects(black, [])))).any()
    drawn = np.asarray(Image.open(BytesIO(draw_objects(black, [thing]))))
    assert drawn.shape == (480, 960, 3)  # ten times as large
    rows, columns = drawn.any(2).nonzero()
    assert (drawn[195, 395] == (0, 57, 89)).all()  # half of the blue inside the mask
    assert abs(int(columns.min()) - 300) <= 2
    assert abs(int(rows.max()) - 200) <= 2
    assert not drawn[300:].any()


def test_weights_of_another_accuracy_are_refused(tmp_path):
    with pytest.raises(BundleError, match="must give the recorded validation accuracy 0.9000"):
        export(tmp_path, with_masks=False, accuracy=0.9)
    assert not (tmp_path / "bundle").exists()


def test_a_trial_under_other_settings_of_inference_is_exported_with_them(tmp_path):
    given = candidate(epochs=2, lr=1e-2, detector={"score_threshold": 0.001, "post_nms_test": 2})
    evaluator = DetectionEvaluator(
        spec=DATA, directory=tmp_path, with_masks=False, threads=torch.get_num_threads(), device="cpu",
        swept={"post_nms_test": (2, 20), "nms": (0.3, 0.5)},
    )  # fmt: skip
    evaluator.prepare()
    task = TrialTask(number=5, candidate=given, fidelity=1.0, seed=3, directory=tmp_path / "trial")
    evaluation = evaluator.evaluate(task, lambda _: None)
    best = best_trial([replace(trial(5), candidate=given, evaluation=evaluation, seed=3)])
    assert best.candidate.recipe.detector.post_nms_test == 20, "more proposals find more"
    directory = export_bundle(
        best,
        checkpoint_directory=tmp_path / "trial",
        splits_directory=tmp_path,
        data=DATA,
        size=48,
        space_text="name: scenes\n",
        threads=torch.get_num_threads(),
        study="scenes",
        out=tmp_path / "bundle",
    )
    bundle = load_bundle(directory)
    assert bundle.candidate == best.candidate
    assert bundle.metrics.validation_accuracy == best.accuracy > evaluation.accuracy
    assert bundle.metrics.cost == best.cost
    trained = load_trained(given, tmp_path / "trial").state_dict()
    assert all(torch.equal(trained[name], tensor) for name, tensor in bundle.model().state_dict().items())
    assert evaluate_bundle(directory).is_reproduced
