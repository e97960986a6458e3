"""Small image folders, written with Pillow from an explicit generator."""

from pathlib import Path

import numpy as np
from PIL import Image


def write_class(folder: Path, count: int, *, size: tuple[int, int] = (12, 10), seed: int = 0) -> None:
    """Writes ``count`` PNG images of noise, ``size`` as (width, height)."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    for index in range(count):
        pixels = rng.integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{index:03d}.png")


def write_classes(root: Path, counts: dict[str, int]) -> Path:
    """Writes one class folder per entry below ``root``."""
    for seed, (name, count) in enumerate(counts.items()):
        write_class(root / name, count, seed=seed)
    return root
