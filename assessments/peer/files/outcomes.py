"""What is said about a file: why it was not taken, or what was taken out of it. Translated wherever people read it."""

from enum import StrEnum


class Reason(StrEnum):
    """The name is the code; the value is the sentence, with the places of its words."""

    EMPTY = "The file is empty. Please choose it again; perhaps it was not saved yet."
    TOO_LARGE = (
        "The file is larger than {most} MB, so it was not taken. Make it smaller, for instance "
        "with smaller pictures."
    )
    UNREADABLE = (
        "The file could not be read to its end; perhaps it is damaged. Open it, save it again and "
        "choose it again."
    )
    LIES = (
        "The name ends in “.{extension}”, but the file is really {what}. Save it in a form that we "
        "take, with the name that goes with it."
    )
    UNKNOWN = "We cannot tell what this file is. Save the work as PDF, or as a Word, PowerPoint, Excel, picture or text file."
    UNPACKS_TOO_LARGE = (
        "What is inside this file is larger than we can check. Save it with smaller pictures or fewer pages."
    )
    TOO_MANY_PARTS = "The file has more parts than we can check. Save the work as PDF, or hand in less of it."
    TOO_MANY_PIXELS = "The picture is larger than {most} million pixels. Make it smaller and choose it again."
    ENCRYPTED = "The file is locked with a password, so names in it cannot be removed. Save it without one and choose it again."
    MACROS = "The file holds macros, which are programs. Save it without them, for instance as .docx, .pptx or .xlsx."
    SOUND_OR_FILM_INSIDE = (
        "The file holds a film or a sound, and names inside those cannot be removed. Take it out and give a link to it instead, "
        "at your school’s own place for media."
    )
    PICTURE_INSIDE = "The file holds a picture of a kind that we cannot clean of names. Save the work as PDF and hand that in."
    SOUND_OR_FILM = (
        "Films and sound are not taken as files, because names inside them cannot be removed. Put it at your school’s own place "
        "for media and give a link to it instead."
    )
    PATIENT_IMAGE = (
        "This is a medical image (DICOM), which carries the patient’s name and number, so it was not taken. Remove it from "
        "this device if you may not have it. If your school allows it, hand in a picture of it without any identifiers."
    )
    HEIC = "This is a HEIC or AVIF picture, as some phones make them. Save it as JPEG and choose that."
    OTHER_PICTURE = "We do not take pictures of this kind. Save it as PNG or JPEG and choose that."
    OLD_OFFICE = "This is in the old Office form, which cannot be cleaned of names. Save it as .docx, .pptx or .xlsx, or as PDF."
    RICH_TEXT = "Rich text files cannot be cleaned of names. Save it as .docx or PDF."
    OTHER_OFFICE = "Office files of this kind are not taken. Save it as .docx, .pptx, .xlsx or PDF."
    ARCHIVE = "This is an archive with other files inside. Hand in the files themselves, so that each can be cleaned of names."
    WEB_PAGE = "Web pages, SVG and XML are not taken, because they can run programs. Save the work as PDF."
    PROGRAM = "Programs are not taken. Hand in the work as PDF or as text."
    NOT_UTF8 = (
        "The text is not in UTF-8, so some letters would be lost. Save it as UTF-8 text and choose it again."
    )
    LINK_NOT_HTTPS = (
        "A link to a film begins with https://. Copy it again from the page where the film plays."
    )
    LINK_MALFORMED = (
        "This is not the address of a page. Copy the link again from the page where the film plays."
    )
    LINK_TOO_LONG = (
        "The link is longer than {most} characters. Use the short link that the share button gives."
    )
    LINK_WITH_PASSWORD = "The link holds a user name or a password. Use the link that the share button gives."
    LINK_WITH_KEY = "The link holds a key (“{name}”) with which others could act as you. Use the link of the share button."
    LINK_PRIVATE = "The link leads to a device and not to a page that others can open. Use your school’s own place for media."


class Refused(Exception):
    """Why nothing was taken; nothing was kept either."""

    def __init__(self, reason: Reason, **words: object) -> None:
        super().__init__(reason.name)
        self.reason, self.words = reason, words

    @property
    def code(self) -> str:
        return self.reason.name.lower()

    @property
    def sentence(self) -> str:
        return self.reason.value.format(**self.words)


class Removed(StrEnum):
    """In the order in which they are told."""

    DETAILS = "Title, author, dates and programs that the file kept about itself."
    PLACE = "The place where the picture was taken."
    CAMERA = "Camera, date and settings of the picture."
    NOTES = "Notes and names inside the picture file."
    EMBEDDED_DETAILS = "What pictures inside the file kept about themselves."
    COMMENTS = "Comments and who wrote them."
    AUTHORS = "Names beside notes and changes."
    CHANGES = "Tracked changes: they were accepted, and deleted text is gone."
    FIELDS = "Fields that print a name, a file name or a template."
    NAMES_OF_OBJECTS = "File names of pictures and shapes."
    EMBEDDED = "Files and objects inside the file."
    SCRIPTS = "Scripts and actions."
    PATHS = "Links to files, addresses of people, and paths on a computer."
    SIGNATURES = "Digital signatures."
    THUMBNAIL = "The small preview picture."
    PRINTER = "Printer and window settings."
    CUSTOM = "Further data that programs had stored in the file."
    CONTROL_CHARACTERS = "Invisible control characters."
