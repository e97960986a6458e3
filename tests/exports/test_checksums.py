import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest

from nars.errors import BundleError
from nars.exports.checksums import read_checksums, verify_checksums, write_checksums

# FIPS 180-2, appendix B.1, and the well-known sum of no bytes
ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "b.txt").write_bytes(b"abc")
    (tmp_path / "a.txt").write_bytes(b"")
    write_checksums(tmp_path)
    return tmp_path


def test_the_file_is_sorted_and_exact(folder: Path) -> None:
    assert (folder / "SHA256SUMS").read_text() == f"{EMPTY}  a.txt\n{ABC}  b.txt\n"
    assert read_checksums(folder) == {"a.txt": EMPTY, "b.txt": ABC}
    verify_checksums(folder, read_checksums(folder))


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="sha256sum is not on this machine")
def test_sha256sum_reads_it(folder: Path) -> None:
    subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=folder, check=True, capture_output=True)


def test_damaged_and_missing_files_are_all_named(folder: Path) -> None:
    (folder / "a.txt").unlink()
    (folder / "b.txt").write_bytes(b"abd")
    found = hashlib.sha256(b"abd").hexdigest()
    with pytest.raises(BundleError) as info:
        verify_checksums(folder, read_checksums(folder))
    assert str(info.value) == (
        f"{folder}: the bundle is damaged: a.txt is missing (SHA-256 {EMPTY}); "
        f"b.txt must have SHA-256 {ABC}, got {found}"
    )


def test_files_that_are_not_recorded_are_let_be(folder: Path) -> None:
    (folder / "notes.txt").write_text("mine")
    verify_checksums(folder, read_checksums(folder))


def test_a_folder_without_a_record_is_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="not a bundle: SHA256SUMS cannot be read"):
        read_checksums(tmp_path)


@pytest.mark.parametrize("line", ["", f"{ABC} b.txt", f"{ABC}  ../b.txt", "b.txt"])
def test_a_line_that_is_no_record(folder: Path, line: str) -> None:
    (folder / "SHA256SUMS").write_text(f"{EMPTY}  a.txt\n{line}\n")
    with pytest.raises(BundleError) as info:
        read_checksums(folder)
    assert str(info.value) == (f"{folder / 'SHA256SUMS'}: line 2 must be a checksum and a file name, got {line!r}")
