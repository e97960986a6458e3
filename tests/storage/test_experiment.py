import os
from pathlib import Path

import pytest

from nars.errors import ExperimentError
from nars.storage import Experiment, create_experiment, experiment_names, find_experiment


def make(root: Path, *names: str) -> None:
    for name in names:
        (root / name).mkdir(parents=True)
        (root / name / "study.db").touch()


def test_a_folder_is_made_and_found_by_name_and_by_path(tmp_path, monkeypatch):
    made = create_experiment("digits", root=tmp_path / "experiments")
    assert made.directory == tmp_path / "experiments" / "digits"
    assert made.name == "digits"
    made.database.touch()
    assert find_experiment("digits", root=tmp_path / "experiments") == made
    assert find_experiment(made.directory, root=tmp_path / "elsewhere") == made
    monkeypatch.chdir(made.directory)
    assert find_experiment(".", root=tmp_path / "elsewhere").name == "digits"


def test_paths_lie_inside_the_folder():
    experiment = Experiment(Path("/e/digits"))
    assert experiment.url == "sqlite:////e/digits/study.db"
    assert experiment.lock == Path("/e/digits/lock")
    assert experiment.trial_directory(7) == Path("/e/digits/trials/0007")


@pytest.mark.parametrize("name", ["", "a/b", "..", ".hidden", "-x", "a b", "x" * 101])
def test_a_name_that_is_no_name_is_refused(tmp_path, name):
    with pytest.raises(ExperimentError, match=r"^an experiment's name must be 1 to 100 letters.* got '"):
        create_experiment(name, root=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_absent_experiment_names_the_nearest(tmp_path):
    with pytest.raises(ExperimentError) as nothing:
        find_experiment("digits", root=tmp_path / "none")
    assert str(nothing.value) == f"no experiment 'digits' in {tmp_path / 'none'}; there are no experiments yet"
    make(tmp_path, "digits", "cifar")
    (tmp_path / "folder_without_a_study").mkdir()
    assert experiment_names(root=tmp_path) == ["cifar", "digits"]
    with pytest.raises(ExperimentError, match=r"^no experiment 'digit' in .*; did you mean digits\?$"):
        find_experiment("digit", root=tmp_path)
    with pytest.raises(ExperimentError, match=r"^no experiment 'zzz' in .*; there are: cifar, digits$"):
        find_experiment("zzz", root=tmp_path)


def test_a_folder_below_a_file_cannot_be_made(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ExperimentError) as refused:
        create_experiment("digits", root=tmp_path / "file" / "experiments")
    folder = tmp_path / "file" / "experiments" / "digits"
    assert str(refused.value) == f"experiment folder {folder} cannot be made: {tmp_path / 'file'} is not a folder"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_cannot_be_written(tmp_path):
    (tmp_path / "closed").mkdir(mode=0o500)
    with pytest.raises(ExperimentError, match=f"cannot be written: no permission for {tmp_path / 'closed'}$"):
        create_experiment("digits", root=tmp_path / "closed")


def test_a_folder_of_the_kernel_cannot_be_made():
    with pytest.raises(ExperimentError, match=r"^experiment folder /proc/digits cannot be made: "):
        create_experiment("digits", root=Path("/proc"), minimum_free_bytes=0)


def test_a_full_disk_is_refused_before_anything_is_made(tmp_path):
    with pytest.raises(ExperimentError) as refused:
        create_experiment("digits", root=tmp_path, minimum_free_bytes=10**18)
    assert str(refused.value).startswith(
        f"experiment folder {tmp_path / 'digits'} needs 1,000,000,000,000,000,000 free bytes of disk, {tmp_path} has "
    )
    assert list(tmp_path.iterdir()) == []
