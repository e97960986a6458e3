"""torchvision's region proposal network with detectron2's loss, and blind to what lies in a crowd."""

import torch
from torch import Tensor
from torch.nn import functional
from torchvision.models.detection.rpn import RegionProposalNetwork

from nars.models.detector.anchors import Anchors
from nars.models.detector.crowd import Target, in_crowd, without_crowds
from nars.models.detector.heads import RpnHead
from nars.space.detection_recipe import DetectionRecipe


class ProposalNetwork(RegionProposalNetwork):  # type: ignore[misc]  # torchvision ships no types
    """Anchors, their scores and deltas, and the proposals that are left of them."""

    def __init__(self, *, anchors: Anchors, head: RpnHead, recipe: DetectionRecipe) -> None:
        super().__init__(
            anchors,
            head,
            fg_iou_thresh=recipe.rpn_iou_high,
            bg_iou_thresh=recipe.rpn_iou_low,
            batch_size_per_image=recipe.rpn_batch,
            positive_fraction=recipe.rpn_positive,
            pre_nms_top_n={"training": recipe.pre_nms_train, "testing": recipe.pre_nms_test},
            post_nms_top_n={"training": recipe.post_nms_train, "testing": recipe.post_nms_test},
            nms_thresh=recipe.rpn_nms,
        )
        self.recipe = recipe

    def assign_targets_to_anchors(
        self, anchors: list[Tensor], targets: list[Target]
    ) -> tuple[list[Tensor], list[Tensor]]:
        """Label of each anchor (1 object, 0 background, -1 neither) and the box that it is to become."""
        labels, boxes = super().assign_targets_to_anchors(anchors, [without_crowds(target) for target in targets])
        for label, anchor, target in zip(labels, anchors, targets, strict=True):
            label[(label == 0) & in_crowd(anchor, target)] = -1
        return labels, boxes

    def compute_loss(
        self, objectness: Tensor, pred_bbox_deltas: Tensor, labels: list[Tensor], regression_targets: list[Tensor]
    ) -> tuple[Tensor, Tensor]:
        """Loss of the scores and of the deltas over a sample of anchors, each times its weight."""
        positive, negative = (torch.where(torch.cat(masks))[0] for masks in self.fg_bg_sampler(labels))
        sampled = torch.cat([positive, negative])
        box_loss = functional.smooth_l1_loss(
            pred_bbox_deltas[positive],
            torch.cat(regression_targets)[positive],
            beta=self.recipe.smooth_l1_beta,
            reduction="sum",
        ) / max(1, len(sampled))
        objectness_loss = functional.binary_cross_entropy_with_logits(
            objectness.flatten()[sampled], torch.cat(labels)[sampled], reduction="sum"
        ) / max(1, len(sampled))
        return self.recipe.objectness_weight * objectness_loss, self.recipe.rpn_box_weight * box_loss
