"""Files that are whole or absent: written beside their place, then moved there."""

import os
from pathlib import Path

from nars.errors import ExperimentError


def require_writable(folder: Path) -> None:
    """Refuses a folder in which no file can be written, before any work is done for them; makes nothing.

    Raises:
        ExperimentError: If the folder, or the nearest one above it that is there, is none or may not be written.
    """
    nearest = next(path for path in (folder, *folder.parents) if os.access(path, os.F_OK))
    if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
        reason = "Permission denied" if nearest.is_dir() else "Not a directory"
        raise ExperimentError(f"results cannot be written: {reason}: {folder}")


def write_whole(path: Path, content: bytes) -> None:
    """Writes a file, replacing what was there; a kill in between leaves the old one.

    Raises:
        ExperimentError: If the folder cannot be made or written, or the disk is full.
    """
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            unfinished.write_bytes(content)
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)
    except OSError as error:
        raise ExperimentError(f"results cannot be written: {error.strerror}: {path}") from error
