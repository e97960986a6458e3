"""``nars dashboard``: Optuna's dashboard on the study as it is."""

from typing import Annotated

import typer

from nars.cli.options import EXPERIMENTS, Name, Root, Storage

EPILOG = "Example: nars dashboard digits --port 8080"


def dashboard(
    name: Name,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Of this machine.")] = 8080,
    host: Annotated[str, typer.Option(help="Address to listen at; others than this machine see it at 0.0.0.0.")] = (
        "127.0.0.1"
    ),
    storage: Storage = None,
    experiments: Root = EXPERIMENTS,
) -> None:
    """Serve optuna-dashboard on the study, also while it runs; Ctrl-C ends it."""
    import os
    import socket

    from nars.cli.console import console
    from nars.errors import ExperimentError
    from nars.storage import find_experiment
    from nars.storage.study_database import connect, disconnect

    try:
        from optuna_dashboard import run_server
    except ImportError as error:
        raise ExperimentError(
            f"optuna-dashboard is not installed ({error}); run: pip install optuna-dashboard"
        ) from error
    experiment = find_experiment(name, root=experiments, storage=storage)
    try:  # before anything is printed; the server itself says it last
        socket.create_server((host, port)).close()
    except OSError as error:
        raise ExperimentError(f"port {port} of {host} cannot be used: {os.strerror(error.errno or 0)}") from error
    database = connect(experiment.url, create_tables=False)
    console().print(f"{experiment.name}: http://{host}:{port}/dashboard (Ctrl-C ends it)")
    try:
        run_server(database, host=host, port=port)
    finally:
        disconnect(database)
