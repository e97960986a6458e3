"""Decoded images that processes share."""

import logging
import multiprocessing
import os
import resource
import shutil
import signal
import time
from multiprocessing.synchronize import Event
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from nars.data import load_split, prepare_splits
from nars.data.pixels import keep_pixels
from nars.errors import DataError
from nars.space.data_spec import DataSpec
from tests.data.folders import write_classes

SIZES = [3, 5, 2]


def decode(index: int) -> NDArray[np.uint8]:
    return np.full(SIZES[index], index + 1, dtype=np.uint8)


def refuse(index: int) -> NDArray[np.uint8]:
    raise AssertionError(f"image {index} is decoded again")


def test_images_lie_one_after_the_other(tmp_path: Path) -> None:
    assert keep_pixels(tmp_path / "images" / "a.u8", SIZES, decode).tolist() == [1, 1, 1, 2, 2, 2, 2, 2, 3, 3]


def test_what_is_there_is_not_decoded_again(tmp_path: Path) -> None:
    keep_pixels(tmp_path / "a.u8", SIZES, decode)
    assert keep_pixels(tmp_path / "a.u8", SIZES, refuse).sum() == 19
    assert [path.name for path in tmp_path.iterdir()] == ["a.u8"]


def test_without_a_file_they_are_in_own_memory() -> None:
    assert keep_pixels(None, SIZES, decode).tolist() == [1, 1, 1, 2, 2, 2, 2, 2, 3, 3]


def test_an_image_that_fails_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="decoded again"):
        keep_pixels(tmp_path / "a.u8", SIZES, refuse)
    assert not (tmp_path / "a.u8").exists()
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) == 0
    assert keep_pixels(tmp_path / "a.u8", SIZES, decode).sum() == 19


def test_an_image_of_another_size_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="must not run into the next one"):
        keep_pixels(tmp_path / "a.u8", SIZES, lambda index: np.zeros(3 if index == 0 else 4, dtype=np.uint8))


def test_a_disk_that_takes_a_part_leaves_no_hole(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "a.part").write_bytes(bytes(10))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (9, hard))  # the last image is cut off after a byte, as on a full disk
    try:
        with caplog.at_level(logging.WARNING):
            pixels = keep_pixels(tmp_path / "a.u8", SIZES, decode)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert pixels.tolist() == [1, 1, 1, 2, 2, 2, 2, 2, 3, 3]
    assert not (tmp_path / "a.u8").exists()
    assert "each process decodes the images for itself" in caplog.text


def test_a_file_that_was_cut_is_written_again(tmp_path: Path) -> None:
    keep_pixels(tmp_path / "a.u8", SIZES, decode)
    os.truncate(tmp_path / "a.u8", 4)
    assert keep_pixels(tmp_path / "a.u8", SIZES, decode).sum() == 19


def _hang(file: Path, begun: Event) -> None:
    def decode_for_ever(index: int) -> NDArray[np.uint8]:
        begun.set()
        time.sleep(600)
        return decode(index)

    keep_pixels(file, SIZES, decode_for_ever)


def test_a_killed_process_frees_the_others(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    begun = context.Event()
    process = context.Process(target=_hang, args=(tmp_path / "a.u8", begun))
    process.start()
    assert begun.wait(60)
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert keep_pixels(tmp_path / "a.u8", SIZES, decode).sum() == 19


def test_a_longer_one_that_was_left_behind_is_cut(tmp_path: Path) -> None:
    (tmp_path / "a.part").write_bytes(bytes(100))
    assert keep_pixels(tmp_path / "a.u8", SIZES, decode).sum() == 19
    assert (tmp_path / "a.u8").stat().st_size == 10


def _load(directory: Path, root: Path) -> None:
    splits = prepare_splits(DataSpec(source="image_folder", path=str(root)), directory)
    load_split(splits, "train", size=8, directory=directory)


def test_a_split_is_the_same_and_decoded_once(tmp_path: Path) -> None:
    root, directory = tmp_path / "images", tmp_path / "study"
    write_classes(root, {"a": 8, "b": 8})
    spec = DataSpec(source="image_folder", path=str(root))
    splits = prepare_splits(spec, directory)
    own = load_split(splits, "train", size=8)
    context = multiprocessing.get_context("spawn")
    others = [context.Process(target=_load, args=(directory, root)) for _ in range(2)]
    for process in others:
        process.start()
    for process in others:
        process.join()
        assert process.exitcode == 0
    (file,) = (directory / "images").iterdir()
    assert file.stat().st_size == own.images.numel()
    for path in splits.train.paths:
        (root / path).write_bytes(b"no image")
    assert (load_split(splits, "train", size=8, directory=directory).images == own.images).all()
    with pytest.raises(DataError, match="unreadable image"):
        load_split(splits, "train", size=6, directory=directory)


def test_a_full_disk_is_told_and_each_process_decodes_for_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    root = tmp_path / "images"
    write_classes(root, {"a": 8, "b": 8})
    splits = prepare_splits(DataSpec(source="image_folder", path=str(root)), tmp_path / "study")
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
    with caplog.at_level(logging.WARNING):
        split = load_split(splits, "train", size=8, directory=tmp_path / "study")
    assert (split.images == load_split(splits, "train", size=8).images).all()
    assert "2,304 bytes of decoded images need room, 1,000 are free" in caplog.text
