"""Writes a network in the formats that were asked for; each must do on real images what its source does."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter_ns

import torch
from torch import Tensor

from nars.cost.measurement import device_name
from nars.data.dataset import Split
from nars.errors import BundleError
from nars.exports.formats import Format, Runner, Source
from nars.exports.formats.library import failures_told
from nars.exports.formats_document import FormatReport, FormatsDocument, Measured
from nars.exports.measure import accuracy_of, predict

TOLERANCE = 1e-4
"""Largest difference of a logit that the arithmetic of another library may make in float32."""
QUANTISED_TOLERANCE = 0.01
"""Top-1 accuracy that a quantised format may lose."""
_MOST_IMAGES = 1000
_TIMED_RUNS = 30
_WARM_UP_RUNS = 5

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Examples:
    """Real images with what the source answers to them."""

    split: Split
    resolution: int
    logits_NK: Tensor
    """Of the source."""


def examples_of(split: Split, logits_NK: Tensor, *, resolution: int) -> Examples:
    """A split's images, evenly thinned to a thousand, so that a large split does not take hours."""
    step = max(1, -(-len(split) // _MOST_IMAGES))
    thinned = Split(images=split.images[::step], labels=split.labels[::step])
    return Examples(split=thinned, resolution=resolution, logits_NK=logits_NK[::step])


def convert(source: Source, formats: Sequence[Format], examples: Examples, directory: Path) -> FormatsDocument:
    """Writes formats into a bundle's folder; the files of one that is refused are taken away again.

    Args:
        source: The network, as the bundle's weights have it.
        formats: What to write.
        examples: What to compare on.
        directory: The bundle's folder, with the weights in it.

    Returns:
        What each of them gave.
    """
    return FormatsDocument(
        images=len(examples.split),
        device=device_name("cpu"),
        source=_measure(source.network, examples),
        formats=tuple(_convert(source, one, examples, directory) for one in formats),
    )


def accuracy_tolerance(one: Format, images: int) -> float:
    """How much top-1 accuracy on some images a format may lose; two logits that are as good as equal may swap."""
    return max(QUANTISED_TOLERANCE if one.is_quantised else 0.0, 1.5 / images)


def _convert(source: Source, one: Format, examples: Examples, directory: Path) -> FormatReport:
    _log.info("writing %s", one.name)
    before = {path.name for path in directory.iterdir()}
    try:
        with failures_told():
            one.write(source, directory)
            measured = _measure(one.open(directory), examples)
    except BundleError as error:
        _take_away(one, before, directory)
        return FormatReport(format=one.name, files=(), bytes=0, refusal=str(error).replace(f"{directory}/", ""))
    size = sum((directory / name).stat().st_size for name in one.files)
    refusal = _refusal(one, measured, examples)
    if refusal is not None:
        _take_away(one, before, directory)
    files = one.files if refusal is None else ()
    return FormatReport(format=one.name, files=files, bytes=size, measured=measured, refusal=refusal)


def _refusal(one: Format, measured: Measured, examples: Examples) -> str | None:
    if one.is_quantised:
        accuracy = accuracy_of(examples.logits_NK, examples.split.labels)
        lost = accuracy - measured.accuracy
        most = accuracy_tolerance(one, len(examples.split))
        return None if lost <= most else f"top-1 accuracy may fall by {most:.4f}, it falls by {lost:.4f}"
    difference = measured.largest_difference
    # written so that a logit which is not a number is refused too
    return None if difference <= TOLERANCE else f"a logit may differ by {TOLERANCE:g}, the largest by {difference:.3g}"


def _measure(run: Runner, examples: Examples) -> Measured:
    logits_NK = predict(run, examples.split, resolution=examples.resolution)
    return Measured(
        largest_difference=float((logits_NK - examples.logits_NK).abs().max()),
        agreement=accuracy_of(logits_NK, examples.logits_NK.argmax(1)),
        accuracy=accuracy_of(logits_NK, examples.split.labels),
        latency_ms=_latency_ms(run, examples),
    )


def _latency_ms(run: Runner, examples: Examples) -> float:
    """Median of one image at a time."""
    channels = examples.split.images.shape[1]
    image_1CRR = torch.rand(
        (1, channels, examples.resolution, examples.resolution), generator=torch.Generator().manual_seed(0)
    )
    runs_ns = []
    with torch.inference_mode():
        for _ in range(_WARM_UP_RUNS + _TIMED_RUNS):
            start_ns = perf_counter_ns()
            run(image_1CRR)
            runs_ns.append(perf_counter_ns() - start_ns)
    return float(torch.tensor(runs_ns[_WARM_UP_RUNS:], dtype=torch.float64).median()) / 1e6


def _take_away(one: Format, before: set[str], directory: Path) -> None:
    for name in set(one.files) - before:
        (directory / name).unlink(missing_ok=True)
