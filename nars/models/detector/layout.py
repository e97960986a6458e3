"""Which stages of an architecture are a detector's trunk, RPN and box head."""

from dataclasses import dataclass, replace
from itertools import accumulate

from nars.errors import ModelError
from nars.space.architecture import Architecture, Detector, Stage


@dataclass(frozen=True, kw_only=True, slots=True)
class DetectorLayout:
    """The parts of one detector as stages."""

    trunk: Architecture
    """The trunk alone."""
    ends: tuple[int, ...]
    """Indices of the trunk's stages whose features are read, finest first; of a C4 detector, the last stage."""
    strides: tuple[int, ...]
    """Of all features that proposals are read from; a pyramid has one more than ``ends``."""
    roi_strides: tuple[int, ...]
    """Of the features that regions are pooled from."""
    width: int
    """Channels of these features."""
    rpn: Stage
    """The RPN's feature extractor."""
    box: tuple[Stage, ...]
    mask: tuple[Stage, ...] | None


def detector_layout(architecture: Architecture) -> DetectorLayout:
    """The parts of a detector.

    Raises:
        ModelError: If the architecture has no detector, or its stages do not have the strides that the detector reads.
    """
    detector = architecture.detector
    if detector is None:
        raise ModelError("architecture.detector: a detector needs one, got none")
    strides = stage_strides(architecture)
    if detector.form == "c4":
        ends: tuple[int, ...] = (_end(strides, detector.stride, "architecture.detector.stride"),)
        trunk = replace(architecture, stages=architecture.stages[: ends[0] + 1], detector=None)
        levels: tuple[int, ...] = (detector.stride,)
        roi_levels, width = levels, architecture.stages[ends[0]].width
        _require(detector.box is None or len(strides) == ends[0] + 1, detector, "no stage beyond")
    else:
        ends = tuple(i for i in _ends(strides) if strides[i] >= detector.stride)
        trunk = replace(architecture, detector=None)
        levels = (*(strides[i] for i in ends), 2 * strides[-1])
        _end(strides, detector.stride, "architecture.detector.stride")
        assert detector.fpn_width is not None
        width = detector.fpn_width
        roi_stride = detector.roi_stride or detector.stride
        _end(strides, roi_stride, "architecture.detector.roi_stride")
        roi_levels = tuple(stride for stride in levels if stride >= roi_stride)
    return DetectorLayout(
        trunk=trunk,
        ends=ends,
        strides=levels,
        roi_strides=roi_levels,
        width=width,
        rpn=_rpn(architecture, detector, strides),
        box=detector.box or _box(architecture, detector, strides),
        mask=detector.mask,
    )


def stage_strides(architecture: Architecture) -> tuple[int, ...]:
    """Pixels of the image between neighbouring features of each stage."""
    strides = accumulate((stage.stride for stage in architecture.stages), int.__mul__, initial=architecture.stem.stride)
    return tuple(strides)[1:]


def _ends(strides: tuple[int, ...]) -> tuple[int, ...]:
    """Indices of the last stages at each stride."""
    return tuple(i for i, stride in enumerate(strides) if i + 1 == len(strides) or strides[i + 1] > stride)


def _end(strides: tuple[int, ...], stride: int, path: str) -> int:
    if stride not in strides:
        raise ModelError(
            f"{path}: must be the stride of a stage, which are {', '.join(map(str, strides))}, got {stride}"
        )
    return max(i for i, known in enumerate(strides) if known == stride)


def _rpn(architecture: Architecture, detector: Detector, strides: tuple[int, ...]) -> Stage:
    stride = detector.rpn_stride or (detector.stride if detector.form == "c4" else 16)
    stage = architecture.stages[_end(strides, stride, "architecture.detector.rpn_stride")]
    block = replace(stage.rest or stage.first, padding=None)
    depth = detector.rpn_depth or max(1, stage.depth - 1)
    return replace(stage, depth=depth, stride=1, first=block, rest=block if depth > 1 else None)


def _box(architecture: Architecture, detector: Detector, strides: tuple[int, ...]) -> tuple[Stage, ...]:
    """The trunk's own stages, run on each region: all beyond a C4 detector's stride, the last stride's of an FPN."""
    beyond = detector.stride if detector.form == "c4" else strides[-1] // 2
    stages = tuple(stage for stage, stride in zip(architecture.stages, strides, strict=True) if stride > beyond)
    _require(bool(stages), detector, "a stage beyond")
    return stages


def _require(holds: bool, detector: Detector, what: str) -> None:  # noqa: FBT001  # the condition is the point
    if not holds:
        given = "without box stages of its own" if detector.box is None else "with box stages of its own"
        raise ModelError(f"architecture.stages: a {detector.form} detector {given} must have {what} its stride")
