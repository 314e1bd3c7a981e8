"""Pictures come out with their pixels and nothing else."""

import io
import struct
import zlib

import pytest
from PIL import Image, ImageFile

from assessments.peer.files.cleaning import clean
from assessments.peer.files.limits import Limits
from assessments.peer.files.outcomes import Refused, Removed
from tests.peer_files import pictures
from tests.peer_files.traces import holds

SECRET = "Zyqwenna4711Obscurovich"


def cleaned(content, name, limits=None):
    done = clean(io.BytesIO(content), name, limits)
    return done, done.file.read()


def is_near(pixel, colour, by=12):
    return all(abs(a - b) <= by for a, b in zip(pixel, colour, strict=False))


@pytest.mark.parametrize("form", ["jpeg", "png", "webp", "gif"])
def test_picture_keeps_its_pixels_and_no_name(form):
    content = getattr(pictures, form)(SECRET)
    assert holds(content, SECRET)

    done, after = cleaned(content, f"{SECRET}.{form}")

    assert not holds(after, SECRET[:12])
    with Image.open(io.BytesIO(after)) as picture:
        assert picture.size == (64, 32)
        assert is_near(picture.convert("RGB").getpixel((5, 5)), pictures.RED)
        assert is_near(picture.convert("RGB").getpixel((60, 30)), pictures.BLUE)
        assert not picture.getexif()
    assert done.media_type == f"image/{form}"


def test_each_hiding_place_of_a_picture_was_full_before():
    places = {
        "jpeg": "described artist rights windows-author gps owner comment xmp iptc behind-the-end",
        "png": "described artist rights windows-author gps owner text packed-text xmp private-chunk behind-the-end",
        "webp": "described artist rights windows-author gps owner xmp",
        "gif": "comment behind-the-end",
    }

    empty = [
        (form, place)
        for form, those in places.items()
        for place in those.split()
        if not holds(getattr(pictures, form)(SECRET), f"{SECRET}-{place}")
    ]

    assert empty == []
    assert holds(pictures.jpeg(SECRET), SECRET[:12])


def test_what_was_removed_is_told():
    done, _after = cleaned(pictures.jpeg(SECRET), "photo.jpg")

    assert done.removed == (Removed.PLACE, Removed.CAMERA, Removed.NOTES)
    assert cleaned(_plain_png(), "photo.png")[0].removed == ()


def test_picture_is_turned_as_its_camera_meant_it():
    _done, after = cleaned(pictures.jpeg(SECRET, orientation=6), "photo.jpg")

    with Image.open(io.BytesIO(after)) as picture:
        assert picture.size == (32, 64)
        assert is_near(picture.getpixel((16, 5)), pictures.RED)


def test_lossless_pictures_stay_exact_with_transparency_and_depth():
    seen = Image.new("RGBA", (3, 2), (10, 20, 30, 77))
    deep = Image.frombytes("I;16", (2, 1), struct.pack("<2H", 513, 65000))
    listed = Image.new("P", (2, 2), 1)
    listed.putpalette([0, 0, 0, 9, 99, 199])

    assert _after(seen).tobytes() == seen.tobytes()
    assert _after(deep).tobytes() == deep.tobytes()
    assert _after(listed).convert("RGB").getpixel((0, 0)) == (9, 99, 199)
    assert _after(listed, transparency=1).convert("RGBA").getpixel((0, 0))[3] == 0


def test_moving_picture_keeps_its_frames_and_times():
    _done, after = cleaned(pictures.gif(SECRET), "moving.gif")

    with Image.open(io.BytesIO(after)) as picture:
        assert picture.n_frames == 2
        assert picture.info["duration"] == 120
        picture.seek(1)
        assert (
            picture.info["duration"],
            is_near(picture.convert("RGB").getpixel((5, 5)), pictures.BLUE),
        ) == (350, True)


def test_colours_of_print_become_colours_of_screens():
    file = io.BytesIO()
    Image.new("CMYK", (4, 4), (0, 255, 255, 0)).save(file, "JPEG")

    _done, after = cleaned(file.getvalue(), "print.jpg")

    with Image.open(io.BytesIO(after)) as picture:
        assert (picture.mode, is_near(picture.getpixel((1, 1)), (254, 0, 0))) == ("RGB", True)


@pytest.mark.parametrize("side", [9_000, 60_000, 2_000_000])
def test_picture_of_huge_size_is_refused_before_it_is_drawn(side):
    with pytest.raises(Refused) as refused:
        clean(io.BytesIO(_png_that_says(side, side)), "bomb.png")

    assert refused.value.code == "too_many_pixels"
    assert "50 million" in refused.value.sentence


def test_frames_count_together():
    frames = [Image.new("L", (100, 100), shade) for shade in range(0, 250, 10)]
    file = io.BytesIO()
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])

    assert cleaned(file.getvalue(), "a.gif", Limits(most_pixels=250_000))[0].extension == "gif"
    with pytest.raises(Refused, match="TOO_MANY_PIXELS"):
        clean(io.BytesIO(file.getvalue()), "a.gif", Limits(most_pixels=240_000))


@pytest.mark.parametrize("is_tolerant", [False, True])
@pytest.mark.parametrize("form", ["jpeg", "png", "webp", "gif"])
def test_truncated_picture_is_refused_whatever_other_libraries_have_set(form, is_tolerant, monkeypatch):
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", is_tolerant)
    content = getattr(pictures, form)(SECRET)

    with pytest.raises(Refused, match="UNREADABLE"):
        clean(io.BytesIO(content[: len(content) // 3]), f"a.{form}")


def _after(picture, **more):
    file = io.BytesIO()
    picture.save(file, "PNG", **more)
    return Image.open(cleaned(file.getvalue(), "a.png")[0].file)


def _plain_png():
    file = io.BytesIO()
    pictures.two_halves().save(file, "PNG")
    return file.getvalue()


def _png_that_says(width, height):
    def chunk(name, body):
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(bytes(1000)))
        + chunk(b"IEND", b"")
    )
