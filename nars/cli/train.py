"""``nars train``: trains an exported pair again."""

from pathlib import Path
from typing import Annotated

import typer

from nars.cli.options import Data, Device

EPILOG = "Example: nars train bundles/digits --seed 1"


def train(
    source: Annotated[
        Path,
        typer.Argument(help="A bundle, or a recipe.yaml with architecture.yaml beside it.", show_default=False),
    ],
    data: Data = None,
    seed: Annotated[int | None, typer.Option(min=0, help="The bundle's own by default.", show_default=False)] = None,
    out: Annotated[Path, typer.Option(help="Folder of the checkpoints.")] = Path("trainings"),
    device: Device = "auto",
) -> None:
    """Train an architecture with its recipe, all epochs, from random weights or those that the recipe names."""
    from nars.exports import train_again
    from nars.trials import EpochRecord

    def show(record: EpochRecord) -> None:
        loss = "" if record.val_loss is None else f"validation loss {record.val_loss:.4f} · "
        typer.echo(
            f"epoch {record.epoch} · train loss {record.train_loss:.4f} · "
            f"{loss}accuracy {record.val_accuracy:.4f} · {record.wall_s:.1f} s"
        )

    folder = out / f"{source.stem}-seed-{'own' if seed is None else seed}"
    evaluation = train_again(source, out=folder, data_path=data, seed=seed, device=device, report=show)
    typer.echo(f"validation accuracy {evaluation.accuracy:.4f} after {evaluation.epochs} epochs; kept in {folder}")
