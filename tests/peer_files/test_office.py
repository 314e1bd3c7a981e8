"""Office files come out with what is read in them, and nothing about who wrote it."""

import io
import re
import struct
import time
import tracemalloc
import zipfile

import openpyxl
import pytest
from lxml import etree
from PIL import Image

from assessments.peer.files.cleaning import clean
from assessments.peer.files.limits import MIB, Limits
from assessments.peer.files.outcomes import Refused, Removed
from tests.peer_files import office, pictures
from tests.peer_files.traces import holds

SECRET = "Zyqwenna4711Obscurovich"
FORMS = ["docx", "pptx", "xlsx", "odt"]
PLACES = {
    "docx": """zip-note core company custom-property custom-xml commenter comment person rsid variable
        letters document-id template embedded-object printer xml-comment instruction rsid-of-a-paragraph
        inserter deleter deleted-text formatter mover
        row deleted-row field complex-field linked-field bound name path mail linked title program photo gps thumb-gps""",
    "pptx": "core comment-author changer shape comment tag gps text",
    "xlsx": "creator last comment commenter book tooltip sharer folder printer text",
    "odt": """script changer deleted-text commenter comment field mail frame linked rsid meta printer photo version gps
        thumb-gps""",
}


def cleaned(content, form, limits=None):
    done = clean(io.BytesIO(content), f"{SECRET}.{form}", limits)
    return done, done.file.read()


def texts(content, part, tag):
    root = etree.fromstring(office.parts_of(content)[part])
    return ["".join(it.itertext()) for it in root.iter(f"{{*}}{tag}")]


@pytest.fixture(scope="module")
def full():
    return {form: getattr(office, form)(SECRET) for form in FORMS}


@pytest.mark.parametrize("form", FORMS)
def test_each_hiding_place_of_an_office_file_was_full_before(full, form):
    assert [it for it in PLACES[form].split() if not holds(full[form], f"{SECRET}-{it}")] == []


@pytest.mark.parametrize("form", FORMS)
def test_office_file_keeps_no_name(full, form):
    done, after = cleaned(full[form], form)

    assert not holds(after, SECRET[:12])
    assert done.extension == form
    with zipfile.ZipFile(io.BytesIO(after)) as packed:
        assert packed.testzip() is None
        assert {it.date_time for it in packed.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_text_of_a_word_document_stays_with_its_changes_accepted(full):
    _done, after = cleaned(full["docx"], "docx")

    assert [it for it in texts(after, "word/document.xml", "t") if it] == [
        "Chest pain", "came later", "moved here", "page 7", "after the field", "shown link", "the guideline", "write to me",
    ]  # fmt: skip
    header = next(it for it in office.parts_of(after) if it.startswith("word/part"))
    assert "Running head" in "".join(texts(after, header, "t"))


def test_descriptions_for_who_cannot_see_stay(full):
    document = office.parts_of(cleaned(full["docx"], "docx")[1])["word/document.xml"].decode()

    assert re.findall('descr="(.*?)"', document) == ["An ECG with raised ST"]
    assert re.findall(' name="(.*?)"', document) == ["Object 5", "Object 6"]


def test_every_reference_in_an_office_file_leads_somewhere(full):
    for form in ("docx", "pptx", "xlsx"):
        parts = office.parts_of(cleaned(full[form], form)[1])
        types = parts["[Content_Types].xml"].decode()
        for name in [it for it in parts if it.endswith(".rels")]:
            listed = {it.get("Id"): it for it in etree.fromstring(parts[name])}
            for it in listed.values():
                assert it.get("TargetMode") == "External" or it.get("Target").lstrip("/") in parts
            source = name.replace("_rels/", "").removesuffix(".rels")
            used = set(re.findall(rb'\br:\w+="(\w+)"', parts.get(source, b"")))
            assert {it.decode() for it in used} <= set(listed)
        assert all(
            f'"/{it}"' in types for it in parts if not it.endswith(".rels") and it != "[Content_Types].xml"
        )


def test_links_lead_to_the_web_or_nowhere(full):
    listed = office.parts_of(cleaned(full["docx"], "docx")[1])["word/_rels/document.xml.rels"].decode()

    outside = re.findall(r'TargetMode="External" Target="(.*?)"', listed)

    assert outside == ["https://guideline.example/", "https://removed.invalid/"]


@pytest.mark.parametrize("form", ["docx", "pptx", "odt"])
def test_picture_in_an_office_file_keeps_its_pixels(full, form):
    parts = office.parts_of(cleaned(full[form], form)[1])
    inside = [it for it in parts if it.endswith((".jpg", ".jpeg", ".png"))]

    assert len(inside) == 1
    with Image.open(io.BytesIO(parts[inside[0]])) as picture:
        assert picture.size == (64, 32)
        assert max(abs(a - b) for a, b in zip(picture.getpixel((5, 5)), pictures.RED, strict=True)) < 12


def test_cells_of_a_workbook_stay(full):
    _done, after = cleaned(full["xlsx"], "xlsx")

    sheet = openpyxl.load_workbook(io.BytesIO(after)).active
    assert (sheet["A1"].value, sheet["B2"].value, sheet["B2"].comment) == ("Pulse", 88, None)
    assert (sheet.page_setup.orientation, len(sheet._images)) == ("landscape", 1)


def test_slide_keeps_its_text(full):
    assert texts(cleaned(full["pptx"], "pptx")[1], "ppt/slides/slide1.xml", "t") == ["Chest pain"]


def test_open_document_keeps_its_text(full):
    _done, after = cleaned(full["odt"], "odt")

    assert texts(after, "content.xml", "p")[:2] == ["Chest pain at rest", "By , page 7"]
    assert texts(after, "content.xml", "a") == ["the guideline", "write to me"]
    assert texts(after, "content.xml", "desc") == ["An ECG"]
    assert list(office.parts_of(after))[0] == "mimetype"
    assert b"mimetypeapplication/vnd.oasis.opendocument.text" in after[:100]


def test_what_was_removed_from_an_office_file_is_told(full):
    assert cleaned(full["docx"], "docx")[0].removed == (
        Removed.DETAILS, Removed.EMBEDDED_DETAILS, Removed.COMMENTS, Removed.AUTHORS, Removed.CHANGES, Removed.FIELDS,
        Removed.NAMES_OF_OBJECTS, Removed.EMBEDDED, Removed.PATHS, Removed.THUMBNAIL, Removed.PRINTER, Removed.CUSTOM,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("form", "more", "code"),
    [
        ("docx", {"word/vbaProject.bin": b"macro"}, "lies"),
        ("docx", {"word/document.xml": b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>"}, "unreadable"),
        ("docx", {"word/document.xml": b"<x"}, "unreadable"),
        ("docx", {f"word/media/{SECRET}-photo.jpeg": b"\x01\x00\x00\x00 an EMF"}, "picture_inside"),
        ("odt", {"Basic/Standard/Module1.xml": b"Sub Main"}, "macros"),
        ("odt", {"META-INF/manifest.xml": b"<m><encryption-data/></m>"}, "encrypted"),
    ],
)
def test_what_cannot_be_cleaned_is_refused(form, more, code):
    parts = {"docx": office.docx_parts, "odt": office.odt_parts}[form](SECRET) | more

    with pytest.raises(Refused) as refused:
        cleaned(office.zipped(parts), form)

    assert refused.value.code == code


def test_macros_are_refused_as_such():
    parts = office.docx_parts(SECRET) | {"word/vbaProject.bin": b"macro"}

    with pytest.raises(Refused, match="MACROS"):
        clean(io.BytesIO(office.zipped(parts)), "work.docm")


@pytest.mark.parametrize("kind", ["video", "audio", "media"])
def test_film_inside_a_presentation_is_refused(kind):
    parts = office.parts_of(office.pptx(SECRET))
    rels = "ppt/slides/_rels/slide1.xml.rels"
    parts[rels] = parts[rels].replace(b"/tags", f"/{kind}".encode())

    with pytest.raises(Refused, match="SOUND_OR_FILM_INSIDE"):
        cleaned(office.zipped(parts), "pptx")


@pytest.mark.parametrize("part", ["word/document.xml", "word/media/bomb.png", "[Content_Types].xml"])
def test_zip_bomb_is_refused_with_little_memory(part):
    parts = office.docx_parts(SECRET)
    parts["word/_rels/document.xml.rels"] = parts["word/_rels/document.xml.rels"].replace(
        f"media/{SECRET}-photo.jpeg", "media/bomb.png"
    )
    parts[part] = (parts.get(part) or "").encode() + b" " * (40 * MIB)
    bomb = office.zipped(parts)
    del parts
    assert len(bomb) < MIB
    tracemalloc.start()

    with pytest.raises(Refused, match="UNPACKS_TOO_LARGE"):
        cleaned(bomb, "docx", Limits(most_unpacked=8 * MIB))

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20 * MIB


def test_parts_count_together():
    parts = office.docx_parts(SECRET)
    for name in ("word/document.xml", "word/settings.xml"):
        parts[name] += " " * MIB
    content = office.zipped(parts)

    assert cleaned(content, "docx", Limits(most_unpacked=3 * MIB))
    with pytest.raises(Refused, match="UNPACKS_TOO_LARGE"):
        cleaned(content, "docx", Limits(most_unpacked=MIB * 3 // 2))


def test_zip_that_lies_about_its_sizes_is_counted_all_the_same():
    parts = office.docx_parts(SECRET)
    parts["word/document.xml"] = parts["word/document.xml"].encode() + b" " * (20 * MIB)
    lie = bytearray(office.zipped(parts))
    real = struct.pack("<I", len(parts["word/document.xml"]))
    assert lie.count(real) == 2

    with pytest.raises(Refused) as refused:
        cleaned(bytes(lie.replace(real, struct.pack("<I", 100))), "docx")

    assert refused.value.code in ("unreadable", "unpacks_too_large")


def test_many_changes_take_no_more_than_seconds():
    parts = office.docx_parts(SECRET)
    many = "<w:del/>x<w:ins>y</w:ins>" * 100_000
    parts["word/document.xml"] = parts["word/document.xml"].replace("<w:body>", f"<w:body>{many}")
    started = time.process_time()

    _done, after = cleaned(office.zipped(parts), "docx")

    assert b"xy" * 100_000 in office.parts_of(after)["word/document.xml"]
    assert time.process_time() - started < 5


def test_too_many_parts_are_refused():
    parts = office.docx_parts(SECRET) | {f"word/x{number}.xml": b"" for number in range(60)}

    assert cleaned(office.zipped(parts), "docx")
    with pytest.raises(Refused, match="TOO_MANY_PARTS"):
        cleaned(office.zipped(parts), "docx", Limits(most_parts=50))


def test_two_parts_of_one_name_are_refused(full):
    file = io.BytesIO(full["docx"])
    with zipfile.ZipFile(file, "a") as packed:
        packed.writestr("word/Document.xml", b"<other/>")

    with pytest.raises(Refused, match="UNREADABLE"):
        cleaned(file.getvalue(), "docx")


@pytest.mark.parametrize("form", FORMS)
def test_truncated_office_file_is_refused(full, form):
    with pytest.raises(Refused):
        cleaned(full[form][: len(full[form]) // 2], form)
