"""What can be seen in a written comment: behaviour, suggestions, the encounter, words about a person.

Every sign is a place in the text, so that whoever wrote it can be shown why. The word lists are English.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence

from assessments.peer.words.lexicons.behaviour import BEFORE_PLAIN, DOUBLING, IRREGULAR, REGULAR
from assessments.peer.words.lexicons.context import CONTEXT
from assessments.peer.words.lexicons.english import SMALL_WORDS
from assessments.peer.words.lexicons.insults import HARMLESS, INSULTS
from assessments.peer.words.lexicons.persons import BETWEEN, SUBJECTS, TRAITS
from assessments.peer.words.lexicons.suggestions import LINKS, NOT_SUGGESTING, SUGGESTIONS
from assessments.peer.words.tokens import Lexicon, Span, Token, lexicon, phrases, span, tokens

SHORTEST_CONTENT_WORD = 4
_QUOTED = re.compile(r"[\"“„«][^\"“”„«»]{2,300}[\"”“»]|‘[^‘]{2,300}?’(?!\w)")
_SENTENCE_END = re.compile(r"(?<![.!?…\n])[.!?…\n]+(?=\s|$)")  # one try for each run of them
_AT_MOST_BETWEEN = 4
_REACH = 8  # words of a suggestion that are not yet done: "try to pause before you summarise"


def _past(verb: str) -> str:
    if verb.endswith("e"):
        return verb + "d"
    if verb.endswith("y") and verb[-2] not in "aeou":
        return verb[:-1] + "ied"
    return verb + (verb[-1] if verb in DOUBLING else "") + "ed"


def _forms(verb: str) -> tuple[str, ...]:
    """Plain and third person: "wash" and "washes"."""
    if verb.endswith("y") and verb[-2] not in "aeou":
        return verb, verb[:-1] + "ies"
    return verb, verb + ("es" if verb.endswith(("s", "sh", "ch", "x", "z", "o")) else "s")


_SAME_IN_PAST = frozenset(verb for verb, past in IRREGULAR if verb == past)
_PAST = frozenset(map(_past, REGULAR)) | {past for _verb, past in IRREGULAR} - _SAME_IN_PAST
_PLAIN = frozenset(form for verb in REGULAR for form in _forms(verb)) | {
    form for verb, _past_form in IRREGULAR for form in _forms(verb)
}
_BEFORE_PLAIN = frozenset(BEFORE_PLAIN)
_CONTEXT = frozenset(CONTEXT)
_TRAITS = frozenset(TRAITS)
_SUGGESTIONS = lexicon(SUGGESTIONS)
_NOT_SUGGESTING = lexicon(NOT_SUGGESTING)
_LINKS = lexicon(LINKS)
_SUBJECTS = lexicon(SUBJECTS)
_INSULTS = lexicon(INSULTS)
_HARMLESS = lexicon(HARMLESS)


def behaviour(found: Sequence[Token]) -> list[Span]:
    """What somebody did or said: "asked", "you listen", "did not wash". Not "should have asked"."""
    wished = {
        number
        for start, end in _places(found, _SUGGESTIONS, _NOT_SUGGESTING)
        for number in range(start, end + _REACH)
    }
    return [
        (token.start, token.end)
        for place, token in enumerate(found)
        if _is_done(found, place) or (place not in wished and _is_told(found, place))
    ]


def quotations(text: str) -> list[Span]:
    """Words in quotation marks of any kind, 2 to 300 characters long."""
    return [match.span() for match in _QUOTED.finditer(text)]


def suggestions(found: Sequence[Token]) -> list[Span]:
    return [span(found, place) for place in _places(found, _SUGGESTIONS, _NOT_SUGGESTING)]


def links(found: Sequence[Token]) -> list[Span]:
    """Words such as "because", which tie one thing to another."""
    return [span(found, place) for place in phrases(found, _LINKS)]


def contexts(found: Sequence[Token]) -> list[Span]:
    """Words of the encounter: "patient", "chest pain"."""
    return [(token.start, token.end) for token in found if token.word in _CONTEXT]


def persons(found: Sequence[Token]) -> list[Span]:
    """Where a person is judged and not what they did, from "you are" to the word: "you are really lazy"."""
    return [
        (found[start].start, found[trait].end)
        for start, end in phrases(found, _SUBJECTS)
        if (trait := _trait_after(found, end)) is not None
    ]


def insults(found: Sequence[Token]) -> list[Span]:
    return [span(found, place) for place in _places(found, _INSULTS, _HARMLESS)]


def of_words(found: Sequence[Token], texts: Iterable[str]) -> list[Span]:
    """Words of these texts in the comment, the small ones left out."""
    known = {token.word for text in texts for token in tokens(text)} - SMALL_WORDS
    return [
        (token.start, token.end)
        for token in found
        if token.word in known and len(token.word) >= SHORTEST_CONTENT_WORD
    ]


def sentence_starts(text: str) -> list[int]:
    """Where sentences begin; the first at 0."""
    return [0, *(match.end() for match in _SENTENCE_END.finditer(text))]


def sentence_of(starts: Sequence[int], place: int) -> int:
    return bisect_right(starts, place) - 1


def is_english(found: Sequence[Token]) -> bool:
    """Whether the word lists can say something about this text. Few words are given the benefit of the doubt."""
    if len(found) < 6:
        return all(token.word.isascii() for token in found)
    return 8 * sum(token.word in SMALL_WORDS for token in found) >= len(found)


def _is_done(found: Sequence[Token], place: int) -> bool:
    before = {token.word for token in found[max(0, place - 3) : place]}
    return found[place].word in _PAST and before.isdisjoint(("should", "could", "would", "might"))


def _is_told(found: Sequence[Token], place: int) -> bool:
    return place > 0 and found[place].word in _PLAIN and found[place - 1].word in _BEFORE_PLAIN


def _places(found: Sequence[Token], known: Lexicon, excepted: Lexicon) -> list[Span]:
    """Token places of one lexicon's phrases, without those that touch one of the other."""
    hidden = {number for start, end in phrases(found, excepted) for number in range(start, end)}
    return [(start, end) for start, end in phrases(found, known) if hidden.isdisjoint(range(start, end))]


def _trait_after(found: Sequence[Token], place: int) -> int | None:
    for number in range(place, min(len(found), place + _AT_MOST_BETWEEN + 1)):
        word = found[number].word
        if word in _TRAITS:
            return number if not _is_of_the_work(found, number) else None
        if word not in BETWEEN:
            return None
    return None


def _is_of_the_work(found: Sequence[Token], number: int) -> bool:
    """ "You were slow to wash" and "you were good at" say what was done."""
    return number + 1 < len(found) and found[number + 1].word in ("to", "at", "in", "when", "with")
