"""All that is known of one study, computed once for tables, pictures, page and report alike."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from nars.analysis.advice import Advice, stop_advice
from nars.analysis.budgets import budgets_frame, fronts_frame
from nars.analysis.dependence import dependence_frame
from nars.analysis.diagnosis import diagnosis_frame, predictions_frame
from nars.analysis.importance import Importance
from nars.analysis.knobs import importance_frame, worth_of_knobs
from nars.analysis.stages import stages_frame
from nars.analysis.taught import taught_by
from nars.errors import ExperimentError
from nars.space.search_space import SearchSpace
from nars.storage import StudyStorage
from nars.storage.frames import curves_frame, inferences_frame, timings_frame, trials_frame
from nars.storage.timing import Timing
from nars.trials import Trial, pareto_front

NUM_KNOBS = 9
"""The most important knobs, whose dependence is told."""

_FRONT_COLUMNS = [
    "number", "id", "stage", "fidelity", "epochs", "accuracy", "macs", "params", "activations", "memory_bytes",
    "latency_ms",
]  # fmt: skip


@dataclass(frozen=True, kw_only=True, eq=False)
class Findings:
    """Of one study."""

    name: str
    """Of the experiment."""
    space: SearchSpace
    trials: tuple[Trial, ...]
    timings: tuple[Timing, ...]
    front: tuple[Trial, ...]
    """Complete trials on the front of accuracy against the costs that the space lowers, MACs by default."""
    worth: Importance | None
    """Of the knobs; as what follows none with fewer than eight ended trials."""
    advice: Advice | None
    """None too where nothing new is left to try."""
    tables: dict[str, pd.DataFrame]
    """By the names of their files; without those that have nothing to tell."""

    @property
    def complete(self) -> tuple[Trial, ...]:
        """At least one trial."""
        return tuple(trial for trial in self.trials if trial.evaluation)

    @property
    def leading_knobs(self) -> tuple[str, ...]:
        """Paths of the most important knobs, the most important first; the space's first ones where none is told."""
        names = [share.name for share in self.worth.knobs] if self.worth else [knob.path for knob in self.space.knobs]
        return tuple(names[:NUM_KNOBS])


def find(stored: StudyStorage, *, name: str) -> Findings:
    """Reads a study and computes what there is to tell of it.

    Raises:
        ExperimentError: If nothing has finished yet.
    """
    space, trials, timings = stored.space, stored.trials(), stored.timings()
    complete = [trial for trial in trials if trial.evaluation]
    if not complete:
        raise ExperimentError(_nothing(name, trials))
    front = pareto_front(complete, space.costs_to_lower or ["macs"])
    table = trials_frame(space, trials)
    taught = taught_by(space, trials, seed=stored.seed, predictor=stored.settings.predictor)
    worth = None if taught is None else worth_of_knobs(taught)
    predictions = predictions_frame(space, trials, seed=stored.seed, predictor=stored.settings.predictor)
    tables = {
        "trials": table,
        "timings": timings_frame(trials, timings),
        "pareto": table.iloc[[trial.number for trial in front]][_FRONT_COLUMNS].reset_index(drop=True),
        "fronts": fronts_frame(complete),
        "budgets": budgets_frame(complete),
        "curves": curves_frame(trials),
        "stages": stages_frame(trials, timings),
        "inferences": inferences_frame(trials),
        "predictions": predictions,
        "diagnosis": diagnosis_frame(predictions),
    }
    if taught is not None and worth is not None:
        tables["importance"] = importance_frame(worth)
        tables["dependence"] = dependence_frame(taught, [share.name for share in worth.knobs[:NUM_KNOBS]])
    return Findings(
        name=name,
        space=space,
        trials=trials,
        timings=timings,
        front=tuple(front),
        worth=worth,
        advice=(
            None if taught is None else stop_advice(taught, trials, predictions, predictor=stored.settings.predictor)
        ),
        tables={name: frame for name, frame in tables.items() if len(frame)},
    )


def _nothing(name: str, trials: Sequence[Trial]) -> str:
    reasons = Counter(trial.failure.reason.value for trial in trials if trial.failure)
    failed = ", ".join(f"{count} failed ({reason})" for reason, count in reasons.most_common())
    return f"experiment {name}: nothing finished yet; of {len(trials)} trials {failed or 'none failed'}"
