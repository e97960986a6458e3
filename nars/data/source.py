"""The face of the data: what a data section names, split once, decoded when asked for."""

import logging
from pathlib import Path

import torch

from nars.data.dataset import DataInfo, Split
from nars.data.decoding import decode_images, require_readable
from nars.data.digits import DIGITS_INFO, digits_listings, digits_sizes, load_digits_split
from nars.data.image_folder import folder_classes, folder_listings, image_paths
from nars.data.pixels import pixels_path
from nars.data.splits import Splits, fingerprint, first_names, read_splits, write_splits
from nars.errors import DataError
from nars.space.data_spec import DataSpec, SplitName

SPLITS_FILE = "splits.json"

_logger = logging.getLogger(__name__)


def inspect_data(spec: DataSpec) -> DataInfo:
    """What a network must fit; lists folders, decodes nothing.

    Args:
        spec: The data section of a search space.

    Returns:
        Channels and classes.

    Raises:
        DataError: If the folder is absent, is empty or has one class only.
    """
    if spec.source == "digits":
        _require_fixed_split(spec)
        return DIGITS_INFO
    return DataInfo(in_channels=3, classes=folder_classes(_root(spec)))


def prepare_splits(spec: DataSpec, directory: Path) -> Splits:
    """The splits of a study: drawn, checked and written once, later read from where they were written.

    Args:
        spec: The data section of a search space.
        directory: Folder of ``splits.json``.

    Returns:
        The splits; every image of them exists, and was decoded once when they were drawn.

    Raises:
        DataError: If the data breaks a rule, images are unreadable, or have vanished or changed since.
    """
    path = directory / SPLITS_FILE
    if path.exists():
        return _read_again(spec, path)
    splits = _draw(spec)
    if splits.root is not None:
        require_readable(Path(splits.root), splits.all_paths())
    directory.mkdir(parents=True, exist_ok=True)
    write_splits(splits, path)
    return splits


def load_split(splits: Splits, name: SplitName, *, size: int, directory: Path | None = None) -> Split:
    """Decodes one split, and no other.

    Args:
        splits: What `prepare_splits` returned.
        name: Which one.
        size: Height and width in pixels at which the images are kept.
        directory: Folder of ``splits.json``, where decoded images are kept for all processes of a study and for the
            next one; none for the process's own memory.

    Returns:
        Images and labels.

    Raises:
        DataError: If an image cannot be decoded, or the images do not fit into memory.
    """
    listing = splits.listing(name)
    file = pixels_path(directory, name, splits.fingerprint, listing.paths, size)
    if splits.root is None:
        return load_digits_split(listing, size=size, file=file)
    images = decode_images(Path(splits.root), listing.paths, size=size, file=file)
    return Split(images=images, labels=torch.tensor(listing.labels, dtype=torch.int64))


def _draw(spec: DataSpec) -> Splits:
    info = inspect_data(spec)
    if spec.source == "digits":
        root, listings, sizes = None, digits_listings(), {"digits": digits_sizes()}
    else:
        root = _root(spec)
        listings = folder_listings(root, spec)
        paths = (path for listing in listings.values() for path in listing.paths)
        sizes = {path: (root / path).stat().st_size for path in paths}
    return Splits(
        source=spec.source,
        root=None if root is None else str(root),
        in_channels=info.in_channels,
        classes=info.classes,
        fingerprint=fingerprint(sizes),
        **listings,
    )


def _read_again(spec: DataSpec, path: Path) -> Splits:
    """The recorded splits, with the data folder where it is now."""
    recorded = read_splits(path)
    if recorded.source != spec.source:
        raise DataError(f"{path}: the splits are of source {recorded.source!r}, got {spec.source!r}")
    if spec.source == "digits":
        _require_fixed_split(spec)
        return recorded
    root = _root(spec)
    splits = recorded.model_copy(update={"root": str(root)})
    _require_unchanged(splits, root, path)
    _log_new_files(splits, root)
    return splits


def _require_unchanged(splits: Splits, root: Path, record: Path) -> None:
    paths = splits.all_paths()
    vanished = [path for path in paths if not (root / path).is_file()]
    if vanished:
        raise DataError(f"{root}: images of {record} have vanished: {first_names(vanished)}")
    now = fingerprint({path: (root / path).stat().st_size for path in paths})
    if now != splits.fingerprint:
        raise DataError(
            f"{root}: images have changed since {record} was written: "
            f"fingerprint must be {splits.fingerprint[:12]}, got {now[:12]}"
        )


def _log_new_files(splits: Splits, root: Path) -> None:
    new = sorted(set(image_paths(root, relative_to=root)) - set(splits.all_paths()))
    if new:
        _logger.warning("%s: new images are not used, the split stays as it was: %s", root, first_names(new))


def _require_fixed_split(spec: DataSpec) -> None:
    """The digits' split is fixed, so that a setting of it would be ignored in silence."""
    default = DataSpec()
    for name in ("val_share", "test_share", "split_seed"):
        if getattr(spec, name) != getattr(default, name):
            value = getattr(spec, name)
            raise DataError(f"the split of the digits is fixed: leave {name} out, got {value} @ $.data.{name}")


def _root(spec: DataSpec) -> Path:
    assert spec.path is not None  # DataSpec's own rule for an image folder
    return Path(spec.path).expanduser().absolute()
