"""Zip packages of office programs: read part by part, counted while they are unpacked; written without dates and notes."""

import zipfile
from collections.abc import Iterator
from typing import BinaryIO, Self

from assessments.peer.files.limits import Budget, Limits
from assessments.peer.files.outcomes import Reason, Refused

_CHUNK = 64 * 1024
_LOCKED = 0x1  # general purpose bit 0, APPNOTE 4.4.4
_EARLIEST = (1980, 1, 1, 0, 0, 0)
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class Package:
    """Raises `Refused` for what cannot be read as one: locked, with two parts of one name, unpacked too large."""

    def __init__(self, file: BinaryIO, limits: Limits) -> None:
        self.limits = limits
        self._zip = zipfile.ZipFile(file)
        self._budget = Budget(limits.most_unpacked)
        members = [member for member in self._zip.infolist() if not member.is_dir()]
        if len(members) > limits.most_parts:
            raise Refused(Reason.TOO_MANY_PARTS)
        self._members = {member.filename: member for member in members}
        if len({name.lower() for name in self._members}) < len(members):
            raise Refused(Reason.UNREADABLE)
        if any(member.flag_bits & _LOCKED for member in members):
            raise Refused(Reason.ENCRYPTED)
        if any(member.compress_type not in _METHODS for member in members):
            raise Refused(Reason.UNREADABLE)

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def read(self, name: str, most: int | None = None) -> bytes:
        """What the directory says about a part's size is not believed; `most` bytes of it, then it is refused."""
        content, own = bytearray(), Budget(self.limits.most_unpacked if most is None else most)
        with self._zip.open(self._members[name]) as part:
            while chunk := part.read(_CHUNK):
                self._budget.spend(len(chunk))
                own.spend(len(chunk))
                content += chunk
        return bytes(content)


class Writing:
    """A package anew; the first part may have to be readable without unpacking."""

    def __init__(self, file: BinaryIO) -> None:
        self._zip = zipfile.ZipFile(file, "w")

    def add(self, name: str, content: bytes, *, packed: bool = True) -> None:
        member = zipfile.ZipInfo(name, _EARLIEST)
        member.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
        self._zip.writestr(member, content)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._zip.close()
