"""``nars sweep``: what a trained detector would do with other settings of its inference."""

from pathlib import Path
from typing import Annotated

import typer

from nars.cli.options import EXPERIMENTS, Data, Device, Root, Storage

EPILOG = "Example: nars sweep digit_scenes --trial 7 --proposals 10 --proposals 40"


def sweep(
    source: Annotated[str, typer.Argument(help="An experiment's name, or a bundle's folder.", show_default=False)],
    trial: Annotated[
        int | None, typer.Option(min=0, help="Number of a trial. [default: the best]", show_default=False)
    ] = None,
    resolution: Annotated[
        list[int] | None, typer.Option(min=1, help="Shorter sides of the images.", show_default=False)
    ] = None,
    proposals: Annotated[
        list[int] | None, typer.Option(min=1, help="Regions that the box head runs on.", show_default=False)
    ] = None,
    nms: Annotated[
        list[float] | None, typer.Option(min=0, max=1, help="Overlaps of detections.", show_default=False)
    ] = None,
    score_threshold: Annotated[
        list[float] | None, typer.Option(min=0, max=1, help="Least scores of detections.", show_default=False)
    ] = None,
    data: Data = None,
    csv: Annotated[Path | None, typer.Option(help="Write all rows here.", show_default=False)] = None,
    device: Device = "auto",
    storage: Storage = None,
    experiments: Root = EXPERIMENTS,
) -> None:
    """Score a trained detector on its validation images with other image sizes, proposals, overlaps and thresholds.

    Nothing is trained: these settings change nothing in the weights. Each option may be given several times.
    """
    from nars.cli.console import console
    from nars.cli.sweep_view import sweep_table
    from nars.exports.sweep import sweep_detector, sweep_frame

    found = sweep_detector(
        source,
        root=experiments,
        storage=storage,
        number=trial,
        data_path=data,
        resolutions=resolution,
        proposals=proposals,
        nms=nms,
        score_thresholds=score_threshold,
        device=device,
    )
    console().print(sweep_table(found))
    if csv is not None:
        sweep_frame(found).to_csv(csv, index=False)
        typer.echo(f"all {len(found.rows)} rows in {csv}")
