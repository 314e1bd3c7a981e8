"""The few files that are wanted out of a Moodle backup (.mbz): a gzip tar, or a zip in older Moodle.

Nothing is unpacked to disk. Names are compared, never followed; a strange archive is refused as a whole.
"""

import gzip
import io
import lzma
import re
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from typing import IO

from assessments.peer.workshop_import.workshops import MB, ImportProblem, Limits

WANTED = re.compile(r"(?:\./)?(activities/workshop_\d{1,12}/workshop\.xml|scales\.xml|moodle_backup\.xml)")
_MOST_OF_A_DIRECTORY = 8 * MB  # a zip's table of contents
_MOST_OF_A_HEADER = 64 * 1024  # a tar's long names
_LONGEST_END = 22 + 65_535  # of a zip: its last record with a comment
_HEADERS = (
    *(tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE),
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
)
_DAMAGE = (
    *(tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError),
    *(RuntimeError, NotImplementedError, ValueError, OverflowError),  # zipfile: a password, an unknown method, odd sizes
)  # fmt: skip

_NO_ARCHIVE = (
    "This is no Moodle backup. In Moodle, choose “Backup” in the workshop's menu and bring the .mbz file."
)
_DAMAGED = "This backup is damaged or was not downloaded to its end. Download it from Moodle again."
_LARGE = "This backup is too large to look through. Back up the workshop alone, without enrolled users, and bring that file."
_STRANGE = "This file holds names or links that no Moodle backup has, so it was not opened."


def wanted(stream: IO[bytes], limits: Limits) -> dict[str, bytes]:
    """By their path: the workshops, the scales and the backup's own description, as far as they are there.

    `stream` can seek. Raises ImportProblem.
    """
    if stream.seek(0, io.SEEK_END) > limits.packed:
        raise ImportProblem(_LARGE)
    stream.seek(0)
    begins = stream.read(4)
    stream.seek(0)
    try:
        if begins.startswith(b"\x1f\x8b"):
            return _kept(_of_tar(stream, limits), limits)
        if begins == b"PK\x03\x04":
            return _kept(_of_zip(stream, limits), limits)
    except _DAMAGE as error:  # ImportProblem is none of them
        raise ImportProblem(_DAMAGED) from error
    raise ImportProblem(_NO_ARCHIVE)


def _kept(files: Iterable[tuple[str, bytes]], limits: Limits) -> dict[str, bytes]:
    kept: dict[str, bytes] = {}
    for name, content in files:
        if name in kept:
            raise ImportProblem(_STRANGE)
        kept[name] = content
        if sum(map(len, kept.values())) > limits.kept:
            raise ImportProblem(_LARGE)
    return kept


def _of_tar(stream: IO[bytes], limits: Limits) -> Iterator[tuple[str, bytes]]:
    unpacked = _Counted(gzip.GzipFile(fileobj=stream), limits.unpacked)
    with tarfile.open(fileobj=unpacked, mode="r|", tarinfo=_Header) as packed:
        for number, member in enumerate(packed):
            _check(member.name, number, limits)
            if not (member.isreg() or member.isdir()):
                raise ImportProblem(_STRANGE)
            if (name := _wanted_name(member.name)) and (file := packed.extractfile(member)):
                yield name, _read(file, limits)


def _of_zip(stream: IO[bytes], limits: Limits) -> Iterator[tuple[str, bytes]]:
    _check_directory(stream)
    with zipfile.ZipFile(stream) as packed:
        for number, member in enumerate(packed.infolist()):
            _check(member.filename, number, limits)
            if name := _wanted_name(member.filename):
                with packed.open(member) as file:
                    yield name, _read(file, limits)


def _check(name: str, number: int, limits: Limits) -> None:
    if number >= limits.files:
        raise ImportProblem(_LARGE)
    if name.startswith("/") or "\\" in name or ".." in name.split("/"):
        raise ImportProblem(_STRANGE)


def _wanted_name(name: str) -> str | None:
    found = WANTED.fullmatch(name)
    return found and found[1]


def _read(file: IO[bytes], limits: Limits) -> bytes:
    content = file.read(limits.xml + 1)
    if len(content) > limits.xml:
        raise ImportProblem(_LARGE)
    return content


def _check_directory(stream: IO[bytes]) -> None:
    """A zip's table of contents is read as a whole, so its size is looked at first. Zip64 is for archives beyond ours."""
    stream.seek(-min(_LONGEST_END, stream.seek(0, io.SEEK_END)), io.SEEK_END)
    tail = stream.read()
    last = tail.rfind(b"PK\x05\x06")
    if last < 0:
        raise zipfile.BadZipFile
    if int.from_bytes(tail[last + 12 : last + 16], "little") > _MOST_OF_A_DIRECTORY or b"PK\x06\x07" in tail:
        raise ImportProblem(_LARGE)
    stream.seek(0)


class _Counted(io.RawIOBase):
    """What comes out of the compressed stream, up to a limit: a bomb is stopped while it unfolds."""

    def __init__(self, source: gzip.GzipFile, most: int) -> None:
        self.source, self.left = source, most

    def read(self, size: int = -1) -> bytes:
        content = self.source.read(size)
        self.left -= len(content)
        if self.left < 0:
            raise ImportProblem(_LARGE)
        return content


class _Header(tarfile.TarInfo):
    """A tar's long names come as files that are read into memory; these are kept small."""

    def _proc_member(self, archive: tarfile.TarFile) -> tarfile.TarInfo:
        if self.type in _HEADERS and self.size > _MOST_OF_A_HEADER:
            raise ImportProblem(_STRANGE)
        return super()._proc_member(archive)  # type: ignore[misc]
