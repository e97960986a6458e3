import os
import re
import shutil
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from nars.analysis import Analysis, analyze, compare
from nars.analysis.knobs import worth_of_knobs
from nars.analysis.taught import taught_by
from nars.errors import ExperimentError
from nars.storage import StudyStorage, create_experiment, find_experiment
from nars.trials import Failure, FailureReason, SearchStage
from tests.analysis.histories import told_by_lr
from tests.storage.studies import cost_of, evaluation_of, fill, sample, small_space

ACCURACIES = [0.90, 0.95, None, 0.93, 0.91, 0.92, 0.97, 0.96]
MACS = [100_000, 200_000, 300_000, 150_000, 120_000, 400_000, 500_000, 500_000]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Experiments ``a`` and ``b``, each searched on its own with the same outcome."""
    root = tmp_path_factory.mktemp("experiments")
    for name in ("a", "b"):
        experiment = create_experiment(name, root=root)
        with StudyStorage.create(experiment.url, space=small_space(), seed=3, trials=8) as storage:
            fill(storage, ACCURACIES, macs=MACS)
            storage.note("fidelity", "half of the epochs")
    return root


@pytest.fixture(scope="module")
def results(root: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Analysis, Path]:
    """What experiment ``a`` gives, and the folder of its files; nobody writes there."""
    folder = tmp_path_factory.mktemp("results")
    return analyze("a", root=root, results=folder), folder / "a"


def folder_with(tmp_path: Path, root: Path) -> Path:
    """A copy of experiment ``a`` that a test may change."""
    shutil.copytree(root / "a", tmp_path / "experiments" / "a")
    return tmp_path / "experiments"


def test_every_file_is_written_and_nothing_else(results):
    analysis, folder = results
    tables = {
        "trials", "timings", "pareto", "fronts", "budgets", "curves", "stages", "importance", "dependence",
    }  # fmt: skip
    pictures = {
        "accuracy_vs_macs", "accuracy_vs_params", "accuracy_vs_activations", "accuracy_vs_memory_bytes", "best_so_far",
        "learning_curves", "parallel_coordinates", "importance", "dependence", "best_network",
    }  # fmt: skip
    names = {f"{table}.csv" for table in tables} | {"trials.parquet", "summary.md", "report.html"}
    names |= {f"{picture}.{ending}" for picture in pictures for ending in ("png", "svg")}
    assert {path.name for path in folder.iterdir()} == names
    assert {path.name for path in analysis.paths} == names
    for picture in pictures:
        assert (folder / f"{picture}.png").read_bytes().startswith(b"\x89PNG")
        assert ElementTree.parse(folder / f"{picture}.svg").getroot().tag == "{http://www.w3.org/2000/svg}svg"


def test_equal_studies_give_equal_bytes_but_for_times(root, results, tmp_path):
    folder, other = results[1], tmp_path / "b"
    analyze("b", root=root, results=tmp_path)
    for file in ("trials.csv", "trials.parquet", "pareto.csv", "curves.csv", "importance.csv"):
        assert (folder / file).read_bytes() == (other / file).read_bytes(), file
    assert (folder / "timings.csv").read_bytes() != (other / "timings.csv").read_bytes()


def test_the_same_study_gives_the_same_pictures(root, results, tmp_path):
    analyze("a", root=root, results=tmp_path)
    for file in sorted(results[1].iterdir()):
        assert file.read_bytes() == (tmp_path / "a" / file.name).read_bytes(), file.name


def test_the_trial_table_says_what_the_trials_were(results):
    analysis, folder = results
    space = small_space()
    candidates = sample(8, seed=1)
    read = pd.read_csv(folder / "trials.csv")
    fixed = [
        "number", "id", "stage", "round", "fidelity", "seed", "state", "failure", "accuracy", "epochs", "macs",
        "params", "activations", "memory_bytes", "latency_ms", "train_macs",
    ]  # fmt: skip
    assert read.columns.tolist() == fixed + [knob.path for knob in space.knobs]
    assert read["id"].tolist() == [candidate.id for candidate in candidates]
    assert read["state"].tolist() == ["failed" if a is None else "complete" for a in ACCURACIES]
    assert read["failure"].tolist()[2] == "diverged"
    # Printed in the fewest digits, read back exactly.
    assert read["accuracy"].tolist()[:2] == [0.90, 0.95]
    assert read["recipe.lr"].tolist() == [candidate.recipe.lr for candidate in candidates]
    assert np.isnan(read["accuracy"][2])
    expected = [c.recipe.momentum if c.recipe.optimizer == "sgd" else None for c in candidates]
    assert [None if pd.isna(m) else m for m in analysis.trials["recipe.momentum"]] == expected
    pd.testing.assert_frame_equal(pd.read_parquet(folder / "trials.parquet"), analysis.trials)


def test_the_front_and_the_curves(results):
    analysis, folder = results
    # By hand: trials 2 (failed), 5 (400,000 MACs for 0.92) and 7 (beaten by 6) are not on it.
    assert analysis.pareto["number"].tolist() == [0, 4, 3, 1, 6]
    assert pd.read_csv(folder / "pareto.csv")["accuracy"].tolist() == [0.90, 0.91, 0.93, 0.95, 0.97]
    assert [row[0] for row in analysis.front.rows] == ["0", "4", "3", "1", "6"]
    last = analysis.curves.groupby("number")["val_accuracy"].last()
    assert last.to_dict() == {n: a for n, a in enumerate(ACCURACIES) if a is not None}


def test_timings_are_dates_in_utc(results):
    read = pd.read_csv(results[1] / "timings.csv")
    assert read.columns.tolist() == ["number", "wall_s", "started", "ended"]
    assert read["wall_s"].tolist()[:2] == [1.0, 2.0]
    started, ended = pd.to_datetime(read["started"], utc=True), pd.to_datetime(read["ended"], utc=True)
    assert (started <= ended).all()
    assert read["started"].str.endswith("Z").all()


def test_the_summary_says_what_was_found(results):
    summary = results[0].summary
    assert summary == (results[1] / "summary.md").read_text()
    assert "8 trials: 7 complete, 1 failed, 0 running or interrupted; 33 seconds of training." in summary
    assert "| diverged | 1 | trial 2: loss is nan after epoch 1 |" in summary
    assert f"- of all: trial 6 (candidate {sample(7, seed=1)[6].id}, final stage), accuracy 0.9700" in summary
    assert "- constraints: 10,000 <= macs <= 1,000,000" in summary
    assert "- fidelity: half of the epochs" in summary


def test_a_study_under_way_has_results(root, tmp_path):
    folder = folder_with(tmp_path, root)
    with StudyStorage.open(f"sqlite:///{folder}/a/study.db") as storage:
        storage.add(
            sample(20, seed=4)[8], number=8, stage=SearchStage.COARSE, round=2, fidelity=1.0, seed=0, cost=cost_of(1)
        )
    analysis = analyze("a", root=folder, results=tmp_path / "results")
    assert analysis.trials["state"].tolist()[-1] == "running"
    assert analysis.pareto["number"].tolist() == [0, 4, 3, 1, 6]


@pytest.mark.parametrize("with_curve", [True, False])
def test_one_trial_that_the_user_trained_is_enough(tmp_path, with_curve):
    """Ask and tell: no losses, and perhaps no curve at all."""
    experiment = create_experiment("one", root=tmp_path)
    with StudyStorage.create(experiment.url, space=small_space(), seed=0, trials=1) as storage:
        storage.add(
            sample(1)[0], number=0, stage=SearchStage.COARSE, round=0, fidelity=1.0, seed=0, cost=cost_of(50_000)
        )
        told = evaluation_of(0.5)
        curve = tuple(replace(r, val_loss=0.0, train_loss=0.0) for r in told.curve) if with_curve else ()
        storage.complete(0, replace(told, curve=curve, applied=None))
    analysis = analyze("one", root=tmp_path, results=tmp_path / "results")
    assert ("learning_curves.png" in {path.name for path in analysis.paths}) == with_curve
    assert (analysis.curves is not None) == with_curve


def test_nothing_finished_is_an_error_and_nothing_is_written(tmp_path):
    experiment = create_experiment("new", root=tmp_path)
    with StudyStorage.create(experiment.url, space=small_space(), seed=0, trials=2) as storage:
        with pytest.raises(ExperimentError) as empty:
            analyze("new", root=tmp_path, results=tmp_path / "results")
        assert str(empty.value) == "experiment new: nothing finished yet; of 0 trials none failed"
        storage.add(
            sample(1)[0], number=0, stage=SearchStage.COARSE, round=0, fidelity=1.0, seed=0, cost=cost_of(50_000)
        )
        storage.fail(0, Failure(reason=FailureReason.TIMED_OUT, message=""))
    with pytest.raises(ExperimentError, match=r"^experiment new: nothing finished yet; of 1 trials 1 failed \(timed"):
        analyze("new", root=tmp_path, results=tmp_path / "results")
    assert not (tmp_path / "results").exists()


def test_a_results_folder_that_cannot_be_is_named_before_the_study_is_read(root, tmp_path, monkeypatch):
    (tmp_path / "results").touch()
    monkeypatch.setattr(StudyStorage, "open", None)
    message = f"results cannot be written: Not a directory: {tmp_path}/results/a"
    with pytest.raises(ExperimentError, match=f"^{re.escape(message)}$"):
        analyze("a", root=root, results=tmp_path / "results")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_results_folder_that_may_not_be_written_is_named(root, tmp_path):
    tmp_path.chmod(0o500)
    message = f"results cannot be written: Permission denied: {tmp_path}/results/a"
    with pytest.raises(ExperimentError, match=f"^{re.escape(message)}$"):
        analyze("a", root=root, results=tmp_path / "results")


def test_what_each_knob_is_worth_is_told_from_eight_ended_trials_on(root, results):
    table = results[0].importance
    space = small_space()
    assert set(table["knob"]) == {knob.path for knob in space.knobs} | {"architecture", "recipe"}
    assert table[["alone", "total"]].stack().between(0, 1).all()
    with StudyStorage.open(find_experiment("a", root=root).url) as storage:
        assert taught_by(space, storage.trials()[:7], seed=0) is None


def test_a_knob_that_decides_alone_is_found():
    space, trials = small_space(), told_by_lr(60)
    found = worth_of_knobs(taught_by(space, trials, seed=0))
    assert found.knobs[0].name == "recipe.lr"
    assert found.knobs[0].alone > 0.85
    assert found.recipe.alone > 0.9
    assert found.interaction < 0.1


def test_every_table_in_the_formats_asked_for(root, tmp_path):
    analyze("a", root=root, results=tmp_path, formats=["markdown", "latex"])
    names = {path.name for path in (tmp_path / "a").iterdir()}
    tables = ("trials", "timings", "pareto", "curves", "importance")
    assert {f"{table}.{ending}" for table in tables for ending in ("md", "tex")} < names
    assert "trials.csv" not in names
    assert "trials.parquet" in names


def test_experiments_side_by_side(root):
    frame = compare(["a", "b"], root=root)
    assert frame.experiment.tolist() == ["a", "b"]
    assert frame.best_trial.tolist() == [6, 6]
    assert frame.best.tolist() == [0.97, 0.97]
    assert frame.macs.tolist() == [500_000, 500_000]
    assert frame.trials.tolist() == [8, 8]
    assert frame.failed.tolist() == [1, 1]
    with StudyStorage.open(find_experiment("a", root=root).url) as storage:
        evaluations = [trial.evaluation for trial in storage.trials() if trial.evaluation]
    assert frame.epochs[0] == sum(evaluation.epochs for evaluation in evaluations)
    assert frame.wall_s[0] == pytest.approx(sum(evaluation.wall_s for evaluation in evaluations))
    with pytest.raises(ExperimentError, match=r"^experiments to compare must differ, got a twice$"):
        compare(["a", "b", "a"], root=root)
