"""PDFs, written anew by qpdf: pages stay as they are, and what the file knows about its makers and its past goes.

Section numbers are those of ISO 32000-1.
"""

from collections.abc import Iterator
from typing import BinaryIO

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, Stream, String

from assessments.peer.files import pdf_actions, pdf_pictures
from assessments.peer.files.kinds import Kind
from assessments.peer.files.limits import MIB, Budget, Limits
from assessments.peer.files.outcomes import Reason, Refused, Removed

# For the whole process, and for every PDF in it: no stream may make more than this of itself while qpdf reads it.
_MOST_OF_A_STREAM = 128 * MIB
pikepdf.settings.set_qpdf_limits(
    flate_max_memory=_MOST_OF_A_STREAM,
    run_length_max_memory=_MOST_OF_A_STREAM,
    max_stream_filters=4,
)
_OBJECTS_PER_PART = 100
_DEEPEST = 100
_MOST_OF_LZW = (
    1365  # bytes that one byte can become: 4096 for each code of 12 bits, halved by the growing table
)
_UNCOUNTED = {"/DCTDecode", "/JPXDecode", "/CCITTFaxDecode", "/JBIG2Decode"}

# Of the catalog (§7.7.2), what readers need to show pages.
_CATALOG = {
    "/Type", "/Version", "/Pages", "/PageLabels", "/Names", "/Dests", "/ViewerPreferences", "/PageLayout", "/PageMode",
    "/Outlines", "/AcroForm", "/StructTreeRoot", "/MarkInfo", "/Lang", "/OCProperties", "/Extensions",
}  # fmt: skip
_PAGE = {
    "/Type", "/Parent", "/Resources", "/MediaBox", "/CropBox", "/BleedBox", "/TrimBox", "/ArtBox", "/Contents", "/Rotate",
    "/Group", "/Annots", "/Tabs", "/StructParents", "/UserUnit", "/Trans", "/Dur",
    "/Metadata", "/PieceInfo", "/LastModified", "/Thumb", "/AA", "/AF",
}  # fmt: skip
# Texts that are shown, read aloud, or needed to find or draw something. Any other text is a program's own.
_TEXTS = {
    "/Contents", "/T", "/TU", "/TM", "/V", "/DV", "/DA", "/DS", "/CA", "/RC", "/AC", "/Title", "/Alt", "/ActualText", "/E",
    "/Lang", "/URI", "/D", "/P", "/Name", "/Registry", "/Ordering", "/CharSet", "/FontFamily", "/Panose", "/ID", "/Tag", "/F",
    "/UF", "/JS", "/NM", "/M", "/CreationDate", "/LastModified", "/XFA",
}  # fmt: skip
_ANYWHERE = {
    "/Metadata": Removed.DETAILS,
    "/PieceInfo": Removed.CUSTOM,
    "/LastModified": Removed.DETAILS,
    "/Thumb": Removed.THUMBNAIL,
    "/OPI": Removed.PATHS,
    "/AF": Removed.EMBEDDED,
    "/EF": Removed.EMBEDDED,
    "/XFA": Removed.CUSTOM,
    "/CreatorInfo": Removed.DETAILS,
    # What pdfTeX notes of figures: their paths, and who made them.
    "/PTEX.FileName": Removed.PATHS,
    "/PTEX.InfoDict": Removed.DETAILS,
}
_OF_A_NOTE = ("/T", "/M", "/CreationDate", "/NM", "/RC")
# These are no more than a box around something that plays or is carried along (§12.5.6).
_CARRIERS = {"/FileAttachment", "/Sound", "/Movie", "/Screen", "/RichMedia", "/3D"}


def clean(file: BinaryIO, written: BinaryIO, _kind: Kind, limits: Limits) -> set[Removed]:
    try:
        opened = pikepdf.open(file)
    except pikepdf.PasswordError as error:
        raise Refused(Reason.ENCRYPTED) from error
    with opened as pdf:
        if pdf.is_encrypted:
            raise Refused(Reason.ENCRYPTED)
        if not len(pdf.pages):
            raise Refused(Reason.UNREADABLE)
        removed = _clean(pdf, limits)
        # What nothing leads to any more is not written, and so neither are earlier states of the file.
        pdf.save(written, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return removed


def _clean(pdf: pikepdf.Pdf, limits: Limits) -> set[Removed]:
    removed = _clean_trailer(pdf) | _clean_catalog(pdf.Root) | _clean_pages(pdf)
    budget = Budget(limits.most_unpacked)
    for number, thing in enumerate(_things(pdf)):
        if number > limits.most_parts * _OBJECTS_PER_PART:
            raise Refused(Reason.TOO_MANY_PARTS)
        removed |= _clean_thing(thing)
        if isinstance(thing, Stream):
            removed |= _clean_stream(thing, budget, limits)
    return removed


def _clean_trailer(pdf: pikepdf.Pdf) -> set[Removed]:
    had_details = "/Info" in pdf.trailer
    for key in set(pdf.trailer.keys()) - {"/Root", "/Size"}:
        del pdf.trailer[key]
    # Written with the right number; a file that had to be mended has none, and would be written without.
    pdf.trailer["/Size"] = 0
    return {Removed.DETAILS} if had_details else set()


def _clean_catalog(root: Object) -> set[Removed]:
    removed = set()
    for key in set(root.keys()) - _CATALOG:
        removed.add({"/Metadata": Removed.DETAILS, "/OpenAction": Removed.SCRIPTS}.get(key, Removed.CUSTOM))
        del root[key]
    if isinstance(names := root.get("/Names"), Dictionary):
        for key in set(names.keys()) - {"/Dests"}:
            removed.add(Removed.SCRIPTS if key == "/JavaScript" else Removed.EMBEDDED)
            del names[key]
    return removed


def _clean_pages(pdf: pikepdf.Pdf) -> set[Removed]:
    removed = set()
    for page in (it.obj for it in pdf.pages):
        for key in set(page.keys()) - _PAGE:
            del page[key]
            removed.add(Removed.CUSTOM)
    return removed


def _things(pdf: pikepdf.Pdf) -> Iterator[Object]:
    """Each dictionary and stream, also those inside others; an object that is referred to comes once."""
    for thing in pdf.objects:
        yield from _inside(thing, 0)


def _inside(thing: Object, depth: int) -> Iterator[Object]:
    if depth > _DEEPEST:
        raise Refused(Reason.UNREADABLE)
    if isinstance(thing, (Dictionary, Stream)):
        yield thing
        children = [value for _key, value in thing.items()]
    elif isinstance(thing, Array):
        children = list(thing)
    else:
        return
    for child in children:
        if isinstance(child, Object) and not child.is_indirect:
            yield from _inside(child, depth + 1)


def _clean_thing(thing: Object) -> set[Removed]:
    removed = {what for key, what in _ANYWHERE.items() if key in thing}
    for key in [it for it in _ANYWHERE if it in thing]:
        del thing[key]
    removed |= pdf_actions.clean(thing) | _clean_notes(thing) | _clean_texts(thing)
    if thing.get("/FT") == Name.Sig and "/V" in thing:
        del thing["/V"]
        removed.add(Removed.SIGNATURES)
    if "/SigFlags" in thing:
        del thing["/SigFlags"]
    return removed


def _clean_notes(thing: Object) -> set[Removed]:
    """Who wrote a note, and when. Of a form's field, the same key is its name; without it, answers are lost."""
    removed = set()
    if isinstance(notes := thing.get("/Annots"), Array):
        stay = [
            it for it in notes if not (isinstance(it, Dictionary) and str(it.get("/Subtype")) in _CARRIERS)
        ]
        if len(stay) < len(notes):
            thing["/Annots"] = Array(stay)
            removed.add(Removed.EMBEDDED)
    if "/Subtype" in thing and "/Rect" in thing and thing.get("/Subtype") != Name.Widget:
        for key in [it for it in _OF_A_NOTE if it in thing]:
            del thing[key]
            removed.add(Removed.AUTHORS)
    return removed


def _clean_texts(thing: Object) -> set[Removed]:
    """Of a tag that gives pages their structure (§14.7.2), the title is nowhere shown."""
    shown = _TEXTS - {"/T"} if "/S" in thing else _TEXTS
    gone = [key for key, value in thing.items() if isinstance(value, String) and key not in shown]
    for key in gone:
        del thing[key]
    return {Removed.CUSTOM} if gone else set()


def _clean_stream(stream: Stream, budget: Budget, limits: Limits) -> set[Removed]:
    for key in [it for it in ("/F", "/FFilter", "/FDecodeParms") if it in stream]:
        del stream[key]
    if stream.get("/Subtype") == Name.Image:
        pdf_pictures.bound(stream, limits)
    budget.spend(_size(stream))
    return pdf_pictures.clean(stream)


def _size(stream: Stream) -> int:
    """Bytes that the stream becomes when it is read; of pictures' own forms, those that are stored."""
    filters = pdf_pictures.filters(stream)
    stored = len(stream.read_raw_bytes())
    if "/LZWDecode" in filters:
        return stored * _MOST_OF_LZW
    if not filters or _UNCOUNTED.intersection(filters):
        return stored
    try:
        return len(stream.read_bytes())
    except pikepdf.DataDecodingError as error:
        raise Refused(
            Reason.UNPACKS_TOO_LARGE if "limit exceeded" in str(error) else Reason.UNREADABLE
        ) from error
