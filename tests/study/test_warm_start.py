"""What one search has learnt, carried to the next."""

from pathlib import Path

import numpy as np
import pytest

import nars
from nars.errors import ExperimentError
from nars.space import SearchSettings, parse_space
from nars.trials import Trial
from tests.space.spaces import TEXT, small_space
from tests.study.test_study import accuracy_of, create, finish


def settings(seed: int, *, trials: int = 14) -> SearchSettings:
    return SearchSettings(trials=trials, first_round=6, round_size=4, final=2, seed=seed)


def finished(root: Path, name: str, *, seed: int = 0, warm_start: str | None = None, trials: int = 14) -> list[Trial]:
    with nars.Study.create(
        small_space(), root=root, name=name, settings=settings(seed, trials=trials), warm_start=warm_start
    ) as study:
        finish(study)
        return list(study.trials)


@pytest.mark.slow
def test_the_first_round_is_better_than_a_cold_one_and_half_of_it_as_before(tmp_path: Path) -> None:
    finished(tmp_path, "earlier", seed=100, trials=26)
    gains = []
    for seed in range(5):
        cold = finished(tmp_path, f"cold{seed}", seed=seed)[:6]
        warm = finished(tmp_path, f"warm{seed}", seed=seed, warm_start="earlier")[:6]
        best = [max(accuracy_of(trial.candidate) for trial in trials) for trials in (cold, warm)]
        gains.append(best[1] - best[0])
        assert len({t.candidate.id for t in warm}) == 6
    assert np.median(gains) > 0
    assert min(gains) > -0.05


def test_a_study_goes_on_with_what_it_was_started_with(tmp_path: Path) -> None:
    finished(tmp_path, "earlier", seed=100)
    whole = finished(tmp_path, "whole", warm_start="earlier")
    nars.Study.create(
        small_space(), root=tmp_path, name="parts", settings=settings(0), warm_start=tmp_path / "earlier"
    ).close()
    for path in (tmp_path / "earlier").iterdir():
        path.unlink()  # the file beside the new study is all that it needs
    for _ in range(20):
        with nars.Study.open("parts", root=tmp_path) as study:
            trial = study.ask()
            if trial is None:
                break
            study.tell(
                trial, accuracy=accuracy_of(trial.candidate), curve=[accuracy_of(trial.candidate)] * trial.epochs
            )
    with nars.Study.open("parts", root=tmp_path) as study:
        assert [t.candidate.id for t in study.trials] == [t.candidate.id for t in whole]


@pytest.mark.parametrize("harm", ["gone", "changed"])
def test_what_was_learnt_must_be_there_unchanged(tmp_path: Path, harm: str) -> None:
    finished(tmp_path, "earlier")
    finished(tmp_path, "later", warm_start="earlier")
    (path,) = (tmp_path / "later").glob("prior-*.safetensors")
    if harm == "gone":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-1] + b"\0\0")
    message = "what was learnt from earlier cannot be read" if harm == "gone" else "SHA-256 must be"
    with pytest.raises(ExperimentError, match=message):
        nars.Study.open("later", root=tmp_path)


def test_another_experiment_must_have_trials_with_a_place_in_the_space(tmp_path: Path) -> None:
    create(tmp_path, settings=settings(0)).close()  # nothing has ended
    with pytest.raises(ExperimentError, match="at least 4 of its ended trials .* got 0 of 0"):
        nars.Study.create(small_space(), root=tmp_path, name="later", warm_start="small")
    assert not (tmp_path / "later").exists()
    with pytest.raises(ExperimentError, match="no experiment 'smal' in .*; did you mean small"):
        nars.Study.create(small_space(), root=tmp_path, name="later", warm_start="smal")


def test_a_wider_space_learns_from_a_narrower_one(tmp_path: Path) -> None:
    finished(tmp_path, "earlier")
    wider = parse_space(TEXT.replace("{low: 8, high: 24, step: 8}", "{low: 8, high: 64, step: 8}"), source="wider.yaml")
    wider = wider.with_data_shape(in_channels=1, num_classes=10)
    with nars.Study.create(wider, root=tmp_path, name="wider", settings=settings(0), warm_start="earlier") as study:
        assert study.ask() is not None
