"""Candidates' tickets: what their QR code says, and what a coordinator finds with it on the day."""

import uuid

import pytest
import segno
import time_machine
from django.core.exceptions import ValidationError

from assessments.osce import qr, running, tickets
from assessments.osce.master_clock import Kind
from lti_tool.models import Role
from tests import exams
from tests.assessments.test_exam_pages import Planner

pytestmark = pytest.mark.django_db


@pytest.fixture
def session():
    return exams.published(exams.exam(stations=3, candidates=3), seed=1)


def test_code_says_the_number_and_the_session_and_nothing_else(session):
    candidate = session.candidates.get(number=2)

    assert tickets.said(candidate, session) == f"C-002 {str(session.key).upper()}"


def test_every_ticket_has_its_own_code(client, session):
    page = Planner(client, session.exam).get("tickets", session.key)

    for candidate in session.candidates.all():
        assert page.text.count(qr.picture(tickets.said(candidate, session)).replace("'", "&#x27;")) == 1
    assert page.text.count('class="qr"') == 3


def test_picture_is_the_code_of_what_it_says():
    # segno writes; that cameras read what it writes is its own promise. A picture of other words is another one.
    assert qr.picture("C-002") != qr.picture("C-003")
    assert segno.make_qr(f"C-002 {uuid.uuid4()}".upper(), error="m").mode == "alphanumeric"


@pytest.mark.parametrize("written", ["C-002", "c-002", "C002", "2", " 002 ", "{ticket}", "{ticket}\n"])
def test_ticket_is_found_scanned_or_typed(session, written):
    candidate = session.candidates.get(number=2)

    assert tickets.find(session, written.format(ticket=tickets.said(candidate, session))) == candidate


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("", "Type a candidate's number"),
        ("Noah", "Type a candidate's number"),
        ("C-099", "No candidate of this session has the number 99."),
        ("C-002 00000000-0000-4000-8000-000000000000", "This ticket is of another session."),
        ("9" * 60, "Type a candidate's number"),
    ],
)
def test_what_is_no_ticket_of_this_session_is_refused_in_words(session, written, words):
    with pytest.raises(ValidationError, match=words):
        tickets.find(session, written)


def test_number_of_another_session_of_the_exam_is_not_here(session):
    afternoon = exams.add_session(session.exam, title="Afternoon")
    exams.add_candidates(session.exam, 1, session=afternoon)

    with pytest.raises(ValidationError, match="No candidate of this session"):
        tickets.find(session, "C-004")


class TestBoard:
    def test_coordinator_finds_where_a_candidate_is(self, client, session):
        candidate = session.candidates.get(number=2)

        with time_machine.travel(exams.STARTS, tick=False):
            planner = Planner(client, session.exam)
            running.order(session=session, kind=Kind.START, by=None)
            page = planner.get("board", session.key, find=tickets.said(candidate, session))

        assert page.context["found"] == candidate
        assert [(row.round, is_now) for row, is_now in page.context["way"]] == [
            (1, True),
            (2, False),
            (3, False),
        ]
        for row, _is_now in page.context["way"]:
            assert planner.url("encounter", session.key, row.key) in page.text

    def test_ticket_of_nobody_says_so_and_the_board_stays(self, client, session):
        page = Planner(client, session.exam).get("board", session.key, find="C-099")

        assert page.status_code == 200
        assert "No candidate of this session has the number 99." in page.text
        assert "0 of 9 encounters submitted." in page.text

    def test_whoever_only_watches_does_not_find_names(self, client, session):
        page = Planner(client, session.exam, Role.TEACHING_ASSISTANT).get("board", session.key, find="C-002")

        name = session.candidates.get(number=2).person.display_name
        assert "C-002" in page.text
        assert name not in page.text
        assert 'name="find"' not in page.text

    def test_words_about_what_was_changed_look_for_nobody(self, client, session):
        page = Planner(client, session.exam).get("board", session.key, done="changed", who="A1")

        assert "Changed: A1." in page.text
        assert "Type a candidate" not in page.text
