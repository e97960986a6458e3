"""Optuna's own samplers on the same space, constraints and history, so that a user can compare.

Each call builds a scratch study in memory from the history; nothing is kept between calls.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Literal, get_args

import numpy as np
import optuna
from optuna.samplers import BaseSampler, GPSampler, NSGAIISampler, RandomSampler, TPESampler

from nars.samplers.bounds import CostBounds
from nars.samplers.feasible import keys, tried_keys
from nars.samplers.history import observe
from nars.samplers.quasi import filled
from nars.space.candidate import Candidate
from nars.space.domains import Choice, FloatRange, IntRange, Value
from nars.space.knobs import Knob
from nars.space.search_space import SearchSpace
from nars.storage.knob_distributions import distribution, param, violations
from nars.storage.objectives import directions, objective_values
from nars.trials import Trial, TrialState

PeerName = Literal["random", "tpe", "gp", "nsga2"]
PEERS: tuple[PeerName, ...] = get_args(PeerName)

MAX_ASKS = 32
"""Asks for one proposal; then a random candidate that meets the constraints takes its place."""

_FAILED = optuna.trial.TrialState.FAIL


class PeerProposer:
    """One of Optuna's samplers as a proposer.

    An asked candidate that breaks a constraint is told back to the scratch study as such, at the cost of no training,
    and the sampler is asked again; so is one that was tried before.
    """

    def __init__(self, space: SearchSpace, *, sampler: PeerName) -> None:
        self._bounds = CostBounds(space)
        self._sampler = sampler

    def propose(self, history: Sequence[Trial], n: int, *, rng: np.random.Generator) -> list[Candidate]:
        """What the peer proposes; see ``Proposer.propose``."""
        space = self._bounds.space
        known = tried_keys(space, history)
        chosen: list[Candidate] = []
        with _quiet():
            study = self._scratch_study(history, seed=int(rng.integers(2**31)))
            taken = set(known)
            for _ in range(n):
                candidate = self._ask(study, taken)
                if candidate is None:
                    break
                chosen.append(candidate)
                taken.update(keys(space.encode([candidate])))
        chosen_NK = space.encode(chosen).reshape(len(chosen), space.num_knobs)
        return space.decode(filled(self._bounds, chosen_NK, n, rng=rng, known=known))

    def _ask(self, study: optuna.Study, taken: set[bytes]) -> Candidate | None:
        """A new candidate inside the constraints, none when the peer finds none within the cap."""
        space = self._bounds.space
        for _ in range(MAX_ASKS):
            trial = study.ask()
            candidate = space.candidate(_suggested(space, trial))
            if keys(space.encode([candidate]))[0] in taken:
                study.tell(trial, state=_FAILED)
                continue
            misses = violations(space.constraints, self._bounds.cost(candidate))
            for name, value in misses.items():
                trial.set_constraint(name, value)
            if all(value <= 0 for value in misses.values()):
                self._leave_running(study, trial.number)
                return candidate
            # Only the violation counts to a sampler; the value must not stand out.
            study.tell(trial, _middle(study))
        return None

    def _scratch_study(self, history: Sequence[Trial], *, seed: int) -> optuna.Study:
        space = self._bounds.space
        sampler = _SAMPLERS[self._sampler](seed, space.settings.round_size)
        study = optuna.create_study(directions=directions(space), sampler=sampler)
        observed = observe(history)
        ended = zip(observed.candidates, observed.accuracy_N.tolist(), observed.failed_N.tolist(), strict=True)
        for number, (candidate, accuracy, failed) in enumerate(ended):
            study.add_trial(self._running(candidate))
            if isinstance(sampler, NSGAIISampler):
                # A generation is given while a trial runs: in order of proposal, as it was then.
                sampler.get_trial_generation(study, study.get_trials(deepcopy=False)[-1])
            cost = self._bounds.cost(candidate)
            values = None if failed else objective_values(space, accuracy, cost)
            study.tell(number, values, state=_FAILED if failed else None)
        for trial in history:
            if trial.state is TrialState.RUNNING:
                study.add_trial(self._running(trial.candidate))
                self._leave_running(study, len(study.get_trials(deepcopy=False)) - 1)
        return study

    def _leave_running(self, study: optuna.Study, number: int) -> None:
        """Let the sampler know that a trial's value is not known yet."""
        if self._sampler == "gp":
            # Its own way with running trials takes a minute a proposal at 4 of them and 35 knobs: a constant liar.
            study.tell(number, _middle(study))

    def _running(self, candidate: Candidate) -> optuna.trial.FrozenTrial:
        space = self._bounds.space
        values = space.values_of(candidate)
        return optuna.trial.create_trial(
            state=optuna.trial.TrialState.RUNNING,
            params={path: param(value) for path, value in values.items()},
            distributions={knob.path: distribution(knob.domain) for knob in space.knobs if knob.path in values},
            constraints=violations(space.constraints, self._bounds.cost(candidate)),
        )


_SAMPLERS: Mapping[PeerName, Callable[[int, int], BaseSampler]] = {
    "random": lambda seed, _: RandomSampler(seed=seed),
    "tpe": lambda seed, _: TPESampler(seed=seed),
    "gp": lambda seed, _: GPSampler(seed=seed, warn_independent_sampling=False),
    # A generation is a round; Optuna's default of 50 would be random for a whole small search.
    "nsga2": lambda seed, round_size: NSGAIISampler(seed=seed, population_size=max(2, round_size)),
}
"""Each peer from a seed and the trials of a round, otherwise as Optuna sets it up."""


def _suggested(space: SearchSpace, trial: optuna.Trial) -> dict[str, Value]:
    """Values of the active knobs, define-by-run: a knob is suggested once those that its conditions name are known."""
    settings: dict[str, Value] = {}
    values: dict[str, Value] = {}
    for knob in space.knobs:
        settings[knob.path] = knob.otherwise
        if all(settings[condition.path] in condition.values for condition in knob.conditions):
            settings[knob.path] = values[knob.path] = _suggest(trial, knob)
    return values


def _suggest(trial: optuna.Trial, knob: Knob) -> Value:
    match knob.domain:
        case Choice() as choice:
            params = [param(value) for value in choice.values]
            return choice.values[params.index(trial.suggest_categorical(knob.path, params))]
        case IntRange() as integers:
            return trial.suggest_int(knob.path, integers.low, integers.high, step=integers.step)
        case FloatRange() as floats:
            asked = trial.suggest_float(knob.path, floats.low, floats.high, log=floats.log)
            return floats.value(floats.code(asked))  # to the digits that a candidate keeps


def _middle(study: optuna.Study) -> list[float]:
    """Median of each objective's known values, 0 without any."""
    known = [trial.values for trial in study.get_trials(deepcopy=False) if trial.values is not None]
    return np.median(known, axis=0).tolist() if known else [0.0] * len(study.directions)


@contextmanager
def _quiet() -> Iterator[None]:
    """Optuna tells of each study and trial; a scratch study is nobody's news."""
    logger = logging.getLogger("optuna")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)
