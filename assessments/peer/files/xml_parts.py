"""XML inside packages: read without entities, networks or notes, and cut without losing the text around."""

from collections.abc import Iterable
from typing import TypeAlias

from lxml import etree

from assessments.peer.files.outcomes import Reason, Refused

Element: TypeAlias = etree._Element
_DOOMED = "{urn:bellringer:doomed}element"


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


def has_any(root: Element, tags: Iterable[str]) -> bool:
    return next(root.iter(*tags), None) is not None


def tags(names: Iterable[str], namespaces: Iterable[str] = ("*",)) -> list[str]:
    """For whatever namespace, or for some."""
    spaces = list(namespaces)
    return [f"{{{space}}}{name}" for name in names for space in spaces]


def drop(root: Element, unwanted: Iterable[str]) -> bool:
    """Elements of these tags go with all inside them; the text behind them stays. Whether there were any."""
    unwanted = list(unwanted)
    found = has_any(root, unwanted)
    etree.strip_elements(root, *unwanted, with_tail=False)
    return found


def drop_these(root: Element, elements: Iterable[Element]) -> bool:
    """As `drop`, for elements that were picked one by one. One by one they would also go, but text is copied each time."""
    for element in elements:
        element.tag = _DOOMED
    return drop(root, [_DOOMED])


def unwrap(root: Element, wrappers: Iterable[str]) -> bool:
    """What is inside elements of these tags takes their place. Whether there were any."""
    wrappers = list(wrappers)
    found = has_any(root, wrappers)
    etree.strip_tags(root, *wrappers)
    return found


def drop_attributes(root: Element, names: Iterable[str]) -> bool:
    """By local name, in whatever namespace. Whether there were any."""
    unwanted, found = frozenset(names), False
    for element in root.iter(etree.Element):
        for name in [it for it in element.attrib if local(str(it)) in unwanted]:
            del element.attrib[name]
            found = True
    return found


def blank(element: Element) -> None:
    """Without any text, its own and that inside."""
    for inside in element.iter(etree.Element):
        inside.text = None
        if inside is not element:
            inside.tail = None
