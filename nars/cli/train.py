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
    seeds: Annotated[
        int,
        typer.Option(min=1, help="Trainings, of --seed (1 by default) and those that follow; how far they differ."),
    ] = 1,
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

    first = 1 if seed is None else seed
    accuracies = []
    for each in [seed] if seeds == 1 else range(first, first + seeds):
        folder = out / f"{source.stem}-seed-{'own' if each is None else each}"
        evaluation = train_again(source, out=folder, data_path=data, seed=each, device=device, report=show)
        accuracies.append(evaluation.accuracy)
        typer.echo(f"validation accuracy {evaluation.accuracy:.4f} after {evaluation.epochs} epochs; kept in {folder}")
    if seeds > 1:
        typer.echo(_noise(source if data is None else None, accuracies))


def _noise(source: Path | None, accuracies: list[float]) -> str:
    """What several seeds reached, and where among them a bundle's own training lies (on the same data)."""
    from statistics import mean, stdev

    from nars.exports import load_bundle

    middle, deviation = mean(accuracies), stdev(accuracies)
    line = f"validation accuracy of {len(accuracies)} seeds: mean {middle:.4f}, standard deviation {deviation:.4f}"
    if source is None or not source.is_dir():
        return line
    recorded = load_bundle(source).metrics.validation_accuracy
    distance = f", {(recorded - middle) / deviation:+.1f} of them from the mean" if deviation > 0 else ""
    return f"{line}; the bundle's own {recorded:.4f}{distance}"
