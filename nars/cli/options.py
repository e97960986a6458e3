"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

Name = Annotated[str, typer.Argument(help="Name of the experiment, or its folder.", show_default=False)]
Root = Annotated[Path, typer.Option("--experiments", help="Folder of all experiments.")]
Workers = Annotated[
    int | None,
    typer.Option(min=1, help="Trials trained side by side; no result depends on it. [default: one a core]"),
]
Device = Annotated[str, typer.Option(help="auto (the GPU where there is one), cpu, cuda or cuda:N.")]
Data = Annotated[
    Path | None, typer.Option(help="Image folder; where the data lay at the search by default.", show_default=False)
]
Form = Annotated[
    str | None,
    typer.Option("--format", help="A format of the bundle; its own weights by default.", show_default=False),
]
EXPERIMENTS = Path("experiments")
RESULTS = Path("results")
