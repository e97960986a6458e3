"""Which images a search trains on, and how they are split."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field

DataSource = Literal["digits", "image_folder"]
SplitName = Literal["train", "val", "test"]


@dataclass(frozen=True, kw_only=True, slots=True)
class DataSpec:
    """The data section of a search space."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", strict=True)

    source: DataSource = "digits"
    path: str | None = None
    """Folder of ``image_folder``; a relative one starts at the working directory."""
    val_share: Annotated[float, Field(gt=0, lt=1)] = 0.15
    """Share of each class for validation, where the folder has no ``val``."""
    test_share: Annotated[float, Field(gt=0, lt=1)] = 0.15
    """Share of each class for the once-read test, where the folder has no ``test``."""
    split_seed: Annotated[int, Field(ge=0)] = 0

    def __post_init__(self) -> None:
        if (self.path is not None) != (self.source == "image_folder"):
            raise ValueError(f"path must be given exactly for image_folder, got source={self.source}, path={self.path}")
        if self.val_share + self.test_share >= 1:
            raise ValueError(f"val_share + test_share must be < 1, got {self.val_share} + {self.test_share}")
