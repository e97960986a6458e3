"""The objects of an instances file, checked one by one; what breaks a rule is named, and left out."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import torch

from nars.data.detection.coco_document import CocoAnnotation, CocoDocument, CocoImage
from nars.data.detection.masks import Rle, read_segmentation
from nars.data.detection.split import Target
from nars.data.splits import first_names

_ROUNDING = 1.0
"""Pixels by which a box may stick out of its image: files round outwards. It is cut to the image."""


@dataclass(frozen=True, slots=True)
class Problems:
    """What is bad in a data set, by the rule that it breaks."""

    named: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """Per rule the annotations or images that break it."""

    def add(self, rule: str, name: str) -> None:
        """One more."""
        self.named[rule].append(name)

    def add_all(self, other: "Problems") -> None:
        """Those of another file."""
        for rule, names in other.named.items():
            self.named[rule].extend(names)

    @property
    def count(self) -> int:
        """How many."""
        return sum(len(names) for names in self.named.values())

    @property
    def lines(self) -> list[str]:
        """A line for each rule: the first ten names and how many there are."""
        return [f"{rule}: {first_names(names)}" for rule, names in self.named.items()]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Object:
    box: tuple[float, float, float, float]
    label: int
    crowd: bool
    area: float
    mask: Rle | None


def read_targets(
    document: CocoDocument, classes: Mapping[int, str], *, file: str, with_masks: bool
) -> tuple[dict[int, Target], Problems]:
    """The targets of all images of a file, by image id.

    Args:
        document: The file's content.
        classes: Name of each category id, as the training file has it; a class index is a place in this mapping.
        file: Name of the file, for messages.
        with_masks: Whether masks are read; they are not looked at otherwise.

    Returns:
        Targets without bad annotations, and those.
    """
    problems = Problems()
    images = {image.id: image for image in document.images}
    names = clashing_names(document)
    labels = {category: label for label, category in enumerate(classes)}
    objects: dict[int, list[_Object]] = {image_id: [] for image_id in images}
    for annotation in document.annotations:
        named = f"{file} annotation {annotation.id}"
        try:
            image = _image_of(annotation, images)
            _require_class(annotation, classes, names)
            found = _object(annotation, image, labels[annotation.category_id], with_masks=with_masks)
        except _BadAnnotationError as bad:
            problems.add(bad.rule, f"{named}{bad.detail}")
        else:
            objects[image.id].append(found)
    return {image_id: _target(found, with_masks=with_masks) for image_id, found in objects.items()}, problems


def clashing_names(document: CocoDocument) -> dict[int, set[str]]:
    """All names that each category id has; more than one is a clash."""
    names: dict[int, set[str]] = defaultdict(set)
    for category in document.categories:
        names[category.id].add(category.name)
    return names


class _BadAnnotationError(Exception):
    def __init__(self, rule: str, detail: object = "") -> None:
        super().__init__(rule)
        self.rule = rule
        self.detail = f" ({detail})" if detail != "" else ""


def _image_of(annotation: CocoAnnotation, images: Mapping[int, CocoImage]) -> CocoImage:
    if annotation.image_id not in images:
        raise _BadAnnotationError("annotations of no image of the file", f"image {annotation.image_id}")
    return images[annotation.image_id]


def _require_class(annotation: CocoAnnotation, classes: Mapping[int, str], names: Mapping[int, set[str]]) -> None:
    category = annotation.category_id
    if category not in names:
        raise _BadAnnotationError("annotations of no category of the file", f"category {category}")
    clash = names[category] | ({classes[category]} if category in classes else set())
    if len(clash) > 1:
        raise _BadAnnotationError(
            "category ids that clash", f"{category} is {' and '.join(repr(name) for name in sorted(clash))}"
        )
    if category not in classes:
        raise _BadAnnotationError("category ids that the training annotations lack", f"category {category}")


def _object(annotation: CocoAnnotation, image: CocoImage, label: int, *, with_masks: bool) -> _Object:
    x, y, width, height = annotation.bbox
    if not all(math.isfinite(number) for number in annotation.bbox) or width <= 0 or height <= 0:
        raise _BadAnnotationError("boxes without an area", f"{width:g} x {height:g}")
    beyond = max(-x, -y, x + width - image.width, y + height - image.height)
    if beyond > _ROUNDING:
        raise _BadAnnotationError("boxes outside the image", f"by {beyond:g} pixels")
    box = (max(x, 0.0), max(y, 0.0), min(x + width, float(image.width)), min(y + height, float(image.height)))
    if box[2] <= box[0] or box[3] <= box[1]:
        raise _BadAnnotationError("boxes outside the image", f"by {beyond:g} pixels")
    mask = None
    if with_masks:
        try:
            mask = read_segmentation(annotation.segmentation, height=image.height, width=image.width)
        except ValueError as error:
            raise _BadAnnotationError("masks that do not decode", error) from None
    area = annotation.area
    if area is None or not math.isfinite(area) or area <= 0:
        area = width * height if mask is None else mask.area
    return _Object(box=box, label=label, crowd=bool(annotation.iscrowd), area=area, mask=mask)


def _target(objects: Iterable[_Object], *, with_masks: bool) -> Target:
    objects = list(objects)
    return Target(
        boxes=torch.tensor([found.box for found in objects], dtype=torch.float32).reshape(-1, 4),
        labels=torch.tensor([found.label for found in objects], dtype=torch.int64),
        crowd=torch.tensor([found.crowd for found in objects], dtype=torch.bool),
        area=torch.tensor([found.area for found in objects], dtype=torch.float32),
        masks=tuple(found.mask for found in objects if found.mask is not None) if with_masks else None,
    )
