"""What in a text may tell who a patient is, and what staff should read first. Patterns and word lists; people decide."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from assessments.peer.words import coach, identifiers, signs
from assessments.peer.words.lexicons.unsafe import UNSAFE
from assessments.peer.words.tokens import Span, lexicon, phrases, span, tokens

VERY_LOW = 0.25  # of the highest score there is
_UNSAFE = lexicon(UNSAFE)


@dataclass(frozen=True)
class Finding:
    """A passage of the text, `text[start:end]`, that may identify somebody."""

    kind: identifiers.Kind
    sentence: str
    start: int
    end: int

    @property
    def is_hint(self) -> bool:
        """Often harmless, such as a date: shown to the writer, and no reason to keep the text back."""
        return self.kind in identifiers.HINTS


class Level(IntEnum):
    NONE = 0
    LOOK = 1  # when there is time
    FIRST = 2  # before others


class Reason(StrEnum):
    INSULT = "insult"
    UNSAFE = "unsafe"
    IDENTIFIER = "identifier"
    PERSON = "person"
    SHOUTED = "shouted"
    LOW_AND_SHORT = "low_and_short"


# Wherever people read them, they are translated first.
SENTENCES = {
    Reason.INSULT: "A word that can hurt.",
    Reason.UNSAFE: "May be advice that harms a patient.",
    Reason.IDENTIFIER: "May identify a patient.",
    Reason.PERSON: "Judges the person.",
    Reason.SHOUTED: "Written in capitals.",
    Reason.LOW_AND_SHORT: "A very low score with hardly a word.",
}
_FIRST = frozenset((Reason.INSULT, Reason.UNSAFE, Reason.IDENTIFIER))


@dataclass(frozen=True)
class Worry:
    reason: Reason
    sentence: str
    span: Span | None = None  # None for the whole text


@dataclass(frozen=True)
class Risk:
    level: Level
    reasons: tuple[Worry, ...] = ()


def screen(text: str) -> tuple[Finding, ...]:
    """Passages that look like identifiers of a person, in the order of the text; no passage twice.

    Hints only: it misses nicknames, places and rare diseases, and it takes names out of a case's script for real ones.
    """
    found = [
        Finding(kind, identifiers.SENTENCES[kind], start, end)
        for kind, start, end in identifiers.matches(text)
    ]
    return tuple(sorted(found, key=lambda finding: finding.start))


def risk(text: str, *, score: float | None = None) -> Risk:
    """How soon staff should read a comment. `score`: what its writer gave, as a share of the most, 0 to 1."""
    worries = tuple(_worries(text, score))
    if any(worry.reason in _FIRST for worry in worries):
        return Risk(Level.FIRST, worries)
    return Risk(Level.LOOK if worries else Level.NONE, worries)


def _worries(text: str, score: float | None) -> Iterator[Worry]:
    found = tokens(text)
    yield from (_worry(Reason.INSULT, place) for place in signs.insults(found))
    yield from (_worry(Reason.UNSAFE, span(found, place)) for place in phrases(found, _UNSAFE))
    for finding in screen(text):
        if not finding.is_hint:
            yield _worry(Reason.IDENTIFIER, (finding.start, finding.end))
    yield from (_worry(Reason.PERSON, place) for place in signs.persons(found))
    if coach.is_shouted(text):
        yield _worry(Reason.SHOUTED)
    if score is not None and score <= VERY_LOW and coach.is_short(found):
        yield _worry(Reason.LOW_AND_SHORT)


def _worry(reason: Reason, place: Span | None = None) -> Worry:
    return Worry(reason, SENTENCES[reason], place)
