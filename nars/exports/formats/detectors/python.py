"""One Python file with a detector in plain torch and torchvision's operators; its weights are the bundle's own."""

from pathlib import Path

from torch import nn

from nars.errors import BundleError
from nars.exports.formats.detectors.format import DetectorSource
from nars.exports.formats.detectors.python_text import (
    DETECT_MASKS,
    DETECTOR_PYTHON_TEXT,
    LAST_LEVEL,
    MASK_HEAD,
    PASTE,
    PYRAMID,
)
from nars.exports.formats.format import FormatName
from nars.exports.formats.python import PYTHON_FILE, load_python
from nars.exports.formats.python_parts import names_text, norm_text, parts_text, rows_text, stages_text, stem_text
from nars.exports.weights import WEIGHTS_FILE, dump_weights
from nars.models.block_rows import stage_rows
from nars.models.detector.anchors import anchors_by_level
from nars.models.detector.layout import DetectorLayout, detector_layout
from nars.models.detector.parts import detector_settings, head_norm
from nars.models.detector.sizes import image_multiple
from nars.models.detector.transform import DetectorTransform
from nars.space.candidate import Candidate


class DetectorPython:
    """``model.py``, which imports torch, torchvision's operators and safetensors, beside ``weights.safetensors``."""

    name: FormatName = "python"
    files: tuple[str, ...] = (PYTHON_FILE,)

    def write(self, source: DetectorSource, directory: Path) -> None:
        """Writes ``model.py``, and the weights where they are not there yet."""
        (directory / PYTHON_FILE).write_text(detector_python_text(source), encoding="utf-8")
        if not (directory / WEIGHTS_FILE).exists():
            (directory / WEIGHTS_FILE).write_bytes(dump_weights(source.detector))

    def open(self, directory: Path, transform: DetectorTransform) -> nn.Module:  # noqa: ARG002  # it has its own
        """Runs the file, as everyone who uses it does, and loads the weights."""
        return load_python(directory)


def detector_python_text(source: DetectorSource) -> str:
    """The text of the file.

    Raises:
        BundleError: If one of trunk and heads has group norms and the other has not: the file has one norm.
    """
    candidate = source.candidate
    settings, layout = detector_settings(candidate.recipe), detector_layout(candidate.architecture)
    norm, of_heads = candidate.recipe.norm, head_norm(candidate.recipe)
    if (norm == "GN") != (of_heads == "GN"):  # the synchronised ones are batch norm in eval mode
        raise BundleError(f"the file has one norm for trunk and heads, got {norm} and {of_heads}")
    sizes = anchors_by_level(settings.anchor_sizes, len(layout.strides))
    return DETECTOR_PYTHON_TEXT.format(
        channels=candidate.architecture.in_channels,
        classes=names_text(source.classes),
        shorter=candidate.architecture.resolution,
        longest=settings.max_test_size or candidate.architecture.resolution,
        multiple=image_multiple(layout),
        anchor_sizes=sizes,
        anchor_ratios=settings.anchor_ratios,
        strides=layout.strides,
        region_strides=layout.roi_strides,
        before_nms=settings.pre_nms_test,
        after_nms=settings.post_nms_test,
        proposal_iou=settings.rpn_nms,
        detection_iou=settings.nms,
        least_score=settings.score_threshold,
        most_detections=settings.detections,
        rows=rows_text(upsamples=True),
        parts=parts_text(source.detector, candidate.recipe.norm, candidate.architecture.style, upsamples=True),
        stem=stem_text(candidate.architecture),
        rpn_width=layout.rpn.width,
        num_anchors=len(sizes[0]) * len(settings.anchor_ratios),
        box_resolution=settings.box_resolution,
        **_stages(candidate, layout),
        **_backbone(source, layout),
        **_masks(candidate, layout),
    )


def _stages(candidate: Candidate, layout: DetectorLayout) -> dict[str, str]:
    """The rows of every part."""
    style, stem = candidate.architecture.style, candidate.architecture.stem
    parts = {"trunk": (layout.trunk.stages, stem.width), "rpn": ((layout.rpn,), layout.width)}
    parts["box"] = (layout.box, layout.width)
    if layout.mask is not None:
        parts["mask"] = (layout.mask, layout.width)
    texts = {name: stages_text(stage_rows(stages, style, in_width=width)) for name, (stages, width) in parts.items()}
    mask = texts.pop("mask", None)
    return {**texts, "mask_rows": "" if mask is None else f"MASK = (\n{mask}\n)\n"}


def _backbone(source: DetectorSource, layout: DetectorLayout) -> dict[str, str]:
    if len(layout.ends) == len(layout.strides):
        return {"backbone": LAST_LEVEL, "backbone_said": "", "operators": "batched_nms, roi_align"}
    return {
        "backbone": PYRAMID.format(
            widths=[layout.trunk.stages[end].width for end in layout.ends],
            width=layout.width,
            norm=norm_text(source.detector, source.candidate.recipe.norm),
            ends=layout.ends,
        ),
        "backbone_said": ", and a pyramid on the features of some of its stages",
        "operators": "FeaturePyramidNetwork, batched_nms, roi_align\n"
        "from torchvision.ops.feature_pyramid_network import LastLevelMaxPool",
    }


def _masks(candidate: Candidate, layout: DetectorLayout) -> dict[str, str]:
    box = f"box_head=BoxHead({layout.box[-1].width})"
    if layout.mask is None:
        return {"masks_said": "", "mask_head": "", "paste": "", "detect_masks": "", "heads": box}
    return {
        "masks_said": ",\nand `masks` (each as large as the image, of probabilities)",
        "mask_head": MASK_HEAD,
        "paste": PASTE,
        "detect_masks": DETECT_MASKS.format(mask_resolution=detector_settings(candidate.recipe).mask_resolution),
        "heads": f"{box}, mask_head=MaskHead({layout.mask[-1].width})",
    }
