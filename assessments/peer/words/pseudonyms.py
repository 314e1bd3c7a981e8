"""Names for people who stay unnamed: a pair of words, fresh for every (activity, viewer, subject).

Two viewers see different names for the same person, so they cannot find out together who it is; a name of another
activity says nothing either, because every activity has a key of its own. A stable pseudonym lets people be
recognised over time (a flaw that users of TEAMMATES reported).
"""

import hashlib
import hmac
from collections.abc import Callable, Iterable
from typing import TypeVar

from assessments.peer.words.lexicons.pleasant import ADJECTIVES, BIRDS_AND_TREES

PAIRS = len(ADJECTIVES) * len(BIRDS_AND_TREES)
SHORTEST_KEY = 16  # bytes
Item = TypeVar("Item")


def pseudonym(key: bytes, viewer: str, subject: str) -> str:
    """What `viewer` calls `subject`, such as "Copper Heron". `key`: the activity's secret, at least 16 bytes.

    Within one list two subjects may get the same pair; `names_for` keeps them apart.
    """
    return _pair(_number(_digest(key, "name", viewer, subject)))


def names_for(key: bytes, viewer: str, subjects: Iterable[str]) -> dict[str, str]:
    """A name of its own for each subject of one viewer's list, whatever order they come in.

    ValueError when there are more subjects than pairs of words. Who joins a list later may, where two pairs meet
    (1 in `PAIRS` for each two people), take over the other one's name: keep the names of a list that was shown.
    """
    digests = {subject: _digest(key, "name", viewer, subject) for subject in set(subjects)}
    if len(digests) > PAIRS:
        raise ValueError(f"{len(digests)} people and only {PAIRS} names")
    names: dict[str, str] = {}
    taken: set[int] = set()
    for subject in sorted(digests, key=digests.__getitem__):
        number = _free(_number(digests[subject]), taken)
        taken.add(number)
        names[subject] = _pair(number)
    return names


def shuffled_for(
    key: bytes, viewer: str, items: Iterable[Item], *, id_of: Callable[[Item], str] = str
) -> list[Item]:
    """`items` in an order that is this viewer's own, and the same whenever they look."""
    return sorted(items, key=lambda item: _digest(key, "order", viewer, id_of(item)))


def _digest(key: bytes, purpose: str, viewer: str, subject: str) -> bytes:
    """HMAC-SHA256. Each part goes in with its length: ("ab", "c") is not ("a", "bc")."""
    if len(key) < SHORTEST_KEY:
        raise ValueError(f"a key of {SHORTEST_KEY} bytes or more is needed")
    parts = [part.encode("utf-8", "surrogatepass") for part in (purpose, viewer, subject)]
    return hmac.new(key, b"".join(b"%d:%b" % (len(part), part) for part in parts), hashlib.sha256).digest()


def _number(digest: bytes) -> int:
    return int.from_bytes(digest, "big") % PAIRS


def _free(number: int, taken: set[int]) -> int:
    while number in taken:
        number = (number + 1) % PAIRS
    return number


def _pair(number: int) -> str:
    adjective, noun = divmod(number, len(BIRDS_AND_TREES))
    return f"{ADJECTIVES[adjective]} {BIRDS_AND_TREES[noun]}"
