"""The ``nars`` command: its sub-commands, and how errors end it."""

import logging
import sys

import typer

from nars.cli import (
    analyze,
    attribute,
    confirm,
    dashboard,
    evaluate,
    export,
    family,
    latency,
    model,
    predict,
    resume,
    search,
    space,
    status,
    sweep,
    train,
    watch,
)
from nars.errors import NarsError

app = typer.Typer(
    name="nars",
    help="Searches network architectures and their training recipes together, under a device budget.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.add_typer(space.app)
app.add_typer(latency.app)
COMMANDS = (
    search, resume, status, watch, dashboard, analyze, confirm, attribute, family, export, evaluate, predict, sweep,
    train, model,
)  # fmt: skip
for command in COMMANDS:
    app.command(epilog=command.EPILOG)(getattr(command, command.__name__.rsplit(".", maxsplit=1)[-1]))


def main() -> None:
    """Runs the command line; bad input ends with one message and exit code 2."""
    logging.basicConfig(format="nars: %(message)s", level=logging.WARNING)
    try:
        app()
    except NarsError as error:
        sys.stderr.write(f"nars: {error}\n")
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
