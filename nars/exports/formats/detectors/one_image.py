"""A detector as a file holds it: one image at the network's own size to what is left of it after suppression.

Resizing an image to that size, and pasting masks into it, stay outside: `FileDetector` does both.

Letters: C channels, H x W pixels, A anchors, R regions, K classes, D detections, M pixels of a mask's side.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional
from torchvision.models.detection.image_list import ImageList
from torchvision.ops import clip_boxes_to_image, nms, remove_small_boxes

from nars.models.detector import TwoStageDetector
from nars.models.detector.rcnn import Detections
from nars.models.detector.transform import DetectorTransform

OUTPUTS = ("boxes", "labels", "scores", "masks")
_LEAST_SIDE = 1e-2
"""Of a detection, in pixels of the network's image: torchvision's."""
Run = Callable[[Tensor], Sequence[Tensor]]
"""From one ``C x H x W`` image in [0, 1] to its boxes, labels, scores and, of a mask head, ``D x M x M`` masks."""


class OneImage(nn.Module):
    """The detector's networks with the steps between them for one image, in operators that every exporter can follow.

    torchvision's steps ask how many boxes there are and choose by it, which a graph cannot; these give the same.
    """

    def __init__(self, detector: TwoStageDetector) -> None:
        super().__init__()
        self.detector = detector

    def forward(self, image_CHW: Tensor) -> tuple[Tensor, ...]:
        """Boxes, labels from 0 on, scores, and masks of their boxes where there is a head for them."""
        transform, heads = self.detector.transform, self.detector.roi_heads
        height, width = image_CHW.shape[-2:]
        right, below = (-side % transform.size_divisible for side in (width, height))
        batch_1CHW = functional.pad(transform.normalize(image_CHW), (0, right, 0, below))[None]
        features = self.detector.backbone(batch_1CHW.contiguous(memory_format=torch.channels_last))
        proposals_R4 = self._proposals(batch_1CHW, list(features.values()), (height, width))
        boxes_D4, label_D, score_D = self._detections(features, proposals_R4, (height, width))
        if heads.mask_head is None:
            return boxes_D4, label_D, score_D
        masks_DKMM = heads.mask_head(heads.mask_roi_pool(features, [_and_two(boxes_D4)]))[:-2].sigmoid()
        return boxes_D4, label_D, score_D, masks_DKMM[torch.arange(label_D.shape[0]), label_D]

    def _proposals(self, batch_1CHW: Tensor, features: list[Tensor], size: tuple[int, int]) -> Tensor:
        rpn = self.detector.rpn
        scores, deltas = rpn.head(features)
        (anchors_A4,) = rpn.anchor_generator(ImageList(batch_1CHW, [size]), features)
        found = []
        first = 0
        for level, (score_1AHW, delta_1AHW) in enumerate(zip(scores, deltas, strict=True)):
            score_A = score_1AHW[0].permute(1, 2, 0).flatten()
            delta_A4 = delta_1AHW[0].unflatten(0, (-1, 4)).permute(2, 3, 0, 1).reshape(-1, 4)
            order_A = score_A.argsort(descending=True)
            # Not a slice: torch.export would ask whether the traced image has as many anchors, and hold others to it.
            best_R = order_A[torch.arange(order_A.shape[0]) < rpn.pre_nms_top_n()]
            boxes_R4 = rpn.box_coder.decode_single(delta_A4[best_R], anchors_A4[first + best_R])
            found.append((boxes_R4, score_A[best_R], torch.full_like(best_R, level)))
            first = first + score_A.shape[0]
        boxes_R4, score_R, level_R = (torch.cat(parts) for parts in zip(*found, strict=True))
        boxes_R4 = clip_boxes_to_image(boxes_R4, size)
        large_R = remove_small_boxes(boxes_R4, rpn.min_size)
        boxes_R4, score_R, level_R = boxes_R4[large_R], score_R[large_R].sigmoid(), level_R[large_R]
        kept_R = _suppressed(boxes_R4, score_R, level_R, rpn.nms_thresh, size)
        proposals_R4: Tensor = boxes_R4[kept_R[: rpn.post_nms_top_n()]]
        return proposals_R4

    def _detections(
        self, features: dict[str, Tensor], proposals_R4: Tensor, size: tuple[int, int]
    ) -> tuple[Tensor, Tensor, Tensor]:
        heads = self.detector.roi_heads
        regions_R4 = _and_two(proposals_R4)
        scores_RK, deltas_R4K = heads.box_head(heads.box_roi_pool(features, [regions_R4]))
        boxes_RK4 = heads.box_coder.decode_single(deltas_R4K, regions_R4).unflatten(1, (-1, 4))
        scores_RK = scores_RK[:-2].softmax(dim=1)[:, :-1]  # the last class is the background
        region_D, label_D = torch.where(scores_RK > heads.score_thresh)
        boxes_D4 = clip_boxes_to_image(boxes_RK4[region_D, label_D], size)
        score_D = scores_RK[region_D, label_D]
        large_D = remove_small_boxes(boxes_D4, _LEAST_SIDE)
        boxes_D4, label_D, score_D = boxes_D4[large_D], label_D[large_D], score_D[large_D]
        kept_D = _suppressed(boxes_D4, score_D, label_D, heads.nms_thresh, size)[: heads.detections_per_img]
        return boxes_D4[kept_D], label_D[kept_D], score_D[kept_D]


class FileDetector(nn.Module):
    """A file as the detector that it was made of: images of any size to detections in their own pixels."""

    def __init__(self, run: Run, transform: DetectorTransform) -> None:
        super().__init__()
        self.run = run
        self.transform = transform
        self.eval()

    def forward(self, images: list[Tensor]) -> list[Detections]:
        """As `TwoStageDetector` in eval mode."""
        return [self._detections(image) for image in images]

    def _detections(self, image_CHW: Tensor) -> Detections:
        resized, _ = self.transform.resize(image_CHW)
        found = dict(zip(OUTPUTS, self.run(resized), strict=False))
        if "masks" in found:
            found["masks"] = found["masks"][:, None]
        (placed,) = self.transform.postprocess([found], [_size(resized)], [_size(image_CHW)])
        return placed


def _size(image_CHW: Tensor) -> tuple[int, int]:
    height, width = image_CHW.shape[-2:]
    return height, width


def _suppressed(boxes_N4: Tensor, score_N: Tensor, group_N: Tensor, iou: float, size: tuple[int, int]) -> Tensor:
    """Numbers of the boxes that no better one of their group overlaps, best first.

    The groups are moved apart, by more than any box within the image reaches.
    """
    apart_N4 = boxes_N4 + (group_N * (size[0] + size[1])).to(boxes_N4)[:, None]
    kept_N: Tensor = nms(_and_two(apart_N4), torch.cat([score_N, score_N.new_full((2,), -1)]), iou)
    return kept_N[:-2]


def _and_two(boxes_N4: Tensor) -> Tensor:
    """Some boxes, and two outside the image that overlap nothing.

    A network cannot be followed where it may be run on no region at all, and torch.export believes that suppression
    always leaves two.
    """
    return torch.cat([boxes_N4, boxes_N4.new_tensor([[-2, -2, -1, -1], [-4, -4, -3, -3]])])
