"""An instances JSON as COCO defines it: what is in the file, whether or not it makes sense."""

import json
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from nars.errors import DataError

_Pixels = Annotated[int, Field(ge=1)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True)


class CocoCategory(_Part):
    """One class of objects."""

    id: int
    name: str


class CocoImage(_Part):
    """One image of the file."""

    id: int
    file_name: str
    height: _Pixels
    width: _Pixels


class CocoAnnotation(_Part):
    """One object, or a crowd of them."""

    id: int
    image_id: int
    category_id: int
    bbox: tuple[float, float, float, float] = Field(strict=False)
    """x, y, width, height in pixels."""
    area: float | None = None
    iscrowd: int = 0
    segmentation: Any = None
    """Polygons or run lengths, as they stand in the file."""


class CocoDocument(_Part):
    """The three lists of an instances file; what else it holds is passed over."""

    categories: list[CocoCategory] = Field(min_length=1)
    images: list[CocoImage] = Field(min_length=1)
    annotations: list[CocoAnnotation]


def read_document(path: Path) -> CocoDocument:
    """The content of an instances file.

    Raises:
        DataError: If it is absent, no JSON, or not of COCO's form.
    """
    try:
        document = CocoDocument.model_validate(json.loads(path.read_bytes()))
    except OSError as error:
        raise DataError(f"{path}: the annotations cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise DataError(f"{path}: not COCO annotations: {_first_problem(error)}") from None
    ids = [image.id for image in document.images]
    if len(set(ids)) < len(ids):
        twice = next(image_id for image_id in ids if ids.count(image_id) > 1)
        raise DataError(f"{path}: not COCO annotations: image ids must differ, got {twice} twice @ $.images")
    return document


def _first_problem(error: ValueError) -> str:
    if not isinstance(error, ValidationError):
        return f"not JSON: {error}"
    first = error.errors(include_url=False)[0]
    where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"])
    message = first["msg"].replace("Input should be", "must be").replace("Field required", "is required")
    more = f" ({error.error_count()} problems in all)" if error.error_count() > 1 else ""
    return f"{message} @ ${where}{more}"
