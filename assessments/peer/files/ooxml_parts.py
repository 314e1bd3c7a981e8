"""One XML part of an Office file, without who made it and who changed it, and with all changes accepted."""

import re
from collections.abc import Iterable

from lxml import etree

from assessments.peer.files.outcomes import Removed
from assessments.peer.files.xml_parts import Element, drop, drop_attributes, drop_these, local, tags, unwrap

WORD = frozenset(
    (
        "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
        "http://purl.oclc.org/ooxml/wordprocessingml/main",
    )
)
_TO_PARTS = frozenset(
    (
        "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
        "http://purl.oclc.org/ooxml/officeDocument/relationships",
    )
)
_VML_OFFICE = "urn:schemas-microsoft-com:office:office"
_NAMED = frozenset(("docPr", "cNvPr"))
# Of these only the reference goes when what it leads to is gone: they say something else, too.
_MORE_THAN_A_REFERENCE = frozenset(("pageSetup", "hyperlink"))
# A description that a program made from the file's name is no description.
_FILE_NAME = re.compile(
    r"[a-z]:\\|\\\\|file:|mailto:|/(users|home)/|\.(jpe?g|png|gif|bmp|tiff?|heic|webp|svg|emf|wmf)\s*$", re.I
)

_OLDER_TEXT = [
    "del",
    "moveFrom",
    "rPrChange",
    "pPrChange",
    "sectPrChange",
    "tblPrChange",
    "tblPrExChange",
    "tblGridChange",
    "trPrChange",
    "tcPrChange",
    "numberingChange",
    "cellIns",
    "cellDel",
    "cellMerge",
    "moveFromRangeStart",
    "moveFromRangeEnd",
    "moveToRangeStart",
    "moveToRangeEnd",
    "customXmlInsRangeStart",
    "customXmlInsRangeEnd",
    "customXmlDelRangeStart",
    "customXmlDelRangeEnd",
    "customXmlMoveFromRangeStart",
    "customXmlMoveFromRangeEnd",
    "customXmlMoveToRangeStart",
    "customXmlMoveToRangeEnd",
]
_NEWER_TEXT = ("ins", "moveTo")
_COMMENTS = ("commentRangeStart", "commentRangeEnd", "commentReference", "annotationRef")
# In the settings of a document: revisions, identity, template, sources of letters, variables of add-ins.
_SETTINGS = [
    "rsids",
    "docId",
    "attachedTemplate",
    "mailMerge",
    "docVars",
    "attachedSchema",
    "saveThroughXslt",
    "schemaLibrary",
    "trackRevisions",
]
_OF_A_WORKBOOK = [
    "absPath",
    "revisionPtr",
    "fileSharing",
    "customWorkbookViews",
    "webPublishItems",
    "scenarios",
    "userProtectedRanges",
]
_OF_AN_OTHER_WORKBOOK = ("sheetDataSet", "AlternateContent", "alternateUrls")
_WHO = [
    "author",
    "initials",
    "userId",
    "providerId",
    "refreshedBy",
    "refreshedDateIso",
    "refreshedDate",
    "lastClr",
    "userName",
    "codeName",
    "dateUtc",
]
_SAVED = re.compile(r"rsid\w*")


def clean(root: Element, lost: Iterable[str]) -> set[Removed]:
    """Changes the part; `lost` are the ids of relationships that are gone."""
    _forget_parts(root, frozenset(lost))
    found = {
        Removed.COMMENTS: drop(root, tags(_COMMENTS, WORD)),
        Removed.CHANGES: _accept_changes(root),
        Removed.PATHS: drop(root, tags(_SETTINGS + _OF_A_WORKBOOK)) | _without_other_workbook(root),
        Removed.AUTHORS: drop_attributes(root, _WHO) | _without_saving_numbers(root),
        Removed.NAMES_OF_OBJECTS: _name_objects(root),
    }
    return {what for what, is_there in found.items() if is_there}


def _forget_parts(root: Element, lost: frozenset[str]) -> None:
    doomed = []
    for element in root.iter(etree.Element):
        gone = [name for name, value in element.attrib.items() if _leads_to_part(str(name)) and value in lost]
        for name in gone:
            del element.attrib[name]
        if gone and local(element.tag) not in _MORE_THAN_A_REFERENCE:
            doomed.append(element)
    drop_these(root, doomed)


def _leads_to_part(name: str) -> bool:
    return etree.QName(name).namespace in _TO_PARTS


def _accept_changes(root: Element) -> bool:
    """A row that was deleted goes whole; text that came is kept as if it had always been there."""
    rows = [
        it.getparent().getparent()
        for it in root.iter(*tags(["del"], WORD))
        if local(it.getparent().tag) == "trPr"
    ]
    found = [
        drop_these(root, rows),
        drop(root, tags(_OLDER_TEXT, WORD)),
        unwrap(root, tags(_NEWER_TEXT, WORD)),
    ]
    return any(found)


def _without_other_workbook(root: Element) -> bool:
    """What Excel remembers of a workbook that formulas refer to."""
    return local(root.tag) == "externalLink" and drop(root, tags(_OF_AN_OTHER_WORKBOOK))


def _without_saving_numbers(root: Element) -> bool:
    """Numbers of the sessions in which text was typed; two files of one writer share them."""
    found = False
    for element in root.iter(etree.Element):
        for name in [it for it in element.attrib if _SAVED.match(local(str(it)))]:
            del element.attrib[name]
            found = True
    return found


def _name_objects(root: Element) -> bool:
    """Pictures are named after their files, and old ones described by their paths. Other descriptions stay for who cannot see."""
    found = False
    for number, element in enumerate(root.iter(etree.Element)):
        if local(element.tag) in _NAMED:
            found |= element.get("name", "") != ""
            element.set("name", f"Object {element.get('id', number)}")
        for name in (
            "descr",
            "title",
            "alt",
            "display",
            "tooltip",
            f"{{{_VML_OFFICE}}}title",
            f"{{{_VML_OFFICE}}}href",
        ):
            if _FILE_NAME.search(element.get(name, "")) or (_VML_OFFICE in name and element.get(name)):
                del element.attrib[name]
                found = True
    return found
