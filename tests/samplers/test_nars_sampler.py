"""The Optuna face: Optuna's own sampler tests, and what they leave out."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import optuna
import pytest
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.study import Study
from optuna.testing.pytest_samplers import (
    BasicSamplerTestCase,
    MultiObjectiveSamplerTestCase,
    RelativeSamplerTestCase,
)
from optuna.trial import FrozenTrial, Trial, TrialState

from nars import NarsSampler


class TestOptunasOwn(BasicSamplerTestCase, RelativeSamplerTestCase, MultiObjectiveSamplerTestCase):
    @pytest.fixture
    def sampler(self) -> Callable[[], BaseSampler]:
        return NarsSampler


def network(trial: Trial) -> float:
    """Words, amounts, depths and blocks that depend on them."""
    optimizer = trial.suggest_categorical("optimizer", ["sgd", "adam", "lamb"])
    lr = trial.suggest_float("lr", 1e-4, 1.0, log=True)
    loss = (np.log10(lr) + {"sgd": 1.0, "adam": 3.0, "lamb": 2.0}[optimizer]) ** 2
    if optimizer == "sgd":
        loss += (trial.suggest_float("momentum", 0.5, 1.0) - 0.9) ** 2
    depth = trial.suggest_int("depth", 1, 4)
    for i in range(depth):
        loss += 0.1 * abs(trial.suggest_int(f"width{i}", 8, 64, step=8) - 32) / 8
    return float(loss + 0.5 * (4 - depth))


def params_of(study: Study) -> list[dict[str, object]]:
    return [trial.params for trial in study.trials]


def run(
    objective: Callable[[Trial], object],
    trials: int,
    *,
    sampler: BaseSampler | None = None,
    directions: str = "minimize",
) -> Study:
    study = optuna.create_study(sampler=sampler or NarsSampler(seed=0), directions=directions.split())
    study.optimize(objective, n_trials=trials)  # type: ignore[arg-type]
    return study


def test_bad_settings_are_named() -> None:
    with pytest.raises(ValueError, match="startup_trials must be >= 1, got 0"):
        NarsSampler(startup_trials=0)
    with pytest.raises(ValueError, match="seed must be >= 0, got -1"):
        NarsSampler(seed=-1)


def test_the_seed_and_the_history_decide() -> None:
    first = run(network, 12)
    assert params_of(first) == params_of(run(network, 12))
    assert params_of(first) != params_of(run(network, 12, sampler=NarsSampler(seed=1)))
    again = optuna.create_study(sampler=NarsSampler(seed=0))  # a new object that never saw the first trials
    again.add_trials(first.trials[:11])
    again.optimize(network, n_trials=1)
    assert again.trials[-1].params == first.trials[-1].params


_ELSEWHERE = """
import optuna
from tests.samplers.test_nars_sampler import network, params_of, run
optuna.logging.set_verbosity(optuna.logging.ERROR)
print(repr(params_of(run(network, 10))))
"""


def test_it_is_the_same_in_another_process() -> None:
    root = Path(__file__).parents[2]
    told = subprocess.run([sys.executable, "-c", _ELSEWHERE], cwd=root, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == repr(params_of(run(network, 10)))


def test_a_database_gives_the_same_as_memory(tmp_path: Path) -> None:
    study = optuna.create_study(storage=f"sqlite:///{tmp_path}/study.db", sampler=NarsSampler(seed=0))
    study.optimize(network, n_trials=8)
    assert params_of(study) == params_of(run(network, 8))


def test_no_global_generator_is_touched() -> None:
    state = np.random.get_state()[1].tolist()  # noqa: NPY002  # the one that must not move
    run(network, 6)
    assert np.random.get_state()[1].tolist() == state  # noqa: NPY002


def test_threads() -> None:
    study = optuna.create_study(sampler=NarsSampler(seed=0))
    study.optimize(network, n_trials=20, n_jobs=4)
    assert all(trial.state is TrialState.COMPLETE for trial in study.trials)
    assert len({repr(sorted(trial.params.items())) for trial in study.trials}) == 20


@pytest.mark.parametrize("constrained", [False, True])
def test_workers_that_propose_at_once_do_not_propose_the_same(*, constrained: bool) -> None:
    def squared(trial: Trial) -> float:
        x = trial.suggest_int("x", 0, 1000)
        if constrained:
            trial.set_constraint("room", x - 900)
        return (x - 700) ** 2

    study = run(squared, 8)
    asked = [study.ask() for _ in range(4)]  # none has parameters before all have been proposed
    assert len({trial.relative_params["x"] for trial in asked}) == 4


class Counting(NarsSampler):
    """Counts the parameters that are left to chance, after the first trials."""

    independent = 0

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> object:
        self.independent += trial.number >= 10
        return super().sample_independent(study, trial, param_name, param_distribution)


def test_conditional_parameters_are_not_left_to_chance() -> None:
    sampler = Counting(seed=0)
    study = run(network, 40, sampler=sampler)
    assert sampler.independent <= 2
    assert study.best_value < 0.45  # random search: 0.70 after 40, the median of 5 seeds


def test_both_directions() -> None:
    def hill(trial: Trial) -> float:
        return -((trial.suggest_float("x", -5, 5) - 2) ** 2)

    assert run(hill, 20, directions="maximize").best_params["x"] == pytest.approx(2, abs=0.1)
    assert run(lambda trial: -hill(trial), 20).best_params["x"] == pytest.approx(2, abs=0.1)


@pytest.mark.parametrize("odd", [float("nan"), float("inf"), -float("inf"), 1e308, -1e308])
def test_odd_objective_values(odd: float) -> None:
    def objective(trial: Trial) -> float:
        x = trial.suggest_float("x", 0, 1)
        return odd if trial.number % 3 == 1 else x

    study = optuna.create_study(sampler=NarsSampler(seed=0))
    study.optimize(objective, n_trials=12)
    assert len(study.trials) == 12


def test_all_values_equal() -> None:
    study = run(lambda trial: 0.0 * trial.suggest_int("x", 0, 99), 20)
    assert len({trial.params["x"] for trial in study.trials}) == 20


def test_nothing_to_choose() -> None:
    study = run(lambda trial: trial.suggest_categorical("x", ["only"]) == "only", 6)
    assert [trial.params for trial in study.trials] == [{"x": "only"}] * 6
    assert len(run(lambda _trial: 1.0, 6).trials) == 6  # no parameter at all


def test_a_small_space_is_tried_once_each_and_goes_on() -> None:
    def objective(trial: Trial) -> float:
        return trial.suggest_int("x", 0, 2) + 3 * (trial.suggest_categorical("y", ["a", "b", "c"]) == "b")

    study = run(objective, 14)
    assert len({tuple(sorted(trial.params.items())) for trial in study.trials[:9]}) == 9
    assert all(trial.state is TrialState.COMPLETE for trial in study.trials)


def test_a_batch_is_of_different_candidates() -> None:
    study = optuna.create_study(sampler=NarsSampler(seed=0))
    for _ in range(2):  # the first batch is of nothing known, the second is guided
        batch = [study.ask() for _ in range(8)]
        told = [(trial.suggest_int("x", 0, 9), trial.suggest_categorical("y", "abcd")) for trial in batch]
        assert len(set(told)) == 8
        for trial, (x, y) in zip(batch, told, strict=True):
            study.tell(trial, (x - 3) ** 2 + (y != "b"))


def test_failed_trials_are_learnt_from() -> None:
    def objective(trial: Trial) -> float:
        x, y = trial.suggest_float("x", 0, 1), trial.suggest_float("y", 0, 1)
        if x > 0.5:
            raise MemoryError
        return (x - 0.6) ** 2 + (y - 0.5) ** 2

    study = optuna.create_study(sampler=NarsSampler(seed=0))
    study.optimize(objective, n_trials=40, catch=(MemoryError,))
    late = [trial.state is TrialState.FAIL for trial in study.trials[15:]]
    assert np.mean(late) < 0.35
    assert study.best_value < 0.02


def test_failures_before_the_first_parameter_and_nothing_but_failures() -> None:
    def objective(trial: Trial) -> float:
        if trial.number % 2:
            raise RuntimeError
        return (trial.suggest_float("x", 0, 1) - 0.3) ** 2

    study = optuna.create_study(sampler=NarsSampler(seed=0))
    study.optimize(objective, n_trials=24, catch=(RuntimeError,))
    assert study.best_value < 1e-3

    def never(trial: Trial) -> float:
        trial.suggest_float("x", 0, 1)
        raise RuntimeError

    study = optuna.create_study(sampler=NarsSampler(seed=0))
    study.optimize(never, n_trials=8, catch=(RuntimeError,))
    assert len({trial.params["x"] for trial in study.trials}) == 8


def test_pruned_trials_are_learnt_from() -> None:
    def objective(trial: Trial) -> float:
        x = trial.suggest_float("x", 0, 1)
        for step in range(3):
            trial.report((x - 0.7) ** 2 + 1 / (step + 1), step)
            if abs(x - 0.7) > 0.2:
                raise optuna.TrialPruned
        return (x - 0.7) ** 2

    study = run(objective, 25)
    assert np.mean([trial.state is TrialState.PRUNED for trial in study.trials[10:]]) < 0.4
    assert study.best_params["x"] == pytest.approx(0.7, abs=0.05)


def bounded(trial: Trial) -> float:
    x, y = trial.suggest_float("x", 0, 1), trial.suggest_float("y", 0, 1)
    trial.set_constraint("sum", x + y - 0.8)
    trial.set_constraint("difference", 0.2 - (x - y))
    return -(x + 2 * y)  # best where both bounds meet: x 0.5, y 0.3


def test_constraints_are_respected_and_the_best_within_them_found() -> None:
    study = run(bounded, 25)
    excess = [max(trial.constraints.values()) for trial in study.trials]
    best = min(trial.value for trial, over in zip(study.trials, excess, strict=True) if over <= 0)
    assert best < -1.09  # the optimum is -1.1
    assert np.mean(np.array(excess[6:20]) < 0.1) > 0.4  # of random trials 0.16


def test_constraints_that_nothing_meets_at_first() -> None:
    def objective(trial: Trial) -> float:
        x, y = trial.suggest_float("x", 0, 1), trial.suggest_float("y", 0, 1)
        trial.set_constraint("near", (x - 0.85) ** 2 + (y - 0.15) ** 2 - 0.01)  # a disc of 3 percent
        return 0.0

    study = run(objective, 30)
    met = [trial.number for trial in study.trials if trial.constraints["near"] <= 0]
    assert met
    assert met[0] > 3  # the start did not meet it by luck
    assert len(met) > 5


@pytest.mark.parametrize("odd", [float("inf"), -float("inf"), 1e308])
def test_odd_constraints(odd: float) -> None:
    def objective(trial: Trial) -> float:
        x = trial.suggest_float("x", 0, 1)
        trial.set_constraint("c", odd if trial.number % 2 else x - 0.5)
        return x

    assert len(run(objective, 12).trials) == 12


def hypervolume(study: Study) -> float:
    """Of two objectives that fall, up to (1.1, 6)."""
    front = sorted(tuple(trial.values) for trial in study.best_trials)
    ends = [first for first, _ in front[1:]] + [1.1]
    return sum((end - first) * max(0.0, 6 - second) for (first, second), end in zip(front, ends, strict=True))


def zdt1(trial: Trial) -> tuple[float, float]:
    x = trial.suggest_float("x", 0, 1)
    rest = [trial.suggest_int("i0", 0, 10) / 10, trial.suggest_float("y", 0, 1), trial.suggest_int("i1", 0, 10) / 10]
    g = 1 + 9 * float(np.mean(rest))
    return x, g * (1 - float(np.sqrt(x / g)))


@pytest.mark.slow
def test_several_objectives_beat_chance() -> None:
    directions = "minimize minimize"
    ours, random = (
        [hypervolume(run(zdt1, 60, sampler=sampler(seed=seed), directions=directions)) for seed in range(3)]
        for sampler in (NarsSampler, optuna.samplers.RandomSampler)
    )
    assert np.median(ours) > np.median(random) + 0.5, (ours, random)


def branin(trial: Trial) -> float:
    x, y = trial.suggest_float("x", -5, 10), trial.suggest_float("y", 0, 15)
    a = y - 5.1 / (4 * np.pi**2) * x**2 + 5 / np.pi * x - 6
    return float(a**2 + 10 * (1 - 1 / (8 * np.pi)) * np.cos(x) + 10)


_H_A = np.array(
    [[10, 3, 17, 3.5, 1.7, 8], [0.05, 10, 17, 0.1, 8, 14], [3, 3.5, 1.7, 10, 17, 8], [17, 8, 0.05, 10, 0.1, 14]]
)
_H_P = 1e-4 * np.array(
    [
        [1312, 1696, 5569, 124, 8283, 5886],
        [2329, 4135, 8307, 3736, 1004, 9991],
        [2348, 1451, 3522, 2883, 3047, 6650],
        [4047, 8828, 8732, 5743, 1091, 381],
    ]
)


def hartmann6(trial: Trial) -> float:
    x = np.array([trial.suggest_float(f"x{i}", 0, 1) for i in range(6)])
    return -float(np.array([1.0, 1.2, 3.0, 3.2]) @ np.exp(-np.sum(_H_A * (x - _H_P) ** 2, axis=1)))


def mixed(trial: Trial) -> float:
    op = [trial.suggest_categorical(f"op{i}", ["conv", "pool", "skip", "none"]) for i in range(4)]
    width = trial.suggest_categorical("width", [16, 32, 64, 128])
    lr = trial.suggest_float("lr", 1e-4, 1, log=True)
    gain = sum({"conv": 1.0, "pool": 0.3, "skip": 0.6, "none": 0.0}[name] for name in op) + 0.5 * (op[0] == op[2])
    return -float(gain + np.log2(width) / 4 - (np.log10(lr) + 2) ** 2)


@pytest.mark.slow
@pytest.mark.parametrize("objective", [branin, hartmann6, mixed])
def test_it_is_better_than_chance_and_no_worse_than_tpe(objective: Callable[[Trial], float]) -> None:
    ours, tpe, random = (
        float(np.median([run(objective, 60, sampler=sampler(seed=seed)).best_value for seed in range(5)]))
        for sampler in (NarsSampler, optuna.samplers.TPESampler, optuna.samplers.RandomSampler)
    )
    assert ours < random, (ours, tpe, random)
    assert ours <= tpe, (ours, tpe, random)
