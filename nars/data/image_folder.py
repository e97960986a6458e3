"""Folders of images: class subfolders directly, or inside train/, val/ and test/."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from nars.data.splits import SPLIT_NAMES, Listing, SplitShares, stratify
from nars.errors import DataError
from nars.space.data_spec import DataSpec, SplitName

IMAGE_SUFFIXES = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"})
"""Other files of a class folder are no images and are passed over."""

ClassFiles = Mapping[str, list[str]]
"""Per class name the paths of its images relative to the root, sorted."""


def folder_classes(root: Path) -> tuple[str, ...]:
    """Class names of an image folder, sorted.

    Raises:
        DataError: If the folder is absent, is empty or has one class only.
    """
    return tuple(path.name for path in _class_folders(_training_folder(root)))


def folder_listings(root: Path, spec: DataSpec) -> dict[SplitName, Listing]:
    """Splits of an image folder; what it lacks of val and test is taken from train, class by class.

    Args:
        root: The data folder.
        spec: Shares and seed of the parts that are to be drawn.

    Returns:
        The three splits.

    Raises:
        DataError: If a class folder has no image, the splits differ in their classes, a class is too small to
            be split, or a rule of `folder_classes` is broken.
    """
    found = _folder_files(root)
    classes = tuple(found["train"])
    shares = SplitShares(
        val=0.0 if "val" in found else spec.val_share, test=0.0 if "test" in found else spec.test_share
    )
    try:
        drawn = stratify(
            [found["train"][name] for name in classes],
            shares=shares,
            rng=np.random.default_rng(spec.split_seed),
        )
    except ValueError as error:
        label, reason = error.args
        raise DataError(f"{root}: too few images of class {classes[label]!r} to split: {reason}") from None
    given = {name: list(files.values()) for name, files in found.items()}
    return {
        "train": _listing(drawn["train"]),
        "val": _listing(given.get("val", drawn["val"])),
        "test": _listing(given.get("test", drawn["test"])),
    }


def image_paths(folder: Path, *, relative_to: Path) -> list[str]:
    """All image files at any depth below ``folder``, as sorted paths relative to ``relative_to``."""
    files = (path for path in folder.rglob("*") if path.suffix.lower() in IMAGE_SUFFIXES and path.is_file())
    return sorted(path.relative_to(relative_to).as_posix() for path in files if path.name[0] != ".")


def _folder_files(root: Path) -> dict[SplitName, ClassFiles]:
    training_folder = _training_folder(root)
    classes = [folder.name for folder in _class_folders(training_folder)]
    if training_folder == root:
        return {"train": _class_files(root, root)}
    given: list[SplitName] = [name for name in SPLIT_NAMES if (root / name).is_dir()]
    for name in given:
        _require_same_classes(root / name, classes)
    return {name: _class_files(root / name, root) for name in given}


def _training_folder(root: Path) -> Path:
    """``root/train`` where that holds class folders, else ``root``."""
    if not root.exists():
        raise DataError(f"{root}: the data folder does not exist")
    if not root.is_dir():
        raise DataError(f"{root}: the data folder is not a folder")
    if not any(root.iterdir()):
        raise DataError(f"{root}: the data folder is empty")
    train = root / "train"
    if not (train.is_dir() and _subfolders(train)):
        return root
    unknown = [folder.name for folder in _subfolders(root) if folder.name not in SPLIT_NAMES]
    if unknown:
        raise DataError(f"{root}: beside train only val and test are known, got {', '.join(unknown)}")
    return train


def _class_folders(folder: Path) -> list[Path]:
    folders = _subfolders(folder)
    if not folders:
        raise DataError(f"{folder}: a data folder must hold one subfolder per class, got none")
    if len(folders) == 1:
        raise DataError(f"{folder}: two classes or more are needed, got one: {folders[0].name!r}")
    return folders


def _require_same_classes(folder: Path, classes: list[str]) -> None:
    names = [path.name for path in _subfolders(folder)]
    if not names:
        raise DataError(f"{folder}: the split has no images")
    if names != classes:
        differing = sorted(set(names) ^ set(classes))
        raise DataError(f"{folder}: its classes must be those of train, different: {', '.join(differing)}")


def _class_files(folder: Path, root: Path) -> dict[str, list[str]]:
    files = {path.name: image_paths(path, relative_to=root) for path in _class_folders(folder)}
    empty = [name for name, paths in files.items() if not paths]
    if len(empty) == len(files):
        raise DataError(f"{folder}: the split has no images")
    if empty:
        raise DataError(f"{folder}: class folders without images: {', '.join(empty)}")
    return files


def _subfolders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))


def _listing(files_by_class: list[list[str]]) -> Listing:
    return Listing(
        paths=tuple(path for files in files_by_class for path in files),
        labels=tuple(label for label, files in enumerate(files_by_class) for _ in files),
    )
