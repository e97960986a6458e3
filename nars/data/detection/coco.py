"""COCO data sets: instances files with their image folders, checked once, split, and decoded when asked for."""

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nars.data.decoding import sizes_of
from nars.data.detection.coco_document import CocoDocument, CocoImage, read_document
from nars.data.detection.coco_objects import Problems, clashing_names, read_targets
from nars.data.detection.image_files import read_images
from nars.data.detection.split import DetectionSplit, Target
from nars.data.detection.splits import DetectionSplits, ImageListing
from nars.data.pixels import pixels_path
from nars.data.splits import SPLIT_NAMES, fingerprint
from nars.errors import DataError
from nars.space.data_spec import CocoFiles, DataSpec, SplitName

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Checked:
    """One pair of image folder and instances file, without what is bad in it."""

    files: CocoFiles
    images: tuple[CocoImage, ...]
    """Those that are there, in the file's order."""
    problems: Problems


def coco_root(spec: DataSpec) -> Path:
    """The data's folder.

    Raises:
        DataError: If there is none.
    """
    assert spec.path is not None  # DataSpec's own rule
    root = Path(spec.path).expanduser().absolute()
    if not root.is_dir():
        raise DataError(f"{root}: the data folder does not exist")
    return root


def coco_classes(spec: DataSpec) -> dict[int, str]:
    """Names of the category ids of the training annotations; an id with two names is left out.

    Raises:
        DataError: If the training annotations are absent or not COCO.
    """
    assert spec.train is not None  # DataSpec's own rule
    return _classes(read_document(coco_root(spec) / spec.train.annotations))


def draw_coco_splits(spec: DataSpec, *, with_masks: bool) -> DetectionSplits:
    """Checks all files and images, and draws from the training images what has no files of its own.

    Args:
        spec: Of the source ``coco``.
        with_masks: Whether masks are needed.

    Raises:
        DataError: If a file is absent or not COCO; or anything in it is bad, unless the spec drops it.
    """
    root, classes = coco_root(spec), coco_classes(spec)
    given = {name: files for name in SPLIT_NAMES if (files := files_of(spec, name)) is not None}
    checked = {name: _check(root, files, classes, with_masks=with_masks) for name, files in given.items()}
    dropped = _require_good(spec, root, [found.problems for found in checked.values()])
    listings = {name: [image.id for image in found.images] for name, found in checked.items()}
    _draw_missing(spec, root, listings)
    paths = {f"{c.files.images}/{i.file_name}" for c in checked.values() for i in c.images}
    recorded: dict[str, Any] = {name: _listing(given.get(name, given["train"]), ids) for name, ids in listings.items()}
    return DetectionSplits(
        source="coco",
        root=str(root),
        category_ids=tuple(classes),
        classes=tuple(classes.values()),
        fingerprint=coco_fingerprint(root, paths, {files.annotations for files in given.values()}),
        dropped=dropped,
        **recorded,
    )


def load_coco_split(
    splits: DetectionSplits, name: SplitName, *, with_masks: bool, directory: Path | None = None
) -> DetectionSplit:
    """The images and objects of one split; see `nars.data.detection.load_detection_split`.

    Raises:
        DataError: If an image cannot be decoded.
    """
    assert splits.root is not None  # only scenes have none
    listing, root = splits.listing(name), Path(splits.root)
    assert listing.images is not None
    assert listing.annotations is not None
    document = read_document(root / listing.annotations)
    classes = dict(zip(splits.category_ids, splits.classes, strict=True))
    targets, _ = read_targets(document, classes, file=listing.annotations, with_masks=with_masks)
    images = {image.id: image for image in document.images}
    wanted = [images[image_id] for image_id in listing.image_ids]
    sizes = tuple((image.height, image.width) for image in wanted)
    found: list[Target] = [targets[image.id] for image in wanted]
    paths = [root / listing.images / image.file_name for image in wanted]
    file = pixels_path(directory, name, splits.fingerprint, listing, sizes)
    return DetectionSplit(
        images=read_images(paths, sizes, file=file),
        targets=tuple(found),
        image_ids=listing.image_ids,
        sizes=sizes,
    )


def coco_fingerprint(root: Path, images: set[str], annotations: set[str]) -> str:
    """SHA-256 over the images' names and sizes and the content of the annotations."""
    sizes: dict[str, int | str] = {path: (root / path).stat().st_size for path in images}
    for path in annotations:
        sizes[path] = hashlib.sha256((root / path).read_bytes()).hexdigest()
    return fingerprint(sizes)


def image_paths(splits: DetectionSplits) -> set[str]:
    """Paths of all images of the splits, from the data's folder."""
    assert splits.root is not None
    found = set()
    for listing in (splits.train, splits.val, splits.test):
        assert listing.annotations is not None
        document = read_document(Path(splits.root) / listing.annotations)
        wanted = set(listing.image_ids)
        found |= {f"{listing.images}/{image.file_name}" for image in document.images if image.id in wanted}
    return found


def files_of(spec: DataSpec, name: SplitName) -> CocoFiles | None:
    """The files of one split; none where it is drawn from the training images."""
    return {"train": spec.train, "val": spec.val, "test": spec.test}[name]


def _classes(document: CocoDocument) -> dict[int, str]:
    names = clashing_names(document)
    return {category: next(iter(names[category])) for category in sorted(names) if len(names[category]) == 1}


def _check(root: Path, files: CocoFiles, classes: Mapping[int, str], *, with_masks: bool) -> _Checked:
    document = read_document(root / files.annotations)
    _, problems = read_targets(document, classes, file=files.annotations, with_masks=with_masks)
    folder = root / files.images
    if not folder.is_dir():
        raise DataError(f"{folder}: the image folder does not exist")
    sizes = sizes_of([folder / image.file_name for image in document.images])
    good = []
    for image, size in zip(document.images, sizes, strict=True):
        if size == (image.height, image.width):
            good.append(image)
        elif size is not None:
            problems.add(
                "images of another size than their annotations say",
                f"{image.file_name} ({size[1]} x {size[0]}, said {image.width} x {image.height})",
            )
        elif (folder / image.file_name).is_file():
            problems.add("unreadable images", image.file_name)
        else:
            problems.add("missing images", image.file_name)
    return _Checked(files=files, images=tuple(good), problems=problems)


def _require_good(spec: DataSpec, root: Path, found: list[Problems]) -> int:
    problems = Problems()
    for one in found:
        problems.add_all(one)
    if not problems.count:
        return 0
    lines = "".join(f"\n  {line}" for line in problems.lines)
    if not spec.drop_bad_annotations:
        raise DataError(
            f"{root}: {problems.count} bad annotations or images:{lines}\n"
            f"  correct them, or leave them out with --drop-bad-annotations (drop_bad_annotations: true @ $.data)"
        )
    _logger.warning("%s: %d bad annotations or images are left out:%s", root, problems.count, lines)
    return problems.count


def _draw_missing(spec: DataSpec, root: Path, listings: dict[SplitName, list[int]]) -> None:
    """Moves images from the training split to those that have no files; shares are of all its images."""
    shares: dict[SplitName, float] = {"val": spec.val_share, "test": spec.test_share}
    ids = listings["train"]
    order = np.random.default_rng(spec.split_seed).permutation(len(ids))
    start = 0
    for name, share in shares.items():
        if name not in listings:
            stop = start + max(1, round(len(ids) * share))
            listings[name] = [ids[i] for i in sorted(order[start:stop])]
            start = stop
    listings["train"] = [ids[i] for i in sorted(order[start:])]
    empty = [name for name in SPLIT_NAMES if not listings[name]]
    if empty:
        raise DataError(f"{root}: too few images: the {empty[0]} split would have none")


def _listing(files: CocoFiles, ids: list[int]) -> ImageListing:
    return ImageListing(images=files.images, annotations=files.annotations, image_ids=tuple(ids))
