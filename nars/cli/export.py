"""``nars export``: the winner as a bundle of weights, architecture, recipe and metrics."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from nars.cli.options import EXPERIMENTS, Name, Root, Storage

EPILOG = "Example: nars export best digits --max-macs 5e5 --format onnx --format python --out bundles/digits"
_FORMATS = "onnx, onnx-int8, torch-export, torchscript, python, timm, executorch, detectron2; may be repeated."


def export(
    which: Annotated[Literal["best"], typer.Argument(help="best: the highest validation accuracy.")],
    name: Name,
    formats: Annotated[list[str] | None, typer.Option("--format", help=_FORMATS, show_default=False)] = None,
    max_macs: Annotated[float | None, typer.Option(help="Multiply-adds at most.", show_default=False)] = None,
    max_latency_ms: Annotated[
        float | None, typer.Option(help="Milliseconds at most, by the space's latency table.", show_default=False)
    ] = None,
    max_params: Annotated[float | None, typer.Option(help="Trainable numbers at most.", show_default=False)] = None,
    trial: Annotated[
        int | None, typer.Option(min=0, help="This trial instead of the best.", show_default=False)
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="The bundle's folder. [default: bundles/NAME]", show_default=False)
    ] = None,
    storage: Storage = None,
    experiments: Root = EXPERIMENTS,
) -> None:
    """Export the best candidate trained in full, verified; exit code 1 if a format was refused."""
    from nars.cli.console import console
    from nars.cli.formats_view import formats_table
    from nars.exports import export as run_export
    from nars.exports import load_bundle, read_formats

    assert which == "best"
    directory = run_export(
        name,
        root=experiments,
        storage=storage,
        max_macs=max_macs,
        max_params=max_params,
        max_latency_ms=max_latency_ms,
        trial=trial,
        formats=formats or (),
        out=out,
    )
    bundle = load_bundle(directory)
    metrics, provenance = bundle.metrics, bundle.provenance
    document = read_formats(directory)
    if document is not None:
        console().print(formats_table(document))
    console().print(
        f"trial {provenance.trial} of {provenance.study}: test accuracy {metrics.test_accuracy:.4f} on "
        f"{metrics.test_images} images (read once), validation {metrics.validation_accuracy:.4f}, "
        f"{metrics.cost.macs:,} MACs, {metrics.cost.params:,} params\n"
        f"written to {directory}; check it with: nars evaluate {directory}",
    )
    if document is not None and any(one.refusal is not None for one in document.formats):
        raise typer.Exit(1)
