"""Everything that people look at after a search, as tables in memory and as files."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from nars.analysis.curve_plot import learning_curves
from nars.analysis.forms import forms_named, table_files
from nars.analysis.front_plot import accuracy_vs_macs
from nars.analysis.importance import Importance
from nars.analysis.importance_plot import importance_picture
from nars.analysis.knobs import worth_of_knobs
from nars.analysis.summary import summary
from nars.analysis.tables import Table, front_table
from nars.analysis.writing import write_whole
from nars.errors import ExperimentError
from nars.storage import EXPERIMENTS, StudyStorage, find_experiment
from nars.storage.frames import curves_frame, inferences_frame, timings_frame, trials_frame
from nars.trials import Trial, pareto_front

RESULTS = Path("results")
"""Where results lie by default, from the working directory."""

_FRONT_COLUMNS = [
    "number", "id", "stage", "fidelity", "epochs", "accuracy", "macs", "params", "activations", "memory_bytes",
    "latency_ms",
]  # fmt: skip


@dataclass(frozen=True, kw_only=True, eq=False)
class Analysis:
    """Tables of one study, and the files that hold them."""

    trials: pd.DataFrame
    """One row per trial; no times, so that the same seed gives the same table."""
    timings: pd.DataFrame
    """One row per trial: when it ran and for how long."""
    pareto: pd.DataFrame
    """Complete trials on the front of accuracy against the costs that the space lowers (MACs by default), the first of
    them rising."""
    curves: pd.DataFrame
    """One row per epoch of every complete trial."""
    inferences: pd.DataFrame
    """One row per setting of inference that a trained detector was told under; empty where the space lists none."""
    importance: pd.DataFrame | None
    """One row per knob, then architecture and recipe: shares of the variance of the expected accuracy; none with fewer
    than eight ended trials."""
    front: Table
    """The front as cells, for a terminal."""
    summary: str
    """The page in Markdown."""
    directory: Path
    paths: tuple[Path, ...]
    """Every file written."""


def analyze(
    name: str | Path,
    *,
    root: Path = EXPERIMENTS,
    storage: str | None = None,
    results: Path = RESULTS,
    formats: Sequence[str] = ("csv",),
) -> Analysis:
    """Writes the tables, pictures and summary of an experiment; it may still be running.

    Args:
        name: Of the experiment, or its folder.
        root: Folder of all experiments.
        storage: Address of the database that holds the study, where it is not the embedded one.
        results: Folder of all results; the experiment's own files come into a folder of its name.
        formats: Of the tables: ``csv``, ``parquet``, ``markdown``, ``latex``, ``html``; trials come as Parquet too.

    Raises:
        ExperimentError: If there is no such experiment, nothing finished yet, a format is unknown, or the
            files cannot be written.
    """
    forms = forms_named(formats)
    experiment = find_experiment(name, root=root, storage=storage)
    with StudyStorage.open(experiment.url, name=experiment.study_name) as stored:
        trials, timings = stored.trials(), stored.timings()
        complete = [trial for trial in trials if trial.evaluation]
        if not complete:
            raise ExperimentError(_nothing(experiment.name, trials))
        by_macs = pareto_front(complete, ["macs"])
        front = pareto_front(complete, stored.space.costs_to_lower or ["macs"])
        table = trials_frame(stored.space, trials)
        curves, times = curves_frame(trials), timings_frame(trials, timings)
        inferences = inferences_frame(trials)
        pareto = table.iloc[[trial.number for trial in front]][_FRONT_COLUMNS].reset_index(drop=True)
        worth = worth_of_knobs(stored.space, trials, seed=stored.seed)
        page = summary(stored, trials, front, worth, name=experiment.name)
        constraints, lowered = stored.space.constraints, stored.space.costs_to_lower
    title = f"{experiment.name}: {len(complete)} complete trials"
    frames = {"trials": table, "timings": times, "pareto": pareto, "curves": curves}
    if len(inferences):
        frames["inferences"] = inferences
    if worth is not None:
        frames["importance"] = importance_frame(worth)
    files = {
        **table_files(frames, forms),
        **table_files({"trials": table}, ("parquet",)),
        "summary.md": page.encode(),
        "accuracy_vs_macs.png": accuracy_vs_macs(complete, by_macs, constraints, title=title),
    }
    if curved := [trial for trial in complete if trial.evaluation and trial.evaluation.curve]:
        files["learning_curves.png"] = learning_curves(curved, title=title)
    if worth is not None:
        files["importance.png"] = importance_picture(worth, title=f"{experiment.name}: what the knobs are worth")
    directory = results / experiment.name
    for file, content in files.items():
        write_whole(directory / file, content)
    return Analysis(
        trials=table,
        timings=times,
        pareto=pareto,
        inferences=inferences,
        importance=frames.get("importance"),
        curves=curves,
        front=front_table(front, lowered),
        summary=page,
        directory=directory,
        paths=tuple(directory / file for file in files),
    )


def importance_frame(found: Importance) -> pd.DataFrame:
    """One row per knob, the most important first, then the architecture and the recipe as a whole."""
    shares = (*found.knobs, found.architecture, found.recipe)
    return pd.DataFrame(
        {
            "knob": pd.Series([share.name for share in shares], dtype="string"),
            "alone": [share.alone for share in shares],
            "total": [share.total for share in shares],
        }
    )


def _nothing(name: str, trials: tuple[Trial, ...]) -> str:
    reasons = Counter(trial.failure.reason.value for trial in trials if trial.failure)
    failed = ", ".join(f"{count} failed ({reason})" for reason, count in reasons.most_common())
    return f"experiment {name}: nothing finished yet; of {len(trials)} trials {failed or 'none failed'}"
