"""``nars model``: the published networks, and what each of their stages costs."""

from typing import Annotated

import typer

EPILOG = "Example: nars model fbnetv3_a --resolution 256"


def model(
    name: Annotated[
        str | None, typer.Argument(help="Name of a network; without one, all are listed.", show_default=False)
    ] = None,
    resolution: Annotated[
        int | None,
        typer.Option(
            min=1, help="Height and width of the input in pixels. [default: as published]", show_default=False
        ),
    ] = None,
) -> None:
    """List the published networks, or show the stages of one with their sizes and costs."""
    from nars.cli.console import console
    from nars.cli.model_view import network_table, part_table, sized_network
    from nars.models.zoo import known_networks

    networks = {known: sized_network(known, resolution) for known in (known_networks() if name is None else (name,))}
    console().print(network_table(networks) if name is None else part_table(name, networks[name]))
