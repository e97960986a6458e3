"""``nars search``: a joint search from a space file to trained winners."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from nars.cli.options import (
    AUTO,
    EXPERIMENTS,
    Asynchronous,
    CpusPerTrial,
    Device,
    DropBadAnnotations,
    Executor,
    GpusPerTrial,
    MaxConcurrent,
    Processes,
    Profile,
    RayAddress,
    Root,
    Storage,
    TensorBoard,
    Workers,
    processes_on,
    ray_options,
)

EPILOG = "Example: nars search --space search_spaces/digits.yaml --workers 2"


def search(
    space: Annotated[Path, typer.Option("--space", help="Search space (YAML).", show_default=False)],
    name: Annotated[
        str | None, typer.Option(help="Of the experiment; the space's name by default.", show_default=False)
    ] = None,
    trials: Annotated[
        int | None, typer.Option(min=1, help="Trainings, the final stage included.", show_default=False)
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Same seed, same table of trials.", show_default=False)
    ] = None,
    sampler: Annotated[str | None, typer.Option(help="nars, random, tpe, gp or nsga2.", show_default=False)] = None,
    early_stop: Annotated[str | None, typer.Option(help="rank_correlation, asha or none.", show_default=False)] = None,
    backend: Annotated[
        str | None, typer.Option(help="Of detectors: torchvision or detectron2.", show_default=False)
    ] = None,
    warm_start: Annotated[
        str | None, typer.Option(help="An experiment whose trials teach where to look first.", show_default=False)
    ] = None,
    drop_bad_annotations: DropBadAnnotations = False,  # noqa: FBT002  # typer's form of a flag
    processes: Processes = None,
    workers: Workers = None,
    device: Device = "auto",
    executor: Executor = "local",
    ray_address: RayAddress = None,
    cpus_per_trial: CpusPerTrial = None,
    gpus_per_trial: GpusPerTrial = None,
    max_concurrent: MaxConcurrent = None,
    storage: Storage = None,
    asynchronous: Asynchronous = False,  # noqa: FBT002  # typer's form of a flag
    profile: Profile = False,  # noqa: FBT002  # typer's form of a flag
    tensorboard: TensorBoard = False,  # noqa: FBT002  # as above
    experiments: Root = EXPERIMENTS,
) -> None:
    """Search architectures and recipes together; prints and saves everything as it goes."""
    from nars.evaluation.fork_server import start_fork_server

    if executor == "local":
        start_fork_server()  # which imports libraries beside the lines below
    from nars.cli.running import run_shown
    from nars.data.shape import dropping_bad_annotations, fit_to_data
    from nars.space import load_space
    from nars.space.settings import settings_from
    from nars.study import search as run_search
    from nars.study.event_files import EventFiles

    cluster = ray_options(
        executor,
        workers=workers,
        address=ray_address,
        cpus_per_trial=cpus_per_trial,
        gpus_per_trial=gpus_per_trial,
        max_concurrent=max_concurrent,
    )
    loaded = load_space(space)
    loaded = fit_to_data(dropping_bad_annotations(loaded) if drop_bad_annotations else loaded)
    overrides = {
        "trials": trials, "seed": seed, "sampler": sampler, "early_stop": early_stop, "backend": backend,
        "processes": processes or processes_on(gpus_per_trial),
    }  # fmt: skip
    settings = settings_from(asdict(loaded.settings) | {k: v for k, v in overrides.items() if v is not None})
    run_shown(
        name or loaded.name,
        lambda progress: run_search(
            loaded,
            name=name,
            root=experiments,
            settings=settings,
            warm_start=warm_start,
            workers=workers,
            device=device,
            ray=cluster,
            share_gpus=gpus_per_trial == AUTO,
            storage=storage,
            asynchronous=asynchronous,
            profile=profile,
            progress=EventFiles(experiments / (name or loaded.name), progress) if tensorboard else progress,
        ),
        profile=profile,
    )
