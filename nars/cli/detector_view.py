"""Detectors as tables in the terminal."""

from collections.abc import Mapping
from dataclasses import replace

import torch
from rich.table import Table
from torch import nn

from nars.cost.detector_formula import detector_parts
from nars.cost.formula import candidate_cost
from nars.cost.part_formula import Part
from nars.errors import ModelError
from nars.models.detector import build_detector
from nars.models.detector.layout import detector_layout
from nars.models.detector.sizes import check_sizes, largest_image
from nars.models.detector.zoo import load_detector
from nars.models.pretrained import load_weights, read_weights
from nars.space.candidate import Candidate
from nars.space.detection_recipe import DetectionRecipe
from nars.space.detector_columns import candidate_columns

_COSTS = ("MACs", "params", "activations", "memory bytes")


def sized_detector(name: str, resolution: int | None) -> Candidate:
    """A published detector, with its own images or others; the longer side grows with the shorter one.

    Raises:
        ModelError: If the name is unknown, or the images are too small for its strides.
    """
    detector = load_detector(name)
    settings = _settings(detector)
    if resolution is not None:
        longest = settings.max_test_size and round(
            settings.max_test_size * resolution / detector.architecture.resolution
        )
        settings = replace(settings, max_test_size=longest)
        detector = Candidate(
            architecture=replace(detector.architecture, resolution=resolution),
            recipe=replace(detector.recipe, detector=settings),
        )
    try:
        check_sizes(detector_layout(detector.architecture), settings)
    except ModelError as error:
        raise ModelError(f"{name}: {error}") from error
    return detector


def detector_table(detectors: Mapping[str, Candidate]) -> Table:
    """One row a detector."""
    table = Table(title=f"{len(detectors)} detectors", title_justify="left")
    table.add_column("detector")
    for header in ("image", "regions", "detections", *_COSTS):
        table.add_column(header, justify="right")
    for name, detector in detectors.items():
        cost, settings = candidate_cost(detector), _settings(detector)
        numbers = (cost.macs, cost.params, cost.activations, cost.memory_bytes)
        table.add_row(
            name, _image(detector), str(settings.post_nms_test), _detections(detector), *(f"{n:,}" for n in numbers)
        )
    return table


def parts_table(name: str, detector: Candidate) -> Table:
    """One row a part of the detector, and their total."""
    parts, settings = detector_parts(candidate_columns([detector])), _settings(detector)
    table = Table(title=f"{name} at {_image(detector)} pixels", title_justify="left")
    table.add_column("part")
    for header in ("runs", *_COSTS[:3], "largest maps"):
        table.add_column(header, justify="right")
    rows = (
        ("trunk", parts.trunk, 1),
        ("FPN", parts.fpn, 1),
        ("RPN", parts.rpn, 1),
        ("box head", parts.box, settings.post_nms_test),
        ("mask head", parts.mask, settings.detections),
    )
    for part_name, part, runs in rows:
        if part is not None:
            table.add_row(part_name, str(runs), *_numbers(part))
    cost = candidate_cost(detector)
    maps = cost.memory_bytes // 4 - cost.params
    table.add_section()
    table.add_row("total", "", *(f"{number:,}" for number in (cost.macs, cost.params, cost.activations, maps)))
    table.caption = (
        f"largest maps: elements of the largest set of feature maps alive at once, all regions in one batch; "
        f"with the params, 4 bytes each, {cost.memory_bytes:,} bytes"
    )
    table.caption_justify = "left"
    return table


def detector_weights_text(detector: Candidate, source: str, *, inherit: bool) -> str:
    """What becomes of weights in a detector: loaded, reshaped, new, skipped.

    Raises:
        ModelError: If the weights are absent, damaged, or do not fit.
    """
    with torch.random.fork_rng(devices=[]):  # the new weights do not matter, the caller's random numbers do
        network = build_detector(detector.architecture, detector.recipe, normalize=nn.Identity())
    return load_weights(network, read_weights(source), inherit=inherit).text


def _settings(detector: Candidate) -> DetectionRecipe:
    assert detector.recipe.detector is not None
    return detector.recipe.detector


def _detections(detector: Candidate) -> str:
    assert detector.architecture.detector is not None
    return "" if detector.architecture.detector.mask is None else str(_settings(detector).detections)


def _image(detector: Candidate) -> str:
    """Height and width of the largest image, as ``224 x 320``."""
    height, width = largest_image(detector_layout(detector.architecture), _settings(detector))
    return f"{height} x {width}"


def _numbers(part: Part) -> list[str]:
    return [f"{int(column[0]):,}" for column in (part.macs_N, part.params_N, part.activations_N, part.maps_N)]
