import numpy as np
import pytest
import torch
from PIL import Image

from nars.data import memory
from nars.data.decoding import decode_images, require_readable
from nars.errors import DataError
from tests.data.folders import write_class


def save(path, pixels, **options) -> str:
    Image.fromarray(np.asarray(pixels)).save(path, **options)
    return path.name


def test_a_square_image_of_the_right_size_keeps_its_pixels(tmp_path):
    pixels_HWC = np.random.default_rng(0).integers(0, 256, (6, 6, 3), dtype=np.uint8)
    images = decode_images(tmp_path, [save(tmp_path / "a.png", pixels_HWC)], size=6)
    np.testing.assert_array_equal(images[0].permute(1, 2, 0).numpy(), pixels_HWC)


def test_the_centre_is_cropped_after_the_shorter_side_is_resized(tmp_path):
    pixels_HWC = np.random.default_rng(0).integers(0, 256, (8, 24, 3), dtype=np.uint8)
    images = decode_images(tmp_path, [save(tmp_path / "wide.png", pixels_HWC)], size=4)
    resized = Image.fromarray(pixels_HWC).resize((12, 4), Image.Resampling.BILINEAR)
    expected_HWC = np.asarray(resized)[:, 4:8]
    np.testing.assert_allclose(images[0].permute(1, 2, 0).numpy(), expected_HWC, atol=1)


def test_shrinking_is_antialiased(tmp_path):
    checkerboard_HW = np.indices((64, 64)).sum(0) % 2 * np.uint8(255)
    images = decode_images(tmp_path, [save(tmp_path / "board.png", checkerboard_HW.astype(np.uint8))], size=4)
    # every output pixel sees as much white as black
    torch.testing.assert_close(images.float(), torch.full((1, 3, 4, 4), 127.5), atol=3, rtol=0)


def test_grey_and_palette_and_alpha_become_rgb(tmp_path):
    pixels_HW = np.full((4, 4), 90, dtype=np.uint8)
    names = [save(tmp_path / "grey.png", pixels_HW)]
    Image.fromarray(pixels_HW).convert("P").save(tmp_path / "palette.png", transparency=b"\x00\x01")
    Image.new("RGBA", (4, 4), (90, 90, 90, 10)).save(tmp_path / "alpha.png")
    images = decode_images(tmp_path, [*names, "palette.png", "alpha.png"], size=4)
    assert (images == 90).all()


def test_sixteen_bit_grey_keeps_its_upper_byte(tmp_path):
    name = save(tmp_path / "deep.png", np.full((4, 4), 90 * 256 + 7, dtype=np.uint16))
    assert (decode_images(tmp_path, [name], size=4) == 90).all()


def test_images_stand_upright(tmp_path):
    pixels_HWC = np.zeros((8, 8, 3), dtype=np.uint8)
    pixels_HWC[:4] = 255
    exif = Image.Exif()
    exif[0x0112] = 3  # the camera was upside down
    save(tmp_path / "turned.png", pixels_HWC, exif=exif)
    images = decode_images(tmp_path, ["turned.png"], size=8)
    assert (images[0, :, :4] == 0).all()
    assert (images[0, :, 4:] == 255).all()


def test_readable_images_pass(tmp_path):
    write_class(tmp_path, 3)
    require_readable(tmp_path, ["000.png", "001.png", "002.png"])


def test_unreadable_images_are_named_and_counted(tmp_path):
    write_class(tmp_path, 12)
    whole = (tmp_path / "000.png").read_bytes()
    for index in range(1, 12):
        (tmp_path / f"{index:03d}.png").write_bytes(whole[: len(whole) // 2] if index % 2 else b"no image")
    paths = [f"{index:03d}.png" for index in range(12)]
    with pytest.raises(DataError) as caught:
        require_readable(tmp_path, paths)
    shown = ", ".join(paths[1:11])
    assert str(caught.value) == f"{tmp_path}: unreadable images: {shown}, ... (11 in all)"


def test_an_image_that_went_bad_later_is_named(tmp_path):
    (tmp_path / "a.png").write_bytes(b"")
    with pytest.raises(DataError, match=r"a\.png: unreadable image: cannot identify"):
        decode_images(tmp_path, ["a.png"], size=4)


def test_more_than_fits_into_memory_is_refused_before_decoding(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "available_bytes", lambda: 1_000_000)
    with pytest.raises(DataError) as caught:
        decode_images(tmp_path, ["absent.png"] * 1000, size=32)
    assert str(caught.value) == (
        "1000 decoded images must fit into memory: 3,072,000 bytes needed, 1,000,000 available"
    )
