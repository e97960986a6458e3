"""Rules between settings of a detector, checked over all values that a space file gives them."""

from collections.abc import Mapping

from nars.space.domains import Choice, FloatRange, IntRange, Value
from nars.space.inference import SWEPT
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
    for path in _swept_paths(leaves).values():
        leaf = leaves.get(path)
        if leaf is not None and leaf.domain is not None and not _is_listed(leaf):
            problems.append(
                f"{path.rpartition('.')[2]} changes nothing in the weights and is not searched: give one value, or "
                f"{{choice: [...]}} without a condition, which is told on the trained detectors @ $.{path}"
            )
    for name in CLASSIFIER_ONLY:
        if any(number != 0 for number in _numbers(leaves.get(f"recipe.{name}"))):
            problems.append(f"{name} has no effect in a detector @ $.recipe.{name}")


def take_swept(leaves: dict[str, Leaf]) -> dict[str, tuple[Value, ...]]:
    """Takes the lists of settings that change nothing in the weights out of what is searched.

    Args:
        leaves: All settings by path; such a list leaves its smallest value, the cheapest, as the fixed one.

    Returns:
        The lists, by the names of `nars.space.inference.InferenceSettings`.
    """
    taken: dict[str, tuple[Value, ...]] = {}
    for name, path in _swept_paths(leaves).items():
        leaf = leaves.get(path)
        if leaf is not None and _is_listed(leaf):
            taken[name] = tuple(separate_values(leaf))
            leaves[path] = Leaf(domain=None, value=taken[name][0])
    return taken


def _swept_paths(leaves: Mapping[str, Leaf]) -> dict[str, str]:
    """Settings that change nothing in the weights: their names and paths."""
    found = {name: f"recipe.detector.{name}" for name in SWEPT}
    if any(size is not None for size in separate_values(leaves.get("recipe.detector.train_sizes"))):
        found["resolution"] = "architecture.resolution"  # of test images alone
    return found


def _is_listed(leaf: Leaf) -> bool:
    return isinstance(leaf.domain, Choice | IntRange) and not leaf.when


def _numbers(leaf: Leaf | None) -> list[float]:
    """The values of a setting that are numbers; the ends of a continuous one."""
    if leaf is not None and isinstance(leaf.domain, FloatRange):
        return [leaf.domain.low, leaf.domain.high]
    return [float(value) for value in separate_values(leaf) if isinstance(value, int | float)]
