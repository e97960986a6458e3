"""What a trained detector would do with other settings that change nothing in its weights.

The trunk runs once for each image size, the box head once for each number of proposals; scores, overlaps and numbers of
detections are told from what it gave.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

import torch

from nars.cost.formula import candidate_cost
from nars.data.detection import DetectionSplit
from nars.models.detector import TwoStageDetector
from nars.models.detector.proposals import ProposalNetwork
from nars.models.detector.regions import RegionHeads
from nars.models.detector.transform import DetectorTransform
from nars.space.candidate import Candidate
from nars.space.detection_recipe import DetectionRecipe
from nars.training.detection.coco import Detections, split_figures
from nars.training.detection.validate import on_host
from nars.trials import Cost, DetectionFigures

_BATCH = 8
"""Images a step."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SweepGrid:
    """Values of each setting; every combination is told."""

    resolutions: tuple[int, ...]
    """Shorter sides of the images in pixels; the bound of the longer side grows with them."""
    proposals: tuple[int, ...]
    """Regions that the box head runs on."""
    nms: tuple[float, ...]
    score_thresholds: tuple[float, ...]

    @property
    def size(self) -> int:
        """Number of combinations."""
        return len(self.resolutions) * len(self.proposals) * len(self.nms) * len(self.score_thresholds)


@dataclass(frozen=True, kw_only=True, slots=True)
class Swept:
    """One combination."""

    candidate: Candidate
    """With these settings."""
    figures: DetectionFigures
    cost: Cost

    @property
    def accuracy(self) -> float:
        """Mask AP where the detector tells masks, else box AP."""
        counted = self.figures.boxes if self.figures.masks is None else self.figures.masks
        return counted.ap or 0.0


def default_grid(candidate: Candidate) -> SweepGrid:
    """Values around a detector's own, which are among them."""
    settings = _settings(candidate)
    resolution, proposals = candidate.architecture.resolution, settings.post_nms_test
    return SweepGrid(
        resolutions=tuple(sorted({max(1, round(resolution * share)) for share in (0.75, 1.0, 1.25)})),
        proposals=tuple(sorted({max(1, round(proposals * share)) for share in (0.25, 0.5, 1.0, 2.0, 4.0)})),
        nms=tuple(sorted({0.4, 0.5, 0.6, settings.nms})),
        score_thresholds=tuple(sorted({0.001, 0.05, 0.2, settings.score_threshold})),
    )


def sweep(
    detector: TwoStageDetector, candidate: Candidate, split: DetectionSplit, grid: SweepGrid, *, device: torch.device
) -> Iterator[Swept]:
    """Every combination of a grid on a split; those of one image size come together.

    Args:
        detector: Trained, as `nars.models.detector.build_detector` gives it; in eval mode afterwards.
        candidate: What it was trained as.
        split: Validation images and objects.
        grid: What to tell.
        device: Where to compute.

    Raises:
        CostError: If a detector of an image size cannot be built.
    """
    detector = detector.to(device).eval()
    for resolution in grid.resolutions:
        sized = _with_resolution(candidate, resolution)
        combinations = [
            _with(sized, post_nms_test=proposals, nms=nms, score_threshold=threshold)
            for proposals, nms, threshold in product(grid.proposals, grid.nms, grid.score_thresholds)
        ]
        costs = {changed.id: candidate_cost(changed) for changed in combinations}
        found = _detect(detector, sized, combinations, split, device)
        for changed in combinations:
            figures = split_figures(split, found[changed.id])
            yield Swept(candidate=changed, figures=figures, cost=costs[changed.id])


def _detect(
    detector: TwoStageDetector,
    sized: Candidate,
    combinations: list[Candidate],
    split: DetectionSplit,
    device: torch.device,
) -> dict[str, list[Detections]]:
    """Detections of each combination at one image size, by the candidate's id."""
    found: dict[str, list[Detections]] = {changed.id: [] for changed in combinations}
    transform = DetectorTransform(
        architecture=sized.architecture,
        recipe=_settings(sized),
        normalizer=detector.transform.normalizer,
        size_divisible=detector.transform.size_divisible,
    ).eval()
    with torch.inference_mode():
        for start in range(0, len(split), _BATCH):
            rows = range(start, min(start + _BATCH, len(split)))
            images = [split.images[row].to(device).float() / 255 for row in rows]
            originals = [(image.shape[-2], image.shape[-1]) for image in images]
            batch, _ = transform(images)
            features = detector.backbone(batch.tensors)
            proposals, classified, last = [], None, None
            for changed in combinations:
                settings = _settings(changed)
                heads = _heads(detector, settings)
                if settings.post_nms_test != last:
                    proposals, _ = _proposer(detector, settings)(batch, features)
                    classified, last = heads.classified(features, proposals), settings.post_nms_test
                assert classified is not None
                inside = heads.detections(features, proposals, classified, batch.image_sizes)
                for detections in transform.postprocess(inside, batch.image_sizes, originals):
                    zero_based = {**detections, "labels": detections["labels"] - 1}
                    found[changed.id].append(on_host(zero_based))
    return found


def _proposer(detector: TwoStageDetector, settings: DetectionRecipe) -> ProposalNetwork:
    """The same anchors and head with other settings."""
    rpn = detector.rpn
    network = ProposalNetwork(anchors=rpn.anchor_generator, head=rpn.head, recipe=settings)
    network.eval()
    return network


def _heads(detector: TwoStageDetector, settings: DetectionRecipe) -> RegionHeads:
    """The same heads with other settings."""
    own = detector.roi_heads
    heads = RegionHeads(
        box_pooler=own.box_roi_pool,
        box_head=own.box_head,
        mask_pooler=own.mask_roi_pool,
        mask_head=own.mask_head,
        recipe=settings,
    )
    heads.eval()
    return heads


def _settings(candidate: Candidate) -> DetectionRecipe:
    assert candidate.recipe.detector is not None
    return candidate.recipe.detector


def _with(candidate: Candidate, **settings: float) -> Candidate:
    detector = replace(_settings(candidate), **settings)  # type: ignore[arg-type]  # each by its own name
    return replace(candidate, recipe=replace(candidate.recipe, detector=detector))


def _with_resolution(candidate: Candidate, resolution: int) -> Candidate:
    """At another image size; the training sizes are said, so that they stay what they were."""
    before, settings = candidate.architecture.resolution, _settings(candidate)
    longest = settings.max_test_size and max(1, round(settings.max_test_size * resolution / before))
    changed = replace(
        settings,
        max_test_size=longest,
        train_sizes=settings.train_sizes or (before,) if resolution != before else settings.train_sizes,
    )
    return Candidate(
        architecture=replace(candidate.architecture, resolution=resolution),
        recipe=replace(candidate.recipe, detector=changed),
    )
