"""``nars family``: one study, many budgets."""

from pathlib import Path
from typing import Annotated

import typer

from nars.cli.options import EXPERIMENTS, Device, Name, Root, Storage, Workers

EPILOG = "Example: nars family digits --max-macs 2e5,4e5,8e5"

Maxima = Annotated[str | None, typer.Option(help="Rising budgets, with commas between.", show_default=False)]


def family(
    name: Name,
    *,
    max_macs: Maxima = None,
    max_params: Maxima = None,
    max_latency_ms: Maxima = None,
    train: Annotated[bool, typer.Option("--train", help="Train the winners in full, as trials of the study.")] = False,
    out: Annotated[
        Path | None, typer.Option(help="Folder for their documents. [default: families/NAME]", show_default=False)
    ] = None,
    workers: Workers = None,
    device: Device = "auto",
    storage: Storage = None,
    experiments: Root = EXPERIMENTS,
) -> None:
    """The best candidate for each of several budgets, told by the predictor of a finished search."""
    from nars.cli.console import console
    from nars.cli.family_view import budget_of, family_table, write_members
    from nars.cli.running import run_shown
    from nars.study import Study, resume

    budget = budget_of({"macs": max_macs, "params": max_params, "latency_ms": max_latency_ms})
    with Study.open(name, root=experiments, storage=storage) as study:
        members = study.family(budget)
        label = study.experiment.name
    screen = console()
    screen.print(family_table(members, budget, title=f"{label}: a family by {budget.cost}"))
    screen.print(f"written to {write_members(members, budget, out or Path('families') / label)}")
    if train:
        run_shown(
            label,
            lambda progress: resume(
                name,
                root=experiments,
                more=budget,
                workers=workers,
                device=device,
                storage=storage,
                progress=progress,
            ),
        )
