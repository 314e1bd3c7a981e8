"""Pictures inside a PDF: JPEG and JPEG 2000 lie in it as they came from the camera, with its notes. Pixels are not touched."""

import struct
from collections.abc import Iterator

from pikepdf import Array, Dictionary, Name, Stream

from assessments.peer.files.limits import Limits
from assessments.peer.files.outcomes import Reason, Refused, Removed

_START_OF_SCAN = 0xDA
_ADOBE = 0xEE  # says how colours are coded
_ADOBE_SIZE = 14
# Frames, tables, restarts, lines and scans.
_OF_THE_PIXELS = {*range(0xC0, 0xD0), 0xDB, 0xDC, 0xDD, _START_OF_SCAN} - {0xC8}
_BARE = {0x01, *range(0xD0, 0xD9)}  # markers without a length, ITU-T T.81 table B.1
_BOXES_OF_THE_PIXELS = {b"jP  ", b"ftyp", b"jp2h", b"jp2c", b"rreq"}  # ITU-T T.800 table I.2, T.801
_OF_CAMERAS = ("/DCTDecode", "/JPXDecode")


def filters(stream: Stream) -> list[str]:
    named = stream.get("/Filter")
    return (
        [str(it) for it in named] if isinstance(named, Array) else [str(named)] if named is not None else []
    )


def bound(stream: Stream, limits: Limits) -> None:
    """A page's picture may have as many pixels as one that is handed in."""
    pixels = int(stream.get("/Width", 0)) * int(stream.get("/Height", 0))
    if pixels > limits.most_pixels:
        raise Refused(Reason.TOO_MANY_PIXELS, most=limits.most_pixels // 1_000_000)


def clean(stream: Stream) -> set[Removed]:
    """Where it lies packed a second time, it is unpacked once."""
    named = filters(stream)
    if not named or named[-1] not in _OF_CAMERAS:
        return set()
    whole = stream.read_raw_bytes() if len(named) == 1 else stream.read_bytes()
    bare = without_notes(whole) if named[-1] == "/DCTDecode" else without_boxes(whole)
    if len(named) == 1 and bare == whole:
        return set()
    parameters = stream.get("/DecodeParms")
    its_own = parameters if isinstance(parameters, Dictionary) and len(named) == 1 else None
    stream.write(bare, filter=Name(named[-1]), decode_parms=its_own)
    return {Removed.EMBEDDED_DETAILS}


def without_notes(jpeg: bytes) -> bytes:
    """A JPEG without its application segments and comments, bit for bit the same picture."""
    if not jpeg.startswith(b"\xff\xd8"):
        raise Refused(Reason.UNREADABLE)
    return b"".join(_kept_segments(jpeg))


def _kept_segments(jpeg: bytes) -> Iterator[bytes]:
    """What stands behind the end of the picture is not part of it. Raises `Refused` for what is no whole JPEG."""
    at = 2
    yield jpeg[:2]
    while not jpeg.startswith(b"\xff\xd9", at):
        marker, end = _segment(jpeg, at)
        if marker in _OF_THE_PIXELS or (marker == _ADOBE and end - at == 2 + _ADOBE_SIZE):
            yield jpeg[at:end]
        at = end
        if marker == _START_OF_SCAN:
            at = _end_of_scan(jpeg, end)
            yield jpeg[end:at]
    yield b"\xff\xd9"


def _segment(jpeg: bytes, at: int) -> tuple[int, int]:
    """The marker, and where the segment ends; one without a length, or filling before one, is a segment of its own."""
    head = jpeg[at : at + 4]
    if len(head) < 4 or head[0] != 0xFF:
        raise Refused(Reason.UNREADABLE)
    if head[1] == 0xFF or head[1] in _BARE:
        return head[1], at + (1 if head[1] == 0xFF else 2)
    end = at + 2 + max(2, int.from_bytes(head[2:]))
    if end > len(jpeg):
        raise Refused(Reason.UNREADABLE)
    return head[1], end


def _end_of_scan(jpeg: bytes, at: int) -> int:
    """Where the next marker stands; inside a scan only restarts and escaped bytes follow 0xFF."""
    while (at := jpeg.find(b"\xff", at)) != -1 and at + 1 < len(jpeg):
        if jpeg[at + 1] != 0 and jpeg[at + 1] not in _BARE:
            return at
        at += 2
    return len(jpeg)


def without_boxes(jpx: bytes) -> bytes:
    """JPEG 2000 without boxes of notes; a bare stream of code has none."""
    if jpx[4:8] != b"jP  ":
        return jpx
    return b"".join(box for name, box in _boxes(jpx) if name in _BOXES_OF_THE_PIXELS)


def _boxes(jpx: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + 8 <= len(jpx):
        size, name = struct.unpack(">I4s", jpx[at : at + 8])
        if size == 1 and at + 16 <= len(jpx):
            (size,) = struct.unpack(">Q", jpx[at + 8 : at + 16])
        size = size or len(jpx) - at
        if size < 8:
            raise Refused(Reason.UNREADABLE)
        yield name, jpx[at : at + size]
        at += size
