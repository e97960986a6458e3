"""``nars predict``: what a bundle says to pictures."""

from pathlib import Path
from typing import Annotated

import typer

from nars.cli.options import Form

EPILOG = "Example: nars predict bundles/digits seven.png --top 2"


def predict(
    bundle: Annotated[Path, typer.Argument(help="The bundle's folder.", show_default=False)],
    images: Annotated[list[Path], typer.Argument(help="Image files.", show_default=False)],
    form: Form = None,
    top: Annotated[int, typer.Option(min=1, help="Classes an image.")] = 3,
) -> None:
    """Tell the likeliest classes of pictures, with the network's probabilities."""
    from nars.exports import predict_images

    for path, labels in zip(images, predict_images(bundle, images, form=form, top=top), strict=True):
        typer.echo(f"{path}: " + ", ".join(f"{label.name} {label.probability:.4f}" for label in labels))
