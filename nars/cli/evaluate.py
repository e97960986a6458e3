"""``nars evaluate``: reloads a bundle and measures it again."""

from pathlib import Path
from typing import Annotated

import typer

from nars.cli.options import Data, Form

EPILOG = "Example: nars evaluate bundles/digits --format onnx"


def evaluate(
    bundle: Annotated[Path, typer.Argument(help="The bundle's folder.", show_default=False)],
    data: Data = None,
    form: Form = None,
) -> None:
    """Check a bundle's files, reload it, and reproduce its recorded test accuracy; exit code 1 if it differs."""
    from nars.exports import evaluate_bundle

    result = evaluate_bundle(bundle, data, form=form)
    verdict = "reproduced" if result.is_reproduced else "NOT reproduced"
    typer.echo(
        f"test accuracy {result.accuracy:.4f} on {result.images} images; "
        f"recorded {result.recorded_accuracy:.4f}: {verdict}"
    )
    if not result.is_reproduced:
        raise typer.Exit(1)
