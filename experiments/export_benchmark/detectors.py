"""How exact the formats of detectors are: random candidates of each space, compared with their source on real images.

    python experiments/export_benchmark/detectors.py --photos coco128/val2017
    python experiments/export_benchmark/detectors.py --spaces digit_scenes --candidates 5 --formats torch-export

Candidates get drawn weights, the norm statistics of a few images and scores that differ widely. A detection is the
source's where class, box and mask (both at an IoU of 0.99) and score (within 1e-3) are. A row for each candidate and
format is added to results/export_benchmark/detectors.csv as it is told.
"""

import argparse
import csv
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from sharp_detectors import sharp_source
from torch import Tensor, nn

from nars.cost.formula import architecture_cost
from nars.data.detection.digit_scenes import load_scenes
from nars.errors import BundleError
from nars.exports.detector_conversion import sameness
from nars.exports.formats.detectors import DetectorSource, detector_format
from nars.exports.formats.format import FormatName
from nars.samplers import CostBounds, sample_feasible
from nars.space import load_space
from nars.space.data_spec import SceneSettings
from nars.training.detection.coco import Detections
from nars.training.detection.validate import on_host

SPACES = {"digit_scenes": 10, "mask_rcnn_fbnetv3_coco": 80}
"""Detectors' spaces, with the classes of their data."""
FORMATS = ("onnx", "torch-export", "torchscript", "python")
OUT = Path("results/export_benchmark/detectors.csv")
_SEEN = 8


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One format of one candidate."""

    space: str
    candidate: str
    macs: int
    format: str
    images: int
    detections: int
    same: int
    largest_difference: float | None
    """Of the scores of those that are the same."""
    seconds: float
    """Writing, opening and finding."""
    refusal: str


def scenes(count: int) -> list[Tensor]:
    """Test scenes of real digits."""
    return [image.float() / 255 for image in load_scenes(SceneSettings(test=count), "test").images]


def photographs(folder: Path, count: int) -> list[Tensor]:
    """The first of a folder by name."""
    pictures = [Image.open(path).convert("RGB") for path in sorted(folder.glob("*.jpg"))[:count]]
    return [torch.from_numpy(np.asarray(picture).copy()).permute(2, 0, 1).float() / 255 for picture in pictures]


def found(network: nn.Module, images: Sequence[Tensor]) -> list[Detections]:
    """Of each image by itself."""
    with torch.inference_mode():
        return [on_host(network([image])[0]) for image in images]


def compared(
    space: str, source: DetectorSource, images: Sequence[Tensor], formats: Sequence[FormatName]
) -> Iterator[Row]:
    """The detector in every format."""
    wanted = found(source.detector, images)
    for name in formats:
        start, refusal, same = time.perf_counter(), "", None
        with tempfile.TemporaryDirectory() as folder:
            try:
                chosen = detector_format(name)
                chosen.write(source, Path(folder))
                same = sameness(wanted, found(chosen.open(Path(folder), source.detector.transform), images))
            except BundleError as error:
                refusal = str(error)
        yield Row(
            space=space,
            candidate=source.candidate.id,
            macs=architecture_cost(source.candidate.architecture).macs,
            format=name,
            images=len(images),
            detections=same.detections if same else sum(len(one.scores) for one in wanted),
            same=same.same if same else 0,
            largest_difference=same.largest_difference if same else None,
            seconds=round(time.perf_counter() - start, 1),
            refusal=refusal,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--spaces", nargs="+", default=list(SPACES), choices=list(SPACES))
    parser.add_argument("--formats", nargs="+", default=FORMATS)
    parser.add_argument("--candidates", type=int, default=20)
    parser.add_argument("--images", type=int, default=100)
    parser.add_argument("--photos", type=Path, help="folder of photographs; the space of COCO needs it")
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    given.out.parent.mkdir(parents=True, exist_ok=True)
    is_new = not given.out.exists()
    with given.out.open("a", newline="") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Row)])
        if is_new:
            writer.writeheader()
        for name in given.spaces:
            space = load_space(Path(f"search_spaces/{name}.yaml")).with_data_shape(
                in_channels=3, num_classes=SPACES[name]
            )
            images = scenes(given.images) if name == "digit_scenes" else photographs(given.photos, given.images)
            drawn = sample_feasible(CostBounds(space), given.candidates, rng=np.random.default_rng(0))
            for seed, candidate in enumerate(space.decode(drawn)):
                source = sharp_source(candidate, images[:_SEEN], seed=seed)
                for row in compared(name, source, images, given.formats):
                    writer.writerow(asdict(row))
                    file.flush()
                    print(row, flush=True)


if __name__ == "__main__":
    main()
