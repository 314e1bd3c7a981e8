"""OpenDocument files: a new package of text, styles and pictures, without who made them (OpenDocument 1.3)."""

import posixpath
import re
from typing import BinaryIO
from urllib.parse import unquote

from lxml import etree

from assessments.peer.files import images
from assessments.peer.files.kinds import Kind
from assessments.peer.files.limits import Limits
from assessments.peer.files.outcomes import Reason, Refused, Removed
from assessments.peer.files.packages import Package, Writing
from assessments.peer.files.relationships import NOWHERE, is_public
from assessments.peer.files.xml_parts import (
    Element,
    blank,
    drop,
    drop_attributes,
    drop_these,
    local,
    namespace,
    parse,
    tags,
    to_bytes,
)

_MANIFEST = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
_OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
_TEXT = "urn:oasis:names:tc:opendocument:xmlns:text:1.0"
_DRAW = "urn:oasis:names:tc:opendocument:xmlns:drawing:1.0"
_HREF = "{http://www.w3.org/1999/xlink}href"
# Formulas and charts are documents of their own inside.
_XML = re.compile(r"((Object|Formula) \d{1,4}/)?(content|styles)\.xml")
_INSIDE = re.compile(r"#.*|(\./)?(Object|Formula) \d{1,4}/?")
_PICTURE = re.compile(r"(Pictures|media)/[^/]+")
_MACROS = re.compile(r"(Basic|Scripts)/.+")
_GONE = {
    "meta.xml": Removed.DETAILS,
    "settings.xml": Removed.PRINTER,
    "Thumbnails": Removed.THUMBNAIL,
    "META-INF/documentsignatures.xml": Removed.SIGNATURES,
    "Versions": Removed.CHANGES,
    "VersionList.xml": Removed.CHANGES,
}
_COMMENTS = ("annotation", "annotation-end")
_CHANGES = ("tracked-changes", "change", "change-start", "change-end")
_DETAILS = ("meta", "settings")
_SCRIPTS = ("scripts", "event-listeners", "forms", "dde-source", "dde-connection-decls")
_TELLING = re.compile(
    r"(sender-\w+|author-name|author-initials|creator|initial-creator|printed-by|file-name|template-name|"
    r"user-defined|description|editing-cycles|database-\w+)(-\w+)*"
)
_SAVED = ("rsid", "paragraph-rsid", "creator-initials", "caption-id")
_FOREIGN_PARTS = ("object-ole", "plugin", "applet", "floating-frame")


def clean(file: BinaryIO, written: BinaryIO, kind: Kind, limits: Limits) -> set[Removed]:
    package = Package(file, limits)
    _refuse_what_cannot_be_cleaned(package)
    with Writing(written) as writing:
        return _named_losses(package) | _write(writing, package, kind)


def _write(writing: Writing, package: Package, kind: Kind) -> set[Removed]:
    """The media type comes first and unpacked, so that a file tells what it is (part 2, §3.3)."""
    writing.add("mimetype", kind.media_type.encode(), packed=False)
    media_types, removed = {"/": kind.media_type}, set()
    pictures: dict[str, str] = {}
    for number, name in enumerate(it for it in package if _PICTURE.fullmatch(it)):
        content, picture, found = images.clean_inside(package.read(name), package.limits)
        pictures[name] = f"Pictures/picture{number}.{picture.extensions[0]}"
        media_types[pictures[name]] = picture.media_type
        writing.add(pictures[name], content)
        removed |= found
    for name in [it for it in package if _XML.fullmatch(it)]:
        root = parse(package.read(name, package.limits.most_xml))
        removed |= _clean_part(root, posixpath.dirname(name), pictures)
        media_types[name] = "text/xml"
        writing.add(name, to_bytes(root))
    writing.add("META-INF/manifest.xml", _manifest(media_types))
    return removed


def _refuse_what_cannot_be_cleaned(package: Package) -> None:
    if "content.xml" not in package or "META-INF/manifest.xml" not in package:
        raise Refused(Reason.UNREADABLE)
    if b"encryption-data" in package.read("META-INF/manifest.xml", package.limits.most_xml):
        raise Refused(Reason.ENCRYPTED)
    if any(_MACROS.fullmatch(name) for name in package):
        raise Refused(Reason.MACROS)


def _named_losses(package: Package) -> set[Removed]:
    lost = {_GONE.get(name) or _GONE.get(name.partition("/")[0]) for name in package}
    return {it for it in lost if it}


def _clean_part(root: Element, folder: str, pictures: dict[str, str]) -> set[Removed]:
    found = {
        Removed.COMMENTS: drop(root, tags(_COMMENTS)),
        Removed.CHANGES: drop(root, tags(_CHANGES)),
        Removed.DETAILS: drop(root, tags(_DETAILS, [_OFFICE])),
        Removed.SCRIPTS: drop(root, tags(_SCRIPTS)),
        Removed.AUTHORS: drop_attributes(root, _SAVED),
        Removed.FIELDS: _blank_fields(root),
        Removed.PATHS: _clean_links(root, folder, pictures),
        Removed.NAMES_OF_OBJECTS: _forget_names(root),
        Removed.EMBEDDED: drop(root, tags(_FOREIGN_PARTS)),
    }
    return {what for what, is_there in found.items() if is_there}


def _blank_fields(root: Element) -> bool:
    telling = [
        it for it in root.iter(etree.Element) if namespace(it) == _TEXT and _TELLING.fullmatch(local(it.tag))
    ]
    for element in telling:
        blank(element)
        for name in list(element.attrib):
            del element.attrib[name]
        element.tag = f"{{{_TEXT}}}span"
    return bool(telling)


def _clean_links(root: Element, folder: str, pictures: dict[str, str]) -> bool:
    """Pictures get their new names. A part elsewhere is not shown at all; a link keeps its text and leads nowhere."""
    not_shown, found = [], False
    for element in [it for it in root.iter(etree.Element) if _HREF in it.attrib]:
        href = element.get(_HREF, "")
        name = posixpath.normpath(posixpath.join(folder, unquote(href)))
        if name in pictures:
            element.set(_HREF, posixpath.relpath(pictures[name], folder or "."))
        elif local(element.tag) == "a":
            found |= not _is_open(href)
            element.set(_HREF, href if _is_open(href) else NOWHERE)
        elif not _INSIDE.fullmatch(href):
            not_shown.append(element)
    return drop_these(root, not_shown) or found


def _is_open(href: str) -> bool:
    return href.startswith("#") or is_public(href)


def _forget_names(root: Element) -> bool:
    """Names of pictures are those of their files. Titles and descriptions stay for who cannot see."""
    named = [
        it for it in root.iter(etree.Element) if local(it.tag) == "frame" and f"{{{_DRAW}}}name" in it.attrib
    ]
    for element in named:
        del element.attrib[f"{{{_DRAW}}}name"]
    return bool(named)


def _manifest(media_types: dict[str, str]) -> bytes:
    root = etree.Element(f"{{{_MANIFEST}}}manifest", nsmap={"manifest": _MANIFEST})
    root.set(f"{{{_MANIFEST}}}version", "1.3")
    for name, media_type in media_types.items():
        entry = etree.SubElement(root, f"{{{_MANIFEST}}}file-entry")
        entry.set(f"{{{_MANIFEST}}}full-path", name)
        entry.set(f"{{{_MANIFEST}}}media-type", media_type)
    return to_bytes(root)
