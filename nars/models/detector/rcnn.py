"""The whole detector: images in [0, 1] to losses or detections, with classes from 0 on."""

from torch import Tensor
from torchvision.models.detection.generalized_rcnn import GeneralizedRCNN

from nars.models.detector.backbone import C4Backbone, FpnBackbone
from nars.models.detector.proposals import ProposalNetwork
from nars.models.detector.regions import RegionHeads
from nars.models.detector.transform import DetectorTransform

Detections = dict[str, Tensor]


class TwoStageDetector(GeneralizedRCNN):  # type: ignore[misc]  # torchvision ships no types
    """Faster or Mask R-CNN in torchvision's frame.

    Attributes:
        transform: Normalises and resizes.
        backbone: Trunk, with or without a pyramid.
        rpn: Anchors and proposals.
        roi_heads: Boxes and masks.
    """

    def __init__(
        self,
        *,
        transform: DetectorTransform,
        backbone: C4Backbone | FpnBackbone,
        rpn: ProposalNetwork,
        roi_heads: RegionHeads,
    ) -> None:
        super().__init__(backbone, rpn, roi_heads, transform)

    def forward(
        self, images: list[Tensor], targets: list[dict[str, Tensor]] | None = None
    ) -> dict[str, Tensor] | list[Detections]:
        """Losses of a batch while training, else the detections of each image.

        Args:
            images: `C x H x W` floats in [0, 1], each of its own size.
            targets: While training, of each image ``boxes`` (`N x 4` corners in pixels), ``labels`` (`N` classes from
                0 on), for a mask head ``masks`` (`N x H x W` of 0 and 1), and if it has crowds ``crowd`` (`N`
                booleans): boxes that are neither objects nor background.

        Returns:
            While training, losses by name, each times its weight. In eval mode, of each image ``boxes``, ``labels``
            (from 0 on), ``scores``, and of a mask head ``masks``, `N x H x W` probabilities at the image's size.
        """
        if self.training:
            assert targets is not None
            # The one place where classes move up: torchvision's background is class 0.
            losses: dict[str, Tensor] = super().forward(
                images, [{**target, "labels": target["labels"] + 1} for target in targets]
            )
            return losses
        found: list[Detections] = super().forward(images)
        return [{**detections, "labels": detections["labels"] - 1} for detections in found]
