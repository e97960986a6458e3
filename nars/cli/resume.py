"""``nars resume``: continues a search."""

from typing import Annotated

import typer

from nars.cli.options import EXPERIMENTS, Device, Name, Root, Workers

EPILOG = "Example: nars resume digits --trials 12"


def resume(
    name: Name,
    trials: Annotated[int, typer.Option(min=0, help="Trials beyond those asked for so far.")] = 0,
    workers: Workers = None,
    device: Device = "auto",
    experiments: Root = EXPERIMENTS,
) -> None:
    """Continue after a kill, a crash or a wish for more trials; nothing finished is done again."""
    from nars.cli.running import run_shown
    from nars.study import resume as run_resume

    run_shown(
        name,
        lambda progress: run_resume(
            name, root=experiments, more=trials, workers=workers, device=device, progress=progress
        ),
    )
