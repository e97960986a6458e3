"""``nars resume``: continues a search."""

from typing import Annotated

import typer

from nars.cli.options import (
    AUTO,
    EXPERIMENTS,
    Asynchronous,
    CpusPerTrial,
    Device,
    Executor,
    GpusPerTrial,
    MaxConcurrent,
    Name,
    Profile,
    RayAddress,
    Root,
    Storage,
    TensorBoard,
    Workers,
    ray_options,
)

EPILOG = "Example: nars resume digits --trials 12"


def resume(
    name: Name,
    trials: Annotated[int, typer.Option(min=0, help="Trials beyond those asked for so far.")] = 0,
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
    """Continue after a kill, a crash or a wish for more trials; nothing finished is done again."""
    from nars.evaluation.fork_server import start_fork_server

    if executor == "local":
        start_fork_server()  # which imports libraries beside the lines below
    from nars.cli.running import run_shown
    from nars.storage import find_experiment
    from nars.study import resume as run_resume
    from nars.study.event_files import EventFiles

    cluster = ray_options(
        executor,
        workers=workers,
        address=ray_address,
        cpus_per_trial=cpus_per_trial,
        gpus_per_trial=gpus_per_trial,
        max_concurrent=max_concurrent,
    )
    folder = find_experiment(name, root=experiments, storage=storage).directory
    run_shown(
        name,
        lambda progress: run_resume(
            name,
            root=experiments,
            more=trials,
            workers=workers,
            device=device,
            ray=cluster,
            share_gpus=gpus_per_trial == AUTO,
            storage=storage,
            asynchronous=asynchronous,
            profile=profile,
            progress=EventFiles(folder, progress) if tensorboard else progress,
        ),
        profile=profile,
    )
