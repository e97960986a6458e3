"""Whether the parts of a detector fit the sizes that they are run on."""

from dataclasses import replace

from nars.models.detector.layout import DetectorLayout
from nars.models.feature_sizes import feature_sizes, stage_sizes
from nars.space.detection_recipe import DetectionRecipe


def image_multiple(layout: DetectorLayout) -> int:
    """What the sides of a batch are padded to a multiple of: the stride of the trunk's coarsest features."""
    return layout.strides[0] if len(layout.ends) == len(layout.strides) else layout.strides[-2]


def largest_image(layout: DetectorLayout, recipe: DetectionRecipe) -> tuple[int, int]:
    """Shorter and longer side of the largest image at test as the trunk reads it, padding included."""
    multiple = image_multiple(layout)
    longest = recipe.max_test_size or layout.trunk.resolution
    shorter, longer = (-(-side // multiple) * multiple for side in (min(layout.trunk.resolution, longest), longest))
    return shorter, longer


def check_sizes(layout: DetectorLayout, recipe: DetectionRecipe) -> None:
    """Builds nothing where a part would leave nothing of its features, or a block could not be built.

    Raises:
        ModelError: With the path of the first that does not fit.
    """
    for side in largest_image(layout, recipe):
        feature_sizes(replace(layout.trunk, resolution=side))
    style, width = layout.trunk.style, layout.width
    heads = [("rpn_depth", (layout.rpn,), layout.strides[0]), ("box", layout.box, recipe.box_resolution)]
    if layout.mask is not None:
        heads.append(("mask", layout.mask, recipe.mask_resolution))
    for name, stages, size in heads:
        where = f"(regions of {size} pixels)"
        path = f"architecture.detector.{name}"
        stage_sizes(stages, style, in_width=width, size=size, path=path, where=where)
