"""``nars model``: the published networks and detectors, and what each of their parts costs."""

from typing import Annotated

import typer

EPILOG = "Example: nars model fbnetv3_a --resolution 256"


def model(
    name: Annotated[
        str | None,
        typer.Argument(help="A network or a detector; without one, all are listed.", show_default=False),
    ] = None,
    resolution: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Height and width of the input in pixels, of a detector its shorter side. [default: as published]",
            show_default=False,
        ),
    ] = None,
    weights: Annotated[
        str | None,
        typer.Option(help="Put these weights into it: a published name or a file.", show_default=False),
    ] = None,
    *,
    inherit: Annotated[bool, typer.Option("--inherit", help="Take of the weights what fits.")] = False,
) -> None:
    """List the published networks and detectors, or show the parts of one with their sizes and costs."""
    from nars.cli.console import console
    from nars.cli.detector_view import detector_table, detector_weights_text, parts_table, sized_detector
    from nars.cli.model_view import network_table, part_table, sized_network, weights_text
    from nars.models.detector.zoo import known_detectors
    from nars.models.zoo import known_networks

    if (weights is not None and name is None) or (inherit and weights is None):
        raise typer.BadParameter("weights need a network to go into, and inherit needs weights")

    if name in known_detectors():
        detector = sized_detector(name, resolution)
        report = None if weights is None else detector_weights_text(detector, weights, inherit=inherit)
        console().print(parts_table(name, detector))
        if report is not None:
            console().print(report, markup=False)
        return
    networks = {known: sized_network(known, resolution) for known in (known_networks() if name is None else (name,))}
    # before anything is printed: weights that do not fit are one message
    report = None if name is None or weights is None else weights_text(networks[name], weights, inherit=inherit)
    if name is None:
        detectors = {known: sized_detector(known, resolution) for known in known_detectors()}
        console().print(network_table(networks))
        console().print(detector_table(detectors))
        return
    console().print(part_table(name, networks[name]))
    if report is not None:
        console().print(report, markup=False)
