"""What the report's script is given: columns of numbers and words, as JSON."""

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict

import numpy as np
import pandas as pd

from nars.analysis.budgets import known_costs
from nars.analysis.duration import duration
from nars.analysis.findings import Findings
from nars.analysis.tables import Table, diagnosis_table, failures_table, rounds_table
from nars.space.assembly import leaves
from nars.space.candidate import Candidate
from nars.space.domains import FloatRange
from nars.storage.timing import hours_to_ends
from nars.trials import Trial

MOST_CURVES = 300
"""Learning curves of the best trials that the page holds; with ten thousand it would be too large to open."""
_DIGITS = 6

Json = dict[str, object]


def content_json(found: Findings) -> str:
    """The data as JSON that may stand in a script element."""
    complete = found.complete
    curved = sorted(complete, key=lambda trial: (-trial.accuracy, trial.number))[:MOST_CURVES]
    hours = hours_to_ends(found.timings)
    content: Json = {
        "metric": next(trial.evaluation.metric for trial in complete if trial.evaluation),
        "columns": _columns(found),
        "hours": [_number(hour) for hour in hours],
        "spent": duration(3600 * max((hour for hour in hours if hour is not None), default=0.0)),
        "costs": known_costs(complete) or ["macs"],
        "leading": list(found.leading_knobs),
        "log": [k.path for k in found.space.knobs if isinstance(k.domain, FloatRange) and k.domain.log],
        "fixed": _fixed(found, complete[0].candidate),
        "curves": {trial.number: _curve(trial) for trial in curved},
        "tables": [asdict(table) for table in _tables(found) if table.rows],
        **{
            name: _rows(found.tables[name])
            for name in ("importance", "dependence", "predictions")
            if name in found.tables
        },
    }
    # Nothing in the data can end the script element that it stands in.
    return json.dumps(content, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")


def _columns(found: Findings) -> list[Json]:
    """The trial table by columns; words as a list of the different ones and an index each."""
    columns: list[Json] = []
    knobs = {knob.path for knob in found.space.knobs}
    for name, series in found.tables["trials"].items():
        column: Json = {"name": str(name), "knob": name in knobs}
        if pd.api.types.is_numeric_dtype(series) and not pd.api.types.is_bool_dtype(series):
            column["values"] = [_number(value) for value in series]
        else:
            words = sorted({str(value) for value in series if not pd.isna(value)})
            places = {word: place for place, word in enumerate(words)}
            column["words"] = words
            column["values"] = [None if pd.isna(value) else places[str(value)] for value in series]
        columns.append(column)
    return columns


def _fixed(found: Findings, candidate: Candidate) -> dict[str, str]:
    """Settings that no trial changes, by their paths."""
    searched = {knob.path for knob in found.space.knobs}
    return {path: str(value) for path, value in leaves(candidate).items() if path not in searched}


def _curve(trial: Trial) -> list[list[float | None]]:
    assert trial.evaluation is not None
    return [[_number(record.val_accuracy), _number(record.val_loss)] for record in trial.evaluation.curve]


def _tables(found: Findings) -> Iterable[Table]:
    yield rounds_table(found.trials)
    yield failures_table(found.trials)
    if "diagnosis" in found.tables:
        yield diagnosis_table(found.tables["diagnosis"])
    yield _as_table("Time per stage", found.tables["stages"])
    if "budgets" in found.tables:
        yield _as_table("Best within a budget", found.tables["budgets"])


def _as_table(title: str, frame: pd.DataFrame) -> Table:
    cells = frame.map(
        lambda value: "-" if pd.isna(value) else f"{value:,.6g}" if isinstance(value, float) else str(value)
    )
    rows = tuple(cells.itertuples(index=False, name=None))
    return Table(title=title, columns=tuple(map(str, frame.columns)), rows=rows)


def _rows(frame: pd.DataFrame) -> dict[str, Sequence[object]]:
    return {
        str(name): [_number(value) if isinstance(value, float) else value for value in series.tolist()]
        for name, series in frame.items()
    }


def _number(value: float | None) -> float | int | None:
    """In six digits that count; whole numbers as they are."""
    if value is None or pd.isna(value) or not math.isfinite(value):
        return None
    if isinstance(value, int | np.integer):
        return int(value)
    return float(f"{value:.{_DIGITS}g}")
