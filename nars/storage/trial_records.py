"""One trial in Optuna's words, and back: searched knobs are params, everything else is user attributes."""

from dataclasses import asdict, dataclass

import optuna
from optuna.trial import FrozenTrial
from pydantic import TypeAdapter, ValidationError

from nars.errors import ExperimentError
from nars.space.candidate import Candidate
from nars.space.search_space import SearchSpace
from nars.storage.knob_distributions import distribution, param, values_of_params, violations
from nars.trials import Cost, Evaluation, Failure, SearchStage, Trial, TrialState

EVALUATION = "evaluation"
"""User attribute that a trial gets just before it is complete."""
FAILURE = "failure"
"""User attribute that a trial gets just before it is failed."""

STATES = {
    optuna.trial.TrialState.RUNNING: TrialState.RUNNING,
    optuna.trial.TrialState.COMPLETE: TrialState.COMPLETE,
    optuna.trial.TrialState.FAIL: TrialState.FAILED,
}
"""Optuna's states that we use, and ours."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Proposal:
    """What is known of a trial before it runs, beside its knobs and costs; each field is one user attribute."""

    candidate_id: str
    stage: SearchStage
    round: int
    fidelity: float
    seed: int


# Each reads the attributes that are its own and leaves the others alone.
_PROPOSALS: TypeAdapter[_Proposal] = TypeAdapter(_Proposal)
_COSTS: TypeAdapter[Cost] = TypeAdapter(Cost)
_EVALUATIONS: TypeAdapter[Evaluation] = TypeAdapter(Evaluation)
_FAILURES: TypeAdapter[Failure] = TypeAdapter(Failure)


def running_trial(
    space: SearchSpace,
    candidate: Candidate,
    *,
    stage: SearchStage,
    round_index: int,
    fidelity: float,
    seed: int,
    cost: Cost,
) -> FrozenTrial:
    """An Optuna trial, complete but for its number, so that one transaction can add it.

    Raises:
        ExperimentError: If the candidate is not in the space, naming the knob or setting.
    """
    values = space.values_of(candidate)
    if space.candidate(values) != candidate:
        raise ExperimentError(f"candidate {candidate.id} is not in space {space.name}: a fixed setting differs")
    domains = {knob.path: knob.domain for knob in space.knobs if knob.path in values}
    for path, domain in domains.items():
        try:
            domain.code(values[path])
        except ValueError as error:
            raise ExperimentError(f"candidate {candidate.id} is not in space {space.name}: {path} {error}") from error
    proposal = _Proposal(candidate_id=candidate.id, stage=stage, round=round_index, fidelity=fidelity, seed=seed)
    return optuna.trial.create_trial(
        state=optuna.trial.TrialState.RUNNING,
        params={path: param(value) for path, value in values.items()},
        distributions={path: distribution(domain) for path, domain in domains.items()},
        user_attrs=asdict(proposal) | asdict(cost),
        constraints=violations(space.constraints, cost),
    )


def cost_of(frozen: FrozenTrial) -> Cost:
    """What a stored trial's candidate needs."""
    return _COSTS.validate_python(frozen.user_attrs)


def trial_record(space: SearchSpace, frozen: FrozenTrial) -> Trial:
    """The trial that was stored.

    Raises:
        ExperimentError: If the trial was not written by NARS, or its knobs do not give the candidate it names.
    """
    attributes = frozen.user_attrs
    try:
        proposal = _PROPOSALS.validate_python(attributes)
        cost = _COSTS.validate_python(attributes)
        state = STATES[frozen.state]
        # An attribute may be there while the state still says running: the process was killed between the two.
        complete, failed = state is TrialState.COMPLETE, state is TrialState.FAILED
        evaluation = _EVALUATIONS.validate_python(attributes[EVALUATION]) if complete else None
        failure = _FAILURES.validate_python(attributes[FAILURE]) if failed else None
    except (KeyError, ValidationError) as error:
        raise ExperimentError(
            f"trial {frozen.number} ({frozen.state.name.lower()}) was not written by NARS or is damaged: {error}"
        ) from error
    candidate = space.candidate(values_of_params(space.knobs, frozen.params))
    if candidate.id != proposal.candidate_id:
        raise ExperimentError(
            f"trial {frozen.number} names candidate {proposal.candidate_id}, but its knobs give {candidate.id}: "
            f"the study was changed, or written by another version"
        )
    return Trial(
        number=frozen.number,
        candidate=candidate,
        stage=proposal.stage,
        round=proposal.round,
        fidelity=proposal.fidelity,
        seed=proposal.seed,
        cost=cost,
        state=state,
        evaluation=evaluation,
        failure=failure,
    )
