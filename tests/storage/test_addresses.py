"""Databases named by their address: what is said of those that cannot be used, and never the password."""

from pathlib import Path

import pytest

from nars.errors import ExperimentError
from nars.storage import StudyStorage, create_experiment, find_experiment
from tests.storage.studies import fill, small_space


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("no address", "a study's address must look like sqlite:////path/study.db or postgresql+psycopg://"),
        ("postgresql://u:s3cret@h:port/db", "got 'postgresql://***@h:port/db'"),
        ("oracel://u:s3cret@h/db", "oracel"),
        ("mysql+mysqlconnector://u:s3cret@h/db", "driver is not installed (No module named 'mysql'); nars[postgresql]"),
    ],
)
def test_an_address_that_cannot_be_read_is_said_without_its_password(url: str, message: str) -> None:
    with pytest.raises(ExperimentError) as info:
        StudyStorage.open(url, name="small")
    assert message in str(info.value)
    assert "s3cret" not in str(info.value)


@pytest.mark.parametrize("scheme", ["sqlite", "journal"])
def test_a_study_lies_in_a_file_of_the_user_s_own(tmp_path: Path, scheme: str) -> None:
    url = f"{scheme}:///{tmp_path / 'shared.log'}"
    experiment = create_experiment("small", root=tmp_path, storage=url)
    with StudyStorage.create(experiment.url, space=small_space(), seed=1, trials=3, name="small") as storage:
        written = fill(storage, [0.5, None, 0.75])
    assert not experiment.database.exists()
    found = find_experiment("small", root=tmp_path, storage=url)
    with StudyStorage.open(found.url, name=found.study_name) as storage:
        assert storage.trials() == written
    with pytest.raises(ExperimentError, match="no experiment 'small'"):
        find_experiment("small", root=tmp_path)
