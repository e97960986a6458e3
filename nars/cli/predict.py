"""``nars predict``: what a bundle says to pictures."""

from pathlib import Path
from typing import Annotated

import typer

from nars.cli.options import Form

EPILOG = "Example: nars predict bundles/digits seven.png --top 2; nars predict bundles/digit_scenes scene.png"


def predict(
    bundle: Annotated[Path, typer.Argument(help="The bundle's folder.", show_default=False)],
    images: Annotated[list[Path], typer.Argument(help="Image files.", show_default=False)],
    form: Form = None,
    top: Annotated[int, typer.Option(min=1, help="Classes an image, of a classifier.")] = 3,
    score: Annotated[float, typer.Option(min=0, max=1, help="Least score of an object, of a detector.")] = 0.5,
    out: Annotated[Path, typer.Option(help="Folder of a detector's drawn pictures.")] = Path("predictions"),
) -> None:
    """Tell the likeliest classes of pictures; of a detector, tell the objects and draw them."""
    from nars.exports import detect_images, load_bundle, predict_images

    if not load_bundle(bundle).candidate.is_detector:
        for path, labels in zip(images, predict_images(bundle, images, form=form, top=top), strict=True):
            typer.echo(f"{path}: " + ", ".join(f"{label.name} {label.probability:.4f}" for label in labels))
        return
    found = detect_images(bundle, images, form=form, least_score=score)
    out.mkdir(parents=True, exist_ok=True)
    for number, (path, one) in enumerate(zip(images, found, strict=True)):
        is_taken = path.stem in {other.stem for other in images[:number]}
        picture = out / f"{path.stem}{f'_{number}' if is_taken else ''}.png"
        picture.write_bytes(one.picture)
        typer.echo(f"{path}: {len(one.objects)} objects, drawn in {picture}")
        for thing in one.objects:
            typer.echo(f"  {thing.name} {thing.score:.4f} at " + ", ".join(f"{edge:.1f}" for edge in thing.box))
