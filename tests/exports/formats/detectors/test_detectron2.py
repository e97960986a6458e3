"""Detectors as detectron2 builds them of a bundle's files."""

import importlib.util

import pytest
import torch
import yaml

from nars.errors import BundleError
from nars.exports.formats import format_named
from nars.exports.formats.detectors import DetectorSource, detector_format
from nars.models.detector import build_detector
from nars.training.network import Normalize
from tests.training.detection.tiny import candidate

HAS_DETECTRON2 = importlib.util.find_spec("detectron2") is not None
needs_detectron2 = pytest.mark.skipif(not HAS_DETECTRON2, reason="detectron2 is not installed")
CLASSES = tuple(map(str, range(10)))


def written(folder, **settings):
    """A new detector's files, and the detector."""
    chosen = candidate(with_masks=True, **settings)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        normalize = Normalize(mean_C=torch.tensor([0.4, 0.5, 0.6]), std_C=torch.tensor([0.2, 0.3, 0.4]))
        detector = build_detector(chosen.architecture, chosen.recipe, normalize=normalize).eval()
    source = DetectorSource(detector=detector, candidate=chosen, classes=CLASSES, shape=(3, 48, 48))
    detector_format("detectron2").write(source, folder)
    return detector


@needs_detectron2
@pytest.mark.filterwarnings("ignore")  # of its imports
def test_it_finds_what_the_source_finds(tmp_path):
    detector = written(tmp_path, detector={"score_threshold": 0.0, "nms": 1.0, "rpn_nms": 1.0})
    model = detector_format("detectron2").open(tmp_path, detector.transform)
    image = torch.rand(3, 40, 60, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        (ours,), (theirs,) = detector([image]), model([image])
    assert len(ours["boxes"]) == 100, "ten proposals of ten classes"
    # in their order, which of an untrained detector is a matter of the last digits: so the scores alone
    assert torch.allclose(ours["scores"].sort().values, theirs["scores"].sort().values, atol=1e-6)
    assert theirs["masks"].shape == (100, 40, 60)


@needs_detectron2
@pytest.mark.filterwarnings("ignore")  # of its imports
def test_d2go_is_given_the_same_values(tmp_path):
    written(tmp_path, detector={"roi_iou": 0.6, "rpn_box_weight": 2.0, "mask_weight": 3.0})
    text = (tmp_path / "d2go.yaml").read_text()
    assert "# d2go has no word for mask_weight: 3" in text
    ours, theirs = (yaml.safe_load((tmp_path / file).read_text())["MODEL"] for file in ("detectron2.yaml", "d2go.yaml"))
    assert theirs["BACKBONE"]["NAME"] == "FBNetV2C4Backbone"
    assert theirs["ROI_HEADS"]["IOU_THRESHOLDS"] == [0.6]
    assert theirs["RPN"]["BBOX_REG_LOSS_WEIGHT"] == 2
    assert theirs["RPN"]["IN_FEATURES"] == ["trunk1"]
    assert theirs["PIXEL_MEAN"] == ours["PIXEL_MEAN"] == pytest.approx([102, 127.5, 153])
    assert "NARS" in ours
    assert "NARS" not in theirs


@needs_detectron2
@pytest.mark.filterwarnings("ignore")  # of its imports
def test_weights_of_the_proposals_losses_are_told_as_d2go_multiplies_them(tmp_path):
    written(tmp_path, detector={"objectness_weight": 2.0, "rpn_box_weight": 3.0})
    text = (tmp_path / "d2go.yaml").read_text()
    assert "no word" not in text
    rpn = yaml.safe_load(text)["MODEL"]["RPN"]
    assert (rpn["LOSS_WEIGHT"], rpn["LOSS_WEIGHT"] * rpn["BBOX_REG_LOSS_WEIGHT"]) == (2, 3)
    written(tmp_path, detector={"objectness_weight": 0.0, "rpn_box_weight": 3.0})
    assert "no word for rpn_box_weight beside objectness_weight 0: 3" in (tmp_path / "d2go.yaml").read_text()


@needs_detectron2
@pytest.mark.filterwarnings("ignore")  # of its imports
def test_why_there_is_no_file_for_d2go_stands_in_detectron2s(tmp_path):
    written(tmp_path, norm="GN")
    assert not (tmp_path / "d2go.yaml").exists()
    assert (tmp_path / "detectron2.yaml").read_text().startswith("# There is no d2go.yaml: d2go's networks take")


@pytest.mark.skipif(HAS_DETECTRON2, reason="detectron2 is installed")
def test_without_detectron2_a_line_says_where_it_is():
    with pytest.raises(BundleError, match="detectron2 is not installed"):
        format_named("detectron2").require()


def test_detectron2_has_no_classifiers(tmp_path):
    with pytest.raises(BundleError, match="detectron2 has no classifiers"):
        format_named("detectron2").write(None, tmp_path)
