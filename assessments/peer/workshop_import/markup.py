"""Moodle's XML read without its dangers, and its HTML as plain text."""

import re
from collections.abc import Iterator
from html import unescape
from xml.etree import ElementTree

from assessments.peer.workshop_import.workshops import ImportProblem

NOTHING = "$@NULL@$"  # how Moodle writes a database's NULL
LONGEST_TEXT = 50_000  # characters of one text
_MARKDOWN, _PLAIN = "4", "2"  # of Moodle's text formats; all others are HTML
_UNREADABLE = "A file in this backup cannot be read. Make the backup in Moodle again."
_BLOCKS = frozenset(
    (
        *(
            "address",
            "article",
            "blockquote",
            "br",
            "div",
            "dl",
            "dt",
            "dd",
            "h1",
            "h2",
            "h3",
            "h4",
            "h5",
            "h6",
            "hr",
        ),
        *("ol", "p", "pre", "section", "table", "tr", "ul"),
    )
)
_SILENT = frozenset(("script", "style", "title"))
_SPACES = re.compile(r"[^\S\n]+")
_SPACES_AND_LINES = re.compile(r"\s+")
_TAG = re.compile(r"<(?P<end>/?)(?P<name>[a-zA-Z][a-zA-Z0-9]*)[^<>]*>|<[!?][^<>]*>")
_LINES = re.compile(r"\n{3,}")


def parse(content: bytes) -> ElementTree.Element:
    """The root element. Raises ImportProblem for what Moodle never writes: a document type, entities, another encoding.

    Decoded before it is parsed, so that no declared encoding can hide a document type.
    """
    try:
        text = content.decode("utf-8-sig")
        if "<!DOCTYPE" in text or "<!ENTITY" in text:
            raise ImportProblem(_UNREADABLE)
        return ElementTree.fromstring(text)  # noqa: S314 — without a document type there are no entities to expand
    except (UnicodeDecodeError, ElementTree.ParseError) as error:
        raise ImportProblem(_UNREADABLE) from error


def value(element: ElementTree.Element, name: str) -> str:
    """The text of a child; empty where it is missing or NULL."""
    found = (element.findtext(name) or "").strip()
    return "" if found == NOTHING else found


def whole(element: ElementTree.Element, name: str) -> int:
    """The whole number in a child, whatever decimals it is written with; 0 where there is none."""
    found = re.fullmatch(r"(-?\d{1,12})(?:\.\d*)?", value(element, name))
    return int(found[1]) if found else 0


def text(element: ElementTree.Element, name: str) -> str:
    """The child as plain text, by the format that Moodle notes beside it."""
    written = value(element, name)[:LONGEST_TEXT]
    if value(element, f"{name}format") in (_PLAIN, _MARKDOWN):
        return written
    return plain(written)


def plain(html: str) -> str:
    """Text of HTML: paragraphs and list items on lines of their own; scripts, pictures and comments left out.

    In time linear in the text, which the standard library's HTML parser is not for text that means harm.
    """
    lines = (_SPACES.sub(" ", line).strip() for line in "".join(_parts(_without_comments(html))).split("\n"))
    return _LINES.sub("\n\n", "\n".join(lines)).strip()


def _without_comments(html: str) -> str:
    first, *others = html.split("<!--")
    return first + "".join(piece.partition("-->")[2] for piece in others)


def _parts(html: str) -> Iterator[str]:
    silent, begins = "", 0
    for tag in _TAG.finditer(html):
        if not silent:
            yield _text_of(html[begins : tag.start()])
            yield _break_at(tag)
        silent = _silent_after(tag, silent)
        begins = tag.end()
    if not silent:
        yield _text_of(html[begins:])


def _text_of(html: str) -> str:
    """Lines of the source are no lines of the text."""
    return unescape(_SPACES_AND_LINES.sub(" ", html))


def _break_at(tag: re.Match[str]) -> str:
    name = (tag["name"] or "").lower()
    if name == "li" and not tag["end"]:
        return "\n- "
    if name == "p":
        return "\n\n"
    if name in _BLOCKS:
        return "\n"
    return " " if name in ("td", "th") else ""


def _silent_after(tag: re.Match[str], silent: str) -> str:
    name = (tag["name"] or "").lower()
    if silent:
        return "" if tag["end"] and name == silent else silent
    return name if name in _SILENT and not tag["end"] else ""
