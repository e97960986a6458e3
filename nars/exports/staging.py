"""A folder appears under its name whole, or not at all."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nars.errors import BundleError
from nars.exports.checksums import CHECKSUMS_FILE, read_checksums


def require_replaceable(out: Path) -> None:
    """Refuse to write over anything but a bundle.

    Raises:
        BundleError: If ``out`` is a file, or a folder that holds anything beside the files of a bundle.
    """
    if not out.exists():
        return
    if not out.is_dir():
        raise BundleError(f"{out}: must be absent, empty or an earlier bundle, got a file")
    names = {path.name for path in out.iterdir()}
    recorded = set(read_checksums(out)) if CHECKSUMS_FILE in names else set()
    foreign = sorted(names - recorded - {CHECKSUMS_FILE})
    if foreign:
        raise BundleError(f"{out}: must be absent, empty or an earlier bundle, got {', '.join(foreign[:3])} in it")


@contextmanager
def staged(out: Path) -> Iterator[Path]:
    """A new folder to fill, which takes the place of ``out`` at the end; on an error ``out`` stays as it was.

    Raises:
        BundleError: If ``out`` may not be replaced or cannot be written.
    """
    require_replaceable(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        # beside its place, because only within one file system is a rename atomic
        with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.") as work:
            new, old = Path(work) / "new", Path(work) / "old"
            new.mkdir()
            yield new
            if out.exists():
                out.rename(old)
            new.rename(out)
    except OSError as error:
        raise BundleError(f"{out}: the bundle cannot be written: {error.strerror or error}") from error
