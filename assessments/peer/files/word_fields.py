"""Fields of a Word document that print who made it, or that hold where something lay.

What the first kind last printed is blanked; of the second only the instruction goes.
"""

import re

from lxml import etree

from assessments.peer.files.ooxml_parts import WORD
from assessments.peer.files.outcomes import Removed
from assessments.peer.files.relationships import NOWHERE, is_public
from assessments.peer.files.xml_parts import Element, local, namespace

_TELLS = re.compile(
    r"\s*(AUTHOR|LASTSAVEDBY|USERNAME|USERINITIALS|USERADDRESS|FILENAME|TEMPLATE|DOCPROPERTY|DOCVARIABLE|INFO|COMMENTS)\b",
    re.I,
)
_HOLDS_A_PLACE = re.compile(
    r"\s*(INCLUDETEXT|INCLUDEPICTURE|LINK|MERGEFIELD|DATABASE|DDE|DDEAUTO|RD)\b", re.I
)
_LINK = re.compile(r'\s*HYPERLINK\s+"([^"]*)"', re.I)
_PROPERTIES = re.compile(r"(core|extended|custom)-properties|coverPageProps", re.I)
_NOTHING = " QUOTE "


def clean(root: Element) -> set[Removed]:
    found = _clean_simple(root) | _clean_complex(root) | _unbind(root)
    return {Removed.FIELDS} if found else set()


def _words(root: Element, *names: str) -> list[Element]:
    return [it for it in root.iter(etree.Element) if namespace(it) in WORD and local(it.tag) in names]


def _attribute(element: Element, name: str) -> str:
    """Its full name; empty where there is none."""
    return next((str(it) for it in element.attrib if local(str(it)) == name), "")


def _value(element: Element, name: str) -> str:
    return element.get(_attribute(element, name), "")


def _harmless(instruction: str) -> str:
    """The same instruction where it tells nothing."""
    if _TELLS.match(instruction) or _HOLDS_A_PLACE.match(instruction):
        return _NOTHING
    link = _LINK.match(instruction)
    return f' HYPERLINK "{NOWHERE}" ' if link and not is_public(link[1]) else instruction


def _clean_simple(root: Element) -> bool:
    found = False
    for element in _words(root, "fldSimple"):
        instruction = _value(element, "instr")
        if _TELLS.match(instruction):
            _blank(element)
        if _harmless(instruction) != instruction:
            element.set(_attribute(element, "instr"), _harmless(instruction))
            found = True
    return found


class _Field:
    """Begin, instruction in pieces, separate, result, end: in runs one after the other (ECMA-376 part 1, §17.16.18)."""

    def __init__(self) -> None:
        self.pieces: list[Element] = []
        self.results: list[Element] = []

    def clean(self) -> bool:
        instruction = "".join(piece.text or "" for piece in self.pieces)
        harmless = _harmless(instruction)
        if _TELLS.match(instruction):
            for text in self.results:
                text.text = ""
        if harmless == instruction:
            return False
        for piece in self.pieces:
            piece.text = ""
        self.pieces[0].text = harmless
        return True


def _clean_complex(root: Element) -> bool:
    """Fields may lie inside fields; one that never ends is closed by the end of the part."""
    open_fields: list[_Field] = []
    fields: list[_Field] = []
    for element in _words(root, "fldChar", "instrText", "t"):
        if local(element.tag) == "fldChar":
            _step(_value(element, "fldCharType"), open_fields, fields)
        elif local(element.tag) == "instrText":
            (open_fields or [_Field()])[-1].pieces.append(element)
        else:
            for field in open_fields:
                field.results.append(element)
    return bool([field for field in fields if field.clean()])


def _step(kind: str, open_fields: list[_Field], fields: list[_Field]) -> None:
    if kind == "begin":
        open_fields.append(_Field())
        fields.append(open_fields[-1])
    elif kind == "end" and open_fields:
        open_fields.pop()


def _unbind(root: Element) -> bool:
    """Content controls that repeat a property of the file, such as the author on a cover page."""
    bindings = _words(root, "dataBinding")
    for binding in bindings:
        properties = binding.getparent()
        if _PROPERTIES.search(_value(binding, "prefixMappings") + _value(binding, "xpath")):
            _blank(properties.getparent())
        properties.remove(binding)
    return bool(bindings)


def _blank(element: Element) -> None:
    for text in _words(element, "t"):
        text.text = ""
