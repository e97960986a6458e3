"""torchvision's RoI heads around ours, with detectron2's losses, and blind to what lies in a crowd."""

import torch
from torch import Tensor
from torch.nn import functional
from torchvision.models.detection.roi_heads import RoIHeads, maskrcnn_inference
from torchvision.ops import box_iou, roi_align

from nars.models.detector.crowd import Target, in_crowd, without_crowds
from nars.models.detector.heads import BoxHead, MaskHead
from nars.models.detector.pooler import RegionPooler
from nars.space.detection_recipe import DetectionRecipe

Features = dict[str, Tensor]


class RegionHeads(RoIHeads):  # type: ignore[misc]  # torchvision ships no types
    """Boxes and masks of proposals. Labels in here are torchvision's: 0 is the background, classes start at 1.

    Attributes:
        box_head: Scores and deltas of pooled regions.
        mask_head: Mask scores of pooled regions; none in a detector of boxes alone.
    """

    def __init__(
        self,
        *,
        box_pooler: RegionPooler,
        box_head: BoxHead,
        mask_pooler: RegionPooler | None,
        mask_head: MaskHead | None,
        recipe: DetectionRecipe,
    ) -> None:
        super().__init__(
            box_roi_pool=box_pooler,
            box_head=box_head,
            box_predictor=None,
            fg_iou_thresh=recipe.roi_iou,
            bg_iou_thresh=recipe.roi_iou,
            batch_size_per_image=recipe.roi_batch,
            positive_fraction=recipe.roi_positive,
            bbox_reg_weights=None,
            score_thresh=recipe.score_threshold,
            nms_thresh=recipe.nms,
            detections_per_img=recipe.detections,
            mask_roi_pool=mask_pooler,
            mask_head=mask_head,
        )
        self.recipe = recipe

    def forward(
        self,
        features: Features,
        proposals: list[Tensor],
        image_shapes: list[tuple[int, int]],
        targets: list[Target] | None = None,
    ) -> tuple[list[dict[str, Tensor]], dict[str, Tensor]]:
        """Detections of each image in eval mode, losses by name while training."""
        if self.training:
            assert targets is not None
            return [], self._losses(features, proposals, targets)
        return self.detections(features, proposals, self.classified(features, proposals), image_shapes), {}

    def classified(self, features: Features, proposals: list[Tensor]) -> tuple[Tensor, Tensor]:
        """Scores with the background first, and deltas of the classes."""
        scores, deltas = self.box_head(self.box_roi_pool(features, proposals))
        return torch.cat([scores[:, -1:], scores[:, :-1]], dim=1), deltas

    def detections(
        self,
        features: Features,
        proposals: list[Tensor],
        classified: tuple[Tensor, Tensor],
        image_shapes: list[tuple[int, int]],
    ) -> list[dict[str, Tensor]]:
        """What is left of the proposals of each image by score and overlap, with masks where there is a head for them.

        Args:
            features: Of the images.
            proposals: Of each image.
            classified: What `classified` gave for them.
            image_shapes: Height and width of each image, without padding.
        """
        scores, deltas = classified
        boxes, kept, labels = self.postprocess_detections(
            scores, functional.pad(deltas, (4, 0)), proposals, image_shapes
        )
        found = [
            {"boxes": box, "labels": label, "scores": score}
            for box, label, score in zip(boxes, labels, kept, strict=True)
        ]
        if self.mask_head is not None:
            logits = self.mask_head(self.mask_roi_pool(features, boxes))
            masks = maskrcnn_inference(logits, [label - 1 for label in labels])
            found = [{**detection, "masks": mask} for detection, mask in zip(found, masks, strict=True)]
        return found

    def select_training_samples(
        self, proposals: list[Tensor], targets: list[Target]
    ) -> tuple[list[Tensor], list[Tensor], list[Tensor], list[Tensor]]:
        """A sample of the proposals, the objects and labels that are theirs, and the deltas that they are to have."""
        objects = [without_crowds(target) for target in targets]
        kept = []
        for boxes, target, known in zip(proposals, targets, objects, strict=True):
            is_object = torch.zeros(len(boxes), dtype=torch.bool, device=boxes.device)
            if len(known["boxes"]):
                is_object = box_iou(boxes, known["boxes"].to(boxes)).amax(dim=1) >= self.recipe.roi_iou
            kept.append(boxes[is_object | ~in_crowd(boxes, target)])
        found: tuple[list[Tensor], list[Tensor], list[Tensor], list[Tensor]] = super().select_training_samples(
            kept, [{name: target[name] for name in target if name != "masks"} for target in objects]
        )
        return found

    def check_targets(self, targets: list[Target] | None) -> None:
        """Nothing: the masks are looked up where they are needed."""

    def _losses(self, features: Features, proposals: list[Tensor], targets: list[Target]) -> dict[str, Tensor]:
        recipe = self.recipe
        regions, matched, labels, wanted = self.select_training_samples(proposals, targets)
        scores, deltas = self.classified(features, regions)
        label_R, wanted_R4 = torch.cat(labels), torch.cat(wanted)
        (objects,) = torch.where(label_R > 0)
        own = deltas.view(len(deltas), -1, 4)[objects, label_R[objects] - 1]
        box_loss = functional.smooth_l1_loss(own, wanted_R4[objects], beta=recipe.smooth_l1_beta, reduction="sum")
        losses = {
            "loss_classifier": recipe.class_weight * functional.cross_entropy(scores, label_R),
            "loss_box_reg": recipe.box_weight * box_loss / max(1, len(label_R)),
        }
        if self.mask_head is not None:
            losses["loss_mask"] = recipe.mask_weight * self._mask_loss(features, regions, matched, labels, targets)
        return losses

    def _mask_loss(
        self,
        features: Features,
        regions: list[Tensor],
        matched: list[Tensor],
        labels: list[Tensor],
        targets: list[Target],
    ) -> Tensor:
        positive = [label > 0 for label in labels]
        boxes = [region[mask] for region, mask in zip(regions, positive, strict=True)]
        num_objects = sum(map(len, boxes))
        if num_objects == 0:  # norms need to see something, and workers must stay in step
            boxes[0] = regions[0][:1]
        logits = self.mask_head(self.mask_roi_pool(features, boxes))
        if num_objects == 0:
            nothing: Tensor = 0 * logits.sum()
            return nothing
        wanted, of_class = [], []
        for box, label, match, mask, target in zip(boxes, labels, matched, positive, targets, strict=True):
            number = match[mask].to(box)[:, None]
            known = without_crowds(target)["masks"][:, None].to(box)
            wanted.append(
                roi_align(known, torch.cat([number, box], dim=1), logits.shape[-1], aligned=True)[:, 0]
                if len(box)
                else logits.new_zeros(0, *logits.shape[-2:])
            )
            of_class.append(label[mask] - 1)
        own = logits[torch.arange(num_objects, device=logits.device), torch.cat(of_class)]
        return functional.binary_cross_entropy_with_logits(own, torch.cat(wanted))
