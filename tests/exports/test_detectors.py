"""Bundles of detectors, with and without masks."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from nars.data.detection import load_detection_split, prepare_detection_splits
from nars.errors import BundleError
from nars.evaluation.detection import DetectionEvaluator
from nars.evaluation.evaluator import TrialTask
from nars.exports import evaluate_bundle, export_bundle, load_bundle, train_again
from nars.exports.select import best_trial
from nars.space.data_spec import DataSpec
from nars.training.detection.run import train_detector
from nars.training.trained import load_trained
from tests.exports.trials import trial
from tests.training.detection.tiny import SCENES, candidate

DATA = DataSpec(source="digit_scenes", scenes=SCENES)


def export(directory: Path, *, with_masks: bool, accuracy: float | None = None) -> Path:
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
        out=directory / "bundle",
    )


@pytest.mark.parametrize("with_masks", [False, True])
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
