"""What a trained detector would do with other settings that change nothing in its weights.

The trunk runs once for each image size, the box head once for each number of proposals; scores, overlaps and numbers of
detections are told from what it gave.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import torch

from nars.cost.formula import candidate_cost
from nars.data.detection import DetectionSplit
from nars.models.detector import TwoStageDetector
from nars.models.detector.proposals import ProposalNetwork
from nars.models.detector.regions import RegionHeads
from nars.models.detector.transform import DetectorTransform
from nars.space.candidate import Candidate
from nars.space.detection_recipe import DetectionRecipe
from nars.space.inference import InferenceSettings
from nars.training.detection.coco import Detections, split_figures
from nars.training.detection.validate import on_host
from nars.trials import Cost, DetectionFigures

_BATCH = 8
"""Images a step."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Swept:
    """One combination."""

    settings: InferenceSettings
    candidate: Candidate
    """With these settings."""
    figures: DetectionFigures
    cost: Cost

    @property
    def accuracy(self) -> float:
        """Mask AP where the detector tells masks, else box AP."""
        counted = self.figures.boxes if self.figures.masks is None else self.figures.masks
        return min(counted.ap or 0.0, 1.0)  # as of a validation


def sweep(
    detector: TwoStageDetector,
    candidate: Candidate,
    split: DetectionSplit,
    combinations: Sequence[InferenceSettings],
    *,
    device: torch.device,
) -> Iterator[Swept]:
    """What a trained detector finds in a split under each of some settings.

    Args:
        detector: As `nars.models.detector.build_detector` gives it; in eval mode afterwards.
        candidate: What it was trained as.
        split: Validation images and objects.
        combinations: What to tell; neighbours of one image size and one number of proposals share their work, as those
            of `nars.space.inference.inference_grid` do.
        device: Where to compute.

    Raises:
        CostError: If a detector of an image size cannot be built.
    """
    detector = detector.to(device).eval()
    for _, group in groupby(combinations, key=lambda settings: (settings.resolution, settings.max_test_size)):
        sized = list(group)
        changed = [settings.applied_to(candidate) for settings in sized]
        costs = [candidate_cost(one) for one in changed]
        found = _detect(detector, changed, split, device)
        for settings, one, cost, detections in zip(sized, changed, costs, found, strict=True):
            figures = split_figures(split, detections)
            yield Swept(settings=settings, candidate=one, figures=figures, cost=cost)


def _detect(
    detector: TwoStageDetector, combinations: Sequence[Candidate], split: DetectionSplit, device: torch.device
) -> list[list[Detections]]:
    """Detections of each combination at one image size."""
    found: list[list[Detections]] = [[] for _ in combinations]
    transform = DetectorTransform(
        architecture=combinations[0].architecture,
        recipe=_settings(combinations[0]),
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
            for told, changed in zip(found, combinations, strict=True):
                settings = _settings(changed)
                heads = _heads(detector, settings)
                counts = (settings.pre_nms_test, settings.post_nms_test)
                if counts != last:
                    proposals, _ = _proposer(detector, settings)(batch, features)
                    classified, last = heads.classified(features, proposals), counts
                assert classified is not None
                inside = heads.detections(features, proposals, classified, batch.image_sizes)
                for detections in transform.postprocess(inside, batch.image_sizes, originals):
                    told.append(on_host({**detections, "labels": detections["labels"] - 1}))
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
