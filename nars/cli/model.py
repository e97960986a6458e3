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
    weights: Annotated[
        str | None,
        typer.Option(help="Put these weights into it: a published name or a file.", show_default=False),
    ] = None,
    *,
    inherit: Annotated[bool, typer.Option("--inherit", help="Take of the weights what fits.")] = False,
) -> None:
    """List the published networks, or show the stages of one with their sizes and costs."""
    from nars.cli.console import console
    from nars.cli.model_view import network_table, part_table, sized_network, weights_text
    from nars.models.zoo import known_networks

    if (weights is not None and name is None) or (inherit and weights is None):
        raise typer.BadParameter("weights need a network to go into, and inherit needs weights")

    networks = {known: sized_network(known, resolution) for known in (known_networks() if name is None else (name,))}
    # before anything is printed: weights that do not fit are one message
    report = None if name is None or weights is None else weights_text(networks[name], weights, inherit=inherit)
    console().print(network_table(networks) if name is None else part_table(name, networks[name]))
    if report is not None:
        console().print(report, markup=False)
