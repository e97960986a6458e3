"""``nars confirm``: the best few trained again with new seeds."""

from pathlib import Path
from typing import Annotated

import typer

from nars.cli.options import EXPERIMENTS, RESULTS, Device, Name, Root, Storage, Workers

EPILOG = "Example: nars confirm digits --top 3 --seeds 5"


def confirm(
    name: Name,
    top: Annotated[int, typer.Option(min=1, help="Candidates, of those trained in full.")] = 3,
    seeds: Annotated[int, typer.Option(min=1, help="Trainings of each, with new seeds.")] = 5,
    workers: Workers = None,
    device: Device = "auto",
    storage: Storage = None,
    results: Annotated[Path, typer.Option(help="Folder of all results.")] = RESULTS,
    experiments: Root = EXPERIMENTS,
) -> None:
    """Train the best few candidates again with new seeds: a search's own best is flattered by its luck.

    The study stays as it is; stopped and called again, it goes on.
    """
    from nars.evaluation.fork_server import start_fork_server

    start_fork_server()  # which imports libraries beside the lines below
    from nars.analysis.writing import require_writable, write_whole
    from nars.cli.console import console
    from nars.cli.repeats_view import confirmation_table, shown
    from nars.repeats import confirm as run

    screen = console()
    require_writable(results)
    found = run(
        name,
        top=top,
        seeds=seeds,
        root=experiments,
        storage=storage,
        workers=workers,
        device=device,
        report=shown(screen),
    )
    screen.print(confirmation_table(found))
    path = results / found.name / "confirmation.csv"
    write_whole(path, found.frame.to_csv(index=False).encode())
    screen.print(f"written to {path}")
