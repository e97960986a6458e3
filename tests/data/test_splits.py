import hashlib

import numpy as np
import pytest

from nars.data.splits import (
    Listing,
    Splits,
    SplitShares,
    fingerprint,
    first_names,
    read_splits,
    stratify,
    write_splits,
)
from nars.errors import DataError


def listing(*paths: str) -> Listing:
    return Listing(paths=paths, labels=(0,) * len(paths))


def some_splits() -> Splits:
    return Splits(
        source="image_folder",
        root="/data",
        in_channels=3,
        classes=("a", "b"),
        fingerprint="f",
        train=listing("a/1", "a/2"),
        val=listing("a/3"),
        test=listing("b/1"),
    )


def test_each_class_gives_its_share():
    parts = stratify([range(100), range(20)], shares=SplitShares(val=0.1, test=0.3), rng=np.random.default_rng(0))
    assert [len(items) for items in parts["val"]] == [10, 2]
    assert [len(items) for items in parts["test"]] == [30, 6]
    assert [len(items) for items in parts["train"]] == [60, 12]


def test_parts_are_disjoint_and_complete():
    parts = stratify([range(50)], shares=SplitShares(val=0.2, test=0.2), rng=np.random.default_rng(3))
    assert sorted(item for items in parts.values() for item in items[0]) == list(range(50))


def test_a_share_of_zero_takes_nothing_and_a_small_one_takes_one():
    parts = stratify([range(4)], shares=SplitShares(val=0.01, test=0.0), rng=np.random.default_rng(0))
    assert [len(parts[name][0]) for name in ("train", "val", "test")] == [3, 1, 0]


def test_a_class_too_small_is_refused_by_its_index():
    with pytest.raises(ValueError, match="2 images cannot give 1 \\+ 1 and keep one") as caught:
        stratify([range(9), range(2)], shares=SplitShares(val=0.1, test=0.1), rng=np.random.default_rng(0))
    assert caught.value.args[0] == 1


def test_fingerprint_is_the_hash_of_sorted_names_and_sizes():
    assert fingerprint({"b": 2, "a": 1}) == hashlib.sha256(b"a\x001\nb\x002\n").hexdigest()


def test_splits_survive_being_written(tmp_path):
    write_splits(some_splits(), tmp_path / "splits.json")
    assert read_splits(tmp_path / "splits.json") == some_splits()
    assert [path.name for path in tmp_path.iterdir()] == ["splits.json"]


def test_all_paths_are_those_of_train_val_and_test():
    assert some_splits().all_paths() == ["a/1", "a/2", "a/3", "b/1"]
    assert some_splits().listing("val").paths == ("a/3",)


def test_a_damaged_record_is_named(tmp_path):
    path = tmp_path / "splits.json"
    path.write_text('{"source": "digits"')
    with pytest.raises(DataError, match=r"splits\.json: not a record of splits: Invalid JSON"):
        read_splits(path)


def test_a_path_without_a_label_is_refused(tmp_path):
    path = tmp_path / "splits.json"
    write_splits(some_splits(), path)
    path.write_text(path.read_text().replace('"b/1"', '"b/1", "b/2"'))
    with pytest.raises(DataError, match="every path needs a label, got 2 paths, 1 labels @ test"):
        read_splits(path)


def test_ten_names_are_shown_and_all_are_counted():
    assert first_names(["x", "y"]) == "x, y (2 in all)"
    assert first_names(str(i) for i in range(12)) == "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, ... (12 in all)"
