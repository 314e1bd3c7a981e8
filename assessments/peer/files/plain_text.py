"""Plain text and Markdown: UTF-8, without what cannot be seen."""

import codecs
import unicodedata
from collections.abc import Iterator
from typing import BinaryIO

from assessments.peer.files.kinds import Kind
from assessments.peer.files.limits import Limits
from assessments.peer.files.outcomes import Reason, Refused, Removed

_CHUNK = 64 * 1024
_KEPT = "\t\n\r"
_BYTE_ORDER_MARK = "\ufeff"
# Tag characters spell words that nobody sees; only flags use them.
_DROPPED = dict.fromkeys(
    [code for code in range(0xA0) if unicodedata.category(chr(code)) == "Cc" and chr(code) not in _KEPT]
    + [ord(_BYTE_ORDER_MARK), *range(0x202A, 0x202F), *range(0x2066, 0x206A), *range(0xE0000, 0xE0080)]
)


def clean(file: BinaryIO, written: BinaryIO, _kind: Kind, _limits: Limits) -> set[Removed]:
    before = after = 0
    try:
        for text in codecs.iterdecode(_chunks(file), "utf-8-sig"):
            kept = text.translate(_DROPPED)
            before, after = before + len(text), after + len(kept)
            written.write(kept.encode())
    except UnicodeDecodeError as error:
        raise Refused(Reason.NOT_UTF8) from error
    if not after:
        raise Refused(Reason.EMPTY)
    return {Removed.CONTROL_CHARACTERS} if after < before else set()


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    return iter(lambda: file.read(_CHUNK), b"")
