"""Which images a search trains on, and how they are split."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field

DataSource = Literal["digits", "image_folder", "coco", "digit_scenes"]
SplitName = Literal["train", "val", "test"]

_STRICT = ConfigDict(extra="forbid", strict=True)


@dataclass(frozen=True, kw_only=True, slots=True)
class CocoFiles:
    """One split of a COCO data set; both paths start at the data's ``path``."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    images: Annotated[str, Field(min_length=1)]
    """Folder of the images."""
    annotations: Annotated[str, Field(min_length=1)]
    """The instances JSON."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SceneSettings:
    """Scenes of handwritten digits: how many, how large, and which."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    train: Annotated[int, Field(ge=1)] = 600
    """Scenes of the training split, drawn from the training digits alone; so for the other two."""
    val: Annotated[int, Field(ge=1)] = 150
    test: Annotated[int, Field(ge=1)] = 150
    pixels: Annotated[int, Field(ge=32, le=1024)] = 96
    """Height and width of a scene."""
    seed: Annotated[int, Field(ge=0)] = 0

    def count(self, name: SplitName) -> int:
        """Scenes of the split called ``name``."""
        return {"train": self.train, "val": self.val, "test": self.test}[name]


@dataclass(frozen=True, kw_only=True, slots=True)
class DataSpec:
    """The data section of a search space."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    source: DataSource = "digits"
    path: str | None = None
    """Folder of ``image_folder`` or ``coco``; a relative one starts at the working directory."""
    val_share: Annotated[float, Field(gt=0, lt=1)] = 0.15
    """Share of each class for validation, where the folder has no ``val``; share of images for ``coco``."""
    test_share: Annotated[float, Field(gt=0, lt=1)] = 0.15
    """Share of each class for the once-read test, where the folder has no ``test``; share of images for ``coco``."""
    split_seed: Annotated[int, Field(ge=0)] = 0
    train: CocoFiles | None = None
    """Files of ``coco``; what has no ``val`` or ``test`` of its own is drawn from the training images."""
    val: CocoFiles | None = None
    test: CocoFiles | None = None
    drop_bad_annotations: bool = False
    """Whether bad annotations of ``coco`` are left out; else the first stops the search before it begins."""
    scenes: SceneSettings | None = None
    """Of ``digit_scenes``; none for the default ones."""

    def __post_init__(self) -> None:
        if (self.path is not None) != (self.source in FOLDER_SOURCES):
            raise ValueError(
                f"path must be given exactly for {' and '.join(FOLDER_SOURCES)}, "
                f"got source={self.source}, path={self.path}"
            )
        if self.val_share + self.test_share >= 1:
            raise ValueError(f"val_share + test_share must be < 1, got {self.val_share} + {self.test_share}")
        if (self.train is not None) != (self.source == "coco"):
            raise ValueError(f"train must be given exactly for coco, got source={self.source}, train={self.train}")
        if self.source != "coco" and (self.val or self.test or self.drop_bad_annotations):
            raise ValueError(f"val, test and drop_bad_annotations are for coco, got source={self.source}")
        if self.source != "digit_scenes" and self.scenes is not None:
            raise ValueError(f"scenes are for digit_scenes, got source={self.source}")


FOLDER_SOURCES: tuple[DataSource, ...] = ("image_folder", "coco")
"""The sources that lie in a folder."""
