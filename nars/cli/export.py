"""``nars export``: the winner as a bundle of weights, architecture, recipe and metrics."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from nars.cli.options import EXPERIMENTS, Name, Root, Storage

EPILOG = "Example: nars export best digits --max-macs 5e5 --out bundles/digits"


def export(
    which: Annotated[Literal["best"], typer.Argument(help="best: the highest validation accuracy.")],
    name: Name,
    max_macs: Annotated[float | None, typer.Option(help="Multiply-adds at most.", show_default=False)] = None,
    out: Annotated[
        Path | None, typer.Option(help="The bundle's folder. [default: bundles/NAME]", show_default=False)
    ] = None,
    storage: Storage = None,
    experiments: Root = EXPERIMENTS,
) -> None:
    """Export the best candidate trained in full: weights, architecture, recipe, metrics; verified."""
    from nars.cli.console import console
    from nars.exports import export as run_export
    from nars.exports import load_bundle

    assert which == "best"
    directory = run_export(name, root=experiments, storage=storage, max_macs=max_macs, out=out)
    bundle = load_bundle(directory)
    metrics, provenance = bundle.metrics, bundle.provenance
    console().print(
        f"trial {provenance.trial} of {provenance.study}: test accuracy {metrics.test_accuracy:.4f} on "
        f"{metrics.test_images} images (read once), validation {metrics.validation_accuracy:.4f}, "
        f"{metrics.cost.macs:,} MACs, {metrics.cost.params:,} params\n"
        f"written to {directory}; check it with: nars evaluate {directory}",
    )
