"""Several processes on one study: each a `Study` of its own on one database."""

from dataclasses import replace
from pathlib import Path

import pytest

import nars
from nars.errors import ExperimentError, TrialEndedError
from nars.evaluation import Finished
from nars.study.run import _end
from tests.space.spaces import small_space
from tests.study.test_study import SETTINGS, create, curve_of, finish, rows


def shared(root: Path, url: str) -> nars.Study:
    return nars.Study.create(small_space(), root=root, settings=SETTINGS, storage=url)


def tell(study: nars.Study, trial: nars.trials.Trial) -> None:
    curve = curve_of(trial.candidate, trial.epochs)
    study.tell(trial, accuracy=curve[-1], curve=curve)


@pytest.mark.parametrize("scheme", ["sqlite", "journal"])
def test_two_that_take_turns_give_the_table_of_one(tmp_path: Path, scheme: str) -> None:
    with create(tmp_path / "alone") as study:
        finish(study)
        expected = rows(study.trials)
    url = f"{scheme}:///{tmp_path / 'study'}"
    counts = [0, 0]
    with shared(tmp_path, url) as first, nars.Study.open("small", root=tmp_path, storage=url) as second:
        under_way: list[nars.trials.Trial] = []
        turn = 0
        while True:
            study = (first, second)[turn % 2]
            try:
                trial = study.ask()
            except ExperimentError:
                assert under_way, "nobody waits for nothing"
                trial = None
            if trial is None and not under_way:
                break
            if trial is not None:
                assert trial.number not in {other.number for other in under_way}
                counts[turn % 2] += 1
                under_way.append(trial)
            if len(under_way) == 2 or trial is None:
                ended = under_way.pop(0)
                tell(study, ended)
            turn += 1
        assert rows(second.trials) == expected
    assert min(counts) >= 4


def test_what_one_asks_for_all_train(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'study'}"
    with shared(tmp_path, url) as first, nars.Study.open("small", root=tmp_path, storage=url) as second:
        finish(first)
        assert second.ask() is None
        first.ask_for_more(4)
        second.ask_for_more(4)
        finish(first)
        assert second.ask() is None
        assert len(first.trials) == len(second.trials) == SETTINGS.trials + 8


def test_a_trial_whose_process_is_gone_is_the_next_one_s(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'study'}"
    with nars.Study.open("small", root=tmp_path, storage=shared_then_closed(tmp_path, url)) as second:
        assert second.ask().number == 0  # type: ignore[union-attr]


def shared_then_closed(root: Path, url: str) -> str:
    with shared(root, url) as first:
        trial = first.ask()
        assert trial is not None
        assert trial.number == 0
        with nars.Study.open("small", root=root, storage=url) as second:
            other = second.ask()
            assert other is not None
            assert other.number == 1
            tell(second, other)
    return url


def test_a_trial_ends_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'study'}"
    with shared(tmp_path, url) as first, nars.Study.open("small", root=tmp_path, storage=url) as second:
        trial = first.ask()
        assert trial is not None
        tell(second, trial)
        with pytest.raises(TrialEndedError, match="trial 0 is complete and cannot change"):
            tell(first, trial)
        ended = second.trials[0]
        assert ended.evaluation is not None
        later = Finished(0, replace(ended.evaluation, accuracy=0.0))
        assert _end(first, trial, later) == ended, "the first to end it counts"
        following = first.ask()
        assert following is not None
        assert following.number == 1
