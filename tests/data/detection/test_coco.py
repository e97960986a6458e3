import json
import logging
import os
from pathlib import Path

import pytest
import torch

from nars.data.detection import inspect_detection_data, load_detection_split, prepare_detection_splits
from nars.errors import DataError
from nars.space.data_spec import CocoFiles, DataSpec
from tests.data.detection.coco_files import annotation, document, spec, write


def prepare(data: DataSpec, directory: Path, *, with_masks: bool = True):
    return prepare_detection_splits(data, directory, with_masks=with_masks)


def message(data: DataSpec, directory: Path) -> str:
    with pytest.raises(DataError) as caught:
        prepare(data, directory)
    assert not (directory / "splits.json").exists()
    return str(caught.value)


def test_a_data_set_end_to_end(tmp_path):
    crowd = annotation(1, 2, category_id=7, iscrowd=1, segmentation={"size": [24, 32], "counts": [24, 48, 696]})
    data = spec(tmp_path, crowd, images=8, val_share=0.25, test_share=0.25)
    assert inspect_detection_data(data).classes == ("cat", "dog")
    splits = prepare(data, tmp_path / "study")
    assert [len(splits.listing(name).image_ids) for name in ("train", "val", "test")] == [4, 2, 2]
    assert sorted(i for name in ("train", "val", "test") for i in splits.listing(name).image_ids) == list(range(8))
    for name in ("train", "val", "test"):
        split = load_detection_split(splits, name, with_masks=True)
        for image_id, image, target in zip(split.image_ids, split.images, split.targets, strict=True):
            assert image.shape == (3, 24, 32)
            assert (image == image_id).all()
            assert target.boxes[0].tolist() == [4, 4, 20, 16]
            assert target.area[0] == 192
            assert target.masks[0].area == 192
            assert target.labels.tolist() == ([0, 1] if image_id == 2 else [0])
            assert target.crowd.tolist() == ([False, True] if image_id == 2 else [False])
            if image_id == 2:
                assert target.masks[1].decode().sum(0).tolist() == [0, 24, 24] + [0] * 29
    assert prepare(data, tmp_path / "study") == splits


def test_decoded_images_of_a_study_are_kept(tmp_path):
    splits = prepare(spec(tmp_path, images=8), tmp_path / "study")
    for _ in range(2):
        split = load_detection_split(splits, "train", with_masks=True, directory=tmp_path / "study")
        for image_id, image in zip(split.image_ids, split.images, strict=True):
            assert image.shape == (3, 24, 32)
            assert (image == image_id).all()
        for path in (tmp_path / "images").iterdir():  # what the second round reads is no image any more
            path.write_bytes(b"no image")
    with pytest.raises(DataError, match="unreadable image"):
        load_detection_split(splits, "train", with_masks=True)


def test_splits_are_drawn_by_the_split_seed_and_given_ones_are_kept(tmp_path):
    one, same, other = (prepare(spec(tmp_path, split_seed=s), tmp_path / f"s{i}") for i, s in enumerate((0, 0, 1)))
    assert one.train == same.train
    assert one.train != other.train
    files = write(tmp_path, document(3), "val")
    given = prepare(spec(tmp_path, val=files, test=files), tmp_path / "given")
    assert given.train.image_ids == tuple(range(8))
    assert given.val.image_ids == given.test.image_ids == (0, 1, 2)
    assert given.val.annotations == "val.json"


def test_masks_are_not_looked_at_where_boxes_alone_are_asked_for(tmp_path):
    data = spec(tmp_path, annotation(1, 2, segmentation=None))
    splits = prepare(data, tmp_path / "study", with_masks=False)
    assert all(target.masks is None for target in load_detection_split(splits, "train", with_masks=False).targets)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("{", "not JSON: Expecting property name"),
        ("[]", "must be a valid dictionary"),
        ('{"images": []}', "is required @ $.categories"),
        (json.dumps(document() | {"images": []}), "@ $.images"),
        (json.dumps(document() | {"annotations": [{"id": 1}]}), "is required @ $.annotations[0].image_id (3 problems"),
        (json.dumps(document(1, annotation(1, 0, bbox=[1, 2, 3]))), "is required @ $.annotations[1].bbox[3]"),
        (json.dumps({**document(2), "images": document(1)["images"] * 2}), "image ids must differ, got 0 twice"),
    ],
)
def test_a_file_that_is_not_coco(tmp_path, text, rule):
    data = spec(tmp_path)
    (tmp_path / "train.json").write_text(text)
    said = message(data, tmp_path / "study")
    assert said.startswith(f"{tmp_path / 'train.json'}: not COCO annotations: ")
    assert rule in said


def test_absent_files_and_folders(tmp_path):
    data = spec(tmp_path)
    (tmp_path / "train.json").rename(tmp_path / "away.json")
    assert "the annotations cannot be read: No such file" in message(data, tmp_path / "study")
    (tmp_path / "away.json").rename(tmp_path / "train.json")
    (tmp_path / "images").rename(tmp_path / "away")
    assert message(data, tmp_path / "study") == f"{tmp_path / 'images'}: the image folder does not exist"


BAD = {
    "boxes outside the image: train.json annotation 1 (by 2 pixels) (1 in all)": {"bbox": [18.0, 4.0, 16.0, 12.0]},
    "boxes without an area: train.json annotation 1 (0 x 12) (1 in all)": {"bbox": [4.0, 4.0, 0.0, 12.0]},
    "masks that do not decode: train.json annotation 1 (its mask has no polygon) (1 in all)": {"segmentation": []},
    "annotations of no category of the file: train.json annotation 1 (category 9) (1 in all)": {"category_id": 9},
    "annotations of no image of the file: train.json annotation 1 (image 99) (1 in all)": {"image_id": 99},
}


@pytest.mark.parametrize(("line", "change"), list(BAD.items()))
def test_a_bad_annotation_is_named_and_refused_or_dropped(tmp_path, line, change, caplog):
    bad = annotation(1, 0, **change)
    said = message(spec(tmp_path, bad), tmp_path / "study")
    assert said.startswith(f"{tmp_path}: 1 bad annotations or images:\n  {line}\n")
    assert "--drop-bad-annotations" in said
    with caplog.at_level(logging.WARNING):
        splits = prepare(spec(tmp_path, bad, drop_bad_annotations=True), tmp_path / "study")
    assert line in caplog.text
    assert splits.dropped == 1
    split = load_detection_split(splits, "train", with_masks=True)
    assert {len(target) for target in split.targets} == {1}


def test_ten_are_named_and_all_are_counted(tmp_path):
    bad = [annotation(i, 0, bbox=[0.0, 0.0, 5.0, -1.0]) for i in range(1, 13)]
    said = message(spec(tmp_path, *bad), tmp_path / "study")
    assert "12 bad annotations" in said
    assert "train.json annotation 10 (5 x -1), ... (12 in all)" in said
    assert "annotation 11" not in said


def test_a_box_that_sticks_out_by_rounding_is_cut_to_the_image(tmp_path):
    splits = prepare(spec(tmp_path, annotation(1, 0, bbox=[-0.5, 4.0, 33.0, 12.0])), tmp_path / "study")
    boxes = [
        box
        for name in ("train", "val", "test")
        for target in load_detection_split(splits, name, with_masks=True).targets
        for box in target.boxes[1:].tolist()
    ]
    assert boxes == [[0, 4, 32, 16]]


def test_category_ids_that_clash_inside_a_file_and_between_files(tmp_path):
    content = document()
    content["categories"].append({"id": 3, "name": "cow"})
    data = DataSpec(source="coco", path=str(tmp_path), train=write(tmp_path, content))
    said = message(data, tmp_path / "study")
    assert "8 bad annotations" in said
    assert "category ids that clash: train.json annotation 100 (3 is 'cat' and 'cow')" in said
    other = document(2)
    other["categories"][1]["name"] = "cow"
    files = write(tmp_path, other, "val")
    said = message(spec(tmp_path, val=files), tmp_path / "study")
    assert "category ids that clash: val.json annotation 100 (3 is 'cat' and 'cow'), val.json annotation 101" in said


def test_missing_damaged_and_resized_images(tmp_path):
    data = spec(tmp_path)
    (tmp_path / "images/000.png").unlink()
    (tmp_path / "images/001.png").write_bytes(b"no image")
    (tmp_path / "images/003.png").write_bytes((tmp_path / "images/002.png").read_bytes())
    content = json.loads((tmp_path / "train.json").read_text())
    content["images"][2]["width"] = 31
    (tmp_path / "train.json").write_text(json.dumps(content))
    said = message(data, tmp_path / "study")
    assert "3 bad annotations or images" in said
    assert "missing images: 000.png (1 in all)" in said
    assert "unreadable images: 001.png (1 in all)" in said
    assert "002.png (32 x 24, said 31 x 24) (1 in all)" in said
    dropping = DataSpec(
        source="coco", path=str(tmp_path), train=CocoFiles(images="images", annotations="train.json"),
        drop_bad_annotations=True,
    )  # fmt: skip
    splits = prepare(dropping, tmp_path / "study")
    assert {i for name in ("train", "val", "test") for i in splits.listing(name).image_ids} == {3, 4, 5, 6, 7}


def test_what_has_changed_or_vanished_is_refused(tmp_path):
    data = spec(tmp_path)
    prepare(data, tmp_path / "study")
    content = document()
    content["annotations"][0]["bbox"][0] = 5.0
    (tmp_path / "train.json").write_text(json.dumps(content))
    with pytest.raises(DataError, match="images or annotations have changed since .*splits.json was written"):
        prepare(data, tmp_path / "study")
    (tmp_path / "images/004.png").unlink()
    with pytest.raises(DataError, match="have vanished: images/004.png"):
        prepare(data, tmp_path / "study")


def test_an_image_without_objects_is_kept_but_not_a_split_of_them(tmp_path):
    content = document()
    content["annotations"] = content["annotations"][:1]
    data = DataSpec(source="coco", path=str(tmp_path), train=write(tmp_path, content))
    splits = prepare(data, tmp_path / "study")
    names = [name for name in ("train", "val", "test") if 0 not in splits.listing(name).image_ids]
    with pytest.raises(DataError, match=f"the {names[0]} split has no object"):
        load_detection_split(splits, names[0], with_masks=True)


@pytest.mark.skipif("NARS_DATA" not in os.environ, reason="NARS_DATA names no folder of public data")
@pytest.mark.parametrize(
    ("folder", "images", "annotations", "objects", "crowds"),
    [
        ("coco128", "train2017", "annotations/instances_train2017.json", 746, 6),
        ("fruits_nuts", "images", "trainval.json", 165, 0),
    ],
)
def test_public_data_sets_are_good(tmp_path, folder, images, annotations, objects, crowds):
    root = Path(os.environ["NARS_DATA"]) / "images" / folder
    files = CocoFiles(images=images, annotations=annotations)
    data = DataSpec(source="coco", path=str(root), train=files, val=files, test=files)
    split = load_detection_split(prepare(data, tmp_path), "train", with_masks=True)
    assert sum(len(target) for target in split.targets) == objects
    assert sum(int(target.crowd.sum()) for target in split.targets) == crowds
    for image, target, size in zip(split.images, split.targets, split.sizes, strict=True):
        assert tuple(image.shape[1:]) == size
        for box, mask in zip(target.boxes, target.masks, strict=True):
            inside = mask.decode().nonzero()
            (y1, x1), (y2, x2) = inside.amin(0).tolist(), (inside.amax(0) + 1).tolist()
            assert torch.allclose(box, torch.tensor([x1, y1, x2, y2], dtype=torch.float32), atol=2.5)
