"""What happens to a file that a student hands in, before a peer may see it.

Nothing is trusted: what it is comes from its bytes, and whatever could say who made it is taken out by writing it anew.
What cannot be cleaned is refused.
"""

import errno
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeAlias

from assessments.peer.files import images, kinds, ooxml, opendocument, pdf, plain_text, sniffing
from assessments.peer.files.kinds import Kind
from assessments.peer.files.limits import MIB, Limits
from assessments.peer.files.outcomes import Reason, Refused, Removed

CHUNK = 64 * 1024
# Reads the first file, writes the second, and says what is missing in it.
_Cleaner: TypeAlias = Callable[[BinaryIO, BinaryIO, Kind, Limits], set[Removed]]

_CLEANERS: dict[Kind, _Cleaner] = {
    kinds.PDF: pdf.clean,
    **dict.fromkeys((kinds.JPEG, kinds.PNG, kinds.GIF, kinds.WEBP), images.clean),
    **dict.fromkeys((kinds.DOCX, kinds.PPTX, kinds.XLSX), ooxml.clean),
    **dict.fromkeys((kinds.ODT, kinds.ODP, kinds.ODS), opendocument.clean),
    kinds.TEXT: plain_text.clean,
}


@dataclass(frozen=True)
class Cleaned:
    """`file` is open at its start and has no name; it is gone when it is closed. `extension` has no dot."""

    file: BinaryIO
    extension: str
    media_type: str
    removed: tuple[Removed, ...]


def clean(source: BinaryIO | Path, claimed_name: str, limits: Limits | None = None) -> Cleaned:
    """The file as peers may see it. A stream is read from where it stands, in pieces, and never far beyond `most_bytes`.

    Raises `Refused`, and nothing else whatever the bytes are. What the source or the disk raises passes through.
    """
    limits = limits or Limits()
    with tempfile.TemporaryFile() as taken:
        _take_in(source, taken, limits)
        with _only_refusals():
            kind = _checked(sniffing.look_at(taken), claimed_name)
            taken.seek(0)
            return _written_anew(taken, kind, limits)


def _take_in(source: BinaryIO | Path, taken: BinaryIO, limits: Limits) -> None:
    if isinstance(source, Path):
        with source.open("rb") as opened:
            return _take_in(opened, taken, limits)
    size = 0
    while chunk := source.read(CHUNK):
        size += len(chunk)
        if size > limits.most_bytes:
            raise Refused(Reason.TOO_LARGE, most=limits.most_bytes // MIB)
        taken.write(chunk)
    if not size:
        raise Refused(Reason.EMPTY)


def _checked(kind: Kind, claimed_name: str) -> Kind:
    extension = _extension(claimed_name)
    if kind is kinds.UNKNOWN:
        raise Refused(Reason.UNKNOWN)
    if extension and extension not in kind.extensions:
        raise Refused(Reason.LIES, extension=extension, what=kind.what)
    if kind.refused:
        raise Refused(kind.refused)
    return kind


def _extension(claimed_name: str) -> str:
    """Empty where the name claims nothing."""
    last = claimed_name.replace("\\", "/").rpartition("/")[2]
    return last.rpartition(".")[2].strip().lower() if "." in last else ""


@contextmanager
def _only_refusals() -> Iterator[None]:
    """Libraries stumble over hostile bytes in more ways than they say; each means the same to whoever sent them."""
    try:
        yield
    except Refused:
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EIO):
            raise
        raise Refused(Reason.UNREADABLE) from error


def _written_anew(taken: BinaryIO, kind: Kind, limits: Limits) -> Cleaned:
    with ExitStack() as open_until_written:
        written = open_until_written.enter_context(tempfile.TemporaryFile())
        removed = _CLEANERS[kind](taken, written, kind, limits)
        written.seek(0)
        open_until_written.pop_all()
    return Cleaned(written, kind.extensions[0], kind.media_type, tuple(it for it in Removed if it in removed))
