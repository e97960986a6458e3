"""``nars attribute``: where the gain of a search came from."""

from pathlib import Path
from typing import Annotated

import typer

from nars.cli.options import EXPERIMENTS, RESULTS, Device, Name, Root, Storage, Workers

EPILOG = "Example: nars attribute digits --seeds 5"


def attribute(
    name: Name,
    seeds: Annotated[int, typer.Option(min=1, help="Trainings of each of the four candidates.")] = 5,
    default: Annotated[
        Path | None,
        typer.Option(
            help="A bundle, or recipe.yaml with its architecture.yaml, to measure from. "
            "[default: the middle of every knob, inside the constraints]",
            show_default=False,
        ),
    ] = None,
    workers: Workers = None,
    device: Device = "auto",
    storage: Storage = None,
    results: Annotated[Path, typer.Option(help="Folder of all results.")] = RESULTS,
    experiments: Root = EXPERIMENTS,
) -> None:
    """How much of the gain came from the architecture, the recipe, and the two together: four matched trainings."""
    from nars.evaluation.fork_server import start_fork_server

    start_fork_server()  # which imports libraries beside the lines below
    from nars.analysis.writing import require_writable, write_whole
    from nars.cli.console import console
    from nars.cli.repeats_view import attribution_tables, shown
    from nars.exports import candidate_in
    from nars.repeats import attribute as run

    screen = console()
    require_writable(results)
    found = run(
        name,
        seeds=seeds,
        default=None if default is None else candidate_in(default),
        root=experiments,
        storage=storage,
        workers=workers,
        device=device,
        report=shown(screen),
    )
    for table in attribution_tables(found):
        screen.print(table)
    path = results / found.name / "attribution.csv"
    write_whole(path, found.frame.to_csv(index=False).encode())
    screen.print(f"written to {path}")
