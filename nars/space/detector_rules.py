"""Rules between settings of a detector, checked over all values that a space file gives them."""

from collections.abc import Mapping

from nars.space.detection_recipe import SWEPT
from nars.space.domains import FloatRange
from nars.space.leaf import Leaf, separate_values
from nars.space.recipe import CLASSIFIER_ONLY

_ORDERED = (("rpn_iou_low", "rpn_iou_high"), ("scale_low", "scale_high"))


def check_detector(leaves: Mapping[str, Leaf], problems: list[str]) -> None:
    """Every combination of the values that a file allows must make a detector; problems are appended."""
    in_architecture = any(path.startswith("architecture.detector.") for path in leaves)
    in_recipe = any(path.startswith("recipe.detector.") for path in leaves)
    if in_recipe and not in_architecture:
        problems.append("detector has no effect without architecture.detector @ $.recipe.detector")
    if not in_recipe:
        return
    for low, high in _ORDERED:
        largest = max(_numbers(leaves.get(f"recipe.detector.{low}")), default=0.0)
        smallest = min(_numbers(leaves.get(f"recipe.detector.{high}")), default=largest)
        if largest > smallest:
            problems.append(
                f"{low} must be <= {high} whatever their values, got up to {largest:g} and from {smallest:g} "
                f"@ $.recipe.detector.{low}"
            )
    swept = [f"recipe.detector.{name}" for name in SWEPT]
    if any(size is not None for size in separate_values(leaves.get("recipe.detector.train_sizes"))):
        swept.append("architecture.resolution")  # of test images alone
    for path in swept:
        leaf = leaves.get(path)
        if leaf is not None and leaf.domain is not None:
            problems.append(
                f"{path.rpartition('.')[2]} changes nothing in the weights: give one value, and nars sweep tells what "
                f"others would do @ $.{path}"
            )
    for name in CLASSIFIER_ONLY:
        if any(number != 0 for number in _numbers(leaves.get(f"recipe.{name}"))):
            problems.append(f"{name} has no effect in a detector @ $.recipe.{name}")


def _numbers(leaf: Leaf | None) -> list[float]:
    """The values of a setting that are numbers; the ends of a continuous one."""
    if leaf is not None and isinstance(leaf.domain, FloatRange):
        return [leaf.domain.low, leaf.domain.high]
    return [float(value) for value in separate_values(leaf) if isinstance(value, int | float)]
