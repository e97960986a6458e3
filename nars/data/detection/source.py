"""The face of detection data: what a data section names, split once, decoded when asked for."""

from pathlib import Path

from nars.data.dataset import DataInfo
from nars.data.detection.coco import (
    coco_classes,
    coco_fingerprint,
    coco_root,
    draw_coco_splits,
    files_of,
    image_paths,
    load_coco_split,
)
from nars.data.detection.digit_scenes import SCENES_INFO, draw_scene_splits, load_scenes
from nars.data.detection.split import DetectionSplit
from nars.data.detection.splits import DetectionSplits, read_detection_splits
from nars.data.splits import SPLIT_NAMES, first_names, write_splits
from nars.errors import DataError
from nars.space.data_spec import DataSpec, SceneSettings, SplitName

SPLITS_FILE = "splits.json"


def inspect_detection_data(spec: DataSpec) -> DataInfo:
    """Channels and classes; reads the training annotations, decodes nothing.

    Raises:
        DataError: If they are absent or not COCO.
    """
    if spec.source == "digit_scenes":
        return SCENES_INFO
    return DataInfo(in_channels=3, classes=tuple(coco_classes(spec).values()))


def prepare_detection_splits(spec: DataSpec, directory: Path, *, with_masks: bool) -> DetectionSplits:
    """The splits of a study: drawn, checked and written once, later read from where they were written.

    Args:
        spec: Of the source ``coco`` or ``digit_scenes``.
        directory: Folder of ``splits.json``.
        with_masks: Whether masks are needed.

    Returns:
        The splits; every annotation of them is good and every image was decoded once when they were drawn.

    Raises:
        DataError: If annotations are bad and not to be dropped, or files have vanished or changed since.
    """
    path = directory / SPLITS_FILE
    if path.exists():
        return _read_again(spec, path)
    if spec.source == "digit_scenes":
        splits = draw_scene_splits(spec.scenes or SceneSettings())
    else:
        splits = draw_coco_splits(spec, with_masks=with_masks)
    directory.mkdir(parents=True, exist_ok=True)
    write_splits(splits, path)
    return splits


def load_detection_split(
    splits: DetectionSplits, name: SplitName, *, with_masks: bool, directory: Path | None = None
) -> DetectionSplit:
    """The images and objects of one split, and of no other.

    Args:
        splits: What `prepare_detection_splits` returned.
        name: Which one.
        with_masks: Whether masks are needed.
        directory: Folder of ``splits.json``, where decoded images are kept for all processes of a study and for the
            next one; none for the process's own memory.

    Raises:
        DataError: If an image cannot be decoded, or the split has no object at all.
    """
    if splits.scenes is not None:
        return load_scenes(splits.scenes, name, with_masks=with_masks)
    split = load_coco_split(splits, name, with_masks=with_masks, directory=directory)
    if all(bool(target.crowd.all()) for target in split.targets):
        raise DataError(f"{splits.root}: the {name} split has no object")
    return split


def _read_again(spec: DataSpec, path: Path) -> DetectionSplits:
    """The recorded splits, with the data folder where it is now."""
    recorded = read_detection_splits(path)
    if recorded.source != spec.source:
        raise DataError(f"{path}: the splits are of source {recorded.source!r}, got {spec.source!r}")
    if recorded.scenes is not None:
        if recorded.scenes != (spec.scenes or SceneSettings()):
            raise DataError(f"{path}: the splits are of other scenes: {recorded.scenes}, got {spec.scenes}")
        return recorded
    for name in SPLIT_NAMES:
        files, listing = files_of(spec, name) or spec.train, recorded.listing(name)
        assert files is not None
        if (files.images, files.annotations) != (listing.images, listing.annotations):
            raise DataError(f"{path}: the {name} split is of {listing.annotations}, got {files.annotations}")
    root = coco_root(spec)
    splits = recorded.model_copy(update={"root": str(root)})
    images = image_paths(splits)
    vanished = sorted(image for image in images if not (root / image).is_file())
    if vanished:
        raise DataError(f"{root}: images of {path} have vanished: {first_names(vanished)}")
    annotations = {listing.annotations for name in SPLIT_NAMES if (listing := splits.listing(name)).annotations}
    now = coco_fingerprint(root, images, annotations)
    if now != splits.fingerprint:
        raise DataError(
            f"{root}: images or annotations have changed since {path} was written: "
            f"fingerprint must be {splits.fingerprint[:12]}, got {now[:12]}"
        )
    return splits
