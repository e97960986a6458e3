"""One finished search, winners for many budgets."""

import shutil
from pathlib import Path

import pytest

from nars.space.documents import parse_architecture, parse_recipe
from nars.storage import StudyStorage, find_experiment
from nars.study import Study, search
from nars.trials import SearchStage
from tests.cli.conftest import TINY, Nars


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one finished search, not to be changed."""
    folder = tmp_path_factory.mktemp("finished")
    (folder / "tiny.yaml").write_text(TINY)
    with search(folder / "tiny.yaml", root=folder / "experiments", workers=1):
        return folder


@pytest.fixture
def searched(finished: Path, folder: Path) -> Path:
    """A working directory with a finished search."""
    shutil.copytree(finished, folder, dirs_exist_ok=True)
    return folder


def test_a_family_is_told_then_trained_as_trials_of_the_study(searched: Path, nars: Nars) -> None:
    told = nars("family", "tiny", "--max-macs", "12e3,1e6")
    assert told.code == 0, told.err
    assert "expected accuracy" in told.out
    again = nars("family", "tiny", "--max-macs", "12e3,1e6")
    assert again.out == told.out, "nothing was trained, nothing is drawn anew"
    for budget in ("12000", "1e+06"):
        own = searched / f"families/tiny/macs_{budget}"
        parse_architecture((own / "architecture.yaml").read_text(), source="")
        parse_recipe((own / "recipe.yaml").read_text(), source="")

    with StudyStorage.open(find_experiment("tiny", root=Path("experiments")).url) as storage:
        before = len(storage.trials())
    trained = nars("family", "tiny", "--max-macs", "12e3,1e6", "--train", "--workers", "1")
    assert trained.code == 0, trained.err
    assert nars("family", "tiny", "--max-macs", "12e3,1e6", "--train", "--workers", "1").code == 0
    assert nars("resume", "tiny", "--workers", "1").code == 0
    with StudyStorage.open(find_experiment("tiny", root=Path("experiments")).url) as storage:
        winners = storage.trials()[before:]
    assert 1 <= len(winners) <= 2, "asked for once, however often the command runs"
    assert all(trial.stage is SearchStage.FINAL and trial.trained_in_full for trial in winners)
    assert nars("analyze", "tiny").code == 0
    assert "2 winners by macs" in (searched / "results/tiny/summary.md").read_text()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "a family needs exactly one of --max-macs, --max-params, --max-latency-ms, got 0"),
        (("--max-macs", "1e6", "--max-params", "1e6"), "got 2"),
        (("--max-macs", "2e5,1e5"), "--max-macs must be rising numbers above 0 with commas between, got '2e5,1e5'"),
        (("--max-macs", "many"), "got 'many'"),
        (("--max-macs", "0,1e5"), "got '0,1e5'"),
        (("--max-macs", "3"), "macs must be <= 3, the nearest miss has"),
        (("--max-latency-ms", "2"), "needs a latency table"),
    ],
)
def test_bad_budgets_are_one_message(searched: Path, nars: Nars, options: tuple[str, ...], message: str) -> None:
    outcome = nars("family", "tiny", *options)
    assert outcome.code == 2
    assert message in outcome.err
    assert outcome.err.count("\n") == 1
    assert not (searched / "families").exists()


def test_a_family_without_a_trial_has_nothing_to_learn_from(folder: Path, nars: Nars) -> None:
    (folder / "tiny.yaml").write_text(TINY)
    with Study.create("tiny.yaml", root=Path("experiments")):
        pass
    outcome = nars("family", "tiny", "--max-macs", "1e6")
    assert outcome.code == 2
    assert "a family needs trials to learn from, none has ended" in outcome.err
