import pickle
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from nars.cost.formula import candidate_cost
from nars.data.detection import load_detection_split, prepare_detection_splits
from nars.data.shape import fit_to_data
from nars.errors import ModelError, SpaceError
from nars.evaluation.classification import ClassificationEvaluator
from nars.evaluation.detection import DetectionEvaluator
from nars.evaluation.evaluator import TrialTask
from nars.evaluation.tasks import evaluator_of, prepare_data
from nars.space.constraint import Constraint
from nars.space.data_spec import DataSpec, SceneSettings
from nars.space.inference import inference_grid
from nars.space.settings import settings_from
from nars.training.detection.validate import validate_detector
from nars.training.trained import blank_network, load_trained
from tests.space.detection import MASK_TEXT, TEXT, detection_space
from tests.space.spaces import small_space
from tests.training.detection.tiny import candidate

SPEC = DataSpec(source="digit_scenes", scenes=SceneSettings(train=8, val=4, test=4, pixels=48))


def evaluator(directory: Path, *, with_masks: bool = True) -> DetectionEvaluator:
    return DetectionEvaluator(spec=SPEC, directory=directory, with_masks=with_masks, threads=1, device="cpu")


def test_a_trial_is_trained_to_its_fidelity_and_another_goes_on_from_there(tmp_path):
    ours = pickle.loads(pickle.dumps(evaluator(tmp_path)))
    threads = torch.get_num_threads()
    ours.prepare()
    assert torch.get_num_threads() == 1
    torch.set_num_threads(threads)
    chosen, records = candidate(with_masks=True, epochs=2), []
    first = TrialTask(number=0, candidate=chosen, fidelity=0.5, seed=1, directory=tmp_path / "0")
    half = ours.evaluate(first, records.append)
    assert (half.epochs, len(records)) == (1, 1)
    second = TrialTask(
        number=1, candidate=chosen, fidelity=1.0, seed=1, directory=tmp_path / "1", start_from=tmp_path / "0"
    )
    whole = ours.evaluate(second, records.append)
    assert (whole.epochs, len(records)) == (2, 2)
    assert whole.accuracy == whole.detection.masks.ap


def test_it_never_reads_the_test_split(tmp_path):
    ours = evaluator(tmp_path)
    ours.prepare()
    splits = prepare_detection_splits(SPEC, tmp_path, with_masks=True)
    for split, name in zip(ours._splits, ("train", "val"), strict=True):
        other = load_detection_split(splits, name, with_masks=True)
        assert all(torch.equal(a, b) for a, b in zip(split.images, other.images, strict=True))


def test_masks_are_loaded_for_instance_segmentation_alone(tmp_path):
    ours = evaluator(tmp_path, with_masks=False)
    ours.prepare()
    assert all(target.masks is None for target in ours._splits[0].targets)


def test_evaluating_unprepared_is_an_error(tmp_path):
    task = TrialTask(number=0, candidate=candidate(), fidelity=1.0, seed=0, directory=tmp_path)
    with pytest.raises(RuntimeError, match=r"^prepare must be called before evaluate$"):
        evaluator(tmp_path).evaluate(task, lambda _: None)


def test_a_task_has_its_evaluator_and_its_data(tmp_path):
    boxes, masks, plain = detection_space(TEXT), detection_space(MASK_TEXT), small_space()
    assert prepare_data(boxes, tmp_path / "scenes") == 8
    assert prepare_data(plain, tmp_path / "digits") == 1197
    found = evaluator_of(masks, tmp_path, threads=2, device="cpu")
    assert found == DetectionEvaluator(spec=SPEC, directory=tmp_path, with_masks=True, threads=2, device="cpu")
    assert evaluator_of(boxes, tmp_path, threads=2, device="cpu").with_masks is False
    assert isinstance(evaluator_of(plain, tmp_path, threads=1, device="cpu"), ClassificationEvaluator)
    shaped = fit_to_data(boxes)
    assert (shaped.fixed["architecture.in_channels"], shaped.fixed["architecture.num_classes"]) == (3, 10)


def test_a_detector_trained_in_full_is_told_under_other_settings(tmp_path):
    given = candidate(epochs=2, lr=1e-2, detector={"score_threshold": 0.001})
    most = Constraint(cost="macs", maximum=candidate_cost(candidate(detector={"post_nms_test": 12})).macs)
    values = {"post_nms_test": (2, 6, 12, 20), "nms": (0.3, 0.5)}
    ours = replace(evaluator(tmp_path, with_masks=False), swept=values, constraints=(most,))
    ours.prepare()
    half = TrialTask(number=0, candidate=given, fidelity=0.5, seed=1, directory=tmp_path / "0")
    assert ours.evaluate(half, lambda _: None).inferences == ()
    whole = TrialTask(number=1, candidate=given, fidelity=1.0, seed=1, directory=tmp_path / "1")
    evaluation = ours.evaluate(whole, lambda _: None)
    told = {}
    for settings in inference_grid(given, values):
        changed = settings.applied_to(given)
        network = blank_network(changed)
        network.load_state_dict(load_trained(given, tmp_path / "1").state_dict())
        found = validate_detector(network, ours._splits[1], batch_size=4, device=torch.device("cpu"))
        if settings.post_nms_test <= 12:
            told[settings] = (found.accuracy, candidate_cost(changed).macs)
    assert max(accuracy for accuracy, _ in told.values()) > 0, "nothing is found: the test tells nothing"
    kept = {one.settings: (one.accuracy, one.cost.macs) for one in evaluation.inferences}
    assert kept.items() <= told.items()
    for accuracy, macs in told.values():
        assert any(a >= accuracy and m <= macs for a, m in kept.values())
    values_of_kept = list(kept.values())
    assert len(set(values_of_kept)) == len(values_of_kept)


def test_detectron2_trains_detectors_alone_and_must_be_there(tmp_path, monkeypatch):
    with pytest.raises(SpaceError, match=r"backend detectron2 trains detectors, got the task classification"):
        evaluator_of(small_space(), tmp_path, threads=1, device="cpu", backend="detectron2")
    monkeypatch.setattr("nars.models.detector.detectron2_model.find_spec", {}.get)
    with pytest.raises(ModelError, match=r"^detectron2 is not installed; it is on no package index: https://"):
        evaluator_of(detection_space(TEXT), tmp_path, threads=1, device="cpu", backend="detectron2")


def test_detectron2_knows_no_rungs():
    with pytest.raises(SpaceError, match=r"early_stop must be rank_correlation or none with the backend detectron2"):
        settings_from({"backend": "detectron2", "early_stop": "asha"})
