"""The study by ask and tell, on a made-up accuracy that depends on architecture and recipe."""

import math
from collections.abc import Sequence
from pathlib import Path

import optuna
import pytest

import nars
from nars.errors import (
    AllTrialsFailedError,
    ExperimentError,
    InfeasibleSpaceError,
    SameFingerprintError,
)
from nars.space import Candidate, SearchSettings, SearchSpace, parse_space
from nars.space.settings import SamplerName
from nars.trials import Applied, Evaluation, SearchStage, Trial, TrialState, last_epoch, pareto_front
from tests.space.spaces import TEXT, small_space

SETTINGS = SearchSettings(trials=14, first_round=5, round_size=4, final=2, seed=7)


def accuracy_of(candidate: Candidate) -> float:
    """Best at width 24, depth 3, lr 0.1 and sgd."""
    stage, recipe = candidate.architecture.stages[1], candidate.recipe
    distance = abs(math.log10(recipe.lr) + 1) / 3 + (24 - stage.width) / 40 + (3 - stage.depth) / 10
    return max(0.05, 0.95 - 0.4 * distance - 0.1 * (recipe.optimizer != "sgd"))


def curve_of(candidate: Candidate, epochs: int) -> list[float]:
    """As good after the first epoch as after the last, so that one epoch ranks candidates as the end does."""
    return [accuracy_of(candidate)] * epochs


def finish(study: nars.Study) -> None:
    while trial := study.ask():
        curve = curve_of(trial.candidate, trial.epochs)
        study.tell(trial, accuracy=curve[-1], curve=curve)


def create(root: Path, space: SearchSpace | None = None, settings: SearchSettings = SETTINGS) -> nars.Study:
    return nars.Study.create(space or small_space(), root=root, settings=settings)


def rows(trials: tuple[Trial, ...]) -> list[tuple[object, ...]]:
    return [
        (t.number, t.candidate.id, t.stage, t.round, t.fidelity, t.seed, t.state, t.cost, t.evaluation) for t in trials
    ]


def test_a_whole_study_follows_its_plan(tmp_path: Path) -> None:
    with create(tmp_path) as study:
        finish(study)
        trials = study.trials
    assert [t.round for t in trials] == [0] * 5 + [1] * 4 + [2] * 3 + [3] * 2
    assert all(t.state is TrialState.COMPLETE for t in trials)
    assert all(t.fidelity == 1.0 for t in trials if t.round == 0 or t.stage is SearchStage.FINAL)
    # Ranks agree from the first epoch on: later rounds stop there.
    assert {t.fidelity for t in trials if t.round in (1, 2)} == {0.05}
    assert all(t.cost.macs <= 1e6 for t in trials)
    coarse = [t.candidate.id for t in trials if t.stage is SearchStage.COARSE]
    assert len(set(coarse)) == len(coarse)
    final = {t.candidate.id for t in trials if t.stage is SearchStage.FINAL}
    assert len(final) == 2
    assert not final & {t.candidate.id for t in trials if t.round == 0}, "the first round was trained in full"


def test_same_seed_same_table_and_another_seed_another(tmp_path: Path) -> None:
    tables = []
    for name, seed in (("a", 7), ("b", 7), ("c", 8)):
        with create(
            tmp_path / name, settings=SearchSettings(trials=12, first_round=5, round_size=5, seed=seed)
        ) as study:
            finish(study)
            tables.append(rows(study.trials))
    assert tables[0] == tables[1]
    assert tables[0] != tables[2]


def test_stopping_anywhere_changes_nothing(tmp_path: Path) -> None:
    with create(tmp_path / "whole") as study:
        finish(study)
        expected = rows(study.trials)
    create(tmp_path / "cut").close()
    for _ in range(100):  # opened again for each single trial
        with nars.Study.open("small", root=tmp_path / "cut") as study:
            if (trial := study.ask()) is None:
                break
            curve = curve_of(trial.candidate, trial.epochs)
            study.tell(trial, accuracy=curve[-1], curve=curve)
    with nars.Study.open("small", root=tmp_path / "cut") as study:
        assert rows(study.trials) == expected


def test_more_trials_keep_those_before(tmp_path: Path) -> None:
    with create(tmp_path) as study:
        finish(study)
        before = rows(study.trials)
        study.ask_for_more(5)
        finish(study)
        after = rows(study.trials)
    assert after[: len(before)] == before
    assert len(after) == len(before) + 5


def test_ask_waits_for_the_round(tmp_path: Path) -> None:
    with create(tmp_path) as study:
        asked = [study.ask() for _ in range(5)]
        assert len({trial.number for trial in asked if trial}) == 5
        with pytest.raises(ExperimentError, match="tell trials 0, 1, 2, 3, 4 first"):
            study.ask()


def test_tell_wants_one_answer_once(tmp_path: Path) -> None:
    with create(tmp_path) as study:
        trial = study.ask()
        assert trial is not None
        with pytest.raises(ExperimentError, match="tell accuracy or failure of trial 0, got None and None"):
            study.tell(trial)
        study.tell(trial, accuracy=0.5)
        with pytest.raises(ExperimentError, match="trial 0 is complete and cannot change"):
            study.tell(trial, accuracy=0.6)


def test_failed_trials_are_records_and_the_search_goes_on(tmp_path: Path) -> None:
    with create(tmp_path) as study:
        while trial := study.ask():
            if trial.number % 3 == 0:
                study.tell(trial, failure="no luck")
            else:
                study.tell(trial, accuracy=accuracy_of(trial.candidate))
        trials = study.trials
    assert len(trials) == 14
    failed = [t for t in trials if t.state is TrialState.FAILED]
    assert [t.number for t in failed] == [0, 3, 6, 9, 12]
    assert all(t.failure is not None and t.failure.message == "no luck" and t.evaluation is None for t in failed)


def test_the_final_stage_is_filled_where_nothing_was_trained_in_part(tmp_path: Path) -> None:
    """Without curves the fidelity stays 1, so that all tried candidates are trained in full already."""
    with create(tmp_path) as study:
        while trial := study.ask():
            study.tell(trial, accuracy=accuracy_of(trial.candidate))
        trials = study.trials
    assert all(t.fidelity == 1.0 for t in trials)
    assert [t.stage for t in trials].count(SearchStage.FINAL) == 2
    assert len({t.candidate.id for t in trials}) == 14


def test_all_failing_stops_with_the_reasons(tmp_path: Path) -> None:
    with create(tmp_path) as study:
        for _ in range(5):
            trial = study.ask()
            assert trial is not None
            study.tell(trial, failure="no GPU")
        with pytest.raises(AllTrialsFailedError, match="all 5 trials of round 0 failed: error: no GPU"):
            study.ask()


def test_candidates_trained_alike_are_an_error(tmp_path: Path) -> None:
    applied = Applied(
        optimizer="SGD", schedule="", augmentation="", module="", regularisation="", batch_size=1, epochs=1,
        fingerprint="0123456789ab",
    )  # fmt: skip
    with create(tmp_path) as study:
        for _ in range(5):
            trial = study.ask()
            assert trial is not None
            study.complete(trial, Evaluation(accuracy=0.5, epochs=1, curve=(), applied=applied))
        with pytest.raises(SameFingerprintError, match="trials 0 and 1 differ in .* and were trained exactly alike"):
            study.ask()


def test_an_exhausted_space_ends_well(tmp_path: Path) -> None:
    text = TEXT.replace("lr: {low: 1e-3, high: 1, log: true}", "lr: 0.1")
    for old, new in (
        ("{choice: [16, 24]}", "16"), ("{low: 8, high: 24, step: 8}", "8"), ("{low: 1, high: 3}", "1"),
        ("      rest: {kernel: {choice: [3, 5]}, expansion: 2}\n", ""), ("{low: 2, high: 4, step: 0.5}", "2"),
        ("{choice: [true, false]}", "true"), ("{choice: [sgd, rmsprop, adamw]}", "sgd"), ("{choice: [0.8, 0.9]}", "0.9"),
        (", when: {optimizer: [sgd, adamw]}", ""), ("epochs: {low: 2, high: 4}", "epochs: 2"),
    ):  # fmt: skip
        assert old in text
        text = text.replace(old, new)
    with create(tmp_path, small_space(text)) as study:
        assert study.space.size.candidates == 4  # two kernels, two EMA settings
        finish(study)
        assert len({t.candidate.id for t in study.trials}) == 4
        assert study.ask() is None


def test_constraints_that_nothing_meets_are_found_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(InfeasibleSpaceError, match="macs"):
        create(tmp_path, small_space(TEXT.replace("{max: 1e6}", "{max: 10}")))
    assert list(tmp_path.iterdir()) == []


def test_an_experiment_is_made_once_and_used_by_one(tmp_path: Path) -> None:
    with create(tmp_path) as study:
        with pytest.raises(ExperimentError, match="is in use by process"):
            nars.Study.open("small", root=tmp_path)
        assert study.ask() is not None
    with pytest.raises(ExperimentError, match="resume it, or choose another name"):
        create(tmp_path)
    with pytest.raises(ExperimentError, match="another search space"):
        create(tmp_path, small_space(TEXT.replace("high: 24", "high: 32")))
    with pytest.raises(ExperimentError, match="did you mean small"):
        nars.Study.open("smal", root=tmp_path)


@pytest.mark.parametrize("sampler", ["random", "tpe", "gp", "nsga2"])
def test_peer_samplers_use_the_same_study(tmp_path: Path, sampler: str) -> None:
    settings = SearchSettings(trials=9, first_round=4, round_size=3, final=2, sampler=sampler)  # type: ignore[arg-type]
    with create(tmp_path, settings=settings) as study:
        finish(study)
        trials = study.trials
    assert len(trials) == 9
    assert all(t.cost.macs <= 1e6 for t in trials)


def finish_with_rungs(study: nars.Study) -> None:
    while trial := study.ask():
        curve = curve_of(trial.candidate, trial.epochs)
        end = last_epoch(curve, epochs=trial.candidate.recipe.epochs, rungs=study.rungs(trial))
        study.tell(trial, accuracy=curve[-1], curve=curve[:end])


def test_successive_halving_ends_most_trials_after_the_first_round_early(tmp_path: Path) -> None:
    settings = SearchSettings(trials=29, first_round=6, round_size=7, final=2, seed=7, early_stop="asha")
    with create(tmp_path, settings=settings) as study:
        finish_with_rungs(study)
        trials = study.trials
        assert all(study.rungs(t) == () for t in trials if t.round == 0 or t.stage is SearchStage.FINAL)
        third = [t for t in trials if t.round == 2]
        rungs = study.rungs(third[0])
        assert [study.rungs(t) for t in third] == [rungs] * len(third)  # fixed before any of them started
    assert {t.fidelity for t in trials} == {1.0}
    assert all(t.trained_in_full for t in trials if t.round == 0 or t.stage is SearchStage.FINAL)
    # By hand: a ninth was reached by all 13 before, and the 14th is among the best 4 (14 // 3) from the 4th best on.
    before = sorted((accuracy_of(t.candidate) for t in trials if t.round < 2), reverse=True)
    assert (rungs[0].share, rungs[0].accuracy) == (pytest.approx(1 / 9), before[3])
    for t in third:
        if accuracy_of(t.candidate) < before[3]:
            assert t.reached <= max(1 / 9, 1 / t.candidate.recipe.epochs)
    ended = [t for t in trials if t.reached < 1]
    assert ended
    assert all(t.state is TrialState.COMPLETE for t in ended)


def test_without_early_stopping_every_trial_is_trained_in_full(tmp_path: Path) -> None:
    with create(tmp_path, settings=SearchSettings(trials=12, first_round=5, round_size=5, early_stop="none")) as study:
        finish(study)
        assert all(t.trained_in_full for t in study.trials)


def of_two_objectives(root: Path, sampler: SamplerName) -> tuple[tuple[Trial, ...], str]:
    """A finished search for accurate candidates of few MACs, and its database."""
    space = parse_space(TEXT + "objectives: [accuracy, macs]\n", source="test.yaml", name="several")
    space = space.with_data_shape(in_channels=1, num_classes=10)
    settings = SearchSettings(trials=22, first_round=8, round_size=6, final=4, sampler=sampler)
    with create(root, space, settings=settings) as study:
        finish(study)
        return study.trials, study.experiment.url


def area_below(front: Sequence[Trial]) -> float:
    """Of the best accuracy for the MACs, over their logarithm, up to a million."""
    steps = sorted((t.cost.macs, t.evaluation.accuracy) for t in front if t.evaluation is not None)
    ends = [macs for macs, _ in steps[1:]] + [1_000_000]
    return sum(accuracy * math.log(end / macs) for (macs, accuracy), end in zip(steps, ends, strict=True))


def test_with_a_cost_to_lower_optuna_and_we_see_one_front(tmp_path: Path) -> None:
    trials, url = of_two_objectives(tmp_path / "nars", "nars")
    optunas = optuna.load_study(study_name="several", storage=url)
    assert optunas.directions == [optuna.study.StudyDirection.MAXIMIZE, optuna.study.StudyDirection.MINIMIZE]
    assert [trial.values for trial in optunas.trials] == [[t.evaluation.accuracy, t.cost.macs] for t in trials]
    front = pareto_front(trials, ["macs"])
    values = {(t.evaluation.accuracy, t.cost.macs) for t in front}
    assert values == {tuple(trial.values) for trial in optunas.best_trials}
    assert len(front) >= 3
    random, _ = of_two_objectives(tmp_path / "random", "random")
    assert area_below(front) > 1.1 * area_below(pareto_front(random, ["macs"]))
    final = [t for t in trials if t.stage is SearchStage.FINAL]
    assert len({t.candidate.id for t in final}) == 4
    assert len({t.cost.macs for t in final}) > 1, "winners are of budgets all along the front"
