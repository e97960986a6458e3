"""How exact the exported formats are: random candidates of each space, compared with their source on real images.

    python experiments/export_benchmark/run.py --photos cifar10_subset.tar.gz
    python experiments/export_benchmark/run.py --spaces digits --candidates 5 --formats onnx torch-export torchscript

Candidates are drawn inside the constraints and get random weights, the norm statistics of a few batches, and a last
layer that makes logits as large as those of trained networks. Photographs are resized to what each network reads. A row
for each candidate and format is written to results/export_benchmark/SPACE.csv; one whose logits differ by more than the
tolerance has the reason in `refusal`.
"""

import argparse
import csv
import os
import platform
import tarfile
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from nars.cost.formula import architecture_cost
from nars.data.dataset import Split
from nars.data.digits import digits_listings, load_digits_split
from nars.exports.conversion import convert, examples_of
from nars.exports.formats import Format, Source, formats_named
from nars.exports.measure import as_input, predict
from nars.exports.weights import WEIGHTS_FILE, dump_weights
from nars.samplers import CostBounds, sample_feasible
from nars.space import Candidate, load_space
from nars.training.network import NormalizedClassifier, build_network, measure_normalization

SPACES = {"digits": (1, 10), "cifar10_folder": (3, 10), "fbnetv3_imagenet": (3, 1000)}
"""Classifiers' spaces, with the channels and classes of their data."""
OUT = Path("results/export_benchmark")
_SEEN = 64
"""Images that norm statistics and traces come from."""
_LOGITS = 5.0
"""Standard deviation of logits, about that of trained networks: random ones are a hundred times smaller."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One format of one candidate."""

    space: str
    candidate: str
    resolution: int
    macs: int
    format: str
    images: int
    largest_difference: float | None
    """Of any logit of any image to the source's."""
    agreement: float | None
    """Share of images with the same class."""
    bytes: int
    seconds: float
    refusal: str


def digits(count: int) -> Split:
    """The first training images, of 8 x 8 pixels."""
    split = load_digits_split(digits_listings()["train"], size=8)
    return Split(images=split.images[:count], labels=split.labels[:count])


def photographs(archive: Path, count: int) -> Split:
    """Images evenly over an archive of class folders; the labels do not matter here."""
    with tarfile.open(archive) as tar:
        members = [one for one in tar.getmembers() if one.name.lower().endswith((".png", ".jpg"))]
        chosen = members[:: max(1, len(members) // count)][:count]
        images = [np.asarray(Image.open(tar.extractfile(one)).convert("RGB")) for one in chosen]
    return Split(images=torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2), labels=torch.zeros(count).long())


def network_of(candidate: Candidate, images_NCHW: Tensor, *, seed: int) -> NormalizedClassifier:
    """Random weights, the norm statistics of some images, and logits of a usual size."""
    torch.manual_seed(seed)
    network = build_network(candidate, measure_normalization(images_NCHW)).train()
    batches = torch.split(as_input(images_NCHW, candidate.architecture.resolution), 16)
    with torch.no_grad():
        for batch in batches:
            network(batch)
        last = network.eval().classifier.head.classifier
        last.weight *= _LOGITS / network(batches[0]).std()
    return network


def compared(space: str, candidate: Candidate, split: Split, formats: Sequence[Format], *, seed: int) -> Iterator[Row]:
    """The candidate in every format."""
    resolution = candidate.architecture.resolution
    network = network_of(candidate, split.images[:_SEEN], seed=seed)
    classes = tuple(map(str, range(candidate.architecture.num_classes)))
    source = Source(
        network=network, candidate=candidate, classes=classes, images_NCHW=as_input(split.images[:_SEEN], resolution)
    )
    examples = examples_of(split, predict(network, split, resolution=resolution), resolution=resolution)
    for one in formats:
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / WEIGHTS_FILE).write_bytes(dump_weights(network))
            start = time.perf_counter()
            report = convert(source, [one], examples, Path(folder)).formats[0]
        measured = report.measured
        yield Row(
            space=space,
            candidate=candidate.id,
            resolution=resolution,
            macs=architecture_cost(candidate.architecture).macs,
            format=one.name,
            images=len(split),
            largest_difference=measured.largest_difference if measured else None,
            agreement=measured.agreement if measured else None,
            bytes=report.bytes,
            seconds=round(time.perf_counter() - start, 1),
            refusal=report.refusal or "",
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--spaces", nargs="+", default=list(SPACES), choices=list(SPACES))
    parser.add_argument("--formats", nargs="+", default=["onnx", "torch-export"])
    parser.add_argument("--candidates", type=int, default=20)
    parser.add_argument("--images", type=int, default=100)
    parser.add_argument("--photos", type=Path, help="archive of small RGB images; spaces of RGB images need it")
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    formats = formats_named(given.formats)
    given.out.mkdir(parents=True, exist_ok=True)
    for name in given.spaces:
        channels, classes = SPACES[name]
        space = load_space(Path(f"search_spaces/{name}.yaml")).with_data_shape(
            in_channels=channels, num_classes=classes
        )
        split = digits(given.images) if channels == 1 else photographs(given.photos, given.images)
        drawn = sample_feasible(CostBounds(space), given.candidates, rng=np.random.default_rng(0))
        with (given.out / f"{name}.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, [field.name for field in fields(Row)])
            writer.writeheader()
            for seed, candidate in enumerate(space.decode(drawn)):
                for row in compared(name, candidate, split, formats, seed=seed):
                    writer.writerow(asdict(row))
                    file.flush()
                    print(row, flush=True)
    (given.out / "machine.txt").write_text(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, torch {torch.__version__}\n"
    )


if __name__ == "__main__":
    main()
