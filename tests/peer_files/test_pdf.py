"""PDFs come out with their pages and nothing about who made them."""

import io
import time
import zlib

import pikepdf
import pypdf
import pytest
from PIL import Image

from assessments.peer.files.cleaning import clean
from assessments.peer.files.limits import MIB, Limits
from assessments.peer.files.outcomes import Refused, Removed
from assessments.peer.files.pdf_pictures import without_boxes, without_notes
from tests.peer_files import documents, pictures
from tests.peer_files.traces import holds

SECRET = "Zyqwenna4711Obscurovich"
PLACES = [
    "docinfo",
    "private-stream",
    "figure",
    "figure-title",
    "odd-text",
    "wide",
    "xmp",
    "xmp-of-a-picture",
    "opi",
    "piece-info",
    "xmp-of-a-page",
    "thumbnail",
    "page-script",
    "wrote-the-note",
    "note",
    "rich-note",
    "attached",
    "mail",
    "launch",
    "other-file",
    "next-script",
    "key-script",
    "signed",
    "certificate",
    "xfa",
    "open-script",
    "base",
    "piece-info-of-all",
    "embedded",
    "name",
    "named-script",
    "layer",
    "gps",
    "comment",
    "iptc",
    "behind-the-end",
]


def cleaned(content, limits=None):
    done = clean(io.BytesIO(content), f"{SECRET}.pdf", limits)
    return done, done.file.read()


@pytest.fixture(scope="module")
def full():
    return documents.with_history(documents.pdf(SECRET), SECRET)


def test_each_hiding_place_of_a_pdf_was_full_before(full):
    forms = [f"{SECRET}Ж-docinfo-wide" if place == "wide" else f"{SECRET}-{place}" for place in PLACES]

    assert [it for it in forms if not holds(full, it)] == []
    assert holds(full, f"{SECRET}-history")


def test_pdf_keeps_its_pages_and_no_name(full):
    done, after = cleaned(full)

    assert not holds(after, SECRET[:12])
    assert pypdf.PdfReader(io.BytesIO(after)).pages[0].extract_text().strip() == documents.PAGE
    assert (done.extension, done.media_type) == ("pdf", "application/pdf")


def test_packed_pdf_keeps_no_name_either():
    full = documents.pdf(
        SECRET, object_stream_mode=pikepdf.ObjectStreamMode.generate, compress_streams=True, linearize=True
    )
    assert holds(full, SECRET)

    _done, after = cleaned(full)

    assert not holds(after, SECRET[:12])


def test_picture_in_a_pdf_stays_pixel_for_pixel(full):
    def pixels(content):
        return pypdf.PdfReader(io.BytesIO(content)).pages[0].images[0].image.tobytes()

    assert pixels(cleaned(full)[1]) == pixels(full)


def test_answers_of_a_form_stay_and_notes_keep_what_they_say(full):
    read = pypdf.PdfReader(io.BytesIO(cleaned(full)[1]))

    assert read.get_fields()["diagnosis"]["/V"] == "Angina"
    notes = [it.get_object() for it in read.pages[0]["/Annots"]]
    assert [it["/Contents"] for it in notes if it["/Subtype"] == "/Text"] == ["Look at this"]


def test_only_links_to_pages_and_the_web_stay(full):
    read = pypdf.PdfReader(io.BytesIO(cleaned(full)[1]))
    links = [it.get_object() for it in read.pages[0]["/Annots"] if it.get_object()["/Subtype"] == "/Link"]

    actions = [it["/A"].get_object()["/S"] for it in links if "/A" in it]

    assert (len(links), actions) == (5, ["/URI", "/GoTo"])


def test_what_was_removed_is_told(full):
    removed = set(cleaned(full)[0].removed)

    assert removed == {
        Removed.DETAILS, Removed.EMBEDDED_DETAILS, Removed.AUTHORS, Removed.EMBEDDED, Removed.SCRIPTS, Removed.PATHS,
        Removed.SIGNATURES, Removed.THUMBNAIL, Removed.CUSTOM,
    }  # fmt: skip


def test_two_cleanings_of_one_pdf_are_the_same_bytes(full):
    assert cleaned(full)[1] == cleaned(full)[1]


@pytest.mark.parametrize("user", ["", "open sesame"])
def test_locked_pdf_is_refused(user):
    locked = documents.pdf(SECRET, encryption=pikepdf.Encryption(owner="owner", user=user))

    with pytest.raises(Refused, match="ENCRYPTED"):
        cleaned(locked)


@pytest.mark.parametrize(
    "packed",
    [
        pytest.param(
            lambda: (
                zlib.compress(zlib.compress(bytes(140 * MIB), 1)),
                {"Filter": pikepdf.Array([pikepdf.Name.FlateDecode] * 2)},
            ),
            id="twice",
        ),
        pytest.param(lambda: (bytes(300_000), {"Filter": pikepdf.Name.LZWDecode}), id="lzw"),
    ],
)
def test_pdf_that_unpacks_to_hundreds_of_megabytes_is_refused(packed):
    content, more = packed()
    bomb = documents.of_one_stream(content, **more)
    assert len(bomb) < MIB
    started = time.process_time()

    with pytest.raises(Refused, match="UNPACKS_TOO_LARGE"):
        cleaned(bomb)

    assert time.process_time() - started < 5


def test_pdf_whose_list_of_objects_unpacks_to_hundreds_of_megabytes_is_refused():
    assert cleaned(documents.of_packed_objects(100))

    with pytest.raises(Refused, match="UNREADABLE"):
        cleaned(documents.of_packed_objects(140 * MIB))


def test_small_streams_count_together():
    content = documents.of_one_stream(bytes(MIB))

    assert cleaned(content, Limits(most_unpacked=2 * MIB))
    with pytest.raises(Refused, match="UNPACKS_TOO_LARGE"):
        cleaned(content, Limits(most_unpacked=MIB // 2))


def test_picture_of_huge_size_in_a_pdf_is_refused():
    huge = documents.of_one_stream(
        b"", Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image, Width=100_000, Height=100_000
    )

    with pytest.raises(Refused, match="TOO_MANY_PIXELS"):
        cleaned(huge)


@pytest.mark.parametrize("part", [2, 3, 10])
def test_truncated_pdf_is_refused_or_whole_enough_to_clean(full, part):
    try:
        _done, after = cleaned(full[: len(full) // part])
    except Refused as refused:
        assert refused.code == "unreadable"
    else:
        assert not holds(after, SECRET[:12])


@pytest.mark.parametrize("progressive", [False, True])
def test_notes_of_a_jpeg_go_and_its_pixels_stay(progressive):
    content = pictures.jpeg(SECRET, progressive=progressive)

    bare = without_notes(content)

    with Image.open(io.BytesIO(bare)) as after, Image.open(io.BytesIO(content)) as before:
        assert after.tobytes() == before.tobytes()
        assert set(after.info) <= {"progressive", "progression"}
    assert bare.endswith(b"\xff\xd9") and not holds(bare, SECRET[:12])


def test_colours_of_a_jpeg_for_print_stay_as_coded():
    file = io.BytesIO()
    Image.new("CMYK", (8, 8), (0, 255, 255, 0)).save(file, "JPEG")
    assert b"Adobe" in file.getvalue()

    with Image.open(io.BytesIO(without_notes(file.getvalue()))) as after, Image.open(file) as before:
        assert after.tobytes() == before.tobytes()


@pytest.mark.parametrize("cut", [1, 2, 3, 30, 500, -1, -40])
def test_truncated_jpeg_is_refused(cut):
    whole = without_notes(pictures.jpeg(SECRET))

    with pytest.raises(Refused, match="UNREADABLE"):
        without_notes(whole[:cut])


def test_notes_of_a_jpeg_2000_go_and_its_code_stays():
    def box(name, body):
        return (len(body) + 8).to_bytes(4) + name + body

    kept = box(b"jP  ", b"\r\n\x87\n") + box(b"ftyp", b"jp2 ") + box(b"jp2h", b"head")
    code = b"\x00\x00\x00\x00jp2c" + b"code"

    assert (
        without_boxes(kept + box(b"xml ", SECRET.encode()) + box(b"uuid", SECRET.encode()) + code)
        == kept + code
    )
