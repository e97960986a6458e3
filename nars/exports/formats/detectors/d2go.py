"""d2go's config of a detector: detectron2's values, and the network in d2go's words (reference/fbnetv3.md part 3)."""

from collections.abc import Sequence
from typing import Any

import yaml

from nars.errors import BundleError
from nars.models.detector.layout import DetectorLayout, detector_layout
from nars.models.detector.parts import detector_settings, head_norm
from nars.models.detector.sizes import image_multiple
from nars.space.architecture import Block, BlockStyle, HeadStage, Stage
from nars.space.candidate import Candidate
from nars.space.norm import Norm

_NORMS: dict[Norm, str] = {"BN": "bn", "SyncBN": "sync_bn", "naiveSyncBN": "naiveSyncBN"}
_STEMS = (1, 3, 5, 7)
_KERNELS = (3, 5)


def d2go_config(candidate: Candidate, detectron2_text: str) -> str:
    """The text of a d2go config.

    Args:
        candidate: A detector.
        detectron2_text: The config that `nars.models.detector.detectron2_model.detectron2_config` made of it, dumped.

    Raises:
        BundleError: If d2go cannot build it; the message says which part.
    """
    architecture, settings = candidate.architecture, detector_settings(candidate.recipe)
    layout = detector_layout(architecture)
    norm = _norm(candidate)
    cfg = yaml.safe_load(detectron2_text)
    model = cfg["MODEL"]
    del model["NARS"]
    model["WEIGHTS"] = ""
    model["FBNET_V2"] = {
        "ARCH": "",
        "ARCH_DEF": d2go_definition(candidate),
        "NORM": norm,
        "STEM_IN_CHANNELS": architecture.in_channels,
        "WIDTH_DIVISOR": architecture.style.divisor,
    }
    model["BACKBONE"]["NAME"] = "FBNetV2C4Backbone"
    if len(layout.ends) < len(layout.strides):
        model["BACKBONE"]["NAME"] = "FBNetV2FpnBackbone"
        names = [_feature(candidate, end) for end in layout.ends]
        model["FPN"] |= {"IN_FEATURES": names, "OUT_CHANNELS": layout.width, "NORM": candidate.recipe.norm}
    else:
        model["RPN"]["IN_FEATURES"] = model["ROI_HEADS"]["IN_FEATURES"] = [_feature(candidate, layout.ends[0])]
    model["PROPOSAL_GENERATOR"]["NAME"] = "RPN"
    model["RPN"] |= {"HEAD_NAME": "FBNetV2RpnHead", "LOSS_WEIGHT": settings.objectness_weight}
    model["RPN"]["BBOX_REG_LOSS_WEIGHT"] = settings.rpn_box_weight / (settings.objectness_weight or 1)
    model["ROI_HEADS"]["NAME"] = "StandardROIHeads"
    model["ROI_BOX_HEAD"] |= {"NAME": "FBNetV2RoIBoxHead", "BBOX_REG_LOSS_WEIGHT": settings.box_weight}
    model["ROI_MASK_HEAD"]["NAME"] = "FBNetV2RoIMaskHead"
    cfg["MODEL_EMA"] = {"ENABLED": candidate.recipe.ema > 0, "DECAY": candidate.recipe.ema}
    return _notes(candidate, layout) + yaml.safe_dump(cfg, default_flow_style=None, sort_keys=False)


def d2go_definition(candidate: Candidate) -> list[dict[str, Any]]:
    """Trunk, heads and what their blocks share, as d2go's ``MODEL.FBNET_V2.ARCH_DEF``.

    Raises:
        BundleError: As `d2go_config`.
    """
    architecture, style = candidate.architecture, candidate.architecture.style
    layout = detector_layout(architecture)
    stem = architecture.stem
    if stem.kernel not in _STEMS:
        raise BundleError(f"d2go's first convolutions have kernels of {_list(_STEMS)}, got {stem.kernel}")
    arguments = {"bias": stem.bias, "relu_args": stem.activation}
    trunk: list[list[Any]] = [[[f"conv_k{stem.kernel}", stem.width, stem.stride, 1, arguments]]]
    for stage in layout.trunk.stages:
        if stage.stride > 1:
            trunk.append([])
        trunk[-1] += _layers(stage, style)
    parts: dict[str, Any] = {"trunk": trunk, "rpn": [_layers(layout.rpn, style)], "bbox": [_all(layout.box, style)]}
    if layout.mask is not None:
        parts["mask"] = [_all(layout.mask, style)]
    parts["basic_args"] = {
        "dw_skip_bnrelu": not style.depthwise_norm,
        "zero_last_bn_gamma": style.zero_init_residual,
    }
    return [{name: part} for name, part in parts.items()]


def _notes(candidate: Candidate, layout: DetectorLayout) -> str:
    """What the file cannot say."""
    settings = detector_settings(candidate.recipe)
    values = {"class_weight": settings.class_weight, "mask_weight": settings.mask_weight}
    lines = [f"# d2go has no word for {name}: {value:g}\n" for name, value in values.items() if value != 1]
    if settings.objectness_weight == 0 < settings.rpn_box_weight:  # its weight of boxes is a multiple of the other
        lines.append(f"# d2go has no word for rpn_box_weight beside objectness_weight 0: {settings.rpn_box_weight:g}\n")
    if len(layout.ends) == len(layout.strides):
        multiple = image_multiple(layout)
        lines.append(f"# d2go does not pad images to multiples of {multiple}: of other sizes it finds somewhat else.\n")
    return "".join(lines)


def _norm(candidate: Candidate) -> str:
    norm, of_heads = candidate.recipe.norm, head_norm(candidate.recipe)
    if norm != of_heads:
        raise BundleError(f"d2go has one norm for trunk and heads, got {norm} and {of_heads}")
    if norm not in _NORMS:
        raise BundleError(f"d2go's networks take one of the norms {', '.join(_NORMS)}, got {norm}")
    return _NORMS[norm]


def _feature(candidate: Candidate, end: int) -> str:
    """d2go's name of the features of a stage of the trunk: a stage that strides begins a new one."""
    return f"trunk{sum(stage.stride > 1 for stage in candidate.architecture.stages[: end + 1])}"


def _all(stages: Sequence[Stage], style: BlockStyle) -> list[list[Any]]:
    return [layer for stage in stages for layer in _layers(stage, style)]


def _layers(stage: Stage, style: BlockStyle) -> list[list[Any]]:
    """Operator, width, stride (less than 0 enlarges) and number of the first block of a stage, and of the rest."""
    upsample = stage.upsample if isinstance(stage, HeadStage) else 1
    stride = -upsample if upsample > 1 else stage.stride
    layers = [_layer(stage, stage.first, style, stride=stride, depth=1)]
    if stage.rest is not None:
        layers.append(_layer(stage, stage.rest, style, stride=1, depth=stage.depth - 1))
    return layers


def _layer(stage: Stage, block: Block, style: BlockStyle, *, stride: int, depth: int) -> list[Any]:
    if stage.block != "inverted_residual" or block.groups is not None:
        raise BundleError("d2go's blocks are inverted residuals with a depthwise convolution, got another")
    if block.kernel not in _KERNELS:
        raise BundleError(f"d2go's inverted residuals have kernels of {_list(_KERNELS)}, got {block.kernel}")
    if stage.width % style.divisor:
        raise BundleError(f"d2go rounds every width to multiples of {style.divisor}, got {stage.width}")
    gate = "sehsig" if style.se_gate == "hard_sigmoid" else "se"
    name = f"ir_k{block.kernel}_{gate}" if stage.squeeze_excite else f"ir_k{block.kernel}"
    arguments: dict[str, Any] = {
        "expansion": block.expansion,
        "less_se_channels": style.se_reference == "input",
        "relu_args": stage.activation,
    }
    if block.padding is not None:
        arguments["dw_args"] = {"padding": block.padding}
    return [name, stage.width, stride, depth, arguments]


def _list(kernels: Sequence[int]) -> str:
    return " or ".join(map(str, kernels))
