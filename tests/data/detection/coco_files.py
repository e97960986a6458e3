"""A small COCO data set on disk."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from nars.space.data_spec import CocoFiles, DataSpec

SIZE = (24, 32)
"""Height and width of every image."""
POLYGON = [4.0, 4.0, 20.0, 4.0, 20.0, 16.0, 4.0, 16.0]


def annotation(number: int, image: int, **changes: Any) -> dict[str, Any]:
    """A good annotation of a rectangle of 16 x 12 pixels, with changes."""
    return {
        "id": number, "image_id": image, "category_id": 3, "bbox": [4.0, 4.0, 16.0, 12.0], "area": 192.0,
        "iscrowd": 0, "segmentation": [POLYGON],
    } | changes  # fmt: skip


def document(images: int = 8, *extra: dict[str, Any]) -> dict[str, Any]:
    """One good annotation for each image, and extra ones."""
    height, width = SIZE
    return {
        "info": {"note": "passed over"},
        "images": [{"id": i, "file_name": f"{i:03}.png", "height": height, "width": width} for i in range(images)],
        "categories": [{"id": 7, "name": "dog"}, {"id": 3, "name": "cat"}],
        "annotations": [annotation(100 + i, i) for i in range(images)] + list(extra),
    }


def write(root: Path, content: dict[str, Any], name: str = "train") -> CocoFiles:
    """Writes images and annotations of one split."""
    folder = root / "images"
    folder.mkdir(parents=True, exist_ok=True)
    for image in content["images"]:
        pixels = np.full((image["height"], image["width"], 3), image["id"] % 256, dtype=np.uint8)
        Image.fromarray(pixels).save(folder / image["file_name"])
    (root / f"{name}.json").write_text(json.dumps(content))
    return CocoFiles(images="images", annotations=f"{name}.json")


def spec(root: Path, *extra: dict[str, Any], images: int = 8, **settings: Any) -> DataSpec:
    """The data section of a data set whose training annotations have these extra ones."""
    return DataSpec(source="coco", path=str(root), train=write(root, document(images, *extra)), **settings)
