"""Trials as a table in the terminal."""

from collections.abc import Sequence

import pandas as pd
from rich.table import Table

from nars.trials import Trial, TrialState


def trial_table(trials: Sequence[Trial], *, title: str, limit: int | None = None) -> Table:
    """Trials, best accuracy first, failed and running ones last.

    Args:
        trials: Of one study.
        title: Above the table.
        limit: Rows at most.
    """
    table = Table(title=title, title_justify="left")
    for header, justify in (
        ("trial", "right"), ("stage", "left"), ("epochs", "right"), ("accuracy", "right"), ("MACs", "right"),
        ("params", "right"), ("optimizer", "left"), ("lr", "right"), ("state", "left"),
    ):  # fmt: skip
        table.add_column(header, justify=justify)  # type: ignore[arg-type]  # rich's literal type
    for trial in sorted(trials, key=_rank)[:limit]:
        recipe = trial.candidate.recipe
        table.add_row(
            str(trial.number),
            trial.stage,
            f"{trial.evaluation.epochs if trial.evaluation else trial.epochs}/{recipe.epochs}",
            f"{trial.evaluation.accuracy:.4f}" if trial.evaluation else "-",
            f"{trial.cost.macs:,}",
            f"{trial.cost.params:,}",
            recipe.optimizer,
            f"{recipe.lr:.3g}",
            f"{trial.state}: {trial.failure.reason}" if trial.failure else trial.state,
        )
    return table


def frame_table(frame: pd.DataFrame, *, title: str) -> Table:
    """A small table as it is; numbers with at most five digits that count."""
    table = Table(title=title, title_justify="left")
    for number, header in enumerate(frame.columns):
        table.add_column(str(header), justify="left" if number == 0 else "right")
    for row in frame.itertuples(index=False, name=None):
        table.add_row(*("-" if pd.isna(v) else f"{v:,.5g}" if isinstance(v, float) else str(v) for v in row))
    return table


def _rank(trial: Trial) -> tuple[bool, float, int]:
    accuracy = trial.evaluation.accuracy if trial.evaluation else 0.0
    return trial.state is not TrialState.COMPLETE, -accuracy, trial.number
