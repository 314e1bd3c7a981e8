"""A Moodle Workshop's set-up out of its backup: what is brought, what is said not to be, what is refused."""

import io
import tarfile
import time
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessments.peer.workshop_import import archive, markup
from assessments.peer.workshop_import.reading import read
from assessments.peer.workshop_import.workshops import (
    Asked,
    Criterion,
    ImportProblem,
    Level,
    Limits,
    WorkshopSetup,
)
from tests.peer.moodle_backups import (
    HEAD,
    NULL,
    files,
    form_xml,
    gzipped,
    rubric_xml,
    tar,
    workshop_xml,
    zipped,
)
from tests.peer.texts import always, any_text

LISTENING = {
    "description": "<p>Listening</p><p>Lets the patient <em>finish</em>.</p>",
    "levels": [(2, "<p>In part</p>"), (0, "Not seen"), (4, "Clearly<br />and says so")],
}
ORDER = {"description": "Order", "levels": [(0, "No"), (1, "Yes")]}
ALWAYS_SAID = (
    "How many reviews each person gives is not in a Moodle backup. Choose it here.",
    "Who sees whose name is set by permissions in Moodle and not in the workshop. Choose it here.",
    "The highest grades for work and reviewing are not brought. Choose here whether marks count at all.",
    "Moodle graded reviewers by how close they came to each other. That is not done here.",
    "Pictures and files inside the texts are not brought. Give a link to them in the instructions.",
)


def only(xml, **given_files):
    (found,) = read(tar(files(xml, **given_files)))
    return found


def accumulative(*dimensions):
    return only(workshop_xml(form_xml("accumulative", *dimensions), strategy="accumulative"))


def refusal(stream, **given_limits):
    with pytest.raises(ImportProblem) as refused:
        read(stream, Limits(**given_limits))
    return refused.value.sentence


def points(criterion):
    return [level.points for level in criterion.levels]


# --- what is brought ---


def test_a_rubric_workshop_is_brought_whole():
    found = only(workshop_xml(rubric_xml(LISTENING, ORDER)))

    assert found == WorkshopSetup(
        title="Reviewing a handover",
        strategy="rubric",
        description="Read a handover & answer.",
        for_authors="- One page\n- No names",
        for_reviewers="Be kind.\nBe specific.",
        criteria=(
            Criterion(
                "Listening",
                "Lets the patient finish.",
                (
                    Level("Not seen", Decimal(0)),
                    Level("In part", Decimal(2)),
                    Level("Clearly", Decimal(4), "and says so"),
                ),
            ),
            Criterion("Order", "", (Level("No", Decimal(0)), Level("Yes", Decimal(1)))),
        ),
        submissions_from=datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC),
        submissions_until=datetime(2023, 11, 21, 20, 53, 20, tzinfo=UTC),
        text=Asked.OPTIONAL,
        files=Asked.REQUIRED,
        most_files=3,
        file_types=".pdf,.docx",
        takes_late_work=True,
        has_self_assessment=True,
        not_brought=ALWAYS_SAID,
    )


def test_a_zip_of_older_moodle_says_the_same():
    contents = files(workshop_xml(rubric_xml(LISTENING)))

    assert read(zipped(contents)) == read(tar(contents))


def test_every_workshop_of_a_course_is_listed_in_order():
    contents = files(*(workshop_xml(rubric_xml(ORDER), name=f"Round {number}") for number in range(1, 4)))

    assert [found.title for found in read(tar(dict(reversed(contents.items()))))] == [
        "Round 1",
        "Round 2",
        "Round 3",
    ]


def test_order_is_that_of_numbers_and_not_of_letters():
    contents = files()
    for number in (100, 9, 20):
        xml = workshop_xml(rubric_xml(ORDER), name=number)
        contents[f"activities/workshop_{number}/workshop.xml"] = xml.encode()

    assert [found.title for found in read(tar(contents))] == ["9", "20", "100"]


def test_criteria_come_in_the_order_of_the_form():
    found = only(workshop_xml(rubric_xml(LISTENING | {"sort": 2}, ORDER | {"sort": 1})))

    assert [criterion.title for criterion in found.criteria] == ["Order", "Listening"]


def test_points_that_do_not_begin_at_0_are_moved_and_that_is_said():
    found = only(workshop_xml(rubric_xml({"description": "A", "levels": [(3, "a"), (1.5, "b"), (5, "c")]})))

    assert points(found.criteria[0]) == [Decimal(0), Decimal("1.5"), Decimal("3.5")]
    assert found.not_brought[0].startswith("Moodle's points did not begin at 0.")


def test_a_long_first_line_is_cut_and_kept_whole_below():
    long = "word " * 60

    found = only(workshop_xml(rubric_xml({"description": long, "levels": [(0, "a")]}))).criteria[0]

    assert len(found.title) <= 200
    assert found.title.endswith("…")
    assert found.description == long.strip()


def test_older_workshops_take_text_and_files_by_their_number():
    old = {"submissiontypetext": "", "submissiontypefile": NULL}
    some = only(workshop_xml(rubric_xml(ORDER), nattachments=2, **old))
    none = only(workshop_xml(rubric_xml(ORDER), nattachments=0, **old))

    assert (some.text, some.files, some.most_files) == (Asked.OPTIONAL, Asked.OPTIONAL, 2)
    assert (none.text, none.files) == (Asked.OPTIONAL, Asked.NO)


def test_text_that_is_not_asked_for():
    assert only(workshop_xml(rubric_xml(ORDER), submissiontypetext=0)).text == Asked.NO


# --- accumulative forms ---


def test_each_point_is_a_level_up_to_ten():
    found = accumulative({"description": "A", "grade": 3, "weight": 1})

    assert found.criteria == (
        Criterion("A", "", tuple(Level(str(number), Decimal(number)) for number in range(4)), Decimal(1)),
    )
    assert found.not_brought == ALWAYS_SAID


def test_more_points_become_five_levels_and_that_is_said():
    found = accumulative({"description": "A", "grade": 30, "weight": 1})

    assert points(found.criteria[0]) == [Decimal(value) for value in ("0", "7.5", "15", "22.5", "30")]
    assert found.not_brought[0].startswith("More than 10 points became five levels")


def test_a_scale_gives_its_words():
    found = accumulative({"description": "A", "grade": -7, "weight": 1})

    assert [(level.title, level.points) for level in found.criteria[0].levels] == [
        *(("Not seen", 0), ("In part", 1), ("Clearly", 2)),
    ]


@pytest.mark.parametrize(
    "asked",
    [[(10, 1), (10, 1)], [(10, 3), (4, 1)], [(3, 2), (10, 2), (-7, 5)], [(100, 1), (7, 1)], [(5, 0), (5, 4), (2, 4)]],
)  # fmt: skip
def test_each_criterion_keeps_its_share_of_moodles_marks(asked):
    found = accumulative(*({"description": "A", "grade": grade, "weight": weight} for grade, weight in asked))
    shares = [criterion.weight * criterion.levels[-1].points for criterion in found.criteria]
    weights = [weight for _grade, weight in asked if weight]

    assert [Fraction(share) / Fraction(sum(shares)) for share in shares] == [
        Fraction(weight, sum(weights)) for weight in weights
    ]
    assert all(0 < criterion.weight <= 100 and criterion.weight % 1 == 0 for criterion in found.criteria)


def test_weights_are_as_small_as_can_be():
    found = accumulative(*({"description": "A", "grade": 10, "weight": weight} for weight in (4, 6)))

    assert [criterion.weight for criterion in found.criteria] == [2, 3]


def test_weights_that_cannot_be_kept_exactly_are_rounded_and_that_is_said():
    found = accumulative(*({"description": "A", "grade": grade, "weight": 1} for grade in (97, 89, 3)))

    assert [criterion.weight for criterion in found.criteria] == [
        Decimal("3.1"),
        Decimal("3.4"),
        Decimal(100),
    ]
    assert (
        "The weights are rounded to one decimal, so shares of the marks may differ a little."
        in found.not_brought
    )


@pytest.mark.parametrize("grade", [0, -99])
def test_what_gave_no_marks_or_has_no_scale_is_named(grade):
    found = accumulative(
        {"description": "A", "grade": 5, "weight": 1}, {"description": "Tone", "grade": grade, "weight": 1}
    )

    assert [criterion.title for criterion in found.criteria] == ["A"]
    assert found.not_brought[0] == "“Tone” gave no marks in Moodle. It is left out."


# --- what is not brought ---


@pytest.mark.parametrize(
    ("strategy", "sentence"),
    [
        (
            "numerrors",
            "The form “number of errors” has no counterpart here. Choose or write a rubric; these were its parts: “A”, “B”.",
        ),
        (
            "comments",
            "The form with comments only has no counterpart here. Choose or write a rubric; these were its parts: “A”, “B”.",
        ),
    ],
)
def test_forms_without_a_counterpart_are_named_with_their_parts(strategy, sentence):
    form = form_xml(strategy, {"description": "<p>A</p>"}, {"description": "B"})

    found = only(workshop_xml(form, strategy=strategy))

    assert found.criteria == ()
    assert found.not_brought[0] == sentence


@pytest.mark.parametrize("strategy", ["", "else", "a/b", "*", "'", "a[", "a[@b]"])
def test_an_unknown_form_is_said_to_be_one(strategy):
    found = only(workshop_xml(strategy=strategy))

    assert found.not_brought[0] == (
        "This workshop's assessment form has no counterpart here. Choose or write a rubric."
    )


def test_a_form_of_too_many_parts_is_cut_and_that_is_said():
    found = only(workshop_xml(rubric_xml(*[ORDER] * 101)))

    assert len(found.criteria) == 100
    assert found.not_brought[0] == "Only the first 100 parts of the form were read."


def test_only_what_is_there_is_said_not_to_be_brought():
    found = only(
        workshop_xml(rubric_xml(ORDER), grade="0.00000", gradinggrade=0, evaluation="", instructauthors="")
    )

    assert found.not_brought == ALWAYS_SAID[:2]


def test_students_work_and_examples_stay_in_moodle():
    rest = (
        "<examplesubmissions><examplesubmission id='1'><title>E</title></examplesubmission></examplesubmissions>"
        "<submissions><submission id='5'><content>@@PLUGINFILE@@</content></submission></submissions>"
    )
    xml = workshop_xml(rubric_xml(ORDER), rest, instructauthors="").replace(
        "<examplesubmissions>\n    </examplesubmissions>", ""
    )

    assert only(xml).not_brought[-2:] == (
        "Example submissions are not brought: there is no place for them.",
        "Students' work and reviews stay in Moodle; only the set-up is brought.",
    )


# --- what is refused ---

NO_ARCHIVE = archive._NO_ARCHIVE
DAMAGED = archive._DAMAGED
LARGE = archive._LARGE
STRANGE = archive._STRANGE
GOOD = files(workshop_xml(rubric_xml(LISTENING, ORDER)))


def member(name, kind=tarfile.REGTYPE, size=0, link=""):
    found = tarfile.TarInfo(name)
    found.type, found.size, found.linkname = kind, size, link
    return found


@pytest.mark.parametrize("content", [b"", b"P", b"hello", b"\x00" * 600, b"%PDF-1.7", HEAD.encode()])
def test_no_archive_is_said_to_be_none(content):
    assert refusal(io.BytesIO(content)) == NO_ARCHIVE


@pytest.mark.parametrize("make", [tar, zipped])
def test_an_archive_cut_short_is_damaged(make):
    content = make(GOOD).getvalue()

    assert refusal(io.BytesIO(content[: len(content) // 2])) == DAMAGED


def test_gzip_of_something_else_is_damaged():
    assert refusal(gzipped(b"hello" * 500)) == DAMAGED


@pytest.mark.parametrize("make", [tar, zipped])
def test_a_backup_without_a_workshop_says_what_to_do(make):
    assert refusal(make(files())).startswith("There is no workshop in this backup.")


@pytest.mark.parametrize("make", [tar, zipped])
def test_an_archive_of_something_else_is_no_backup(make):
    assert refusal(make({"holiday.txt": b"sun"})).startswith("This archive is no Moodle backup.")


@pytest.mark.parametrize("make", [tar, zipped])
@pytest.mark.parametrize(
    "name", ["../workshop.xml", "activities/../../etc/passwd", "/etc/passwd", "a\\..\\b"]
)
def test_names_that_lead_elsewhere_are_refused(make, name):
    assert refusal(make(GOOD | {name: b"x"})) == STRANGE


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_links_and_devices_are_refused(kind):
    link = member("activities/workshop_99/workshop.xml", kind, link="/etc/passwd")

    assert refusal(tar(GOOD, extra=[(link, b"")])) == STRANGE


def test_the_same_file_twice_is_refused():
    again = member("activities/workshop_12/workshop.xml", size=1)

    assert refusal(tar(GOOD, extra=[(again, b"x")])) == STRANGE


def test_a_bomb_is_stopped_while_it_unfolds():
    bomb = tar({"files/aa": b"\x00" * 5_000_000} | GOOD)

    assert len(bomb.getvalue()) < 10_000
    assert refusal(bomb, unpacked=1_000_000) == LARGE


def test_a_long_name_as_large_as_a_bomb_is_not_read():
    name = member("././@LongLink", tarfile.GNUTYPE_LONGNAME, size=3_000_000)
    header = member("x", tarfile.XHDTYPE, size=3_000_000)

    assert refusal(tar(GOOD, extra=[(name, b"a" * 3_000_000)])) == STRANGE
    assert refusal(tar(GOOD, extra=[(header, b"a" * 3_000_000)])) == STRANGE


@pytest.mark.parametrize("make", [tar, zipped])
@pytest.mark.parametrize("limit", [{"packed": 500}, {"xml": 1000}, {"kept": 1500}, {"files": 3}])
def test_each_limit_holds(make, limit):
    assert refusal(make(GOOD), **limit) == LARGE
    assert read(make(GOOD))


def test_a_zip_whose_contents_are_too_long_is_not_listed(monkeypatch):
    monkeypatch.setattr(archive, "_MOST_OF_A_DIRECTORY", 100)

    assert refusal(zipped(GOOD)) == LARGE


def test_a_zip_with_a_password_is_refused():
    content = bytearray(zipped(GOOD).getvalue())
    place = content.find(b"PK\x01\x02")
    while place >= 0:
        content[place + 8] |= 1
        place = content.find(b"PK\x01\x02", place + 1)

    assert refusal(io.BytesIO(bytes(content))) == DAMAGED


@pytest.mark.parametrize(
    "content",
    [
        b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><activity modulename="workshop">&b;</activity>',
        b'<!DOCTYPE activity SYSTEM "file:///etc/passwd"><activity/>',
        '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a><activity/>'.encode("utf-16"),
        '<?xml version="1.0" encoding="cp037"?><!DOCTYPE a><activity/>'.encode("cp037"),
        b"<activity>&undefined;</activity>",
        b"<activity><workshop>",
        b"\xff\xfe\x00",
        b"",
    ],
)
def test_xml_that_moodle_never_writes_is_refused(content):
    contents = GOOD | {"activities/workshop_12/workshop.xml": content}

    assert refusal(tar(contents)) == markup._UNREADABLE


def test_entities_in_the_scales_are_refused_too():
    assert refusal(tar(GOOD | {"scales.xml": b"<!DOCTYPE a><scales_definition/>"})) == markup._UNREADABLE


@pytest.mark.parametrize(
    "xml",
    [
        b"<activity/>",
        b'<activity modulename="quiz"><workshop/></activity>',
        b"<a>" * 90_000 + b"</a>" * 90_000,
    ],
)
def test_another_thing_under_the_name_of_a_workshop_is_refused(xml):
    contents = GOOD | {"activities/workshop_12/workshop.xml": xml}

    assert refusal(tar(contents)).startswith("A workshop in this backup cannot be read.")


def test_a_workshop_of_which_everything_is_missing_has_a_dash_for_a_title():
    xml = '<activity modulename="workshop"><workshop id="1"></workshop></activity>'

    assert only(xml).title == "–"


@pytest.mark.parametrize("time_written", ["99999999999999", "-5", "soon", "0", NULL, "999999999999"])
def test_a_time_that_is_none_is_left_out(time_written):
    assert only(workshop_xml(submissionstart=time_written)).submissions_from is None


@always
@given(st.data())
def test_a_damaged_archive_is_read_or_refused_in_words(data):
    content = bytearray(data.draw(st.sampled_from([TARRED, ZIPPED])))
    for _change in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))

    try:
        found = read(io.BytesIO(bytes(content)))
    except ImportProblem as problem:
        assert problem.sentence.endswith(".")
    else:
        assert all(isinstance(one, WorkshopSetup) for one in found)


TARRED, ZIPPED = tar(GOOD).getvalue(), zipped(GOOD).getvalue()


# --- HTML as text ---


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One</p>\n<p>Two</p>", "One\n\nTwo"),
        ("a<br>b<br/>c", "a\nb\nc"),
        ("<ol><li>One</li><li>Two <b>bold</b></li></ol>", "- One\n- Two bold"),
        ("5 &lt; 6 &amp; 7&nbsp;&gt;&#160;2 &eacute;", "5 < 6 & 7 > 2 é"),
        ("<script>alert('<p>')</script>safe<style>p{}</style>", "safe"),
        ("a<!-- hidden > text -->b<!-- never closed", "ab"),
        ("<table><tr><td>1</td><td>2</td></tr></table>", "1 2"),
        ("line\nbroken   in source", "line broken in source"),
        ("&lt;b&gt;not a tag&lt;/b&gt;", "<b>not a tag</b>"),
        ('<a href="javascript:x" onclick="y">link</a>', "link"),
        ("مرحبا <b>😀</b>", "مرحبا 😀"),
    ],
)
def test_html_as_text(html, text):
    assert markup.plain(html) == text


@always
@given(any_text)
def test_any_html_gives_text_without_margins(html):
    assert markup.plain(html) == markup.plain(html).strip()


def test_html_is_read_in_time_linear_in_it():
    for part in ("<!--", "<a ", '<a b="', "</", "<?", "<script>", "&", "<p>", "<![CDATA["):
        html = (part * markup.LONGEST_TEXT)[: markup.LONGEST_TEXT]
        begun = time.process_time()
        markup.plain(html)
        assert time.process_time() - begun < 0.5
