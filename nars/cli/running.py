"""Runs a search with its progress shown, and says how to go on when it is interrupted."""

from collections.abc import Callable

import typer
from rich.console import Console

from nars.cli.console import console
from nars.cli.profile_view import profile_table, search_line
from nars.cli.progress_view import shown_progress
from nars.cli.tables import trial_table
from nars.study import Progress, Study
from nars.trials import pareto_front


def run_shown(name: str, run: Callable[[Progress], Study], *, profile: bool = False) -> None:
    """Runs, prints the table of the best trials, where the time went if asked, and the next steps.

    Ctrl-C ends with exit code 130.
    """
    screen = console()
    try:
        with shown_progress(screen) as progress, run(progress) as study:
            trials, folder, label = study.trials, study.experiment.directory, study.experiment.name
            lowered = study.space.costs_to_lower
    except KeyboardInterrupt as interrupt:
        Console(stderr=True).print(f"stopped; all finished trials and checkpoints are saved. Go on: nars resume {name}")
        raise typer.Exit(130) from interrupt
    if lowered:
        front = pareto_front(trials, lowered)
        title = f"{label}: {len(front)} of {len(trials)} trials, the Pareto front of accuracy and {', '.join(lowered)}"
        screen.print(trial_table(front, title=title))
    else:
        screen.print(trial_table(trials, title=f"{label}: the best of {len(trials)} trials", limit=10))
    if profile:
        screen.print(profile_table(trials))
        if progress.spent is not None:
            screen.print(search_line(progress.spent), soft_wrap=True, highlight=False)
    screen.print(f"saved in {folder}")
    screen.print(f"next: nars analyze {label} · nars export best {label} · nars resume {label} --trials 12")
