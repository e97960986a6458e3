import logging
import os
from pathlib import Path

import numpy as np
import pytest
import torch

from nars.data import inspect_data, load_split, prepare_splits
from nars.errors import DataError
from nars.space.data_spec import DataSpec
from tests.data.folders import write_class, write_classes


@pytest.fixture
def folder(tmp_path) -> DataSpec:
    write_classes(tmp_path / "images", {"a": 8, "b": 8})
    return DataSpec(source="image_folder", path=str(tmp_path / "images"))


def test_digits_end_to_end(tmp_path):
    splits = prepare_splits(DataSpec(), tmp_path)
    assert inspect_data(DataSpec()).in_channels == splits.in_channels == 1
    val = load_split(splits, "val", size=12)
    assert len(val) == 300
    assert val.images.shape == (300, 1, 12, 12)
    assert prepare_splits(DataSpec(), tmp_path) == splits


@pytest.mark.parametrize(("name", "value"), [("val_share", 0.2), ("test_share", 0.2), ("split_seed", 1)])
def test_a_setting_of_the_digits_fixed_split_is_not_ignored_in_silence(tmp_path, name, value):
    spec = DataSpec(**{name: value})
    for ask in (inspect_data, lambda spec: prepare_splits(spec, tmp_path)):
        with pytest.raises(DataError) as caught:
            ask(spec)
        assert str(caught.value) == f"the split of the digits is fixed: leave {name} out, got {value} @ $.data.{name}"
    assert not list(tmp_path.iterdir())


def test_a_folder_end_to_end(folder, tmp_path):
    splits = prepare_splits(folder, tmp_path / "study")
    info = inspect_data(folder)
    assert (info.in_channels, info.classes) == (3, ("a", "b"))
    train = load_split(splits, "train", size=6)
    assert train.images.shape == (12, 3, 6, 6)
    assert train.images.dtype == torch.uint8
    assert train.labels.tolist() == [0] * 6 + [1] * 6
    single = load_split(splits, "test", size=6)
    assert len(single) == 2


def test_the_record_is_read_again_and_new_images_are_only_mentioned(folder, tmp_path, caplog):
    first = prepare_splits(folder, tmp_path)
    before = (tmp_path / "splits.json").read_bytes()
    write_class(Path(folder.path) / "c", 1)
    with caplog.at_level(logging.WARNING):
        assert prepare_splits(folder, tmp_path) == first
    assert "new images are not used, the split stays as it was: c/000.png (1 in all)" in caplog.text
    assert (tmp_path / "splits.json").read_bytes() == before


def test_a_moved_folder_keeps_its_split(folder, tmp_path):
    first = prepare_splits(folder, tmp_path)
    Path(folder.path).rename(tmp_path / "moved")
    moved = prepare_splits(DataSpec(source="image_folder", path=str(tmp_path / "moved")), tmp_path)
    assert moved.root == str(tmp_path / "moved")
    assert moved.all_paths() == first.all_paths()


def test_a_vanished_image_is_named(folder, tmp_path):
    prepare_splits(folder, tmp_path)
    (Path(folder.path) / "a" / "003.png").unlink()
    with pytest.raises(DataError) as caught:
        prepare_splits(folder, tmp_path)
    record = tmp_path / "splits.json"
    assert str(caught.value) == f"{folder.path}: images of {record} have vanished: a/003.png (1 in all)"


def test_a_changed_image_is_noticed(folder, tmp_path):
    splits = prepare_splits(folder, tmp_path)
    with (Path(folder.path) / "a" / "003.png").open("ab") as file:
        file.write(b"more")
    with pytest.raises(DataError, match=f"fingerprint must be {splits.fingerprint[:12]}, got"):
        prepare_splits(folder, tmp_path)


def test_the_record_of_another_source_is_refused(folder, tmp_path):
    prepare_splits(DataSpec(), tmp_path)
    with pytest.raises(DataError, match="the splits are of source 'digits', got 'image_folder'"):
        prepare_splits(folder, tmp_path)


def test_unreadable_images_are_refused_and_nothing_is_written(folder, tmp_path):
    (Path(folder.path) / "b" / "001.png").write_bytes(b"no image")
    with pytest.raises(DataError) as caught:
        prepare_splits(folder, tmp_path / "study")
    assert str(caught.value) == f"{folder.path}: unreadable images: b/001.png (1 in all)"
    assert not (tmp_path / "study").exists()


def test_other_splits_are_not_decoded(folder, tmp_path):
    splits = prepare_splits(folder, tmp_path)
    for path in splits.test.paths:
        (Path(folder.path) / path).write_bytes(b"no image")
    load_split(splits, "train", size=6)
    load_split(splits, "val", size=6)
    with pytest.raises(DataError, match="unreadable image"):
        load_split(splits, "test", size=6)


@pytest.mark.skipif("NARS_DATA" not in os.environ, reason="NARS_DATA names no folder of real data")
def test_real_cifar_images(tmp_path):
    root = Path(os.environ["NARS_DATA"]) / "cifar10_subset"
    if not root.is_dir():
        pytest.skip(f"{root} is absent")
    splits = prepare_splits(DataSpec(source="image_folder", path=str(root)), tmp_path)
    assert [len(splits.listing(name).paths) for name in ("train", "val", "test")] == [8500, 1500, 2000]
    val = load_split(splits, "val", size=32)
    assert np.bincount(val.labels.numpy()).tolist() == [150] * 10
    # CIFAR-10's published channel means are 0.491, 0.482, 0.447
    means = val.images.double().mean(dim=(0, 2, 3)) / 255
    torch.testing.assert_close(means, torch.tensor([0.491, 0.482, 0.447], dtype=torch.double), atol=0.02, rtol=0)
