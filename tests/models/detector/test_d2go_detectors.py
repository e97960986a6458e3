"""d2go's own detectors, with its weights in ours: the same features, scores, deltas and masks."""

import importlib.util
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from nars.models.detector import TwoStageDetector, build_detector
from nars.models.detector.zoo import load_detector
from nars.models.pretrained import load_weights, read_weights
from tests.models.detector.same_numbers import difference, randomise, regions

HAS_D2GO = all(importlib.util.find_spec(name) is not None for name in ("d2go", "detectron2", "mobile_cv"))
NAMES = {  # ours: d2go's configuration
    "mask_rcnn_fbnetv3_a_c4": "mask_rcnn_fbnetv3a_C4",
    "mask_rcnn_fbnetv3_a_dsmask_c4": "mask_rcnn_fbnetv3a_dsmask_C4",
    "mask_rcnn_fbnetv3_g_fpn": "mask_rcnn_fbnetv3g_fpn",
}
MEAN = (103.53, 116.28, 123.675)
"""d2go's, of BGR images from 0 to 255."""
SIZE = (224, 320)


class Bgr(nn.Module):
    """An RGB image in [0, 1] as d2go reads it."""

    def forward(self, image: Tensor) -> Tensor:
        return 255 * image.flip(0) - torch.tensor(MEAN)[:, None, None]


def d2go_model(name: str) -> nn.Module:
    """Built by detectron2 from d2go's configuration, with d2go's parts."""
    import d2go
    import d2go.modeling.backbone.fbnet_v2
    import d2go.modeling.modeldef.modeldef  # registers the networks
    from detectron2.config import CfgNode, get_cfg
    from detectron2.modeling import build_model

    cfg = get_cfg()
    cfg.MODEL.FBNET_V2 = CfgNode(
        {
            "ARCH": "",
            "ARCH_DEF": [],
            "NORM": "bn",
            "NORM_ARGS": [],
            "SCALE_FACTOR": 1.0,
            "WIDTH_DIVISOR": 1,
            "STEM_IN_CHANNELS": 3,
        }
    )
    cfg.MODEL_EMA = CfgNode({"ENABLED": False, "DECAY": 0.0})
    cfg.merge_from_file(str(Path(d2go.__file__).parents[1] / "configs" / f"{name}.yaml"))
    cfg.MODEL.DEVICE = "cpu"
    return build_model(cfg).eval()


@pytest.fixture(scope="module", params=NAMES)
def pair(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[TwoStageDetector, nn.Module]:
    """Ours with d2go's weights, which are random numbers that neither vanish nor explode."""
    theirs = d2go_model(NAMES[request.param])
    randomise_d2go(theirs)
    path = tmp_path_factory.mktemp("weights") / "model.pth"
    torch.save({"model": theirs.state_dict()}, path)
    candidate = load_detector(request.param)
    architecture = replace(candidate.architecture, resolution=SIZE[0])
    settings = replace(candidate.recipe.detector, max_test_size=SIZE[1])
    ours = build_detector(architecture, replace(candidate.recipe, detector=settings), normalize=Bgr())
    report = load_weights(ours, read_weights(str(path)), inherit=False)
    assert (report.new, report.reshaped, report.skipped) == ((), (), ())
    return ours.eval(), theirs


def randomise_d2go(model: nn.Module) -> None:
    """As `randomise`, which knows our parts alone."""
    image = {"image": 255 * torch.rand(3, *SIZE, generator=torch.Generator().manual_seed(1)), "height": 1, "width": 1}

    class Parts(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model
            regressor, predictor = model.proposal_generator.rpn_head.rpn_regressor, model.roi_heads.box_predictor
            self.rpn, self.roi_heads = nn.Module(), nn.Module()
            self.rpn.head, self.roi_heads.box_head = nn.Module(), nn.Module()
            self.rpn.head.deltas, self.rpn.head.objectness = regressor.bbox_pred, regressor.cls_logits
            self.roi_heads.box_head.deltas = predictor.bbox_pred

        def forward(self, images: list) -> object:
            features = model.backbone(model.preprocess_image(images).tensor)
            model.proposal_generator.rpn_head([features[name] for name in model.proposal_generator.in_features])
            from detectron2.structures import Boxes

            heads, boxes = model.roi_heads, [Boxes(regions(12, *SIZE))]
            heads.box_head(heads.box_pooler([features[name] for name in heads.box_in_features], boxes))
            return heads.mask_head.layers(heads.mask_pooler([features[name] for name in heads.mask_in_features], boxes))

    randomise(Parts(), [image])


@pytest.mark.skipif(not HAS_D2GO, reason="d2go, detectron2 or mobile_cv is not installed")
@pytest.mark.filterwarnings("ignore")  # of its imports
@pytest.mark.slow
def test_d2gos_numbers(pair: tuple[TwoStageDetector, nn.Module]) -> None:
    from detectron2.structures import Boxes

    ours, theirs = pair
    image = torch.rand(3, *SIZE, generator=torch.Generator().manual_seed(1))
    heads, boxes = theirs.roi_heads, regions(12, *SIZE)
    with torch.no_grad():
        normal, batch = (
            ours.transform([image])[0].tensors,
            theirs.preprocess_image([{"image": 255 * image.flip(0)}]).tensor,
        )
        found = {"image": difference(normal, batch)}
        a, b = ours.backbone(normal), theirs.backbone(batch)
        read = [b[name] for name in theirs.proposal_generator.in_features]
        found["features"] = max(difference(x, y) for x, y in zip(a.values(), read, strict=True))
        scores, deltas = ours.rpn.head(list(a.values()))
        expected = theirs.proposal_generator.rpn_head(read)
        found["RPN"] = max(difference(x, y) for x, y in zip(scores + deltas, expected[0] + expected[1], strict=True))
        pooled = heads.box_pooler([b[name] for name in heads.box_in_features], [Boxes(boxes)])
        expected = heads.box_predictor(heads.box_head(pooled))
        own = ours.roi_heads.box_head(ours.roi_heads.box_roi_pool(a, [boxes]))
        found["box"] = max(difference(x, y) for x, y in zip(own, expected, strict=True))
        pooled = heads.mask_pooler([b[name] for name in heads.mask_in_features], [Boxes(boxes)])
        own = ours.roi_heads.mask_head(ours.roi_heads.mask_roi_pool(a, [boxes]))
        found["mask"] = difference(own, heads.mask_head.layers(pooled))
    print(", ".join(f"{part} {largest:.2g}" for part, largest in found.items()))  # noqa: T201  # pytest -s
    assert max(found.values()) < 1e-4, found
