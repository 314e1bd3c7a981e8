"""Which part of an Office package leads to which (ECMA-376 part 2, §6.5). Only what is reached by a known way is kept."""

import posixpath
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from assessments.peer.files.outcomes import Reason, Refused, Removed
from assessments.peer.files.packages import Package
from assessments.peer.files.xml_parts import parse

NAMESPACE = "http://schemas.openxmlformats.org/package/2006/relationships"
# Where a link led to something that is not shown; .invalid leads nowhere (RFC 2606).
NOWHERE = "https://removed.invalid/"

KEPT = frozenset(
    [
        "officeDocument",
        "styles",
        "stylesWithEffects",
        "numbering",
        "settings",
        "webSettings",
        "fontTable",
        "theme",
        "themeOverride",
        "header",
        "footer",
        "footnotes",
        "endnotes",
        "image",
        "chart",
        "chartUserShapes",
        "chartStyle",
        "chartColorStyle",
        "diagramData",
        "diagramLayout",
        "diagramQuickStyle",
        "diagramColors",
        "diagramDrawing",
        "worksheet",
        "chartsheet",
        "sharedStrings",
        "drawing",
        "table",
        "pivotTable",
        "pivotCacheDefinition",
        "pivotCacheRecords",
        "externalLink",
        "slide",
        "slideLayout",
        "slideMaster",
        "notesSlide",
        "notesMaster",
        "handoutMaster",
        "presProps",
        "tableStyles",
    ]
)
_REFUSED = {
    "vbaProject": Reason.MACROS,
    "control": Reason.MACROS,
    "activeXControlBinary": Reason.MACROS,
    "xlMacrosheet": Reason.MACROS,
    "xlIntlMacrosheet": Reason.MACROS,
    "aFChunk": Reason.OTHER_OFFICE,
    "video": Reason.SOUND_OR_FILM_INSIDE,
    "audio": Reason.SOUND_OR_FILM_INSIDE,
    "media": Reason.SOUND_OR_FILM_INSIDE,
}
_LOST = {
    "core-properties": Removed.DETAILS,
    "extended-properties": Removed.DETAILS,
    "custom-properties": Removed.DETAILS,
    "comments": Removed.COMMENTS,
    "commentsExtended": Removed.COMMENTS,
    "commentsIds": Removed.COMMENTS,
    "commentsExtensible": Removed.COMMENTS,
    "threadedComment": Removed.COMMENTS,
    "commentAuthors": Removed.COMMENTS,
    "authors": Removed.COMMENTS,
    "people": Removed.AUTHORS,
    "person": Removed.AUTHORS,
    "thumbnail": Removed.THUMBNAIL,
    "printerSettings": Removed.PRINTER,
    "viewProps": Removed.PRINTER,
    "oleObject": Removed.EMBEDDED,
    "package": Removed.EMBEDDED,
    "origin": Removed.SIGNATURES,
    "attachedTemplate": Removed.PATHS,
    "vmlDrawing": Removed.COMMENTS,
}
# References to these must stay valid, or the file counts as damaged.
_LED_NOWHERE = {"hyperlink", "externalLinkPath", "externalLinkLongPath", "xlPathMissing", "xlStartup"}


@dataclass(frozen=True)
class Relationship:
    """`target` is the name of a part, or an address if it leads outside."""

    id: str
    type: str
    target: str
    leads_outside: bool

    @property
    def tail(self) -> str:
        return self.type.rpartition("/")[2]


def path_of(source: str) -> str:
    """The part that lists where another one leads; the package's own for the empty name."""
    folder, name = posixpath.split(source)
    return posixpath.join(folder, "_rels", f"{name}.rels")


def of(package: Package, source: str) -> list[Relationship]:
    if path_of(source) not in package:
        return []
    root = parse(package.read(path_of(source), package.limits.most_xml))
    return [
        Relationship(
            it.get("Id", ""),
            it.get("Type", ""),
            it.get("Target", "")
            if it.get("TargetMode") == "External"
            else _name(source, it.get("Target", "")),
            it.get("TargetMode") == "External",
        )
        for it in root.iter(f"{{{NAMESPACE}}}Relationship")
    ]


def kept(package: Package, relationship: Relationship) -> Relationship | Removed:
    """The relationship as it stays, or what goes with it. Raises `Refused` for macros, films and sounds."""
    if relationship.leads_outside or relationship.tail == "hyperlink":
        return _outside(relationship)
    if reason := _REFUSED.get(relationship.tail):
        raise Refused(reason)
    if relationship.tail in KEPT and relationship.target in package:
        return relationship
    return _LOST.get(relationship.tail, Removed.CUSTOM)


def _outside(relationship: Relationship) -> Relationship | Removed:
    if relationship.tail in ("video", "audio", "media"):
        raise Refused(Reason.SOUND_OR_FILM_INSIDE)
    if relationship.tail not in _LED_NOWHERE:
        return Removed.PATHS
    if relationship.leads_outside and relationship.tail == "hyperlink" and is_public(relationship.target):
        return relationship
    return Relationship(relationship.id, relationship.type, NOWHERE, True)


def is_public(address: str) -> bool:
    """Of the web, and without a user's name in it."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc


def _name(source: str, target: str) -> str:
    """A part's name from what a relationship of another calls it; a place inside a part is no part."""
    joined = posixpath.join("/", posixpath.dirname(source), unquote(target))
    return posixpath.normpath(joined).lstrip("/")
