"""Word, PowerPoint and Excel files (ECMA-376): a new package of those parts that a reader sees, each cleaned of names."""

import posixpath
import re
from dataclasses import dataclass, field
from typing import BinaryIO

from lxml import etree

from assessments.peer.files import images, kinds, ooxml_parts, relationships, word_fields
from assessments.peer.files.kinds import Kind
from assessments.peer.files.limits import Limits
from assessments.peer.files.outcomes import Reason, Refused, Removed
from assessments.peer.files.packages import Package, Writing
from assessments.peer.files.relationships import Relationship
from assessments.peer.files.xml_parts import parse, to_bytes

_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_LIST_OF_TYPES = "[Content_Types].xml"
_FOLDERS = {kinds.DOCX: "word", kinds.PPTX: "ppt", kinds.XLSX: "xl"}
# Names that programs give; any other name somebody may have chosen.
_USUAL = re.compile(
    r"(word|ppt|xl)/((theme|media|charts|diagrams|drawings|slides|slideLayouts|slideMasters|notesSlides|notesMasters|"
    r"handoutMasters|worksheets|chartsheets|tables|pivotTables|pivotCache|externalLinks)/)?"
    r"(document|presentation|workbook|styles|stylesWithEffects|numbering|settings|webSettings|fontTable|theme|themeOverride|"
    r"header|footer|footnotes|endnotes|image|chart|style|colors|data|layout|quickStyle|quickStyles|drawing|sheet|sharedStrings|"
    r"table|pivotTable|pivotCacheDefinition|pivotCacheRecords|externalLink|slide|slideLayout|slideMaster|notesSlide|"
    r"notesMaster|handoutMaster|presProps|tableStyles)\d{0,4}\.(xml|png|jpg|jpeg|gif|webp)"
)
_MEDIA_TYPE = re.compile(r"application/[\w.+-]+xml")


@dataclass
class _Part:
    name: str
    tail: str
    leads_to: list[Relationship] = field(default_factory=list)
    lost: set[str] = field(default_factory=set)


def clean(file: BinaryIO, written: BinaryIO, kind: Kind, limits: Limits) -> set[Removed]:
    package = Package(file, limits)
    removed: set[Removed] = set()
    parts = _reached(package, removed)
    if [it.tail for it in parts[""].leads_to] != ["officeDocument"]:
        raise Refused(Reason.UNREADABLE)
    with Writing(written) as writing:
        removed |= _write(writing, package, parts, _new_names(parts, _FOLDERS[kind]))
    return removed


def _write(
    writing: Writing, package: Package, parts: dict[str, _Part], names: dict[str, str]
) -> set[Removed]:
    types, written_types = _media_types(package), {}
    removed: set[Removed] = set()
    for part in parts.values():
        if part.name:
            content, written_types[names[part.name]], found = _content(package, part, types)
            writing.add(names[part.name], content)
            removed |= found
        if part.leads_to:
            writing.add(relationships.path_of(names[part.name]), _listed(part, names))
    writing.add(_LIST_OF_TYPES, _list_of_types(written_types))
    return removed


def _reached(package: Package, removed: set[Removed]) -> dict[str, _Part]:
    """Parts by name, the package itself by the empty one. What no known way leads to is not among them."""
    parts = {"": _Part("", "")}
    waiting = [parts[""]]
    while waiting:
        part = waiting.pop()
        for relationship in relationships.of(package, part.name):
            kept = relationships.kept(package, relationship)
            if isinstance(kept, Removed):
                removed.add(kept)
                part.lost.add(relationship.id)
                continue
            if kept != relationship:
                removed.add(Removed.PATHS)
            part.leads_to.append(kept)
            if not kept.leads_outside and kept.target not in parts:
                parts[kept.target] = _Part(kept.target, kept.tail)
                waiting.append(parts[kept.target])
    return parts


def _media_types(package: Package) -> dict[str, str]:
    """By the name of a part, or by an extension with its dot."""
    root = parse(package.read(_LIST_OF_TYPES, package.limits.most_xml))
    types = {}
    for it in root.iter(etree.Element):
        name = it.get("PartName", "").lstrip("/") or "." + it.get("Extension", "").lower()
        types[name] = it.get("ContentType", "")
    return types


def _new_names(parts: dict[str, _Part], folder: str) -> dict[str, str]:
    names = {}
    for number, (name, part) in enumerate(parts.items()):
        if not name or _USUAL.fullmatch(name):
            names[name] = name
        else:
            names[name] = f"{folder}/{'media/' if part.tail == 'image' else ''}part{number}{_ending(name)}"
    return names


def _ending(name: str) -> str:
    ending = posixpath.splitext(name)[1].lower()
    return ending if ending in (".xml", ".png", ".jpg", ".jpeg", ".gif", ".webp") else ".bin"


def _content(package: Package, part: _Part, types: dict[str, str]) -> tuple[bytes, str, set[Removed]]:
    """Of a part, with its media type and what is missing in it."""
    if part.tail == "image":
        content, kind, found = images.clean_inside(package.read(part.name), package.limits)
        return content, kind.media_type, found
    media_type = types.get(part.name) or types.get(posixpath.splitext(part.name)[1].lower(), "")
    if not _MEDIA_TYPE.fullmatch(media_type):
        raise Refused(Reason.UNREADABLE)
    root = parse(package.read(part.name, package.limits.most_xml))
    found = ooxml_parts.clean(root, part.lost) | word_fields.clean(root)
    return to_bytes(root), media_type, found


def _listed(part: _Part, names: dict[str, str]) -> bytes:
    space = relationships.NAMESPACE
    root = etree.Element(f"{{{space}}}Relationships", nsmap={None: space})
    for it in part.leads_to:
        listed = etree.SubElement(root, f"{{{space}}}Relationship", Id=it.id, Type=it.type)
        if it.leads_outside:
            listed.set("TargetMode", "External")
        listed.set("Target", it.target if it.leads_outside else _target(part, names[it.target]))
    return to_bytes(root)


def _target(part: _Part, name: str) -> str:
    """Programs expect the package itself to name its parts without a slash in front, and parts with one."""
    return f"/{name}" if part.name else name


def _list_of_types(contents: dict[str, str]) -> bytes:
    root = etree.Element(f"{{{_TYPES}}}Types", nsmap={None: _TYPES})
    for extension, media_type in (
        ("rels", "application/vnd.openxmlformats-package.relationships+xml"),
        ("xml", "application/xml"),
    ):
        etree.SubElement(root, f"{{{_TYPES}}}Default", Extension=extension, ContentType=media_type)
    for name, media_type in contents.items():
        etree.SubElement(root, f"{{{_TYPES}}}Override", PartName=f"/{name}", ContentType=media_type)
    return to_bytes(root)
