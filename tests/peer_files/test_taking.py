"""What a file is comes from its bytes; what cannot be taken is refused in words; nothing else ever goes wrong."""

import errno
import io
import time
import zipfile

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from assessments.peer.files import cleaning, kinds, sniffing
from assessments.peer.files.cleaning import CHUNK, clean
from assessments.peer.files.limits import MIB, Limits
from assessments.peer.files.names import public_name
from assessments.peer.files.outcomes import Reason, Refused, Removed
from tests.peer_files import documents, office, pictures
from tests.peer_files.traces import holds

SECRET = "Zyqwenna4711Obscurovich"
GOOD = {
    "pdf": documents.pdf,
    "jpg": pictures.jpeg,
    "png": pictures.png,
    "gif": pictures.gif,
    "webp": pictures.webp,
    "docx": office.docx,
    "pptx": office.pptx,
    "xlsx": office.xlsx,
    "odt": office.odt,
    "md": lambda secret: f"# Chest pain\n\n{secret}".encode(),
}
_OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
BAD = {
    "mp4": (b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomavc1" + bytes(50), "sound_or_film"),
    "mov": (b"\x00\x00\x00\x14ftypqt  \x00\x00\x02\x00qt  ", "sound_or_film"),
    "webm": (b"\x1a\x45\xdf\xa3" + bytes(40), "sound_or_film"),
    "mp3": (b"ID3\x04\x00\x00\x00\x00\x00\x00" + bytes(40), "sound_or_film"),
    "wav": (b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(40), "sound_or_film"),
    "m4a": (b"\x00\x00\x00\x18ftypM4A \x00\x00\x00\x00isomM4A ", "sound_or_film"),
    "heic": (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(40), "heic"),
    "tif": (b"II*\x00" + bytes(40), "other_picture"),
    "dcm": (bytes(128) + b"DICM" + bytes(40), "patient_image"),
    "ima": (b"\x08\x00\x05\x00\x0a\x00\x00\x00ISO_IR 100", "patient_image"),
    "doc": (_OLD, "old_office"),
    "ppt": (_OLD, "old_office"),
    "rtf": (b"{\\rtf1\\ansi {\\author me}}", "rich_text"),
    "zip": (office.zipped({"notes.txt": "hello"}), "archive"),
    "7z": (b"7z\xbc\xaf\x27\x1c" + bytes(40), "archive"),
    "html": (b"\n<!-- x --><!DOCTYPE html><script>alert(1)</script>", "web_page"),
    "svg": (b'<?xml version="1.0"?><svg onload="alert(1)"/>', "web_page"),
    "exe": (b"MZ\x90\x00" + bytes(60), "program"),
    "sh": (b"#!/bin/sh\nrm -rf .", "program"),
    "txt": ("Frühling".encode("latin-1"), "not_utf8"),
    "": (b"\x00\x01\x02\x03" * 20, "unknown"),
}


def refusal(content, name, limits=None):
    with pytest.raises(Refused) as refused:
        clean(io.BytesIO(content), name, limits)
    return refused.value


@pytest.mark.parametrize("extension", GOOD)
def test_good_file_is_told_from_its_bytes_and_given_out_under_its_first_extension(extension):
    content = GOOD[extension](SECRET)

    with_name, without = (clean(io.BytesIO(content), name) for name in (f"a.{extension.upper()}", "no claim"))

    assert with_name.extension == without.extension == {"md": "txt"}.get(extension, extension)
    assert with_name.file.read() == without.file.read() != b""


@pytest.mark.parametrize("extension", BAD)
def test_what_cannot_be_cleaned_is_refused_with_its_own_reason(extension):
    content, code = BAD[extension]

    assert refusal(content, f"work.{extension}").code == code
    assert refusal(content, "work").code == code


def test_file_that_lies_is_told_what_it_is():
    film, pdf = BAD["mp4"][0], documents.pdf(SECRET)

    assert refusal(film, "essay.PDF").sentence.startswith(
        "The name ends in “.pdf”, but the file is really a film."
    )
    assert "is really a PDF." in refusal(pdf, "photo.jpg").sentence
    assert "is really a program." in refusal(BAD["exe"][0], "essay.docx").sentence
    assert "is really a web page, SVG or XML." in refusal(BAD["html"][0], "notes.txt").sentence
    assert refusal(b"print('hello')", "essay.py").code == "lies"
    assert refusal(pdf, "C:\\Users\\me.pdf\\essay.docx").code == "lies"


@pytest.mark.parametrize(
    "start", [b"BMI is 31", b"MZ is a lab", b"ID3 is a gene", b"GIFs are fun", b"PKU was found", b"8BPS"]
)
def test_note_that_begins_like_another_kind_is_text(start):
    assert clean(io.BytesIO(start + b" and the rest of the note"), "note.txt").extension == "txt"


def test_locked_word_document_is_refused_as_locked():
    locked = _OLD + bytes(3 * MIB) + "EncryptedPackage".encode("utf-16-le")

    assert sniffing.look_at(io.BytesIO(locked)) is kinds.LOCKED_OFFICE
    assert refusal(locked, "essay.docx").code == "encrypted"


def test_every_refusal_has_a_sentence_without_open_places():
    words = {"most": 5, "extension": "pdf", "what": "a film", "name": "token"}

    sentences = [Refused(reason, **words).sentence for reason in Reason]

    assert not [it for it in sentences if "{" in it or not it.endswith(".")]
    assert len(set(sentences)) == len(sentences)


def test_empty_file_is_refused():
    assert refusal(b"", "essay.pdf").code == "empty"


class _Endless(io.RawIOBase):
    """An upload of 500 MB, and more for whoever asks."""

    def __init__(self):
        self.given, self.largest = 0, 0

    def read(self, size=-1):
        assert size > 0
        self.largest, self.given = max(self.largest, size), self.given + size
        return b"%PDF-1.7 " + bytes(size - 9)


def test_upload_over_the_limit_is_left_as_soon_as_it_is_over():
    upload = _Endless()

    with pytest.raises(Refused) as refused:
        clean(upload, "essay.pdf", Limits(most_bytes=3 * MIB))

    assert refused.value.sentence.startswith("The file is larger than 3 MB")
    assert (upload.given, upload.largest) == (3 * MIB + CHUNK, CHUNK)


def test_file_of_exactly_the_limit_is_taken(tmp_path):
    path = tmp_path / "notes"
    path.write_bytes(b"x" * 1000)

    assert clean(path, "notes.txt", Limits(most_bytes=1000)).file.read() == b"x" * 1000
    with pytest.raises(Refused, match="TOO_LARGE"):
        clean(path, "notes.txt", Limits(most_bytes=999))


def test_text_loses_only_what_cannot_be_seen():
    text = "\ufeffHä\x00\x07mo\x1b[31mglobin\u202e 7\U000e0041 👩‍⚕️ می‌خواهم\t\r\n".encode().replace(
        b"\x00", b""
    )

    done = clean(io.BytesIO(text), "notes.md")

    assert done.file.read().decode() == "Hämo[31mglobin 7 👩‍⚕️ می‌خواهم\t\r\n"
    assert (done.media_type, done.removed) == ("text/plain", (Removed.CONTROL_CHARACTERS,))


def test_text_that_breaks_late_is_refused():
    assert refusal(b"a" * 200_000 + b"\xff", "notes.txt").code == "not_utf8"


def test_letter_across_two_pieces_is_kept():
    text = "a" * (CHUNK - 1) + "ü" + "b"

    assert clean(io.BytesIO(text.encode()), "notes.txt").file.read().decode() == text


def test_name_for_peers_has_nothing_of_the_name_handed_in():
    assert [public_name(1, "pdf"), public_name(12, "docx")] == ["work-1.pdf", "work-12.docx"]


_STARTS = [GOOD[it](SECRET) for it in GOOD] + [content for content, _code in BAD.values()]
_names = st.sampled_from(["", "a", "a.pdf", "a.docx", "a.png", "a.txt", "..", "a.\x00"])


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(st.binary(max_size=200), _names)
@example(b"PK\x03\x04", "a.docx")
@example(b"%PDF-", "a.pdf")
@example(b"\x89PNG\r\n\x1a\n", "a.png")
def test_random_bytes_are_taken_or_refused_and_nothing_else(content, name):
    try:
        clean(io.BytesIO(content), name).file.close()
    except Refused as refused:
        assert refused.sentence


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(
    st.sampled_from(_STARTS),
    st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=6)), max_size=4),
    st.floats(0, 1),
)
def test_damaged_files_are_refused_or_clean(content, damages, cut):
    damaged = bytearray(content[: max(1, int(len(content) * (0.5 + cut)))])
    for where, junk in damages:
        at = int(where * len(damaged))
        damaged[at : at + len(junk)] = junk
    try:
        done = clean(io.BytesIO(bytes(damaged)), "")
    except Refused as refused:
        assert refused.sentence
    else:
        with done.file as file:
            assert done.extension == "txt" or f"{SECRET}-".encode() not in file.read()


def test_full_disk_is_not_the_fault_of_the_file(monkeypatch):
    def full(*_given):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setitem(cleaning._CLEANERS, kinds.TEXT, full)

    with pytest.raises(OSError, match="No space left"):
        clean(io.BytesIO(b"hello"), "notes.txt")


def test_cleaning_a_usual_file_takes_a_moment():
    content = documents.pdf(SECRET)
    started = time.process_time()

    clean(io.BytesIO(content), "essay.pdf")

    assert time.process_time() - started < 0.5


def test_zip_behind_a_picture_is_not_carried_along():
    hidden = io.BytesIO(pictures.png(SECRET))
    hidden.seek(0, io.SEEK_END)
    with zipfile.ZipFile(hidden, "a") as packed:
        packed.writestr("x", f"{SECRET}-hidden")

    assert not holds(clean(hidden_at_start(hidden), "a.png").file.read(), SECRET[:12])


def hidden_at_start(file):
    file.seek(0)
    return file
