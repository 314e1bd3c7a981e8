"""Paper sheets for exactly what is not marked yet."""

from io import BytesIO

import pytest
from pypdf import PdfReader

from assessments.marking.models import MarkSheet
from assessments.osce import paper
from assessments.osce.models import Encounter
from tests import exams
from tests.assessments.test_exam_pages import Planner

pytestmark = pytest.mark.django_db


@pytest.fixture
def session():
    return exams.published(exams.exam(stations=2, rests=1, circuits=2, candidates=4))


def test_what_is_submitted_absent_or_void_is_not_printed(session):
    rows = paper.unmarked(session)
    assert len(rows) == 8
    exams.hand_in(MarkSheet.objects.get(pk=rows[0].sheet_id))
    Encounter.objects.filter(pk=rows[1].encounter_id).update(state=Encounter.State.ABSENT)
    Encounter.objects.filter(pk=rows[2].encounter_id).update(state=Encounter.State.VOID)

    assert [row.pk for row in paper.unmarked(session)] == [row.pk for row in rows[3:]]


def test_each_sheet_has_a_page_with_its_candidate_its_items_and_no_points(session):
    circuit = session.exam.circuits.first()
    rubric = session.exam.stations.first().rubric
    rubric.criteria.filter(title="Introduces self").update(weight="7.5")
    rows = paper.unmarked(session, circuit)

    pages = [page.extract_text() for page in PdfReader(BytesIO(paper.pdf(session, rows))).pages]

    assert len(pages) == len(rows) == 4
    for row, text in zip(rows, pages, strict=True):
        encounter = row.encounter
        for words in (encounter.candidate.code, encounter.candidate.person.name, encounter.station.title):
            assert words in text
        assert str(row.sheet.key)[:8] in text
        assert "Introduces self" in text
        assert "Borderline" in text
        assert "7.5" not in text


def test_words_of_a_rubric_are_words_on_paper_and_fetch_nothing(session):
    rubric = session.exam.stations.first().rubric
    rubric.criteria.filter(title="Asks openly").update(title='<img src="http://127.0.0.1:9/x.png"> & more')

    found = PdfReader(BytesIO(paper.pdf(session, paper.unmarked(session))))

    assert '<img src="http://127.0.0.1:9/x.png"> & more' in found.pages[0].extract_text().replace("\n", " ")


def test_coordinator_prints_a_circuit_and_types_in(client, session):
    planner = Planner(client, session.exam)
    circuit = session.exam.circuits.first()

    page = planner.get("paper", session.key)
    answer = planner.get("paper_sheets", session.key, circuit.key)

    assert "8 sheets are not submitted." in page.text
    assert page.text.count("Type in<span") == 8
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")


def test_nothing_is_printed_once_everything_is_there(client, session):
    for row in paper.unmarked(session):
        exams.hand_in(row.sheet)
    planner = Planner(client, session.exam)

    assert "There is nothing to print." in planner.get("paper", session.key).text
    assert planner.get("paper_sheets", session.key, session.exam.circuits.first().key).status_code == 404
