import pytest

from nars.analysis.writing import write_whole
from nars.errors import ExperimentError


def test_a_file_is_replaced_and_nothing_is_left_beside_it(tmp_path):
    path = tmp_path / "new" / "table.csv"
    for content in (b"one", b"two"):
        write_whole(path, content)
        assert path.read_bytes() == content
    assert list(path.parent.iterdir()) == [path]


def test_a_failure_leaves_nothing_beside_and_names_the_file(tmp_path):
    path = tmp_path / "table.csv"
    path.mkdir()
    with pytest.raises(ExperimentError, match=rf"^results cannot be written: Is a directory: {path}$"):
        write_whole(path, b"one")
    assert list(tmp_path.iterdir()) == [path]
