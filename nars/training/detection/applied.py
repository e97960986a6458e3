"""What a detector's run really uses, read back from the built objects."""

from collections.abc import Iterator

from torch import nn

from nars.models.detector import TwoStageDetector
from nars.training.applied import describe_average, describe_module, make_applied
from nars.training.detection.parts import DetectorParts
from nars.trials import Applied

_PLAIN = (bool, int, float, str, tuple, list, dict)
# What the parts read from their settings at each step.
_LOSS_SETTINGS = {
    "rpn": ("objectness_weight", "rpn_box_weight", "smooth_l1_beta"),
    "roi_heads": ("class_weight", "box_weight", "mask_weight", "smooth_l1_beta"),
}
_EVERY_MODULES = frozenset(vars(nn.Module()))
_SIZE_SETTINGS = ("scale_low", "scale_high", "max_train_size", "max_test_size")


def read_detector_applied(parts: DetectorParts) -> Applied:
    """The record of a run that has not taken a step yet."""
    network = parts.network
    return make_applied(
        parts,
        augmentation=_describe_augmentation(parts),
        module=[*describe_module(network), *_describe_settings(network)],
        regularisation=f"{_describe_losses(network)}; {describe_average(parts.average)}",
        weights=parts.weights,
    )


def _describe_augmentation(parts: DetectorParts) -> str:
    transform = parts.network.transform
    sizes = {name: getattr(transform.recipe, name) for name in _SIZE_SETTINGS}
    resize = f"resize(train={transform.train_sizes}, test={transform.test_size}, {_pairs(sizes)})"
    return " -> ".join([*(repr(step) for step in parts.augmentation), resize])


def _describe_losses(network: TwoStageDetector) -> str:
    parts = {name: getattr(network, name).recipe for name in _LOSS_SETTINGS}
    return ", ".join(
        f"{name}({_pairs({key: getattr(settings, key) for key in _LOSS_SETTINGS[name]})})"
        for name, settings in parts.items()
    )


def _describe_settings(network: nn.Module) -> Iterator[str]:
    """Numbers and words that modules hold beside their tensors, and those of torchvision's matchers and samplers."""
    for name, module in network.named_modules():
        for key, value in sorted(_own(module).items()):
            if isinstance(value, _PLAIN):
                yield f"{name}.{key}={value!r}"
            elif type(value).__module__.startswith("torchvision."):
                yield f"{name}.{key}={type(value).__name__}({_pairs(_own(value))})"


def _own(thing: object) -> dict[str, object]:
    """What a thing holds of its own, beside what every module has."""
    return {key: value for key, value in vars(thing).items() if key not in _EVERY_MODULES}


def _pairs(settings: dict[str, object]) -> str:
    return ", ".join(
        f"{key}={value!r}" for key, value in sorted(settings.items()) if isinstance(value, (*_PLAIN, type(None)))
    )
