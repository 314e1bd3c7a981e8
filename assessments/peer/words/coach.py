"""Advice on a comment while it is written. Local and explainable: word lists and counting, nothing leaves the server.

It suggests and never keeps anyone from sending, except a comment that is empty. The word lists are English; of other
languages only what is true of any text is said.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from assessments.peer.words import signs
from assessments.peer.words.tokens import Span, Token, tokens, words

FEWEST_WORDS = 5  # of a comment that somebody can act on
NEARLY_THE_SAME = 0.9  # of the words of both texts together
FEWEST_CAPITALS = 10
SHARE_OF_CAPITALS = 0.8
_KEYCAP = re.compile("[0-9#*]\ufe0f?\u20e3")


class Code(StrEnum):
    EMPTY = "empty"
    REPEATED = "repeated"
    RUBRIC = "rubric"
    SHORT = "short"
    BEHAVIOUR = "behaviour"
    SUGGESTION = "suggestion"
    PERSON = "person"
    CAPITALS = "capitals"
    INSULT = "insult"


# Wherever people read them, they are translated first.
SENTENCES = {
    Code.EMPTY: "There is nothing here yet that somebody could read. Write what you saw or heard.",
    Code.REPEATED: "You wrote this before, or nearly the same. What was different this time?",
    Code.RUBRIC: "These are the rubric's own words. Say what you saw that made you choose them.",
    Code.SHORT: "This is short. A sentence more tells what to keep or to change.",
    Code.BEHAVIOUR: "What did you see or hear? One moment, or words in quotation marks, makes it clear what you mean.",
    Code.SUGGESTION: "Add one thing to try next time.",
    Code.PERSON: "This is about the person. Say the same about what they did.",
    Code.CAPITALS: "All in capitals, this reads like shouting.",
    Code.INSULT: "This word can hurt. Say what happened in other words.",
}


@dataclass(frozen=True)
class Advice:
    code: Code
    sentence: str
    span: Span | None = None  # the words it is about; None for the whole comment


@dataclass(frozen=True)
class Quality:
    """A self-check of the writer, an estimate from word lists. It is never a grade, and no grade is made of it.

    evidence: 0 nothing said, 1 a judgement alone, 2 a behaviour, 3 a behaviour and the encounter it belongs to.
    suggestion: 0 or 1. connection: 1 where the suggestion is tied to what was seen. Spans are the words that led to it.
    """

    evidence: int
    suggestion: int
    connection: int
    evidence_spans: tuple[Span, ...] = ()
    suggestion_spans: tuple[Span, ...] = ()
    connection_spans: tuple[Span, ...] = ()


def is_empty(text: str) -> bool:
    """Nothing to read: blank, one character however often, only emoji, only punctuation."""
    return len({char.casefold() for char in _KEYCAP.sub("", text) if char.isalnum()}) < 2


def advise(
    text: str,
    *,
    criterion_words: Iterable[str] = (),
    earlier: Iterable[str] = (),
    work_words: Iterable[str] = (),
) -> tuple[Advice, ...]:
    """What could be better, most weighty first; empty when nothing is seen.

    criterion_words: the criterion's title, description and levels, as texts. earlier: the same reviewer's other
    comments. work_words: texts of the work, such as its title and headings.
    """
    if is_empty(text):
        return (_advice(Code.EMPTY),)
    found = tokens(text)
    criterion = tuple(criterion_words)
    return (
        *(_advice(Code.INSULT, place) for place in signs.insults(found)),
        *(_advice(Code.PERSON, place) for place in signs.persons(found)),
        *_of_copies(found, criterion, earlier),
        *_of_substance(text, found, (*criterion, *work_words)),
        *([_advice(Code.CAPITALS)] if is_shouted(text) else []),
    )


def quality_hints(text: str) -> Quality:
    """How a comment would look by the QuAL score's three questions.

    Source: Chan et al. 2020, The Quality of Assessment of Learning (QuAL) Score, AEM Education and Training.
    People rate it by reading; this only looks for words, and is for the writer alone.
    """
    if is_empty(text):
        return Quality(0, 0, 0)
    found = tokens(text)
    seen = tuple(sorted({*signs.behaviour(found), *signs.quotations(text)}))
    where = tuple(signs.contexts(found)) if seen else ()
    offered = tuple(signs.suggestions(found))
    tie = _connection(text, found, seen, offered)
    evidence = 1 + bool(seen) + bool(where)
    return Quality(evidence, int(bool(offered)), int(bool(tie)), (*seen, *where), offered, tie)


def is_shouted(text: str) -> bool:
    """In capitals throughout, longer than a few abbreviations are."""
    capitals = sum(char.isupper() for char in text)
    cased = capitals + sum(char.islower() for char in text)
    longest = max((token.end - token.start for token in tokens(text)), default=0)
    return capitals >= FEWEST_CAPITALS and capitals >= SHARE_OF_CAPITALS * cased and longest >= 4


def is_short(found: Sequence[Token]) -> bool:
    """In scripts that write no spaces, two characters count as a word."""
    return (
        sum(1 if token.word.isascii() else (token.end - token.start + 1) // 2 for token in found)
        < FEWEST_WORDS
    )


def _advice(code: Code, place: Span | None = None) -> Advice:
    return Advice(code, SENTENCES[code], place)


def _of_copies(found: Sequence[Token], criterion: Sequence[str], earlier: Iterable[str]) -> Iterator[Advice]:
    written = [token.word for token in found]
    if any(_nearly_same(written, words(other)) for other in earlier):
        yield _advice(Code.REPEATED)
    if any(_is_taken_from(written, words(text)) for text in criterion):
        yield _advice(Code.RUBRIC)


def _of_substance(text: str, found: Sequence[Token], known: Sequence[str]) -> Iterator[Advice]:
    if is_short(found):
        yield _advice(Code.SHORT)
    if not signs.is_english(found):
        return
    if not (signs.behaviour(found) or signs.quotations(text) or signs.of_words(found, known)):
        yield _advice(Code.BEHAVIOUR)
    if not signs.suggestions(found):
        yield _advice(Code.SUGGESTION)


def _is_taken_from(written: list[str], source: list[str]) -> bool:
    """Word for word a part of it, or nearly all of it."""
    if not written or not source:
        return False
    return f" {' '.join(written)} " in f" {' '.join(source)} " or _nearly_same(written, source)


def _nearly_same(one: list[str], other: list[str]) -> bool:
    """Nine words of ten alike, in whatever order."""
    alike = sum((Counter(one) & Counter(other)).values())
    return bool(one) and 2 * alike >= NEARLY_THE_SAME * (len(one) + len(other))


def _connection(
    text: str, found: Sequence[Token], seen: Sequence[Span], offered: Sequence[Span]
) -> tuple[Span, ...]:
    """Behaviour and suggestion in one sentence; or in sentences that follow each other and share a word or a link."""
    starts = signs.sentence_starts(text)
    seen_in = {signs.sentence_of(starts, first): (first, last) for first, last in seen}
    tied_in = {signs.sentence_of(starts, first) for first, _last in signs.links(found)}
    content = _content_words(found, starts)
    for place in offered:
        number = signs.sentence_of(starts, place[0])
        if number in seen_in:
            return seen_in[number], place
        shared = content.get(number, set()) & content.get(number - 1, set())
        if number - 1 in seen_in and (shared or number in tied_in):
            return seen_in[number - 1], place
    return ()


def _content_words(found: Sequence[Token], starts: Sequence[int]) -> dict[int, set[str]]:
    """By sentence, words of four letters and more."""
    by_sentence: dict[int, set[str]] = {}
    for token in found:
        if len(token.word) >= signs.SHORTEST_CONTENT_WORD and token.word not in signs.SMALL_WORDS:
            by_sentence.setdefault(signs.sentence_of(starts, token.start), set()).add(token.word)
    return by_sentence
