"""``nars analyze``: result tables and pictures of a search."""

from pathlib import Path
from typing import Annotated

import typer

from nars.cli.options import EXPERIMENTS, RESULTS, Name, Root, Storage

EPILOG = "Example: nars analyze digits"


def analyze(
    name: Name,
    storage: Storage = None,
    experiments: Root = EXPERIMENTS,
    results: Annotated[Path, typer.Option(help="Folder of all results.")] = RESULTS,
) -> None:
    """Write the tables and pictures of a search, and print its best trials."""
    from nars.analysis import analyze as run_analyze
    from nars.cli.console import console
    from nars.cli.tables import trial_table
    from nars.storage import StudyStorage, find_experiment

    analysis = run_analyze(name, root=experiments, storage=storage, results=results)
    experiment = find_experiment(name, root=experiments, storage=storage)
    with StudyStorage.open(experiment.url, name=experiment.study_name) as stored:
        trials = stored.trials()
    screen = console()
    screen.print(trial_table(trials, title="trials, best first"))
    for path in analysis.paths:
        screen.print(str(path))
