"""Where a weights file lies: the user's own path, or the cache, into which a pinned file is downloaded.

A source is ``NAME`` or ``PATH``, either with ``#sha256=DIGITS`` behind it, as pip writes a pin.
"""

import contextlib
import hashlib
import http.client
import os
import re
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from nars.errors import ModelError
from nars.models.pretrained.catalog import PublishedWeights, known_weights, published_weights

CACHE_VARIABLE = "NARS_WEIGHTS"
"""Environment variable that names the folder of published weights."""
_CACHE = "~/.cache/nars/weights"
_TIMEOUT_S = 10.0
_CHUNK_BYTES = 1 << 20
_SOURCE = re.compile(r"(?P<place>[^#]+)(#sha256=(?P<sha256>[0-9a-fA-F]{64}))?")
_FILE_ENDINGS = (".pt", ".pth", ".bin", ".ckpt", ".safetensors")


@dataclass(frozen=True, kw_only=True, slots=True)
class WeightsFile:
    """A weights file that is there."""

    path: Path
    sha256: str | None
    """Digits that its SHA-256 must start with; none where nothing is known of it."""
    published: PublishedWeights | None
    """None for the user's own file."""


def find_file(source: str) -> WeightsFile:
    """The file of a source; a published one that is pinned is downloaded where it is not in the cache.

    Raises:
        ModelError: If the name is unknown, or the file is absent and cannot be had, with its address and the place
            to put it.
    """
    found = _SOURCE.fullmatch(source)
    if found is None:
        raise ModelError(
            f"weights must be none, a name or a path, with #sha256= and 64 digits or without, got {source!r}"
        )
    place, pin = found["place"], found["sha256"] and found["sha256"].lower()
    if place not in known_weights() and (Path(place).expanduser().is_file() or _looks_like_a_path(place)):
        path = Path(place).expanduser()
        if not path.is_file():
            raise ModelError(f"{path}: there is no such weights file")
        return WeightsFile(path=path, sha256=pin, published=None)
    published = published_weights(place)
    path = cached_path(published)
    if pin and published.sha256 and not pin.startswith(published.sha256):
        raise ModelError(f"{place}: its SHA-256 is published to start with {published.sha256}, got the pin {pin}")
    sha256 = pin or published.sha256
    if not path.is_file():
        if sha256 is None:
            raise ModelError(
                f"{published.name}: not downloaded, since no checksum of it is published; put {published.url} at "
                f"{path}, or pin it as {published.name}#sha256=DIGITS"
            )
        download(published.url, path, sha256=sha256)
    return WeightsFile(path=path, sha256=sha256, published=published)


def cached_path(published: PublishedWeights) -> Path:
    """Where the file of published weights lies, or is to be put."""
    folder = Path(os.environ.get(CACHE_VARIABLE) or _CACHE).expanduser()
    return folder / f"{published.name}.pth"


def download(url: str, path: Path, *, sha256: str) -> None:
    """Fetches a file over https; it takes its name once it is whole and its checksum is right.

    Args:
        url: Where it lies.
        path: Where it shall lie; its folder is made.
        sha256: Digits that its SHA-256 must start with.

    Raises:
        ModelError: If it cannot be fetched or written, or its checksum is another.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        require_sum(_fetch(url, partial), sha256, url)
        partial.replace(path)
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        raise ModelError(f"{url} cannot be fetched ({reason}); put the file at {path}") from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink()


def _fetch(url: str, path: Path) -> str:
    """Writes what lies at an address to a file; returns its SHA-256."""
    digest = hashlib.sha256()
    with _opener().open(url, timeout=_TIMEOUT_S) as response, path.open("wb") as file:
        while chunk := response.read(_CHUNK_BYTES):
            digest.update(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()


def require_sum(got: str, wanted: str | None, where: str | Path) -> None:
    """Refuses a file whose SHA-256 does not start with the wanted digits.

    Raises:
        ModelError: With both sums.
    """
    if wanted is not None and not got.startswith(wanted):
        raise ModelError(f"{where}: the SHA-256 must start with {wanted}, got {got}: damaged, or another file")


def _looks_like_a_path(place: str) -> bool:
    return place.endswith(_FILE_ENDINGS) or place.startswith((".", "/", "~"))


def _opener() -> urllib.request.OpenerDirector:
    """Opens https alone, also behind a redirect."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler,
        urllib.request.HTTPSHandler,
        urllib.request.HTTPRedirectHandler,
        urllib.request.HTTPDefaultErrorHandler,
        urllib.request.HTTPErrorProcessor,
        urllib.request.UnknownHandler,
    ):
        opener.add_handler(handler())
    return opener
