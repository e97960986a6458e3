"""Repeated trainings as tables in the terminal."""

from collections.abc import Callable
from itertools import pairwise

from rich.console import Console
from rich.table import Table

from nars.repeats import Attribution, Confirmation
from nars.repeats.runs import Repeat
from nars.repeats.statistics import Interval


def shown(screen: Console) -> Callable[[Repeat, int, int], None]:
    """Prints a line for each training that ends."""

    def show(repeat: Repeat, done: int, planned: int) -> None:
        screen.print(f"{done} of {planned}: candidate {repeat.candidate.id}, accuracy {repeat.accuracy:.4f}")

    return show


def confirmation_table(found: Confirmation) -> Table:
    """As searched beside as confirmed."""
    seeds = len(found.rows[0].repeats)
    table = _table(
        f"{found.name}: trained again with {seeds} new seeds (standard deviation between seeds {found.deviation:.4f})",
        ("trial", "candidate", "as searched", "confirmed", "95 % interval", "chance to be the best", "MACs"),
    )
    for row in found.rows:
        table.add_row(
            str(row.trial.number),
            row.trial.candidate.id,
            f"{row.trial.accuracy:.4f}",
            f"{row.mean.mean:.4f}",
            _bounds(row.mean),
            f"{row.chance:.0%}",
            f"{row.trial.cost.macs:,}",
        )
    return table


def attribution_tables(found: Attribution) -> tuple[Table, Table]:
    """The four matched candidates, and what comes from what."""
    seeds = len(found.corners[0].repeats)
    corners = _table(
        f"{found.name}: four matched candidates, {seeds} seeds each",
        ("architecture", "recipe", "candidate", "accuracy", "95 % interval"),
    )
    for corner in found.corners:
        corners.add_row(
            corner.architecture, corner.recipe, corner.candidate.id, f"{corner.mean.mean:.4f}", _bounds(corner.mean)
        )
    effects = _table("what the gain came from", ("part", "gain in accuracy", "95 % interval"))
    for (effect, value), (following, _) in pairwise([*found.effects.items(), ("", None)]):
        assert value is not None
        effects.add_row(effect, f"{value.mean:+.4f}", _bounds(value, sign="+"), end_section=following == "whole gain")
    return corners, effects


def _bounds(value: Interval, *, sign: str = "") -> str:
    if value.low != value.low:  # not a number: one run tells no spread
        return "needs more seeds"
    return f"{value.low:{sign}.4f} to {value.high:{sign}.4f}"


def _table(title: str, headers: tuple[str, ...]) -> Table:
    table = Table(title=title, title_justify="left")
    for number, header in enumerate(headers):
        table.add_column(header, justify="left" if number < 2 else "right")
    return table
