import errno
import resource
from dataclasses import replace
from pathlib import Path

import pytest

from nars.errors import BundleError, CheckpointError
from nars.exports import load_bundle
from nars.exports.writing import export_bundle
from nars.space.data_spec import DataSpec
from nars.trials import TrialState
from tests.exports.conftest import SIZE, SPACE_TEXT, Study


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_exporting_twice_gives_the_same_bytes(study: Study, exported: Path, tmp_path: Path) -> None:
    assert contents(study.export(tmp_path / "again")) == contents(exported)
    assert [path.name for path in tmp_path.iterdir()] == ["again"]  # nothing temporary is left


def test_an_earlier_bundle_and_an_empty_folder_are_replaced(study: Study, exported: Path, tmp_path: Path) -> None:
    out = tmp_path / "best"
    out.mkdir()
    study.export(out, trial=replace(study.trial, number=1))
    assert load_bundle(out).provenance.trial == 1
    study.export(out)
    assert contents(out) == contents(exported)
    assert [path.name for path in tmp_path.iterdir()] == ["best"]


def test_a_folder_of_something_else_is_refused_and_kept(study: Study, tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(BundleError) as info:
        study.export(tmp_path)
    assert str(info.value) == f"{tmp_path}: must be absent, empty or an earlier bundle, got thesis.tex in it"
    assert contents(tmp_path) == {"thesis.tex": b"mine"}


def test_a_bundle_with_a_file_of_the_user_is_not_replaced(study: Study, tmp_path: Path) -> None:
    out = study.export(tmp_path / "best")
    (out / "notes.txt").write_text("mine")
    with pytest.raises(BundleError, match=r"got notes\.txt in it$"):
        study.export(out)


def test_a_file_in_the_way_is_refused(study: Study, tmp_path: Path) -> None:
    (tmp_path / "best").write_text("mine")
    with pytest.raises(BundleError, match=r"must be absent, empty or an earlier bundle, got a file$"):
        study.export(tmp_path / "best")


def test_only_a_trial_trained_in_full_is_exported(study: Study, tmp_path: Path) -> None:
    half = replace(study.trial, fidelity=0.5)
    with pytest.raises(BundleError) as info:
        study.export(tmp_path / "best", trial=half)
    assert str(info.value) == "only a trial trained in full can be exported, got trial 5: complete, fidelity 0.5"
    running = replace(study.trial, state=TrialState.RUNNING, evaluation=None)
    with pytest.raises(BundleError, match=r"got trial 5: running, fidelity 1$"):
        study.export(tmp_path / "best", trial=running)


def test_weights_that_do_not_give_the_recorded_accuracy_are_refused(study: Study, tmp_path: Path) -> None:
    assert study.trial.evaluation is not None
    flattered = replace(study.trial, evaluation=replace(study.trial.evaluation, accuracy=0.999))
    with pytest.raises(BundleError, match=r"must give the recorded validation accuracy 0\.9990, got 0\.\d{4}$"):
        study.export(tmp_path / "best", trial=flattered)
    assert not list(tmp_path.iterdir())


def test_a_damaged_last_checkpoint_does_not_export_the_epoch_before(study: Study, tmp_path: Path) -> None:
    checkpoints = tmp_path / "trial"
    checkpoints.mkdir()
    for path in (study.directory / "trial").glob("*.pt"):
        (checkpoints / path.name).write_bytes(path.read_bytes())
    last = max(checkpoints.iterdir())
    last.write_bytes(last.read_bytes()[:1000])
    with pytest.raises(BundleError, match=r"the last readable checkpoint must be of epoch 2, got 1$"):
        export_from(study, checkpoints, tmp_path / "best")


def test_a_trial_without_checkpoints(study: Study, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"there is no readable checkpoint$"):
        export_from(study, tmp_path / "none", tmp_path / "best")


def test_checkpoints_of_another_seed_are_refused(study: Study, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"must be of seed 4, got 3$"):
        study.export(tmp_path / "best", trial=replace(study.trial, seed=4))


def test_a_full_disk_leaves_the_earlier_bundle(study: Study, exported: Path, tmp_path: Path) -> None:
    out = study.export(tmp_path / "best")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5000, limits[1]))  # the weights are larger; Python ignores SIGXFSZ
    try:
        with pytest.raises(BundleError, match=r"best: the bundle cannot be written: File too large$") as info:
            study.export(out, trial=replace(study.trial, number=1))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert isinstance(info.value.__cause__, OSError)
    assert info.value.__cause__.errno == errno.EFBIG
    assert contents(out) == contents(exported)
    assert [path.name for path in tmp_path.iterdir()] == ["best"]


def export_from(study: Study, checkpoints: Path, out: Path) -> Path:
    return export_bundle(
        study.trial,
        checkpoint_directory=checkpoints,
        splits_directory=study.directory,
        data=DataSpec(),
        size=SIZE,
        space_text=SPACE_TEXT,
        threads=1,
        study="tiny",
        out=out,
    )
