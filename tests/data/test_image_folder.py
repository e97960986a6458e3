import pytest

from nars.data.image_folder import folder_classes, folder_listings, image_paths
from nars.errors import DataError
from nars.space.data_spec import DataSpec
from tests.data.folders import write_class, write_classes


def spec(root, **settings) -> DataSpec:
    return DataSpec(source="image_folder", path=str(root), **settings)


def test_class_folders_are_split_class_by_class(tmp_path):
    write_classes(tmp_path, {"dog": 20, "cat": 10})
    listings = folder_listings(tmp_path, spec(tmp_path, val_share=0.2, test_share=0.1))
    assert folder_classes(tmp_path) == ("cat", "dog")
    assert [listings["val"].labels.count(label) for label in (0, 1)] == [2, 4]
    assert [listings["test"].labels.count(label) for label in (0, 1)] == [1, 2]
    for listing in listings.values():
        assert all(
            path.startswith(("cat/", "dog/")[label]) for path, label in zip(listing.paths, listing.labels, strict=True)
        )


def test_another_split_seed_draws_another_split(tmp_path):
    write_classes(tmp_path, {"a": 20, "b": 20})
    first, again, other = (folder_listings(tmp_path, spec(tmp_path, split_seed=seed)) for seed in (0, 0, 1))
    assert first == again
    assert first["val"] != other["val"]


def test_given_splits_are_taken_as_they_are(tmp_path):
    for name, count in (("train", 4), ("val", 3), ("test", 2)):
        write_classes(tmp_path / name, {"a": count, "b": count})
    listings = folder_listings(tmp_path, spec(tmp_path))
    assert {name: len(listing.paths) for name, listing in listings.items()} == {"train": 8, "val": 6, "test": 4}
    assert listings["test"].paths == ("test/a/000.png", "test/a/001.png", "test/b/000.png", "test/b/001.png")


def test_a_missing_val_is_taken_from_train(tmp_path):
    write_classes(tmp_path / "train", {"a": 10, "b": 10})
    write_classes(tmp_path / "test", {"a": 2, "b": 2})
    listings = folder_listings(tmp_path, spec(tmp_path, val_share=0.2))
    assert {name: len(listing.paths) for name, listing in listings.items()} == {"train": 16, "val": 4, "test": 4}
    assert all(path.startswith("train/") for path in listings["val"].paths)


def test_other_and_hidden_files_are_no_images(tmp_path):
    write_classes(tmp_path, {"a": 1, "b": 1})
    for name in ("notes.txt", ".hidden.png"):
        (tmp_path / "a" / name).write_bytes(b"")
    write_class(tmp_path / "a" / "deeper", 1)
    assert image_paths(tmp_path, relative_to=tmp_path) == ["a/000.png", "a/deeper/000.png", "b/000.png"]


def message_of(root, **settings) -> str:
    with pytest.raises(DataError) as caught:
        folder_listings(root, spec(root, **settings))
    return str(caught.value)


def test_an_absent_folder_is_named(tmp_path):
    assert message_of(tmp_path / "no") == f"{tmp_path / 'no'}: the data folder does not exist"


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    assert message_of(tmp_path / "file") == f"{tmp_path / 'file'}: the data folder is not a folder"


def test_an_empty_folder_is_named(tmp_path):
    assert message_of(tmp_path) == f"{tmp_path}: the data folder is empty"


def test_images_without_class_folders(tmp_path):
    write_class(tmp_path, 3)
    assert message_of(tmp_path) == f"{tmp_path}: a data folder must hold one subfolder per class, got none"


def test_one_class_is_not_enough(tmp_path):
    write_classes(tmp_path, {"a": 5})
    assert message_of(tmp_path) == f"{tmp_path}: two classes or more are needed, got one: 'a'"


def test_class_folders_without_images(tmp_path):
    write_classes(tmp_path, {"a": 5, "b": 0, "c": 0})
    assert message_of(tmp_path) == f"{tmp_path}: class folders without images: b, c"


def test_a_split_without_images(tmp_path):
    write_classes(tmp_path / "train", {"a": 5, "b": 5})
    write_classes(tmp_path / "val", {"a": 0, "b": 0})
    assert message_of(tmp_path) == f"{tmp_path / 'val'}: the split has no images"
    write_classes(tmp_path, {"test": 0})
    write_classes(tmp_path / "val", {"a": 1, "b": 1})
    assert message_of(tmp_path) == f"{tmp_path / 'test'}: the split has no images"


def test_splits_of_other_classes(tmp_path):
    write_classes(tmp_path / "train", {"a": 5, "b": 5})
    write_classes(tmp_path / "val", {"a": 1, "c": 1})
    assert message_of(tmp_path) == f"{tmp_path / 'val'}: its classes must be those of train, different: b, c"


def test_an_unknown_folder_beside_train_is_not_passed_over(tmp_path):
    write_classes(tmp_path / "train", {"a": 5, "b": 5})
    write_classes(tmp_path / "valid", {"a": 1, "b": 1})
    assert message_of(tmp_path) == f"{tmp_path}: beside train only val and test are known, got valid"


def test_too_few_images_of_a_class(tmp_path):
    write_classes(tmp_path, {"a": 9, "b": 2})
    expected = f"{tmp_path}: too few images of class 'b' to split: 2 images cannot give 1 + 1 and keep one"
    assert message_of(tmp_path) == expected
