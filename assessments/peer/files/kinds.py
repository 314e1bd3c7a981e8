"""The kinds of file that are told apart."""

from dataclasses import dataclass

from assessments.peer.files.outcomes import Reason

_OPEN_XML = "application/vnd.openxmlformats-officedocument"
_OPEN_DOCUMENT = "application/vnd.oasis.opendocument"


@dataclass(frozen=True)
class Kind:
    """`what` completes “the file is really …”. The first extension is the one it is given out with."""

    what: str
    extensions: tuple[str, ...] = ()
    media_type: str = ""
    refused: Reason | None = None


PDF = Kind("a PDF", ("pdf",), "application/pdf")
JPEG = Kind("a JPEG picture", ("jpg", "jpeg", "jpe", "jfif"), "image/jpeg")
PNG = Kind("a PNG picture", ("png",), "image/png")
GIF = Kind("a GIF picture", ("gif",), "image/gif")
WEBP = Kind("a WebP picture", ("webp",), "image/webp")
DOCX = Kind("a Word document", ("docx",), f"{_OPEN_XML}.wordprocessingml.document")
PPTX = Kind("a PowerPoint presentation", ("pptx",), f"{_OPEN_XML}.presentationml.presentation")
XLSX = Kind("an Excel workbook", ("xlsx",), f"{_OPEN_XML}.spreadsheetml.sheet")
ODT = Kind("an OpenDocument text", ("odt",), f"{_OPEN_DOCUMENT}.text")
ODP = Kind("an OpenDocument presentation", ("odp",), f"{_OPEN_DOCUMENT}.presentation")
ODS = Kind("an OpenDocument spreadsheet", ("ods",), f"{_OPEN_DOCUMENT}.spreadsheet")
TEXT = Kind("plain text", ("txt", "text", "md", "markdown"), "text/plain")

FILM = Kind(
    "a film",
    ("mp4", "m4v", "mov", "avi", "mkv", "webm", "wmv", "flv", "mpg", "mpeg", "3gp", "ogv"),
    "",
    Reason.SOUND_OR_FILM,
)
SOUND = Kind(
    "a sound recording",
    ("mp3", "m4a", "wav", "ogg", "oga", "opus", "flac", "aac", "wma", "amr", "mid"),
    "",
    Reason.SOUND_OR_FILM,
)
DICOM = Kind("a medical image (DICOM)", ("dcm", "dicom", "ima"), "", Reason.PATIENT_IMAGE)
HEIC = Kind("a HEIC or AVIF picture", ("heic", "heif", "avif"), "", Reason.HEIC)
OTHER_PICTURE = Kind(
    "a picture of another kind", ("bmp", "tif", "tiff", "jp2", "psd", "ico"), "", Reason.OTHER_PICTURE
)
OLD_OFFICE = Kind("an old Office file", ("doc", "dot", "ppt", "pps", "xls", "msg"), "", Reason.OLD_OFFICE)
LOCKED_OFFICE = Kind("a locked Office file", ("docx", "pptx", "xlsx"), "", Reason.ENCRYPTED)
WITH_MACROS = Kind(
    "an Office file with macros", ("docm", "dotm", "pptm", "ppsm", "potm", "xlsm", "xltm"), "", Reason.MACROS
)
OTHER_OFFICE = Kind(
    "an Office file of another kind",
    ("dotx", "potx", "ppsx", "xltx", "xlsb", "vsdx", "odg", "odf", "ott", "otp", "epub"),
    "",
    Reason.OTHER_OFFICE,
)
RICH_TEXT = Kind("rich text", ("rtf", "doc"), "", Reason.RICH_TEXT)
ARCHIVE = Kind(
    "an archive",
    ("zip", "gz", "tgz", "7z", "rar", "bz2", "xz", "tar", "zst", "jar", "apk"),
    "",
    Reason.ARCHIVE,
)
WEB_PAGE = Kind(
    "a web page, SVG or XML",
    ("html", "htm", "xhtml", "svg", "xml", "mht", "mhtml", "fodt", "fodp"),
    "",
    Reason.WEB_PAGE,
)
PROGRAM = Kind(
    "a program",
    ("exe", "dll", "msi", "com", "scr", "so", "bin", "class", "sh", "py", "pl", "bat"),
    "",
    Reason.PROGRAM,
)
OTHER_TEXT = Kind("text that is not in UTF-8", TEXT.extensions, "", Reason.NOT_UTF8)
UNKNOWN = Kind("of a kind that we do not know", (), "", Reason.UNKNOWN)
