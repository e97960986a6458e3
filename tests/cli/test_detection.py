"""A search of detectors through the command line."""

import json
from pathlib import Path

import pandas as pd
import pytest

from nars.storage import find_experiment
from nars.study import Study
from tests.cli.conftest import Nars
from tests.data.detection.coco_files import annotation, document, write
from tests.space.detection import MASK_TEXT, TEXT


@pytest.mark.slow
@pytest.mark.parametrize("text", [TEXT, MASK_TEXT])
def test_a_search_of_detectors(nars: Nars, tmp_path: Path, text: str) -> None:
    (tmp_path / "scenes.yaml").write_text(text)
    root = tmp_path / "experiments"
    outcome = nars(
        "search", "--space", tmp_path / "scenes.yaml", "--workers", 2, "--device", "cpu", "--experiments", root
    )
    assert outcome.code == 0, outcome.err
    with Study.open("scenes", root=root) as study:
        trials = study.trials
        assert study.space.task == ("detection" if text is TEXT else "instance_segmentation")
    assert len(trials) == 4
    assert all(trial.evaluation is not None for trial in trials), [trial.failure for trial in trials]
    for trial in trials:
        figures = trial.evaluation.detection
        assert figures is not None
        assert (figures.masks is None) == (text is TEXT)
        assert trial.cost.train_macs == 3 * trial.cost.macs * 8 * 2
    assert nars("resume", "scenes", "--experiments", root).code == 0
    assert find_experiment("scenes", root=root).directory.is_dir()


@pytest.mark.slow
def test_listed_settings_of_inference_are_told_once_and_exported(nars: Nars, tmp_path: Path) -> None:
    text = TEXT.replace("post_nms_test: 10", "post_nms_test: {choice: [1, 20]}\n    score_threshold: 0.001")
    (tmp_path / "scenes.yaml").write_text(text)
    root = ("--experiments", tmp_path / "experiments")
    shown = nars("space", "show", str(tmp_path / "scenes.yaml"))
    assert "post_nms_test: candidates have 1, trained detectors are told under [1, 20]" in shown.out
    assert nars("search", "--space", tmp_path / "scenes.yaml", "--workers", 2, "--device", "cpu", *root).code == 0
    with Study.open("scenes", root=root[1]) as study:
        trials = study.trials
    assert {trial.candidate.recipe.detector.post_nms_test for trial in trials} == {1}
    assert nars("analyze", "scenes", "--results", tmp_path / "results", *root).code == 0
    told = pd.read_csv(tmp_path / "results" / "scenes" / "inferences.csv")
    assert set(told.number) == {trial.number for trial in trials if trial.trained_in_full}
    assert set(told.post_nms_test) <= {1, 20}
    assert 20 in set(told.post_nms_test), "of twenty regions more are found than of one"
    ranked = told.sort_values(["accuracy", "macs", "number"], ascending=[False, True, True])
    # Two epochs teach little: of which trial twenty are the better is chance, so one is exported of which they are.
    number = int(told.number[told.post_nms_test == 20].iloc[0])
    bundle = tmp_path / "bundle"
    assert nars("export", "best", "scenes", "--trial", number, "--out", bundle, *root).code == 0
    assert "post_nms_test: 20\n" in (bundle / "recipe.yaml").read_text()
    summary = (tmp_path / "results" / "scenes" / "summary.md").read_text()
    assert ("- with post_nms_test 20, as an export takes it: trial" in summary) == (ranked.post_nms_test.iloc[0] == 20)
    assert nars("evaluate", str(bundle)).code == 0


def test_bad_annotations_are_refused_before_training_and_nothing_is_written(nars: Nars, tmp_path: Path) -> None:
    bad = annotation(1, 0, bbox=[100.0, 4.0, 16.0, 12.0])
    write(tmp_path / "data", document(8, bad))
    data = json.dumps(
        {"source": "coco", "path": str(tmp_path / "data"), "train": {"images": "images", "annotations": "train.json"}}
    )
    text = TEXT.replace("{source: digit_scenes, scenes: {train: 8, val: 4, test: 4, pixels: 48}}", data)
    (tmp_path / "mine.yaml").write_text(text)
    root = tmp_path / "experiments"
    search = ("search", "--space", tmp_path / "mine.yaml", "--experiments", root, "--device", "cpu", "--workers", 1)
    outcome = nars(*search)
    assert outcome.code == 2
    assert "boxes outside the image: train.json annotation 1 (by 84 pixels) (1 in all)" in outcome.err
    assert "--drop-bad-annotations" in outcome.err
    assert not root.exists()


@pytest.mark.slow
def test_bad_annotations_are_dropped_and_the_record_remembers_it(nars: Nars, tmp_path: Path) -> None:
    bad = annotation(1, 0, bbox=[100.0, 4.0, 16.0, 12.0])
    write(tmp_path / "data", document(8, bad))
    files = {"images": "images", "annotations": "train.json"}
    data = json.dumps({"source": "coco", "path": str(tmp_path / "data"), "train": files})
    text = TEXT.replace("{source: digit_scenes, scenes: {train: 8, val: 4, test: 4, pixels: 48}}", data)
    (tmp_path / "mine.yaml").write_text(text)
    common = ("--experiments", tmp_path / "experiments", "--device", "cpu", "--workers", 1)
    search = ("search", "--space", tmp_path / "mine.yaml", "--trials", 2, "--drop-bad-annotations")
    assert nars(*search, *common).code == 0
    assert nars("resume", "mine", "--trials", 1, *common).code == 0
    with Study.open("mine", root=tmp_path / "experiments") as study:
        assert len(study.trials) == 3
        assert all(trial.evaluation is not None for trial in study.trials)
    outcome = nars("export", "best", "mine", "--experiments", tmp_path / "experiments", "--out", tmp_path / "bundle")
    assert outcome.code == 0, outcome.err
    assert nars("evaluate", str(tmp_path / "bundle")).code == 0


def test_dropping_is_for_coco(nars: Nars, tmp_path: Path) -> None:
    (tmp_path / "scenes.yaml").write_text(TEXT)
    outcome = nars("search", "--space", tmp_path / "scenes.yaml", "--drop-bad-annotations")
    assert outcome.code == 2
    assert "bad annotations can be dropped from coco data alone, got digit_scenes @ $.data.source" in outcome.err


@pytest.mark.slow
def test_a_sweep_of_a_trial(nars: Nars, tmp_path: Path) -> None:
    (tmp_path / "scenes.yaml").write_text(TEXT)
    root = ("--experiments", tmp_path / "experiments")
    assert nars("search", "--space", tmp_path / "scenes.yaml", "--workers", 2, "--device", "cpu", *root).code == 0
    with Study.open("scenes", root=root[1]) as study:
        best = max(study.trials, key=lambda trial: (trial.evaluation.accuracy, -trial.number))
    rows = tmp_path / "sweep.csv"
    swept = nars("sweep", "scenes", "--score-threshold", 0.05, "--nms", 0.5, "--csv", rows, "--device", "cpu", *root)
    assert swept.code == 0, swept.err
    assert f"scenes, trial {best.number}: 15 combinations, none trained" in swept.out
    table = pd.read_csv(rows)
    own = best.candidate.recipe.detector
    same = (table.resolution == best.candidate.architecture.resolution) & (table.post_nms_test == own.post_nms_test)
    (accuracy,) = table[same].accuracy
    assert accuracy == pytest.approx(best.evaluation.accuracy, abs=1e-6)
    bundle = tmp_path / "bundle"
    assert nars("export", "best", "scenes", "--out", bundle, *root).code == 0
    swept = nars(
        "sweep", str(bundle), "--score-threshold", 0.05, "--nms", 0.5, "--resolution", 48, "--device", "cpu", *root
    )
    assert swept.code == 0, swept.err
    assert "bundle bundle: 5 combinations, none trained" in swept.out
    refused = nars("sweep", str(bundle), "--trial", 1, *root)
    assert (refused.code, refused.err) == (2, f"nars: {bundle}: a bundle has no trials, got trial 1\n")
    assert (
        nars("sweep", "scenes", "--trial", 99, *root).err
        == "nars: scenes: has no trial 99 that is complete, among 4 trials\n"
    )


def test_inference_settings_are_not_searched(nars: Nars, tmp_path: Path) -> None:
    text = TEXT.replace(
        "  detector:\n    box_resolution", "  detector:\n    nms: {low: 0.3, high: 0.6}\n    box_resolution"
    )
    assert text != TEXT
    (tmp_path / "scenes.yaml").write_text(text)
    outcome = nars("search", "--space", tmp_path / "scenes.yaml")
    assert outcome.code == 2
    assert "nms changes nothing in the weights and is not searched: give one value, or" in outcome.err
