from pathlib import Path

import pytest

from tests.cli.conftest import Nars


@pytest.mark.parametrize("command", ["confirm", "attribute"])
def test_results_that_cannot_be_written_are_refused_before_any_training(nars: Nars, folder: Path, command: str) -> None:
    (folder / "full").touch()
    refused = nars(command, "absent", "--results", "full/results")
    assert refused.code == 2
    assert "results cannot be written: Not a directory: full/results" in refused.err
