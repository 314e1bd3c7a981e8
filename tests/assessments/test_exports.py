"""Files of an exam's marks: what stands in them, who is not in them, and that any number of rows needs the same memory."""

import csv
import io
import zipfile
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from assessments.audit.models import Event
from assessments.osce import publishing
from assessments.osce.models import SheetRole
from assessments.results import exporting, moderating
from assessments.results.exporting import Export, Naming
from assessments.rubrics.models import Criterion
from lti_tool.models import Role
from tests import exams
from tests.assessments.moderating import MARKS, PATTERN, Moderator, add_second, fill, hand_in, locked_exam

pytestmark = pytest.mark.django_db


@pytest.fixture
def exam():
    """With a second examiner, a simulated patient, an absent candidate, and an item that did not apply."""
    session = exams.published(exams.exam(stations=2, candidates=5))
    Criterion.objects.filter(position=1).update(allows_not_applicable=True)
    Criterion.objects.filter(position=0).update(domain="Talking", weight=Decimal("1.5"))
    second, patient = (
        add_second(session, 3),
        add_second(session, 3, role=SheetRole.PATIENT, name="Pat Player"),
    )
    fill(session, [[None, None], [(1, "na", 1), PATTERN[1][1]], *PATTERN[2:]])
    hand_in(second, 2, 2, grade=3)
    hand_in(patient, 1, 1, grade=2)
    session.encounters.filter(candidate__number=1).update(state="absent", reason="Ill, says the mother")
    publishing.lock(session=session, by=None)
    return session.exam


def export(exam, *, is_identified=True):
    return Export(moderating.standing(exam.activity), Naming(exam.activity, is_identified=is_identified))


def read(answer):
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def files(answer):
    archive = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
    return {name: archive.read(name).decode("utf-8-sig") for name in archive.namelist()}


@pytest.fixture
def browser(client, exam):
    return Moderator(client, exam)


class TestLong:
    def test_a_row_for_each_item_of_each_submitted_sheet(self, browser):
        rows = read(browser.get("export", "names", "long.csv"))

        assert list(rows[0]) == list(exporting.LONG)
        assert len(rows) == 3 * (8 + 2)  # eight sheets of the exam, the second examiner's, the patient's
        own = [row for row in rows if row["candidate"] == "C-003" and row["station"] == "Station 1"]
        assert {(row["examiner"], row["role"]) for row in own} == {
            ("Examiner A1", "first"),
            ("Second", "second"),
            ("Pat Player", "patient"),
        }
        first = [row for row in own if row["role"] == "second"]
        told = [(row["kind"], row["domain"], row["level"], row["points"], row["maximum"]) for row in first]
        assert told == [
            ("checklist", "Talking", "2", "3.0", "3.0"),
            ("checklist", "", "2", "2.0", "2.0"),
            ("global", "", "3", "3.0", "0.0"),
        ]

    def test_what_did_not_apply_has_no_points(self, browser):
        rows = read(browser.get("export", "names", "long.csv"))

        [row] = [row for row in rows if row["not_applicable"] == "1"]
        assert (row["candidate"], row["level"], row["points"], row["maximum"]) == ("C-002", "", "", "2.0")

    def test_statements_are_a_chunk_at_a_time_whatever_the_cohort(self, monkeypatch):
        monkeypatch.setattr(exporting, "CHUNK", 4)

        def statements(candidates):
            found = export(locked_exam([PATTERN[place % 5] for place in range(candidates)]))
            with CaptureQueriesContext(connection) as seen:
                rows = sum(1 for _row in found.long())
            assert rows == 1 + candidates * 2 * 3
            return len(seen)

        assert statements(2) + 3 == statements(8)


class TestWide:
    def test_a_row_for_each_candidate_as_decided(self, browser):
        book = load_workbook(
            io.BytesIO(b"".join(browser.get("export", "names", "wide.xlsx").streaming_content))
        )

        rows = list(book["candidates"].iter_rows(values_only=True))
        found = {row[0]: dict(zip(rows[0], row, strict=True)) for row in rows[1:]}
        assert found["C-005"]["name"] == "Candidate 005"
        assert (found["C-005"]["total"], found["C-005"]["decision"]) == (100, "pass")
        assert (found["C-001"]["total"], found["C-001"]["decision"]) == (None, "none")
        assert (found["C-004"]["Station 2: grade"], found["C-001"]["Station 1: mark"]) == (2, None)
        assert [row[0] for row in book["stations"].iter_rows(values_only=True)][1:] == [
            "Station 1",
            "Station 2",
        ]
        told = {row[1] for row in book["dictionary"].iter_rows(values_only=True)}
        assert set(exporting.LONG) | set(exporting.WIDE) <= told

    def test_texts_are_no_formulas(self, browser, exam):
        exam.stations.filter(place=0).update(title='=HYPERLINK("http://x")')
        person = exam.candidates.get(number=2).person
        person.name = "@SUM(A1)"
        person.save()

        rows = read(browser.get("export", "names", "long.csv"))
        book = load_workbook(
            io.BytesIO(b"".join(browser.get("export", "names", "wide.xlsx").streaming_content))
        )

        assert {row["station"] for row in rows} == {'\'=HYPERLINK("http://x")', "Station 2"}
        cells = [cell for row in book["candidates"].iter_rows() for cell in row]
        assert not [cell for cell in cells if cell.data_type == "f"]
        assert "'@SUM(A1)" in [cell.value for cell in cells]


class TestForPrograms:
    def test_lme4_has_shares_of_points(self, browser):
        told = files(browser.get("export", "names", "r-and-facets.zip"))

        rows = list(csv.DictReader(io.StringIO(told["lme4.csv"])))
        assert {row["examiner"] for row in rows} == {"Examiner A1", "Examiner A2", "Second"}
        assert {
            float(row["score"])
            for row in rows
            if row["candidate"] == "C-004" and row["station"] == "Station 1"
        } == {1.0, 0.5}
        assert len(rows) == 2 * 9 - 1

    def test_tam_has_a_row_for_each_sheet_and_a_column_for_each_item(self, browser):
        told = files(browser.get("export", "names", "r-and-facets.zip"))

        [names, *rows] = csv.reader(io.StringIO(told["tam.csv"]))
        assert names[:3] == ["pid", "rater", "station"]
        assert len(rows) == 9
        found = {(row[0], row[1]): row[3:] for row in rows}
        assert found["C-002", "Examiner A1"] == ["1", "NA"]
        assert found["C-005", "Examiner A2"] == ["2", "2"]

    def test_facets_reads_numbers_that_its_labels_have(self, browser):
        told = files(browser.get("export", "names", "r-and-facets.zip"))["facets.txt"]

        head, data = told.split("Data =\n")
        assert "Facets = 3" in head
        assert "5=C-005" in head
        assert len(data.splitlines()) == 2 * 9 - 1
        examiner = next(line.partition("=")[0] for line in head.splitlines() if line.endswith("=Second"))
        theirs = {line for line in data.splitlines() if line.startswith(f"3,{examiner},")}
        assert theirs == {f"3,{examiner},1,2", f"3,{examiner},2,2"}


class TestPseudonyms:
    def test_nobody_is_in_any_file(self, browser, exam):
        secrets = {row.person.name for row in exam.candidates.all()} | {
            row.code for row in exam.candidates.all()
        }
        secrets |= {row.display_name for row in exam.staff.all()} | {"mother", "Second", "Pat Player"}
        secrets |= {row.person.sub for row in exam.candidates.all()}
        told = [b"".join(browser.get("export", "pseudonyms", "long.csv").streaming_content).decode()]
        told += files(browser.get("export", "pseudonyms", "r-and-facets.zip")).values()
        book = load_workbook(
            io.BytesIO(b"".join(browser.get("export", "pseudonyms", "wide.xlsx").streaming_content))
        )
        told += [str(cell.value) for row in book["candidates"].iter_rows() for cell in row]

        assert [secret for secret in secrets for text in told if secret in text] == []
        assert "name" not in [cell.value for cell in next(book["candidates"].iter_rows())]

    def test_are_the_same_in_every_file_and_others_in_another_exam(self, exam):
        person = exam.candidates.first().person
        one, again = (Naming(exam.activity, is_identified=False) for _n in range(2))
        other = Naming(locked_exam().activity, is_identified=False)

        assert one.candidate(person.pk, "C-001") == again.candidate(person.pk, "C-001")
        assert one.candidate(person.pk, "C-001") != other.candidate(person.pk, "C-001")

    def test_no_order_tells_who_it_is(self, exam):
        found = export(exam, is_identified=False)

        wide = [row[0] for row in found.wide()][1:]
        sheets = list(dict.fromkeys(row[5] for row in found.long()))[1:]
        assert wide == sorted(wide)
        assert sheets == sorted(sheets)
        labels = "".join(found.facets()).split("1,Candidates\n")[1].split("*")[0].split()
        assert [label.partition("=")[2] for label in labels] == wide


def test_who_took_what_is_kept(browser):
    browser.get("export", "names", "dictionary.csv")

    event = Event.objects.get(verb="results.exported")
    assert event.data == {"file": "dictionary.csv", "who": "names"}
    assert event.actor is not None


@pytest.mark.parametrize(("who", "name"), [("names", "passwords.csv"), ("everybody", "long.csv")])
def test_other_files_are_not_there(browser, who, name):
    assert browser.get("export", who, name).status_code == 404
    assert not Event.objects.filter(verb="results.exported").exists()


def test_files_are_for_teachers(client, exam):
    assert (
        Moderator(client, exam, Role.TEACHING_ASSISTANT).get("export", "names", "long.csv").status_code == 403
    )


def test_page_says_when_there_is_nothing(client):
    exam = exams.published(exams.exam(stations=1, candidates=1)).exam

    assert "there is nothing to take" in Moderator(client, exam).get("exports").text


def test_marks_of_the_wide_file_are_those_of_the_decision():
    rows = list(export(locked_exam()).wide())[1:]

    assert [[row[7], row[11]] for row in rows] == MARKS
