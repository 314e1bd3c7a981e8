"""What a file is, from its bytes alone: neither its name nor what a browser says about it counts."""

import codecs
import re
import struct
import zipfile
from collections.abc import Iterator
from typing import BinaryIO

from assessments.peer.files import kinds
from assessments.peer.files.kinds import Kind

_HEAD = 4096
_PDF_WITHIN = 1024  # as readers allow, ISO 32000-1, annex H, note 13
_MOST_OF_A_LIST = 1024 * 1024

_STARTS = (
    (b"\xff\xd8\xff", kinds.JPEG),
    (b"\x89PNG\r\n\x1a\n", kinds.PNG),
    (b"GIF87a", kinds.GIF),
    (b"GIF89a", kinds.GIF),
    (b"{\\rtf", kinds.RICH_TEXT),
    (b"\x1a\x45\xdf\xa3", kinds.FILM),
    (b"FLV\x01", kinds.FILM),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", kinds.FILM),
    (b"\x00\x00\x01\xba", kinds.FILM),
    (b"\x00\x00\x01\xb3", kinds.FILM),
    (b"OggS", kinds.SOUND),
    (b"fLaC", kinds.SOUND),
    (b"ID3", kinds.SOUND),
    (b"#!AMR", kinds.SOUND),
    (b"MThd", kinds.SOUND),
    (b"BM", kinds.OTHER_PICTURE),
    (b"II*\x00", kinds.OTHER_PICTURE),
    (b"MM\x00*", kinds.OTHER_PICTURE),
    (b"8BPS", kinds.OTHER_PICTURE),
    (b"\x00\x00\x00\x0cjP  ", kinds.OTHER_PICTURE),
    (b"\x1f\x8b", kinds.ARCHIVE),
    (b"7z\xbc\xaf\x27\x1c", kinds.ARCHIVE),
    (b"Rar!\x1a\x07", kinds.ARCHIVE),
    (b"BZh", kinds.ARCHIVE),
    (b"\xfd7zXZ\x00", kinds.ARCHIVE),
    (b"\x28\xb5\x2f\xfd", kinds.ARCHIVE),
    (b"MZ", kinds.PROGRAM),
    (b"\x7fELF", kinds.PROGRAM),
    (b"\xca\xfe\xba\xbe", kinds.PROGRAM),
    (b"\xcf\xfa\xed\xfe", kinds.PROGRAM),
    (b"#!", kinds.PROGRAM),
)
# Of these, two letters alone prove nothing: a note may begin with them.
_MAY_BE_TEXT = (b"BM", b"MZ", b"ID3", b"BZh", b"OggS", b"fLaC", b"MThd", b"8BPS")
_RIFF = {b"WEBP": kinds.WEBP, b"WAVE": kinds.SOUND, b"AVI ": kinds.FILM}
_STILL_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif", b"avis"}
_SOUND_BRANDS = {b"M4A ", b"M4B "}
_MARKUP = re.compile(rb"\s*(<!--.*?-->\s*)*<(!doctype|\?xml|html|head|body|script|svg)\b", re.I | re.S)
# Data set without preamble: group 2 or 8, a small element, and a value representation or a short length.
_BARE_DICOM = re.compile(rb"[\x02\x08]\x00[\x00-\x18]\x00([A-Z]{2}|[\x00-\x40]\x00\x00\x00)")
_MPEG_SOUND = re.compile(rb"\xff[\xe2-\xe7\xf0-\xfd]")


def look_at(file: BinaryIO) -> Kind:
    """The kind of a file that can be sought; UNKNOWN where its bytes are no known one's."""
    file.seek(0)
    head = file.read(_HEAD)
    return next(_guesses(file, head), kinds.UNKNOWN)


def _guesses(file: BinaryIO, head: bytes) -> Iterator[Kind]:
    if head[128:132] == b"DICM" or _BARE_DICOM.match(head):
        yield kinds.DICOM
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        yield _in_a_zip(file)
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        yield _in_a_compound_file(file)
    yield from _by_start(head)
    if head[:4] == b"RIFF":
        yield _RIFF.get(head[8:12], kinds.UNKNOWN)
    if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide"):
        yield _by_brands(head)
    if b"%PDF-" in head[:_PDF_WITHIN]:
        yield kinds.PDF
    if head[257:262] == b"ustar":
        yield kinds.ARCHIVE
    yield from _texts(head)
    if _MPEG_SOUND.match(head):
        yield kinds.SOUND


def _by_start(head: bytes) -> Iterator[Kind]:
    for start, kind in _STARTS:
        if head.startswith(start) and not (start in _MAY_BE_TEXT and _is_text(head)):
            yield kind


def _by_brands(head: bytes) -> Kind:
    """ISO base media, ISO/IEC 14496-12 §4.3: one major brand, then those it is compatible with."""
    (size,) = struct.unpack(">I", head[:4])
    if head[8:12] in _SOUND_BRANDS:
        return kinds.SOUND
    brands = {head[8:12], *(head[at : at + 4] for at in range(16, min(size, len(head)), 4))}
    return kinds.HEIC if brands & _STILL_BRANDS and head[8:12] != b"isom" else kinds.FILM


def _texts(head: bytes) -> Iterator[Kind]:
    if _MARKUP.match(head.removeprefix(codecs.BOM_UTF8)):
        yield kinds.WEB_PAGE
    elif _is_text(head):
        yield kinds.TEXT
    elif head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or (head and not _has_controls(head)):
        yield kinds.OTHER_TEXT


def _is_text(head: bytes) -> bool:
    """UTF-8 as far as we look; the last letter may be cut."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return bool(head) and b"\x00" not in head


def _has_controls(head: bytes) -> bool:
    return any(byte < 32 and byte not in b"\t\n\f\r" for byte in head)


def _in_a_compound_file(file: BinaryIO) -> Kind:
    """A locked .docx is an encrypted stream inside an old container, [MS-OFFCRYPTO] §2.3.4.4."""
    file.seek(0)
    marker, kept = "EncryptedPackage".encode("utf-16-le"), b""
    while chunk := file.read(_MOST_OF_A_LIST):
        if marker in kept + chunk:
            return kinds.LOCKED_OFFICE
        kept = chunk[-len(marker) :]
    return kinds.OLD_OFFICE


def _in_a_zip(file: BinaryIO) -> Kind:
    try:
        with zipfile.ZipFile(file) as packed:
            names = set(packed.namelist())
            if "[Content_Types].xml" in names:
                return _open_xml(_start_of(packed, "[Content_Types].xml"), names)
            if "mimetype" in names:
                return _open_document(_start_of(packed, "mimetype"))
    except zipfile.BadZipFile:
        pass
    return kinds.ARCHIVE


def _start_of(packed: zipfile.ZipFile, name: str) -> bytes:
    with packed.open(name) as part:
        return part.read(_MOST_OF_A_LIST)


def _open_xml(types: bytes, names: set[str]) -> Kind:
    if b"macroEnabled" in types or any(name.lower().endswith("vbaproject.bin") for name in names):
        return kinds.WITH_MACROS
    for main, kind in (
        (b"wordprocessingml.document.main+xml", kinds.DOCX),
        (b"presentationml.presentation.main+xml", kinds.PPTX),
        (b"spreadsheetml.sheet.main+xml", kinds.XLSX),
    ):
        if main in types:
            return kind
    return kinds.OTHER_OFFICE


def _open_document(mimetype: bytes) -> Kind:
    return {kind.media_type.encode(): kind for kind in (kinds.ODT, kinds.ODP, kinds.ODS)}.get(
        mimetype.strip(), kinds.OTHER_OFFICE if b"opendocument" in mimetype else kinds.ARCHIVE
    )
