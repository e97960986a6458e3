"""Joins a search space to its images: how many channels and classes the network must have."""

from dataclasses import replace

from nars.data.detection import inspect_detection_data
from nars.data.source import inspect_data
from nars.errors import DataError
from nars.space.search_space import SearchSpace

_CHANNELS, _CLASSES = "architecture.in_channels", "architecture.num_classes"


def fit_to_data(space: SearchSpace) -> SearchSpace:
    """The space with channels and classes told by its data.

    Args:
        space: Whose data section names the images.

    Returns:
        The same space; its architecture now says channels and classes.

    Raises:
        DataError: If the data is absent, the space says other numbers than the data, or its networks are no
            classifiers.
    """
    if not space.has_head and not space.is_detection:
        raise DataError(
            f"data of the source {space.data.source} is for classifiers, which need a head, got null "
            f"@ $.architecture.head"
        )
    info = inspect_detection_data(space.data) if space.is_detection else inspect_data(space.data)
    for path, found in ((_CHANNELS, info.in_channels), (_CLASSES, len(info.classes))):
        said = space.fixed.get(path)
        if said is not None and said != found:
            name = path.rsplit(".", maxsplit=1)[-1]
            raise DataError(f"{name} must be {found} as in the data ({space.data.source}), got {said} @ $.{path}")
    return space.with_data_shape(in_channels=info.in_channels, num_classes=len(info.classes))


def shaped(space: SearchSpace) -> SearchSpace:
    """The space with channels and classes, told by its data only where it does not say them itself.

    For looking at a space whose images lie elsewhere.

    Raises:
        DataError: If they are not said and the data is absent.
    """
    return fit_to_data(space) if None in (space.fixed[_CHANNELS], space.fixed[_CLASSES]) else space


def dropping_bad_annotations(space: SearchSpace) -> SearchSpace:
    """The space whose bad COCO annotations are left out; the record of its splits remembers that.

    Raises:
        DataError: If its data has no COCO annotations.
    """
    if space.data.source != "coco":
        raise DataError(f"bad annotations can be dropped from coco data alone, got {space.data.source} @ $.data.source")
    return replace(space, data=replace(space.data, drop_bad_annotations=True))
