"""``nars watch``: a running search, live in the terminal."""

from typing import Annotated

import typer

from nars.cli.options import EXPERIMENTS, Name, Root, Storage

EPILOG = "Example: nars watch digits"


def watch(
    name: Name,
    every: Annotated[float, typer.Option(min=0.1, help="Seconds between two looks.")] = 2.0,
    storage: Storage = None,
    experiments: Root = EXPERIMENTS,
) -> None:
    """Follow a search that another process runs, until it ends; Ctrl-C stops watching, never the search."""
    import time
    from contextlib import suppress

    from rich.live import Live

    from nars.cli.console import console
    from nars.cli.watch_view import Moment, look, picture
    from nars.storage import StudyStorage, find_experiment

    experiment = find_experiment(name, root=experiments, storage=storage)

    def now() -> Moment:
        # opened anew each time: what another process wrote in between is seen whatever the database
        with StudyStorage.open(experiment.url, name=experiment.study_name) as stored:
            return look(stored, name=experiment.name)

    moment = now()
    with suppress(KeyboardInterrupt), Live(picture(moment), console=console(), auto_refresh=False) as live:
        live.refresh()
        while not moment.has_ended:
            time.sleep(every)
            moment = now()
            live.update(picture(moment), refresh=True)
