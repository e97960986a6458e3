"""Which image is in which split: drawn once, written down, read ever after."""

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Self, TypeVar

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from nars.errors import DataError
from nars.space.data_spec import DataSource, SplitName

SPLIT_NAMES: tuple[SplitName, ...] = ("train", "val", "test")
TRAINED_ON: tuple[SplitName, SplitName] = ("train", "val")
"""What a trial reads."""

Item = TypeVar("Item")


class Listing(BaseModel):
    """The images of one split, without their pixels."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    paths: tuple[str, ...]
    """Relative to the data folder, with forward slashes; rows of the table for the digits."""
    labels: tuple[int, ...]
    """Class index of each path."""

    @model_validator(mode="after")
    def _same_length(self) -> Self:
        if len(self.paths) != len(self.labels):
            raise ValueError(f"every path needs a label, got {len(self.paths)} paths, {len(self.labels)} labels")
        return self


class Splits(BaseModel):
    """The splits of one data set, as recorded in ``splits.json``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: DataSource
    root: str | None
    """Absolute path of the data folder when last prepared; none for the digits."""
    in_channels: int
    classes: tuple[str, ...]
    fingerprint: str
    """SHA-256 over the names and the sizes in bytes of all images."""
    train: Listing
    val: Listing
    test: Listing

    def listing(self, name: SplitName) -> Listing:
        """The images of the split called ``name``."""
        return {"train": self.train, "val": self.val, "test": self.test}[name]

    def all_paths(self) -> list[str]:
        """Paths of all three splits, train first."""
        return [path for name in SPLIT_NAMES for path in self.listing(name).paths]


class SplitShares(NamedTuple):
    """Shares of each class that leave the training split; 0 takes none."""

    val: float
    test: float


def stratify(
    items_by_class: Sequence[Sequence[Item]], *, shares: SplitShares, rng: np.random.Generator
) -> dict[SplitName, list[list[Item]]]:
    """Draws a split class by class, so that each part has the classes in the proportions of the whole.

    Args:
        items_by_class: The items of each class, in an order that does not depend on the machine.
        shares: Shares for validation and test; a share above 0 takes at least one item of each class.
        rng: Source of the draw.

    Returns:
        Per split the items of each class, in their given order.

    Raises:
        ValueError: If a class is too small to leave an item for training; its index comes first in ``args``.
    """
    parts: dict[SplitName, list[list[Item]]] = {name: [] for name in SPLIT_NAMES}
    for label, items in enumerate(items_by_class):
        num_val, num_test = (max(1, round(len(items) * share)) if share else 0 for share in shares)
        if len(items) <= num_val + num_test:
            raise ValueError(label, f"{len(items)} images cannot give {num_val} + {num_test} and keep one")
        order = rng.permutation(len(items))
        ends = (num_val, num_val + num_test)
        drawn = {"val": order[: ends[0]], "test": order[ends[0] : ends[1]], "train": order[ends[1] :]}
        for name in SPLIT_NAMES:
            parts[name].append([items[i] for i in np.sort(drawn[name])])
    return parts


def fingerprint(sizes: Mapping[str, int | str]) -> str:
    """SHA-256 over names and sizes in bytes (or checksums), in the order of the names."""
    digest = hashlib.sha256()
    for name in sorted(sizes):
        digest.update(f"{name}\0{sizes[name]}\n".encode())
    return digest.hexdigest()


def write_splits(splits: BaseModel, path: Path) -> None:
    """Writes a record of splits so that a reader sees all of it or none."""
    temporary = path.with_suffix(".tmp")
    with temporary.open("w", encoding="utf-8") as file:
        file.write(splits.model_dump_json(indent=1) + "\n")
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def read_splits(path: Path) -> Splits:
    """Reads a record.

    Raises:
        DataError: If the file is not a record of splits.
    """
    try:
        return Splits.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise DataError(f"{path}: not a record of splits: {first['msg']} @ {where or '$'}") from None


def first_names(names: Iterable[str], *, limit: int = 10) -> str:
    """The first ``limit`` names and how many there are, for a message of one line."""
    names = list(names)
    shown = ", ".join(names[:limit])
    return f"{shown}, ... ({len(names)} in all)" if len(names) > limit else f"{shown} ({len(names)} in all)"
