"""Options that several commands share."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from nars.evaluation.ray_cluster import RayOptions

Name = Annotated[str, typer.Argument(help="Name of the experiment, or its folder.", show_default=False)]
Root = Annotated[Path, typer.Option("--experiments", help="Folder of all experiments.")]
Workers = Annotated[
    int | None,
    typer.Option(min=1, help="Trials trained side by side; no result depends on it. [default: one a core]"),
]
Device = Annotated[str, typer.Option(help="auto (the GPU where there is one), cpu, cuda or cuda:N.")]
Storage = Annotated[
    str | None,
    typer.Option(
        help="Database of the study, as postgresql+psycopg://user:password@host/name; a file in the experiment's "
        "folder by default.",
        envvar="NARS_STORAGE",
        show_envvar=True,
        show_default=False,
    ),
]
Executor = Annotated[Literal["local", "ray"], typer.Option(help="Where trials run: this machine, or a Ray cluster.")]
RayAddress = Annotated[
    str | None,
    typer.Option(help="auto, or HOST:PORT of the cluster's head; a new local cluster by default.", show_default=False),
]
CpusPerTrial = Annotated[float | None, typer.Option(help="Of a Ray trial. [default: the study's threads]")]
GpusPerTrial = Annotated[
    str | None,
    typer.Option(
        metavar="NUMBER|auto",
        help="Of a Ray trial; 0.25 packs four on one card, 4 train a large candidate. On this machine auto packs as "
        "many as the cards' memory holds. [default: 1 where there are GPUs]",
    ),
]
Processes = Annotated[
    int | None,
    typer.Option(min=1, help="That train one trial together, on a GPU each.  [default: as --gpus-per-trial, or 1]"),
]
DropBadAnnotations = Annotated[
    bool, typer.Option("--drop-bad-annotations", help="Leave bad COCO annotations out instead of refusing them.")
]
MaxConcurrent = Annotated[
    int | None, typer.Option(min=1, help="Ray trials side by side at most. [default: all that fit]")
]
Asynchronous = Annotated[
    bool,
    typer.Option(
        "--asynchronous", help="Propose as soon as a worker is free: no idle workers, but not the same table twice."
    ),
]
Profile = Annotated[
    bool, typer.Option("--profile", help="Tell where the time of the trials went; on a GPU trials take longer.")
]
TensorBoard = Annotated[
    bool, typer.Option("--tensorboard", help="Write TensorBoard event files into each trial's folder.")
]
Data = Annotated[
    Path | None, typer.Option(help="Image folder; where the data lay at the search by default.", show_default=False)
]
Form = Annotated[
    str | None,
    typer.Option("--format", help="A format of the bundle; its own weights by default.", show_default=False),
]
EXPERIMENTS = Path("experiments")
RESULTS = Path("results")
AUTO = "auto"
"""GPUs per trial: as many trials on each as fit."""


def processes_on(gpus_per_trial: str | None) -> int | None:
    """One process for each whole GPU of a trial; none said where it has one or a part."""
    gpus = _gpus_of(gpus_per_trial)
    return int(gpus) if gpus is not None and gpus > 1 else None


def _gpus_of(text: str | None) -> float | None:
    """The number in ``--gpus-per-trial``; none where it is left out, or ``auto``.

    Raises:
        NarsError: If it is neither.
    """
    from nars.errors import NarsError

    if text is None or text == AUTO:
        return None
    try:
        gpus = float(text)
    except ValueError:
        gpus = math.nan
    if not math.isfinite(gpus):
        raise NarsError(f"--gpus-per-trial must be a number or {AUTO}, got {text}")
    return gpus


def ray_options(
    executor: str,
    *,
    workers: int | None,
    address: str | None,
    cpus_per_trial: float | None,
    gpus_per_trial: str | None,
    max_concurrent: int | None,
) -> "RayOptions | None":
    """What was asked of a Ray cluster; none for the local executor.

    Raises:
        NarsError: If options of one executor were given with the other.
    """
    from nars.errors import NarsError
    from nars.evaluation.ray_cluster import RayOptions

    gpus = _gpus_of(gpus_per_trial)
    asked = {
        "--ray-address": address,
        "--cpus-per-trial": cpus_per_trial,
        "--gpus-per-trial": gpus,
        "--max-concurrent": max_concurrent,
    }
    given = [option for option, value in asked.items() if value is not None]
    if executor == "local":
        if given:
            raise NarsError(f"{', '.join(given)} need --executor ray, got --executor local")
        return None
    if workers is not None:
        raise NarsError(f"--workers is for --executor local; use --max-concurrent {workers} with ray")
    return RayOptions(
        address=address,
        cpus_per_trial=cpus_per_trial,
        gpus_per_trial=gpus,
        max_concurrent=max_concurrent,
    )
