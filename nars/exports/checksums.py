"""SHA256SUMS: the files of a bundle and what their bytes must be, in the form that ``sha256sum --check`` reads."""

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path

from nars.errors import BundleError

CHECKSUMS_FILE = "SHA256SUMS"
_LINE = re.compile(r"(?P<sum>[0-9a-f]{64})  (?P<name>[^/\0]+)")


def write_checksums(directory: Path) -> None:
    """Record every file of a folder without subfolders."""
    lines = [f"{_sha256(path)}  {path.name}\n" for path in sorted(directory.iterdir())]
    (directory / CHECKSUMS_FILE).write_text("".join(lines), encoding="utf-8")


def read_checksums(directory: Path) -> dict[str, str]:
    """SHA-256 in hexadecimal by file name.

    Raises:
        BundleError: If the record is absent or is not one.
    """
    path = directory / CHECKSUMS_FILE
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BundleError(f"{directory}: not a bundle: {CHECKSUMS_FILE} cannot be read: {error}") from error
    matches = [_LINE.fullmatch(line) for line in lines]
    for number, (line, match) in enumerate(zip(lines, matches, strict=True), start=1):
        if match is None:
            raise BundleError(f"{path}: line {number} must be a checksum and a file name, got {line!r}")
    return {match["name"]: match["sum"] for match in matches if match is not None}


def verify_checksums(directory: Path, sums: Mapping[str, str]) -> None:
    """Compare every recorded file with its checksum; files that are not recorded are let be.

    Raises:
        BundleError: Naming every missing and damaged file, with the checksum it must have and has.
    """
    problems = [problem for name, expected in sums.items() if (problem := _problem(directory / name, expected))]
    if problems:
        raise BundleError(f"{directory}: the bundle is damaged: {'; '.join(problems)}")


def _problem(path: Path, expected: str) -> str | None:
    if not path.is_file():
        return f"{path.name} is missing (SHA-256 {expected})"
    actual = _sha256(path)
    return None if actual == expected else f"{path.name} must have SHA-256 {expected}, got {actual}"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
