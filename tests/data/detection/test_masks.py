import warnings

import numpy as np
import pytest
import torch
from pycocotools import mask as coco_mask

from nars.data.detection.masks import decode_all, encode, encode_all, read_segmentation


def blobs(count: int, height: int, width: int) -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.random((count, height, width)) < 0.3


def test_codes_decode_to_what_was_encoded():
    masks = blobs(5, 9, 13)
    codes = encode_all(masks)
    assert torch.equal(decode_all(codes, height=9, width=13), torch.from_numpy(masks.astype(np.uint8)))
    assert [code.area for code in codes] == masks.sum((1, 2)).tolist()
    assert torch.equal(encode(masks[0]).decode(), torch.from_numpy(masks[0].astype(np.uint8)))
    assert encode_all(masks[:0]) == ()
    assert decode_all((), height=9, width=13).shape == (0, 9, 13)


@pytest.mark.parametrize("size", [(9, 13), (480, 640), (1, 1)])
def test_compressed_and_uncompressed_run_lengths_are_the_same_mask(size):
    height, width = size
    mask = blobs(1, height, width)[0] | (np.arange(width) == 0)
    code = encode(mask)
    flat = mask.T.reshape(-1)
    edges = np.flatnonzero(np.diff(flat)) + 1
    runs = np.diff([0, *edges, len(flat)]).tolist()
    uncompressed = [0, *runs] if flat[0] else runs
    for counts in (code.counts.decode(), uncompressed):
        assert read_segmentation({"size": [height, width], "counts": counts}, height=height, width=width) == code


def test_polygons_are_filled_and_joined():
    rectangle, other = [2, 3, 8, 3, 8, 7, 2, 7], [0, 0, 1, 0, 1, 1, 0, 1]
    expected = np.zeros((10, 12), dtype=np.uint8)
    expected[3:7, 2:8] = 1
    expected[0, 0] = 1
    found = read_segmentation([rectangle, other], height=10, width=12).decode()
    assert torch.equal(found, torch.from_numpy(expected))


@pytest.mark.parametrize(
    ("segmentation", "message"),
    [
        (None, "its mask must be polygons or run lengths"),
        ([], "its mask has no polygon"),
        ([[1, 2, 3, 4]], "a polygon must be three or more pairs of numbers"),
        ([[1, 2, 3, 4, 5, 6, 7]], "a polygon must be three or more pairs of numbers"),
        ([[1, 2, 3, 4, 5, float("nan")]], "a polygon must be of finite numbers"),
        ([[50, 50, 60, 50, 60, 60]], "its mask has no pixel"),
        ({"size": [5, 4], "counts": [20]}, "its mask must be of [4, 5] pixels, got [5, 4]"),
        ({"size": [4, 5], "counts": [10, 11]}, "run lengths of a mask must add up to 20 pixels, got 21"),
        ({"size": [4, 5], "counts": [25, -5]}, "run lengths of a mask must add up to 20 pixels, got 20"),
        ({"size": [4, 5], "counts": [20]}, "its mask has no pixel"),
        ({"size": [4, 5], "counts": ""}, "counts of a mask are not COCO's compressed run lengths"),
        ({"size": [4, 5], "counts": "mask \xe9"}, "counts of a mask are not COCO's compressed run lengths"),
        ({"size": [4, 5], "counts": "oooo"}, "counts of a mask are not COCO's compressed run lengths"),
        ({"size": [4, 5], "counts": "o" * 20 + "0"}, "a run length of a mask is too large"),
        ({"size": [4, 5], "counts": 3}, "counts of a mask must be a text or a list of whole numbers"),
    ],
)
def test_masks_that_do_not_decode(segmentation, message):
    with pytest.raises(ValueError, match=message.replace("[", r"\[").replace("]", r"\]")) as caught:
        read_segmentation(segmentation, height=4, width=5)
    assert str(caught.value) == message


def test_our_reading_of_compressed_run_lengths_agrees_with_pycocotools():
    rng = np.random.default_rng(1)
    for _ in range(50):
        height, width = rng.integers(1, 90, size=2)
        mask = rng.random((height, width)) < rng.random()
        mask[0, 0] = True
        code = encode(mask)
        found = read_segmentation(
            {"size": [int(height), int(width)], "counts": code.counts.decode()}, height=int(height), width=int(width)
        )
        assert np.array_equal(found.decode(), mask)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # pycocotools' decoder with NumPy 2
            assert np.array_equal(coco_mask.decode(found.as_coco), mask)
