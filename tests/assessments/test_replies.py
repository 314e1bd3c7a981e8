"""Candidates and their released results: read, asked, appealed, kept as a file; and words that are withheld."""

import io

import pytest
from django.core.exceptions import ValidationError
from pypdf import PdfReader

from assessments.marking import marking
from assessments.osce import publishing
from assessments.results import releasing, replying
from assessments.results.models import Reply, Result
from assessments.results.profile import profile
from assessments.rubrics.models import Criterion
from lti_tool.models import Role
from tests import exams, factories
from tests.assessments.moderating import PATTERN, Moderator, fill
from tests.assessments.test_decisions import person, signed
from tests.assessments.test_exam_release import Candidate, teachers

pytestmark = pytest.mark.django_db


@pytest.fixture
def exam():
    session = exams.published(exams.exam(stations=2, candidates=5))
    sheet = exams.sheet_of(session, session.exam.candidates.get(number=3), session.exam.stations.first())
    marking.comment_overall(sheet=sheet, comment="Like Dr Smith, too fast.", by=sheet.assigned_to)
    fill(session, PATTERN)
    publishing.lock(session=session, by=None)
    signed(session.exam, *teachers(session.exam))
    releasing.release(activity=session.exam.activity, by=None)
    return session.exam


def commented_sheet(exam):
    return exams.sheet_of(exam.sessions.get(), exam.candidates.get(number=3), exam.stations.first())


class TestReplies:
    def test_read_asked_and_answered(self, client, exam):
        candidate, teacher = Candidate(client, exam, 3), Moderator(client, exam)

        assert candidate.post("reply", kind="read").status_code == 303
        assert candidate.post("reply", kind="read").status_code == 303  # once is enough
        assert candidate.post("reply", kind="appeal", text="Station 2\r\nhad no bell.").status_code == 303
        page = teacher.get("replies")
        assert "1 candidate says they have read their result." in page.text
        assert "Station 2\nhad no bell." in page.text
        assert "Questions and appeals (1)" in teacher.get("exam").text
        [asked] = page.context["rows"]
        assert teacher.post("replies", reply=asked.key, answer=" ").status_code == 400
        assert teacher.post("replies", reply=asked.key, answer="The clock ran.").status_code == 303

        mine = candidate.get("exam_feedback").text
        assert "You have read it" in mine
        assert "The clock ran." in mine
        assert "The clock ran." not in Candidate(client, exam, 4).get("exam_feedback").text
        assert Reply.objects.filter(kind="read").count() == 1

    @pytest.mark.parametrize(
        ("sent", "sentence"),
        [
            ({"kind": "question", "text": "  "}, "Write what it is about."),
            ({"kind": "shout", "text": "Hey"}, "Choose whether you ask or appeal."),
            ({"kind": "question", "text": "x" * 2001}, "At most 2000 characters."),
        ],
    )
    def test_what_is_missing_is_said(self, client, exam, sent, sentence):
        answer = Candidate(client, exam, 3).post("reply", **sent)

        assert answer.status_code == 400
        assert sentence in answer.text
        assert not Reply.objects.exists()

    def test_five_may_wait(self, exam):
        result = Result.objects.get(candidate=person(exam, 3))
        for n in range(5):
            replying.write(result=result, kind="question", text=f"Question {n}", by=result.candidate)

        with pytest.raises(ValidationError, match="Wait for an answer"):
            replying.write(result=result, kind="appeal", text="And", by=result.candidate)

    def test_nothing_to_answer_before_the_release(self, client, exam):
        releasing.take_back(activity=exam.activity, reason="Too early", by=None)

        answer = Candidate(client, exam, 3).post("reply", kind="read")
        file = Candidate(client, exam, 3).get("exam_feedback_file")

        assert (answer.status_code, file.status_code) == (404, 404)

    def test_somebody_elses_question_is_not_there(self, client, exam):
        other = exams.exam(stations=1, candidates=1)
        result = Result.objects.get(candidate=person(exam, 3))
        asked = replying.write(result=result, kind="question", text="Why?", by=result.candidate)

        assert Moderator(client, other).post("replies", reply=asked.key, answer="No").status_code == 404
        assert Moderator(client, exam).post("replies", reply="nonsense", answer="No").status_code == 404


class TestWords:
    def test_are_withheld_and_shown_again(self, client, exam):
        teacher, candidate = Moderator(client, exam), Candidate(client, exam, 3)
        sheet = commented_sheet(exam)
        assert "Like Dr Smith" in teacher.get("words").text
        assert "Like Dr Smith" in candidate.get("exam_feedback").text

        assert teacher.post("words", sheet=sheet.pk, reason=" ").status_code == 400
        assert teacher.post("words", sheet=sheet.pk, reason="Names a colleague").status_code == 303
        page = candidate.get("exam_feedback").text
        assert "Like Dr Smith" not in page
        assert "What was written here is withheld" in page
        assert "Names a colleague" not in page
        assert "Like Dr Smith" not in text_of(candidate.get("exam_feedback_file"))
        assert teacher.post("words", sheet=sheet.pk, show="yes").status_code == 303
        assert "Like Dr Smith" in candidate.get("exam_feedback").text

    def test_only_of_this_exam(self, client, exam):
        other = exams.published(exams.exam(stations=1, candidates=1))
        sheet = other.encounters.get().sheets.get().sheet

        for asked in (sheet.pk, "x", "9" * 30):
            assert Moderator(client, exam).post("words", sheet=asked, reason="Mine").status_code == 404


def text_of(answer):
    pages = PdfReader(io.BytesIO(answer.content)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def test_file_holds_what_the_page_says(client, exam):
    answer = Candidate(client, exam, 3).get("exam_feedback_file")

    text = text_of(answer)
    assert answer["Content-Type"] == "application/pdf"
    for words in ("Candidate 003: passed", "Your total is 50.0 %.", "Station 2", "Like Dr Smith, too fast."):
        assert words in text
    assert "Examiner A1" not in text


class TestProfile:
    def test_goes_over_everything_that_was_released(self, exam):
        Criterion.objects.filter(position=0).update(competency="COM-1")
        who, course = person(exam, 4), exam.activity.context
        examiner = factories.member(course, Role.TEACHING_ASSISTANT)
        single = factories.activity(
            factories.ResourceLinkFactory(context=course), factories.criterion(competency="COM-1")
        )
        factories.marked(single, who, examiner, place=0)
        before = profile(who, course)
        releasing.release(activity=single, by=None)

        after = profile(who, course)

        assert [(row.name, len(row.stops)) for row in before] == [("COM-1", 1)]
        [competency] = after
        assert [(stop.criteria, stop.share) for stop in competency.stops] == [(2, 75.0), (1, 0.0)]
        assert profile(person(exam, 3), exams.exam(stations=1, candidates=1).activity.context) == []
