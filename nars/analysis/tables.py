"""Small tables as text cells, for a terminal and for Markdown alike."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from nars.analysis.importance import Importance
from nars.trials import CostName, Trial, TrialState


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """A title, column headings, and one tuple of cells per row."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def markdown(self) -> str:
        """The table in Markdown, without its title; all but the first column right-aligned."""
        rule = ("---", *["---:"] * (len(self.columns) - 1))
        return "\n".join(f"| {' | '.join(cells)} |" for cells in (self.columns, rule, *self.rows))


def front_table(front: Sequence[Trial], lowered: Sequence[CostName] = ()) -> Table:
    """The Pareto front of accuracy against the costs that the space lowers; against MACs where it lowers none."""
    columns = ("trial", "stage", "trained", "accuracy", "MACs", "params", "resolution", "optimizer", "lr")
    return Table(
        title=f"Pareto front of accuracy against {' and '.join(lowered) or 'MACs'}",
        columns=columns,
        rows=tuple(_front_row(t) for t in front),
    )


def rounds_table(trials: Sequence[Trial]) -> Table:
    """What each round of the search tried and reached."""
    rows = []
    for index in sorted({trial.round for trial in trials}):
        inside = [trial for trial in trials if trial.round == index]
        states = Counter(trial.state for trial in inside)
        accuracies = [trial.evaluation.accuracy for trial in inside if trial.evaluation]
        rows.append(
            (
                str(index),
                inside[0].stage.value,
                " to ".join(dict.fromkeys(f"{f:.0%}" for f in _ends([t.reached or t.fidelity for t in inside]))),
                str(len(inside)),
                str(states[TrialState.COMPLETE]),
                str(states[TrialState.FAILED]),
                f"{max(accuracies):.4f}" if accuracies else "-",
            )
        )
    columns = ("round", "stage", "fidelity", "trials", "complete", "failed", "best accuracy")
    return Table(title="Rounds", columns=columns, rows=tuple(rows))


def importance_table(found: Importance) -> Table:
    """What the ten most important knobs are worth, then architecture, recipe and their interaction."""
    wholes = (found.architecture, found.recipe)
    rows = [(share.name, f"{share.alone:.0%}", f"{share.total:.0%}") for share in (*found.knobs[:10], *wholes)]
    rows.append(("interaction of the two", f"{found.interaction:.0%}", ""))
    return Table(title="What the knobs are worth", columns=("knob", "alone", "with interactions"), rows=tuple(rows))


def diagnosis_table(diagnosis: pd.DataFrame) -> Table:
    """How good the predictor was at each round; the last row is of all, and of many rounds the last ten are shown.

    Args:
        diagnosis: As ``diagnosis.diagnosis_frame`` gives.
    """
    rows = []
    for row in diagnosis.tail(11).to_dict("records"):
        rank = "-" if pd.isna(row["kendall"]) else f"{row['kendall']:.2f}"
        shares = (f"{row['within_one']:.0%}", f"{row['within_two']:.0%}")
        rows.append(
            (str(row["round"]), str(row["trials"]), rank, f"{row['error']:.4f}", f"{row['bias']:+.4f}", *shares)
        )
    columns = ("round", "trials", "rank correlation", "mean error", "bias", "within one spread", "within two")
    return Table(title="How good the predictor was", columns=columns, rows=tuple(rows))


def failures_table(trials: Sequence[Trial]) -> Table:
    """How many trials failed for each reason, and one example of each."""
    failed = [(trial, trial.failure) for trial in trials if trial.failure]
    counts = Counter(failure.reason for _, failure in failed)
    rows = []
    for reason, count in counts.most_common():
        trial, failure = next(pair for pair in failed if pair[1].reason is reason)
        first_line = next(iter(failure.message.splitlines()), "").replace("|", "\\|")[:200]
        rows.append((reason.value, str(count), f"trial {trial.number}: {first_line}"))
    return Table(title="Failed trials", columns=("reason", "trials", "for example"), rows=tuple(rows))


def _front_row(trial: Trial) -> tuple[str, ...]:
    assert trial.evaluation is not None
    recipe = trial.candidate.recipe
    return (
        str(trial.number),
        trial.stage.value,
        f"{trial.evaluation.epochs}/{recipe.epochs} epochs",
        f"{trial.evaluation.accuracy:.4f}",
        f"{trial.cost.macs:,}",
        f"{trial.cost.params:,}",
        str(trial.candidate.architecture.resolution),
        recipe.optimizer,
        f"{recipe.lr:.3g}",
    )


def _ends(values: Sequence[float]) -> tuple[float, float]:
    return min(values), max(values)
