"""A page on a study: what was searched, what was tried, what was found."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict

from nars.analysis.duration import duration
from nars.analysis.findings import Findings
from nars.analysis.importance import Importance
from nars.analysis.tables import diagnosis_table, failures_table, front_table, importance_table, rounds_table
from nars.space.data_spec import DataSpec, SceneSettings
from nars.space.inference import InferenceSettings
from nars.space.search_space import SearchSpace
from nars.storage import StudyStorage
from nars.trials import FamilyBudget, Trial, TrialState


def summary(storage: StudyStorage, found: Findings) -> str:
    """The page in Markdown.

    Args:
        storage: The study.
        found: What there is to tell of it.
    """
    trials = found.trials
    counts = Counter(trial.state for trial in trials)
    trained_s = sum(trial.evaluation.wall_s for trial in trials if trial.evaluation)
    failures = failures_table(trials)
    table = front_table(found.front, storage.space.costs_to_lower)
    blocks = [
        f"# {found.name}",
        "\n".join(f"- {fact}" for fact in facts(storage)),
        "## Trials",
        f"{len(trials)} trials: {counts[TrialState.COMPLETE]} complete, {counts[TrialState.FAILED]} failed, "
        f"{counts[TrialState.RUNNING]} running or interrupted; {duration(trained_s)} of training.",
        rounds_table(trials).markdown,
        *((f"{failures.title}:", failures.markdown) if failures.rows else ()),
        "## Best",
        "\n".join(_best(trials)),
        *_advice(found),
        f"## {table.title}",
        "Complete trials that no other beats in accuracy without a higher cost. "
        f"Accuracy is {_metric(trials)} on the validation split, which the search has seen; a trial that got part of "
        "its epochs is not exported.",
        table.markdown,
        *_worth(found.worth),
        *_diagnosis(found),
        *_notes(storage),
    ]
    return "\n\n".join(blocks) + "\n"


def facts(storage: StudyStorage) -> list[str]:
    """What is searched, from what, and how; a line each."""
    space = storage.space
    return [
        f"space: {space.name}, {space.num_knobs} searched knobs, {_size(space)}",
        f"objectives: {', '.join(('accuracy up', *(f'{cost} down' for cost in space.costs_to_lower)))}",
        f"constraints: {_constraints(space)}",
        f"data: {_data(space.data)}",
        f"search: sampler {storage.settings.sampler}, seed {storage.seed}, "
        f"{' + '.join(map(_asked, storage.budgets))} trials asked for",
        *_warm_start(storage),
    ]


def best_trial(trials: Sequence[Trial]) -> Trial:
    """The complete trial of highest accuracy; among equals the one of fewest MACs, then the earliest."""
    complete = [trial for trial in trials if trial.evaluation]
    return min(complete, key=lambda t: (-t.evaluation.accuracy if t.evaluation else 0.0, t.cost.macs, t.number))


def _metric(trials: Sequence[Trial]) -> str:
    return next((trial.evaluation.metric for trial in trials if trial.evaluation), "top-1")


def _data(data: DataSpec) -> str:
    if data.source == "digit_scenes":
        scenes = data.scenes or SceneSettings()
        counts = f"{scenes.train} / {scenes.val} / {scenes.test}"
        return f"{data.source}, {counts} scenes of {scenes.pixels} pixels, seed {scenes.seed}"
    where = f" in `{data.path}`" if data.path else ""
    return (
        f"{data.source}{where}, {data.val_share:.0%} for validation and {data.test_share:.0%} for the test "
        f"where the data has no split of its own, split seed {data.split_seed}"
    )


def _warm_start(storage: StudyStorage) -> list[str]:
    start = storage.warm_start
    return [f"warm start: {start.trials} of {start.of} trials of {start.experiment}"] if start else []


def _asked(budget: int | FamilyBudget) -> str:
    return str(budget) if isinstance(budget, int) else f"{len(budget.maxima)} winners by {budget.cost}"


def _size(space: SearchSpace) -> str:
    size = space.size
    continuous = f", with {size.continuous} continuous knobs beside" if size.continuous else ""
    return f"{size.architectures:,} architectures, {size.recipes:,} recipes{continuous}"


def _constraints(space: SearchSpace) -> str:
    bounds = []
    for constraint in space.constraints:
        low = f"{constraint.minimum:,.10g} <= " if constraint.minimum is not None else ""
        high = f" <= {constraint.maximum:,.10g}" if constraint.maximum is not None else ""
        bounds.append(f"{low}{constraint.cost}{high}")
    return ", ".join(bounds) or "none"


def _best(trials: Sequence[Trial]) -> list[str]:
    full = [trial for trial in trials if trial.trained_in_full]
    best = best_trial(trials)
    lines = [f"- of all: {_sentence(best)}"]
    if full and best_trial(full) != best:
        lines.append(f"- trained in full: {_sentence(best_trial(full))}")
    if full and (exported := best_trial([one for trial in full for one in trial.served])).trained_as:
        lines.append(f"- with {_settings(exported)}, as an export takes it: {_sentence(exported)}")
    if not full:
        lines.append("- none was trained in full yet")
    return lines


def _settings(trial: Trial) -> str:
    """Settings of inference that differ from those that a detector was trained with."""
    assert trial.trained_as is not None
    before, after = (asdict(InferenceSettings.of(one)) for one in (trial.trained_as, trial.candidate))
    return ", ".join(f"{name} {after[name]:g}" for name in after if after[name] != before[name])


def _sentence(trial: Trial) -> str:
    assert trial.evaluation is not None
    return (
        f"trial {trial.number} (candidate {trial.candidate.id}, {trial.stage} stage), accuracy "
        f"{trial.evaluation.accuracy:.4f} after {trial.evaluation.epochs} of {trial.candidate.recipe.epochs} epochs, "
        f"{trial.cost.macs:,} MACs, {trial.cost.params:,} params"
    )


def _worth(found: Importance | None) -> list[str]:
    if found is None:
        return []
    table = importance_table(found)
    return [
        f"## {table.title}",
        "Shares of the variance of the expected accuracy over the whole space (Sobol's), by the predictor that all "
        "trials taught; they are as good as it is. The interaction is what a search of the architecture alone and one "
        "of the recipe alone would both miss.",
        table.markdown,
    ]


def _advice(found: Findings) -> list[str]:
    if found.advice is None:
        return []
    return [
        "## Is it worth to go on?",
        f"By the predictor, and by what it missed in earlier rounds: {found.advice.sentence}.",
    ]


def _diagnosis(found: Findings) -> list[str]:
    if "diagnosis" not in found.tables:
        return []
    table = diagnosis_table(found.tables["diagnosis"])
    return [
        f"## {table.title}",
        "Each round as the predictor expected it from the rounds before: rank correlation (Kendall's tau) with what "
        "was got, mean error, and the share of trials within one and two of its spreads (68% and 95% where the spread "
        "is honest).",
        table.markdown,
    ]


def _notes(storage: StudyStorage) -> list[str]:
    lines = [f"- {subject}: {sentence}" for subject, sentence in storage.notes.items()]
    return ["## Notes of the search", "\n".join(lines)] if lines else []
