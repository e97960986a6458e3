"""Writes a detector in formats; each must find on real images what its source finds."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter_ns

import torch
from torch import nn
from torchvision.ops import box_iou

from nars.cost.measurement import device_name
from nars.data.detection import DetectionSplit
from nars.data.detection.masks import decode_all
from nars.errors import BundleError
from nars.exports.formats import FormatName
from nars.exports.formats.detectors import DetectorSource, detector_format
from nars.exports.formats.library import failures_told
from nars.exports.formats_document import FormatReport, FormatsDocument, Measured
from nars.training.detection.coco import Detections
from nars.training.detection.validate import detect, validation_of

IOU = 0.99
"""Overlap from which on a detection is the source's, its box and its mask."""
SCORE_TOLERANCE = 1e-3
_MOST_IMAGES = 100
_TIMED_RUNS = 10
_CPU = torch.device("cpu")


@dataclass(frozen=True, kw_only=True, slots=True)
class Sameness:
    """How two networks' detections in the same images compare."""

    detections: int
    """Of that network which has more of them."""
    same: int
    """Pairs of one class, with both overlaps and the score as they must be."""
    largest_difference: float
    """Of the scores of a pair."""


def convert_detector(
    source: DetectorSource, formats: Sequence[FormatName], split: DetectionSplit, directory: Path
) -> FormatsDocument:
    """Writes formats into a bundle's folder; the files of one that is refused are taken away again.

    Args:
        source: The detector.
        formats: What to write.
        split: Images to compare on; no more than a hundred of them are, evenly spaced.
        directory: The bundle's folder.

    Returns:
        What each of them gave.
    """
    split = _thinned(split)
    found = detect(source.detector, split, batch_size=1, device=_CPU)
    return FormatsDocument(
        images=len(split),
        device=device_name("cpu"),
        source=_measured(source.detector, split, found, found),
        formats=tuple(_convert(source, name, split, found, directory) for name in formats),
        compared="score",
    )


def sameness(ours: Sequence[Detections], theirs: Sequence[Detections]) -> Sameness:
    """Pairs up the detections of each image, each at most once."""
    differences, detections = [], 0
    for one, other in zip(ours, theirs, strict=True):
        detections += max(len(one.scores), len(other.scores))
        differences.extend(_pair_differences(one, other))
    return Sameness(detections=detections, same=len(differences), largest_difference=max(differences, default=0.0))


def _pair_differences(one: Detections, other: Detections) -> list[float]:
    """Difference of the scores of each pair in one image."""
    difference_NM = (one.scores[:, None] - other.scores[None]).abs()
    is_same_NM = (box_iou(one.boxes, other.boxes) >= IOU) & (one.labels[:, None] == other.labels[None])
    is_same_NM &= difference_NM <= SCORE_TOLERANCE
    is_free_M = torch.ones(len(other.scores), dtype=torch.bool)
    differences = []
    for row, is_same_M in enumerate(is_same_NM):
        for column in torch.where(is_same_M & is_free_M)[0].tolist():
            if _mask_iou(one, row, other, column) >= IOU:
                is_free_M[column] = False
                differences.append(float(difference_NM[row, column]))
                break
    return differences


def _mask_iou(one: Detections, row: int, other: Detections, column: int) -> float:
    """One where there are no masks, or both have no pixel."""
    if one.masks is None or other.masks is None:
        return 1.0
    codes = (one.masks[row], other.masks[column])
    a_HW, b_HW = decode_all(codes, height=codes[0].height, width=codes[0].width).bool()
    union = int((a_HW | b_HW).sum())
    return int((a_HW & b_HW).sum()) / union if union else 1.0


def _convert(
    source: DetectorSource, name: FormatName, split: DetectionSplit, found: Sequence[Detections], directory: Path
) -> FormatReport:
    files: tuple[str, ...] = ()
    try:
        chosen = detector_format(name)
        files = chosen.files
        with failures_told():
            chosen.write(source, directory)
            files = tuple(file for file in files if (directory / file).exists())
            run = chosen.open(directory, source.detector.transform)
            again = detect(run, split, batch_size=1, device=_CPU)
    except BundleError as error:
        _take_away(files, directory)
        return FormatReport(format=name, files=(), bytes=0, refusal=str(error).replace(f"{directory}/", ""))
    size = sum((directory / file).stat().st_size for file in files)
    measured, same = _measured(run, split, found, again), sameness(found, again)
    refusal = None
    if same.same < same.detections:
        _take_away(files, directory)
        refusal = (
            f"all detections must be the source's at IoU {IOU} and score within {SCORE_TOLERANCE:g}, "
            f"{same.detections - same.same} of {same.detections} are not"
        )
    return FormatReport(
        format=name, files=files if refusal is None else (), bytes=size, measured=measured, refusal=refusal
    )


def _measured(
    run: nn.Module, split: DetectionSplit, source: Sequence[Detections], found: Sequence[Detections]
) -> Measured:
    same = sameness(source, found)
    return Measured(
        largest_difference=same.largest_difference,
        agreement=same.same / same.detections if same.detections else 1.0,
        accuracy=validation_of(split, found).accuracy,
        latency_ms=_latency_ms(run, split),
    )


def _latency_ms(run: nn.Module, split: DetectionSplit) -> float:
    """Median of one image at a time, resizing and pasting included."""
    runs_ns = []
    with torch.inference_mode():
        for number in range(_TIMED_RUNS):
            image_CHW = split.images[number % len(split)].float() / 255
            start_ns = perf_counter_ns()
            run([image_CHW])
            runs_ns.append(perf_counter_ns() - start_ns)
    return float(torch.tensor(runs_ns, dtype=torch.float64).median()) / 1e6


def _thinned(split: DetectionSplit) -> DetectionSplit:
    rows = range(0, len(split), max(1, -(-len(split) // _MOST_IMAGES)))
    return DetectionSplit(
        images=[split.images[row] for row in rows],
        targets=tuple(split.targets[row] for row in rows),
        image_ids=tuple(split.image_ids[row] for row in rows),
        sizes=tuple(split.sizes[row] for row in rows),
    )


def _take_away(files: Sequence[str], directory: Path) -> None:
    for name in files:
        (directory / name).unlink(missing_ok=True)
