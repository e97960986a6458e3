"""Trials as pandas tables. Times stand apart, so that the same seed gives the same trial table."""

from collections.abc import Callable, Sequence
from dataclasses import fields

import pandas as pd

from nars.space.domains import Choice, Domain, FloatRange, IntRange, Value
from nars.space.inference import InferenceSettings
from nars.space.search_space import SearchSpace
from nars.storage.timing import Timing
from nars.trials import Cost, Spent, Trial

Cell = int | float | bool | str | None

_TRIAL_COLUMNS: dict[str, tuple[str, Callable[[Trial], Cell]]] = {
    "number": ("Int64", lambda t: t.number),
    "id": ("string", lambda t: t.candidate.id),
    "stage": ("string", lambda t: t.stage.value),
    "round": ("Int64", lambda t: t.round),
    "fidelity": ("Float64", lambda t: t.fidelity),
    "seed": ("Int64", lambda t: t.seed),
    "state": ("string", lambda t: t.state.value),
    "failure": ("string", lambda t: t.failure.reason.value if t.failure else None),
    "accuracy": ("Float64", lambda t: t.evaluation.accuracy if t.evaluation else None),
    "epochs": ("Int64", lambda t: t.evaluation.epochs if t.evaluation else None),
}
_CURVE_COLUMNS = {
    "epoch": "Int64",
    "train_loss": "Float64",
    "val_loss": "Float64",
    "val_accuracy": "Float64",
    "lr": "Float64",
}


def trials_frame(space: SearchSpace, trials: Sequence[Trial]) -> pd.DataFrame:
    """One row per trial: what it was, how it ended, its costs, and every searched knob by its path.

    Args:
        space: The study's space; it gives the order of the knobs.
        trials: In the order of their numbers.

    Returns:
        A column holds one type, whatever its rows; what a trial has not (an inactive knob, the accuracy of one that
        failed) is missing.
    """
    columns = {
        name: pd.Series([read(trial) for trial in trials], dtype=kind) for name, (kind, read) in _TRIAL_COLUMNS.items()
    }
    for field in fields(Cost):
        kind = "Float64" if field.name == "latency_ms" else "Int64"
        columns[field.name] = pd.Series([getattr(trial.cost, field.name) for trial in trials], dtype=kind)
    values = [space.values_of(trial.candidate) for trial in trials]
    for knob in space.knobs:
        columns[knob.path] = _knob_column(knob.domain, [row.get(knob.path) for row in values])
    return pd.DataFrame(columns)


def curves_frame(trials: Sequence[Trial]) -> pd.DataFrame:
    """One row per epoch of every complete trial."""
    rows = [(trial.number, record) for trial in trials if trial.evaluation for record in trial.evaluation.curve]
    columns = {"number": pd.Series([number for number, _ in rows], dtype="Int64")}
    for name, kind in _CURVE_COLUMNS.items():
        columns[name] = pd.Series([getattr(record, name) for _, record in rows], dtype=kind)
    return pd.DataFrame(columns)


def inferences_frame(trials: Sequence[Trial]) -> pd.DataFrame:
    """One row per trial and setting of inference that its trained detector was told under; see `Trial.served`."""
    rows = [(trial.number, one) for trial in trials if trial.evaluation for one in trial.evaluation.inferences]
    columns: dict[str, pd.Series] = {"number": pd.Series([number for number, _ in rows], dtype="Int64")}
    for field in fields(InferenceSettings):
        kind = "Float64" if field.type is float else "Int64"
        columns[field.name] = pd.Series([getattr(one.settings, field.name) for _, one in rows], dtype=kind)
    columns["accuracy"] = pd.Series([one.accuracy for _, one in rows], dtype="Float64")
    columns["macs"] = pd.Series([one.cost.macs for _, one in rows], dtype="Int64")
    columns["memory_bytes"] = pd.Series([one.cost.memory_bytes for _, one in rows], dtype="Int64")
    return pd.DataFrame(columns)


def timings_frame(trials: Sequence[Trial], timings: Sequence[Timing]) -> pd.DataFrame:
    """One row per trial: seconds of its training, and when the study saw it start and end (UTC).

    Where any trial trained on a GPU, a column of its memory too, and where any was profiled, one for each field of
    `Spent`.
    """
    peaks = [trial.evaluation.peak_memory_bytes if trial.evaluation else None for trial in trials]
    memory = {"peak_memory_bytes": pd.Series(peaks, dtype="Int64")} if any(peaks) else {}
    spent = [trial.evaluation.spent if trial.evaluation else None for trial in trials]
    phases = {
        field.name: pd.Series([None if one is None else getattr(one, field.name) for one in spent], dtype="Float64")
        for field in fields(Spent)
        if any(spent)
    }
    return pd.DataFrame(
        {
            "number": pd.Series([trial.number for trial in trials], dtype="Int64"),
            "wall_s": pd.Series(
                [trial.evaluation.wall_s if trial.evaluation else None for trial in trials], dtype="Float64"
            ),
            "started": pd.to_datetime(pd.Series([timing.started for timing in timings], dtype="object"), utc=True),
            "ended": pd.to_datetime(pd.Series([timing.ended for timing in timings], dtype="object"), utc=True),
            **memory,
            **phases,
        }
    )


def _knob_column(domain: Domain, values: Sequence[Value]) -> pd.Series:
    kind = _kind(domain)
    if kind == "string":
        return pd.Series([None if value is None else str(value) for value in values], dtype=kind)
    return pd.Series(values, dtype=kind)


def _kind(domain: Domain) -> str:
    """The type of a knob's column: of all values that it may take, not of those that it took."""
    match domain:
        case IntRange():
            return "Int64"
        case FloatRange():
            return "Float64"
        case Choice():
            kinds = {type(value) for value in domain.values if value is not None}
            if kinds == {bool}:
                return "boolean"
            if kinds == {int}:
                return "Int64"
            return "Float64" if kinds <= {int, float} else "string"
