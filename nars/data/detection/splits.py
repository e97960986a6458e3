"""Which image is in which split of a detection data set, as recorded in ``splits.json``."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from nars.errors import DataError
from nars.space.data_spec import DataSource, SceneSettings, SplitName


class ImageListing(BaseModel):
    """The images of one split."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    images: str | None = None
    """Folder of the images, from the data's folder; none for scenes."""
    annotations: str | None = None
    """The instances file, from the data's folder; none for scenes."""
    image_ids: tuple[int, ...]
    """As the file has them; numbers of scenes."""


class DetectionSplits(BaseModel):
    """The splits of one data set."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: DataSource
    root: str | None
    """Absolute path of the data folder when last prepared; none for scenes."""
    scenes: SceneSettings | None = None
    in_channels: int = 3
    category_ids: tuple[int, ...]
    """Of the training annotations, by class index."""
    classes: tuple[str, ...]
    fingerprint: str
    """SHA-256 over the names and sizes in bytes of all images, and over the annotations."""
    dropped: int = 0
    """Bad annotations and missing images that are left out, as was asked for."""
    train: ImageListing
    val: ImageListing
    test: ImageListing

    def listing(self, name: SplitName) -> ImageListing:
        """The images of the split called ``name``."""
        return {"train": self.train, "val": self.val, "test": self.test}[name]


def read_detection_splits(path: Path) -> DetectionSplits:
    """Reads a record.

    Raises:
        DataError: If the file is not a record of such splits.
    """
    try:
        return DetectionSplits.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise DataError(f"{path}: not a record of splits: {first['msg']} @ {where or '$'}") from None
