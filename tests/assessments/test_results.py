from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from assessments.activities import activities
from assessments.audit.models import Event
from assessments.marking import marking
from assessments.marking.conflict import Conflict
from assessments.marking.marking import Answer
from assessments.results import releasing
from assessments.results.columns import COMMENT_MAX, gradebook_comment
from assessments.results.models import Result
from assessments.results.overview import overview
from lti_tool.models import LineItem, Role, Score
from tests import factories


def amend(sheet, by, place):
    row = sheet.rubric.criteria.first()
    answer = Answer(list(row.levels.all())[place])
    return marking.amend(
        sheet=sheet,
        by=by,
        reason="Second look",
        marks={row: answer},
        overall_comment=sheet.overall_comment,
        revision=sheet.revision,
    )


def test_submission_computes_the_result_and_releases_nothing(course):
    factories.marked(course.activity, course.alice, course.examiner, place=1)

    result = Result.objects.get()
    assert (result.candidate, result.total, result.maximum) == (course.alice, Decimal(2), Decimal(4))
    assert not result.is_released
    assert not Score.objects.exists()


def test_release_sends_the_marked_and_nobody_else(course):
    factories.marked(course.activity, course.alice, course.examiner, comment="Go on like this.")
    factories.marked(course.activity, course.bob, course.examiner, place=0)
    factories.fill(factories.sheet(course.activity, course.charlie, course.examiner), course.examiner)

    released = releasing.release(activity=course.activity, by=course.teacher)

    assert {result.candidate for result in released} == {course.alice, course.bob}
    assert list(Score.objects.order_by("person__name").values_list("person__name", "given", "comment")) == [
        ("Alice", Decimal(4), "Go on like this."),
        ("Bob", Decimal(0), ""),
    ]
    column = LineItem.objects.get()
    assert (column.tag, column.label, column.score_maximum) == ("result", course.activity.title, Decimal(4))


def test_released_result_knows_when_and_by_whom(course):
    factories.marked(course.activity, course.alice, course.examiner)

    releasing.release(activity=course.activity, by=course.teacher)

    result = Result.objects.get()
    assert result.is_released
    assert result.released_by == course.teacher
    event = Event.objects.get(verb="results.released")
    assert (event.actor, event.data) == (course.teacher, {"candidates": [course.alice.pk]})


def test_second_release_takes_only_what_is_new(course):
    factories.marked(course.activity, course.alice, course.examiner)
    releasing.release(activity=course.activity, by=course.teacher)
    factories.marked(course.activity, course.bob, course.examiner)

    released = releasing.release(activity=course.activity, by=course.teacher)

    assert [result.candidate for result in released] == [course.bob]


def test_nothing_to_release_is_said(course):
    with pytest.raises(ValidationError, match="Nothing to release"):
        releasing.release(activity=course.activity, by=course.teacher)


def test_what_was_not_previewed_is_not_released(course):
    factories.marked(course.activity, course.alice, course.examiner)
    seen = releasing.fingerprint(Result.objects.all())
    factories.marked(course.activity, course.bob, course.examiner)

    with pytest.raises(Conflict, match="Nothing was released"):
        releasing.release(activity=course.activity, by=course.teacher, seen=seen)

    assert not Result.objects.released().exists()


def test_amendment_after_the_release_is_published_again(course):
    sheet = factories.marked(course.activity, course.alice, course.examiner)
    releasing.release(activity=course.activity, by=course.teacher)

    amend(sheet, course.teacher, place=0)

    assert Result.objects.get().total == Decimal(2)
    assert Result.objects.get().is_released
    assert (Score.objects.get().given, Score.objects.get().revision) == (Decimal(2), 2)


def test_amendment_before_the_release_sends_nothing(course):
    sheet = factories.marked(course.activity, course.alice, course.examiner)

    amend(sheet, course.teacher, place=0)

    assert Result.objects.get().total == Decimal(2)
    assert not Score.objects.exists()


def test_database_keeps_a_result_within_its_maximum(course):
    factories.marked(course.activity, course.alice, course.examiner)

    with pytest.raises(IntegrityError), transaction.atomic():
        Result.objects.update(total=Decimal(5))


def test_short_comment_goes_to_the_gradebook_whole():
    assert gradebook_comment("x" * COMMENT_MAX) == "x" * COMMENT_MAX


@pytest.mark.parametrize("text", ["word " * 2000, "x" * 20_000])
def test_long_comment_says_where_the_rest_is(text):
    sent = gradebook_comment(text)

    assert len(sent) <= COMMENT_MAX
    assert sent.endswith("… The whole comment is in the activity.")
    assert text.startswith(sent.removesuffix("… The whole comment is in the activity."))


def test_examiners_name_is_not_sent(course):
    factories.marked(course.activity, course.alice, course.examiner, comment="Clear.")
    releasing.release(activity=course.activity, by=course.teacher)

    assert Score.objects.get().comment == "Clear."


class TestSetUp:
    def test_rubric_can_be_changed_until_marking_begins(self, course):
        other = factories.published(course.context, title="Other")

        activities.set_up(resource_link=course.link, rubric=other, by=course.teacher)
        course.activity.refresh_from_db()
        assert course.activity.rubric == other

        factories.sheet(course.activity, course.alice, course.examiner)
        with pytest.raises(ValidationError, match="Marking has begun"):
            activities.set_up(
                resource_link=course.link, rubric=factories.published(course.context), by=course.teacher
            )

    def test_draft_is_refused(self, course):
        with pytest.raises(ValidationError, match="still a draft"):
            activities.set_up(
                resource_link=course.link, rubric=factories.draft(course.context), by=course.teacher
            )

    def test_rubric_of_another_course_is_refused(self, course):
        foreign = factories.published(factories.ContextFactory())

        with pytest.raises(ValidationError, match="another course"):
            activities.set_up(resource_link=course.link, rubric=foreign, by=course.teacher)


class TestOverview:
    def sentence(self, course):
        return overview(course.activity, course.teacher).sentence

    def test_sentence_says_what_is_true_now(self, course):
        assert self.sentence(course) == "0 of 3 marked, nothing released."

        for person in (course.alice, course.bob):
            factories.marked(course.activity, person, course.examiner)
        assert self.sentence(course) == "2 of 3 marked, nothing released."

        releasing.release(activity=course.activity, by=course.teacher)
        assert self.sentence(course) == "2 of 3 marked, 2 released."

        factories.marked(course.activity, course.charlie, course.examiner)
        releasing.release(activity=course.activity, by=course.teacher)
        assert self.sentence(course) == "All 3 results are released."

    def test_leavers_stay_once_they_were_marked(self, course):
        factories.member(course.context, name="Dora", is_active=False)
        left = factories.member(course.context, name="Ed")
        factories.marked(course.activity, left, course.examiner)
        course.context.memberships.filter(person=left).update(is_active=False)

        rows = overview(course.activity, course.teacher).rows

        assert [(row.person.name, row.is_active) for row in rows] == [
            ("Alice", True),
            ("Bob", True),
            ("Charlie", True),
            ("Ed", False),
        ]

    def test_test_student_is_shown_apart_and_not_counted(self, course):
        factories.member(course.context, name="Test Student", is_test_student=True)

        found = overview(course.activity, course.teacher)

        assert [row.person.name for row in found.test_rows] == ["Test Student"]
        assert found.sentence == "0 of 3 marked, nothing released."

    def test_somebody_with_both_hats_learns_nothing_of_their_own_sheet_early(self, course):
        both = factories.member(course.context, Role.INSTRUCTOR, name="Ada", is_learner=True)
        factories.marked(course.activity, both, course.examiner)

        [mine] = [row for row in overview(course.activity, both).rows if row.is_viewer]
        [theirs] = [row for row in overview(course.activity, course.teacher).rows if row.person == both]

        assert theirs.result.total == Decimal(4)
        assert (mine.result, mine.sheet, mine.answered) == (None, None, 0)

    def test_begun_sheet_comes_first(self, course):
        factories.sheet(course.activity, course.bob, course.examiner)

        assert overview(course.activity, course.teacher).next_to_mark.person == course.bob
