"""Epochs per minute of NARS beside a plain loop, on two cores: pairs interleaved in one run.

    python experiments/throughput_benchmark/run.py --data digits                 ten random candidates in full
    python experiments/throughput_benchmark/run.py --data cifar10 --images 2000 --epochs 2 --archive FILE

NARS trains as in a search: two worker processes with a thread each, here the same candidate with two seeds; one that
diverges has empty figures, and another takes its place. The plain loop (plain.py) has both cores and trains one seed.
Appends a line per candidate to results/throughput/epochs.csv, and goes on where it was stopped.
"""

import argparse
import multiprocessing
import tarfile
import tempfile
import time
from dataclasses import replace
from multiprocessing.pool import Pool
from pathlib import Path

import numpy as np
import torch
from plain import Trained, train_plainly
from rows import append, read

from nars.cost.formula import candidate_cost
from nars.data.dataset import Split
from nars.data.shape import fit_to_data
from nars.data.source import load_split, prepare_splits
from nars.errors import DivergedError
from nars.space import SearchSpace, load_space
from nars.space.candidate import Candidate
from nars.training.run import train

WORKERS = 2
SPACES = {"digits": "search_spaces/digits.yaml", "cifar10": "search_spaces/cifar10_folder.yaml"}


def train_here(candidate: Candidate, splits: tuple[Split, Split], epochs: int, seed: int) -> Trained | None:
    """One training as NARS does it, checkpoints and all; none where it diverged."""
    torch.set_num_threads(1)
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        try:
            found = train(candidate, *splits, stop_epoch=epochs, seed=seed, directory=Path(folder), device="cpu")
        except DivergedError:
            return None
    return Trained(accuracy=found.accuracy, wall_s=time.perf_counter() - wall_s, cpu_s=time.process_time() - cpu_s)


def space_of(data: str, archive: Path | None, work: Path) -> SearchSpace:
    """The space of some data, whose images are unpacked into a folder where they come in an archive."""
    space = load_space(SPACES[data])
    if archive is not None:
        with tarfile.open(archive) as file:
            file.extractall(work, filter="data")
        space = replace(space, data=replace(space.data, path=str(work / "cifar10_subset")))
    return fit_to_data(space)


def splits_of(space: SearchSpace, images: int | None, work: Path) -> tuple[Split, Split]:
    """Train and validation; the first ``images`` of a random order of the training images."""
    splits = prepare_splits(space.data, work)
    whole, val = (load_split(splits, name, size=space.largest_resolution) for name in ("train", "val"))
    rows = torch.randperm(len(whole), generator=torch.Generator().manual_seed(0))[:images]
    return Split(images=whole.images[rows], labels=whole.labels[rows]), val


def candidates_of(space: SearchSpace, count: int) -> list[Candidate]:
    """Random ones that meet the space's limit of multiply-adds."""
    (limit,) = [constraint.maximum for constraint in space.constraints if constraint.cost == "macs"]
    assert limit is not None
    drawn = space.sample(20 * count, rng=np.random.default_rng(0))
    return [one for one in drawn if candidate_cost(one).macs <= limit][:count]


def compare(
    data: str, number: int, candidate: Candidate, splits: tuple[Split, Split], *, epochs: int, pool: Pool
) -> dict[str, object]:
    """A pair; which goes first alternates."""

    def ours() -> tuple[list[Trained], float]:
        start = time.perf_counter()
        found = pool.starmap(train_here, [(candidate, splits, epochs, seed) for seed in range(WORKERS)], chunksize=1)
        return [one for one in found if one is not None], time.perf_counter() - start

    def theirs() -> Trained:
        torch.set_num_threads(WORKERS)
        return train_plainly(candidate, *splits, epochs=epochs, seed=0)

    if number % 2:
        plain, (found, wall_s) = theirs(), ours()
    else:
        (found, wall_s), plain = ours(), theirs()
    row: dict[str, object] = {"data": data, "number": number, "id": candidate.id, "train_images": len(splits[0])}
    if len(found) < WORKERS:
        return row | dict.fromkeys(COLUMNS, "")
    cpu_s = sum(one.cpu_s for one in found)
    figures = (
        epochs,
        60 * epochs * WORKERS / cpu_s,
        60 * epochs / plain.cpu_s,
        60 * epochs * WORKERS / wall_s,
        60 * epochs / plain.wall_s,
        *(one.accuracy for one in found),
        plain.accuracy,
    )
    return row | {name: round(value, 4) for name, value in zip(COLUMNS, figures, strict=True)}


COLUMNS = (
    "epochs",
    "nars_per_cpu_minute",
    "plain_per_cpu_minute",
    "nars_per_minute",
    "plain_per_minute",
    "nars_accuracy_seed_0",
    "nars_accuracy_seed_1",
    "plain_accuracy_seed_0",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", choices=tuple(SPACES), default="digits")
    parser.add_argument("--archive", type=Path, help="of the CIFAR-10 image folder")
    parser.add_argument("--images", type=int, help="training images; all by default")
    parser.add_argument("--epochs", type=int, help="of each recipe; all by default")
    parser.add_argument("--candidates", type=int, default=10)
    parser.add_argument("--out", type=Path, default=Path("results/throughput"))
    arguments = parser.parse_args()
    path = arguments.out / "epochs.csv"
    done = {(row["data"], row["number"]) for row in read(path)}
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as work, context.Pool(WORKERS) as pool:
        space = space_of(arguments.data, arguments.archive, Path(work))
        splits = splits_of(space, arguments.images, Path(work) / "splits")
        for number, candidate in enumerate(candidates_of(space, 2 * arguments.candidates)):
            whole = sum(row["data"] == arguments.data and row["epochs"] != "" for row in read(path))
            if whole < arguments.candidates and (arguments.data, str(number)) not in done:
                epochs = min(arguments.epochs or candidate.recipe.epochs, candidate.recipe.epochs)
                append(path, compare(arguments.data, number, candidate, splits, epochs=epochs, pool=pool))


if __name__ == "__main__":
    main()
