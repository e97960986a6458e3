"""Where a search's time went, as a table in the terminal."""

from collections.abc import Sequence
from dataclasses import fields

from rich.table import Table

from nars.study import SearchSpent
from nars.trials import Spent, Trial


def profile_table(trials: Sequence[Trial]) -> Table:
    """Seconds and share of each phase, summed over the trials that were profiled."""
    spent = [trial.evaluation.spent for trial in trials if trial.evaluation and trial.evaluation.spent]
    table = Table(title=f"where the time of {len(spent)} profiled trials went", title_justify="left")
    table.add_column("phase")
    table.add_column("seconds", justify="right")
    table.add_column("share", justify="right")
    seconds = {field.name.removesuffix("_s"): sum(getattr(one, field.name) for one in spent) for field in fields(Spent)}
    whole = sum(seconds.values())
    for phase, phase_s in seconds.items():
        table.add_row(phase, f"{phase_s:.2f}", f"{phase_s / whole:.1%}" if whole else "-")
    table.add_row("all", f"{whole:.2f}", "100.0%" if whole else "-", end_section=True)
    return table


def search_line(spent: SearchSpent) -> str:
    """What the searching process did itself."""
    return (
        f"search: {spent.wall_s:.1f} s · {spent.start_s:.1f} s until the first trial · "
        f"proposals {spent.proposal_s:.1f} s · writing {spent.storage_s:.1f} s"
    )
