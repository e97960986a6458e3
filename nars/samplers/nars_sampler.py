"""NARS's predictor and proposals as a plain Optuna sampler, for any objective.

Shapes: N trials, K knobs, O objectives.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, RandomSampler
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, TrialState
from scipy.special import log_ndtr
from scipy.stats import qmc

from nars.predictors import GaussianPredictor
from nars.predictors.threads import one_blas_thread
from nars.samplers.feasible import fresh, keys
from nars.samplers.guided import propose_guided
from nars.samplers.improvement import log_expected_improvement
from nars.samplers.observed_space import ObservedSpace, latest_distributions, observed_space
from nars.space.codes import codes_from_unit
from nars.space.encoding import features
from nars.space.knobs import Knob
from nars.space.layout import FeatureLayout, feature_layout

Floats = NDArray[np.float64]

_POINTS_AHEAD = 256
"""Quasi random points that are looked at for one that is new."""
_LEADERS = 256
"""Best trials whose expected values set the bar for the next."""
_LARGEST = 1e100
"""Size from which on told numbers count as equal, so that squares of them are numbers still."""
_LEARNT_FROM = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)
_CHEBYSHEV_SUM = 0.05
"""Share of the plain sum in a scalarisation, which tells apart points that are equal in their worst objective."""


class NarsSampler(BaseSampler):
    """Expected improvement under Gaussian processes that know a search space's families and conditions.

    Takes single and several objectives, constraints (`Trial.set_constraint`), conditional and categorical parameters
    and parallel workers: running trials count as evaluated, a little below what is expected, and those that have no
    parameters yet as what would be proposed for them. A suggestion is a pure function of the seed, the trial's number
    and the trials before it, the same in every process.

    Parameters that only some trials have are modelled with the rest: which value of which other parameter brings them
    is learnt from the trials. Categorical choices are unordered, except numbers that are amounts, such as 16, 32, 64.
    """

    def __init__(self, *, seed: int | None = None, startup_trials: int = 4) -> None:
        """A sampler.

        Args:
            seed: Of all suggestions; none draws one.
            startup_trials: Trials before the first that is guided; they fill the space evenly.

        Raises:
            ValueError: If ``seed`` is below 0 or ``startup_trials`` below 1.
        """
        if seed is not None and seed < 0:
            raise ValueError(f"seed must be >= 0, got {seed}")
        if startup_trials < 1:
            raise ValueError(f"startup_trials must be >= 1, got {startup_trials}")
        self._seed = int(np.random.SeedSequence(seed).generate_state(1)[0]) if seed is None else seed
        self._startup_trials = startup_trials

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """Every parameter that an earlier trial has; one that the trial turns out not to have is not asked for."""
        return latest_distributions(_earlier(study, trial))

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Values of all these parameters."""
        if not search_space:
            return {}
        earlier = _earlier(study, trial)
        trials = [known for known in earlier if known.params]
        unseen = sum(known.state is TrialState.RUNNING and not known.params for known in earlier)
        rng = np.random.default_rng([trial.number, self._seed])
        with one_blas_thread():
            space = observed_space(trials)
            history = _History.of(study, space, trials, rng)
            if len(trials) < self._startup_trials or not history.tells:
                codes_NK = self._quasi(space, trial.number, history.known)
            else:
                codes_NK = _guided(history, unseen, rng)
        if not len(codes_NK):  # everything was tried
            codes_NK = codes_from_unit(space.knobs, rng.random((1, len(space.knobs))))
        return {name: value for name, value in space.params(codes_NK[0]).items() if name in search_space}

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:  # what Optuna asks for
        """A random value: of a parameter that no earlier trial has, or that has got other values."""
        seed = np.random.SeedSequence([trial.number, self._seed, zlib.crc32(param_name.encode())])
        sampler = RandomSampler(seed=int(seed.generate_state(1)[0]))
        return sampler.sample_independent(study, trial, param_name, param_distribution)

    def _quasi(self, space: ObservedSpace, number: int, known: frozenset[bytes]) -> Floats:
        """The point of a scrambled Sobol sequence that belongs to this trial, or the next that is new."""
        sobol = qmc.Sobol(len(space.knobs), scramble=True, rng=np.random.default_rng(self._seed))
        points_NK = sobol.random_base2((number + _POINTS_AHEAD).bit_length())
        return fresh(space.canonical(codes_from_unit(space.knobs, points_NK[number:])), known)[:1]


@dataclass(frozen=True, kw_only=True, slots=True)
class _History:
    """What earlier trials tell, in the words of a space."""

    space: ObservedSpace
    ended: list[FrozenTrial]
    codes_NK: Floats
    """Of the ended trials."""
    value_N: Floats
    """Larger is better; empty where no trial told any."""
    running_NK: Floats

    @classmethod
    def of(
        cls, study: Study, space: ObservedSpace, trials: Sequence[FrozenTrial], rng: np.random.Generator
    ) -> "_History":
        ended_N = np.array([trial.state in _LEARNT_FROM for trial in trials], dtype=np.bool_)
        ended = [trial for trial in trials if trial.state in _LEARNT_FROM]
        return cls(
            space=space,
            ended=ended,
            codes_NK=space.codes_NK[ended_N],
            value_N=_values(study, ended, rng),
            running_NK=space.codes_NK[~ended_N],
        )

    @property
    def tells(self) -> bool:
        """Whether there is anything to learn: values that differ, or constraints that are not met."""
        if not len(self.value_N):
            return False
        return bool(np.ptp(self.value_N) > 0 or any(v > 0 for t in self.ended for v in t.constraints.values()))

    @property
    def known(self) -> frozenset[bytes]:
        """Keys of what must not come again."""
        return frozenset(keys(np.concatenate([self.codes_NK, self.running_NK])))


class _Ground:
    """The space of a study; see `nars.samplers.guided.Ground`."""

    def __init__(self, space: ObservedSpace) -> None:
        self._space = space

    @property
    def knobs(self) -> tuple[Knob, ...]:
        return self._space.knobs

    def admitted(self, codes_NK: Floats) -> Floats:
        return self._space.canonical(codes_NK)

    def inputs(self, codes_NK: Floats) -> Floats:
        return features(self._space.knobs, codes_NK)


class _Acquisition:
    """Expected improvement times the chance that all constraints are met; the chance alone where nothing meets them."""

    def __init__(
        self, ground: _Ground, best: float | None, constraints: Sequence[tuple[GaussianPredictor, float]]
    ) -> None:
        self._ground = ground
        self._best = best
        self._constraints = constraints

    def log_value(self, codes_NK: Floats, x_ND: Floats, mean_N: Floats, spread_N: Floats) -> Floats:
        log_N = np.zeros(len(codes_NK))
        if self._best is not None:
            log_N += log_expected_improvement(mean_N, spread_N, self._best)
        for predictor, bound in self._constraints:
            told_N, uncertain_N = predictor.predict_warped(x_ND)
            log_N += log_ndtr((told_N - bound) / uncertain_N)
        return log_N

    def take(self, codes_K: Floats, mean: float) -> None:  # noqa: ARG002  # the predictor's own affair
        (x_D,) = self._ground.inputs(codes_K[None])
        for predictor, _ in self._constraints:
            predictor.assume(x_D)


def _guided(history: _History, unseen: int, rng: np.random.Generator) -> Floats:
    """The next candidate by expected improvement, ``1 x K``; no row where none is new.

    It is the last of a batch that begins with a candidate for each of the ``unseen``, trials that run with parameters
    which are not known yet: workers that propose at once see the same history, and would all climb to the same place.
    """
    space, codes_NK, value_N = history.space, history.codes_NK, history.value_N
    layout = feature_layout(space.knobs)
    if not len(layout.knob_D):  # nothing may vary
        return np.empty((0, len(space.knobs)))
    met_N, constraints = _constraints(history, layout)
    ground = _Ground(space)
    predictor = GaussianPredictor(layout)
    predictor.fit(ground.inputs(codes_NK), value_N)
    order = np.lexsort((-value_N, ~met_N))
    leaders = order[:_LEADERS][met_N[order[:_LEADERS]]]
    best = float(predictor.expect_warped(ground.inputs(codes_NK[leaders])).max()) if len(leaders) else None
    best_NK, running_NK = fresh(codes_NK[order], ()), history.running_NK
    for x_D in ground.inputs(running_NK):
        for constraint in constraints:
            constraint.assume(x_D)
    batch_NK = propose_guided(
        ground,
        predictor,
        best_NK,
        unseen + 1,
        acquisition=_Acquisition(ground, best, [(constraint, constraint.warped(0.0)) for constraint in constraints]),
        running_NK=running_NK,
        known=history.known,
        rng=rng,
    )
    return batch_NK[-1:]


def _earlier(study: Study, trial: FrozenTrial) -> list[FrozenTrial]:
    """Trials with a smaller number, in their order."""
    states = (*_LEARNT_FROM, TrialState.RUNNING)
    return [known for known in study.get_trials(deepcopy=False, states=states) if known.number < trial.number]


def _values(study: Study, ended: list[FrozenTrial], rng: np.random.Generator) -> Floats:
    """One number for each ended trial, larger is better; those that told none are as bad as the worst."""
    signs_O = np.array([1.0 if direction is StudyDirection.MAXIMIZE else -1.0 for direction in study.directions])
    told_NO = np.array([_told(trial, len(signs_O)) for trial in ended]).reshape(len(ended), len(signs_O)) * signs_O
    known_N = ~np.isnan(told_NO).any(axis=1)
    if not known_N.any():
        return np.empty(0)
    told_NO = _finite(told_NO, known_N)
    pruned_N = np.array([trial.state is TrialState.PRUNED for trial in ended])
    if pruned_N.any() and (~pruned_N & known_N).any():
        # It was stopped for being behind; its last value is from earlier in its course.
        told_NO = np.where(pruned_N[:, None], np.minimum(told_NO, np.median(told_NO[~pruned_N & known_N])), told_NO)
    value_N = told_NO[:, 0] if len(signs_O) == 1 else _scalarised(told_NO, known_N, rng)
    return np.where(known_N, value_N, value_N[known_N].min())


def _told(trial: FrozenTrial, num_objectives: int) -> list[float]:
    if trial.state is TrialState.COMPLETE and trial.values is not None:
        return list(trial.values)
    if trial.state is TrialState.PRUNED and num_objectives == 1 and trial.intermediate_values:
        return [trial.intermediate_values[max(trial.intermediate_values)]]
    return [np.nan] * num_objectives


def _finite(told_NO: Floats, known_N: NDArray[np.bool_]) -> Floats:
    """Infinities as the largest and smallest finite numbers of their objective."""
    for o in range(told_NO.shape[1]):
        column_N = told_NO[known_N, o]
        finite = column_N[np.isfinite(column_N)]
        low, high = (finite.min(), finite.max()) if len(finite) else (0.0, 0.0)
        told_NO[known_N, o] = np.clip(np.clip(column_N, low, high), -_LARGEST, _LARGEST)
    return told_NO


def _scalarised(told_NO: Floats, known_N: NDArray[np.bool_], rng: np.random.Generator) -> Floats:
    """Augmented Chebyshev scalarisation with random weights (ParEGO, Knowles 2006): another one for each trial."""
    low_O, high_O = told_NO[known_N].min(axis=0), told_NO[known_N].max(axis=0)
    share_NO = (told_NO - low_O) / np.where(high_O > low_O, high_O - low_O, 1.0)
    weight_O = rng.dirichlet(np.ones(told_NO.shape[1]))
    behind_NO = weight_O * (1.0 - share_NO)
    scalar_N: Floats = -np.max(behind_NO, axis=1) - _CHEBYSHEV_SUM * np.sum(behind_NO, axis=1)
    return scalar_N


def _constraints(history: _History, layout: FeatureLayout) -> tuple[NDArray[np.bool_], list[GaussianPredictor]]:
    """Which trials met all constraints, and a predictor of each constraint's room."""
    names = sorted({name for trial in history.ended for name in trial.constraints})
    told_NC = np.array([[trial.constraints.get(name, np.nan) for name in names] for trial in history.ended])
    told_NC = told_NC.reshape(len(history.ended), len(names))
    failed_N = np.array([trial.state is TrialState.FAIL for trial in history.ended], dtype=np.bool_)
    met_N = ~failed_N & (told_NC <= 0).all(axis=1)  # not where one was not told
    x_ND = features(history.space.knobs, history.codes_NK)
    predictors = []
    for room_N in -told_NC.T:
        known_N = ~np.isnan(room_N)
        if known_N.any():
            predictor = GaussianPredictor(layout)
            predictor.fit(x_ND[known_N], np.clip(room_N[known_N], -_LARGEST, _LARGEST))
            predictors.append(predictor)
    return met_N, predictors
