"""Words of a text with their places, and phrases of word lists among them. All in time linear in the text."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

Span: TypeAlias = tuple[int, int]  # places in the text, the second one behind the last character
Lexicon: TypeAlias = Mapping[str, tuple[tuple[str, ...], ...]]  # phrases by their first word, longest first

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


@dataclass(frozen=True, slots=True)
class Token:
    word: str  # as it compares: no capitals, one kind of apostrophe, no look-alike letters (NFKC)
    start: int
    end: int


def tokens(text: str) -> list[Token]:
    return [Token(_plain(found[0]), *found.span()) for found in _WORD.finditer(text)]


def words(text: str) -> list[str]:
    return [token.word for token in tokens(text)]


def lexicon(phrases: Iterable[str]) -> Lexicon:
    by_first: dict[str, list[tuple[str, ...]]] = {}
    for phrase in phrases:
        first, *_rest = parts = tuple(phrase.split())
        by_first.setdefault(first, []).append(parts)
    return {first: tuple(sorted(found, key=len, reverse=True)) for first, found in by_first.items()}


def phrases(found: Sequence[Token], known: Lexicon) -> Iterator[Span]:
    """Where phrases of the lexicon stand, as first and last-plus-one token; the longest at each place."""
    place = 0
    while place < len(found):
        length = _longest(found, place, known)
        if length:
            yield place, place + length
        place += length or 1


def span(found: Sequence[Token], place: Span) -> Span:
    """Places in the text of tokens `place[0]` to `place[1]`, the last one excluded."""
    return found[place[0]].start, found[place[1] - 1].end


def _longest(found: Sequence[Token], place: int, known: Lexicon) -> int:
    for phrase in known.get(found[place].word, ()):
        if tuple(token.word for token in found[place : place + len(phrase)]) == phrase:
            return len(phrase)
    return 0


def _plain(word: str) -> str:
    if word.isascii():
        return word.casefold()
    return unicodedata.normalize("NFKC", word).casefold().replace("’", "'")
