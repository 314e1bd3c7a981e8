"""XML inside packages: read without entities, networks or notes, and cut without losing the text around."""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from lxml import etree

from assessments.peer.files.outcomes import Reason, Refused

Element: TypeAlias = etree._Element


def parse(content: bytes) -> Element:
    """Raises `Refused` for broken XML and for any document type, which office programs never write."""
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Refused(Reason.UNREADABLE) from error
    if root.getroottree().docinfo.doctype:
        raise Refused(Reason.UNREADABLE)
    return root


def to_bytes(root: Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


def namespace(element: Element) -> str:
    return etree.QName(element).namespace or ""


def local(name: str) -> str:
    """The name of an element or attribute without its namespace."""
    return name.rpartition("}")[2]


def drop(element: Element) -> None:
    """With all inside it; the text behind it stays."""
    parent = element.getparent()
    if parent is not None:
        _add_text(element, element.tail)
        parent.remove(element)


def unwrap(element: Element) -> None:
    """What is inside takes its place."""
    parent = element.getparent()
    if parent is None:
        return
    _add_text(element, element.text)
    for child in list(element):
        element.addprevious(child)
    _add_text(element, element.tail)
    parent.remove(element)


def drop_attributes(root: Element, names: Iterable[str]) -> bool:
    """By local name, in whatever namespace."""
    unwanted, found = frozenset(names), False
    for element in root.iter(etree.Element):
        for name in [it for it in element.attrib if local(str(it)) in unwanted]:
            del element.attrib[name]
            found = True
    return found


def drop_all(root: Element, names: Iterable[str], namespaces: Iterable[str] | None = None) -> bool:
    """Elements by local name; in any namespace unless some are given."""
    unwanted, where = frozenset(names), None if namespaces is None else frozenset(namespaces)
    found = [
        element
        for element in root.iter(etree.Element)
        if local(str(element.tag)) in unwanted and (where is None or namespace(element) in where)
    ]
    for element in found:
        drop(element)
    return bool(found)


def blank(element: Element) -> None:
    """Without any text, its own and that inside."""
    for inside in element.iter(etree.Element):
        inside.text = None
        if inside is not element:
            inside.tail = None


def rename(element: Element, names: Mapping[str, str]) -> None:
    """Attributes by their full names, where they are there."""
    for name, value in names.items():
        if name in element.attrib:
            element.set(name, value)


def _add_text(element: Element, text: str | None) -> None:
    """Before the element."""
    if not text:
        return
    before, parent = element.getprevious(), element.getparent()
    if before is not None:
        before.tail = (before.tail or "") + text
    elif parent is not None:
        parent.text = (parent.text or "") + text
