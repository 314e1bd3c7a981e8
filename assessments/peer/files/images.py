"""Pictures, drawn anew pixel by pixel, so that nothing but what is seen comes along."""

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

from PIL import Image, ImageCms, ImageFile, ImageOps, ImageSequence

from assessments.peer.files import kinds, sniffing
from assessments.peer.files.kinds import Kind
from assessments.peer.files.limits import Limits
from assessments.peer.files.outcomes import Reason, Refused, Removed

_GPS = 0x8825  # the tag that points to the place, Exif 2.32 §4.6.3
_FORMATS = {kinds.JPEG: "JPEG", kinds.PNG: "PNG", kinds.GIF: "GIF", kinds.WEBP: "WEBP"}
_SETTINGS: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 92, "optimize": True},
    "PNG": {},
    "GIF": {},
    "WEBP": {"quality": 92},
}
_MODES = {
    "JPEG": ("L", "RGB"),
    "PNG": ("1", "L", "LA", "RGB", "RGBA", "I;16"),
    "GIF": ("L", "RGB", "RGBA"),
    "WEBP": ("RGB", "RGBA"),
}
# What Pillow notes about how the pixels are stored; anything else somebody or some program has written.
_OF_THE_PIXELS = {
    "aspect", "background", "bbox", "blend", "default_image", "disposal", "dpi", "duration", "exif", "extension", "gamma",
    "icc_profile", "interlace", "jfif", "jfif_density", "jfif_unit", "jfif_version", "loop", "progression", "progressive",
    "srgb", "timestamp", "transparency", "version", "chromaticity", "adobe", "adobe_transform", "resolution", "mpoffset",
}  # fmt: skip


def clean(file: BinaryIO, written: BinaryIO, kind: Kind, limits: Limits) -> set[Removed]:
    """Colours are brought to sRGB, and the picture is turned as its camera meant it."""
    form = _FORMATS[kind]
    try:
        with _whole_pictures_only(), Image.open(file, formats=[form]) as image:
            _bound(image, form, limits)
            frames, times = _frames(image, form), _times(image, form)
            first, *others = frames
            removed = _found(image)
            more = {"save_all": True, "append_images": others, "duration": times, "loop": 0} if others else {}
            first.save(written, form, **_SETTINGS[form], **more)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large(limits) from error
    return removed


_pillow = threading.Lock()


@contextmanager
def _whole_pictures_only() -> Iterator[None]:
    """Also after WeasyPrint was loaded, which lets Pillow take pictures that are cut off, in the whole process."""
    with _pillow:
        before, ImageFile.LOAD_TRUNCATED_IMAGES = ImageFile.LOAD_TRUNCATED_IMAGES, False
        try:
            yield
        finally:
            ImageFile.LOAD_TRUNCATED_IMAGES = before


def clean_inside(content: bytes, limits: Limits) -> tuple[bytes, Kind, set[Removed]]:
    """A picture within a document; raises `Refused` where it is none of those that can be drawn anew."""
    written = io.BytesIO()
    kind = sniffing.look_at(io.BytesIO(content))
    if kind not in _FORMATS:
        raise Refused(Reason.PICTURE_INSIDE)
    removed = clean(io.BytesIO(content), written, kind, limits)
    return written.getvalue(), kind, {Removed.EMBEDDED_DETAILS} if removed else set()


def _too_large(limits: Limits) -> Refused:
    return Refused(Reason.TOO_MANY_PIXELS, most=limits.most_pixels // 1_000_000)


def _bound(image: Image.Image, form: str, limits: Limits) -> None:
    """Frames are counted one by one: their number is only known at the end of the file."""
    pixels = image.width * image.height
    if pixels > limits.most_pixels:
        raise _too_large(limits)
    most = max(1, limits.most_pixels // max(pixels, 1))
    for number, _frame in enumerate(_pictures(image, form), 1):
        if number > most:
            raise _too_large(limits)


def _pictures(image: Image.Image, form: str) -> Iterator[Image.Image]:
    """A JPEG may have others behind the first, such as a preview; they are no frames of it."""
    return iter([image]) if form == "JPEG" else ImageSequence.Iterator(image)


def _frames(image: Image.Image, form: str) -> list[Image.Image]:
    return [_redrawn(frame, _MODES[form]) for frame in _pictures(image, form)]


def _times(image: Image.Image, form: str) -> list[int]:
    """Milliseconds of each frame."""
    return [int(frame.info.get("duration") or 100) for frame in _pictures(image, form)]


def _redrawn(frame: Image.Image, modes: tuple[str, ...]) -> Image.Image:
    upright = ImageOps.exif_transpose(frame)
    coloured = _in_srgb(upright, frame.info.get("icc_profile"))
    drawn = coloured if _fits(coloured, modes) else coloured.convert(_mode_for(coloured, modes))
    fresh = Image.new(drawn.mode, drawn.size)
    fresh.paste(drawn)
    return fresh


def _fits(image: Image.Image, modes: tuple[str, ...]) -> bool:
    return image.mode in modes and "transparency" not in image.info


def _mode_for(image: Image.Image, modes: tuple[str, ...]) -> str:
    return "RGBA" if image.has_transparency_data and "RGBA" in modes else "RGB"


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """As it is where its profile cannot be used: colours may then be paler, and nothing else is lost."""
    if not profile or image.mode not in ("RGB", "RGBA", "CMYK"):
        return image
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = "RGB" if image.mode == "CMYK" else image.mode
        return (
            ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode=mode) or image
        )
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image


def _found(image: Image.Image) -> set[Removed]:
    """Asked after the pixels were read: a PNG may have its notes behind them."""
    exif = image.getexif()
    return (
        ({Removed.PLACE} if exif.get_ifd(_GPS) else set())
        | ({Removed.CAMERA} if exif or "exif" in image.info else set())
        | ({Removed.NOTES} if image.info.keys() - _OF_THE_PIXELS else set())
    )
