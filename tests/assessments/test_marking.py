from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from assessments.audit.models import Event
from assessments.marking import marking
from assessments.marking.comments import COMMENT_MAX
from assessments.marking.conflict import Conflict
from assessments.marking.history import Change, changes
from assessments.marking.marking import Answer
from assessments.marking.models import Mark, MarkSheet
from tests import factories
from tests.factories import criterion


@pytest.fixture
def sheet(course):
    return factories.sheet(course.activity, course.alice, course.examiner)


def whole(sheet):
    return MarkSheet.objects.whole().get(pk=sheet.pk)


def first(sheet):
    """The first criterion and its levels."""
    row = sheet.rubric.criteria.first()
    return row, list(row.levels.all())


def test_mark_keeps_level_and_comment(sheet, course):
    row, levels = first(sheet)

    marking.mark(sheet=sheet, criterion=row, level=levels[2], comment=" Calm.\r\nClear. ", by=course.examiner)

    mark = Mark.objects.get()
    assert (mark.level, mark.comment) == (levels[2], "Calm.\nClear.")
    assert whole(sheet).rater == course.examiner


def test_mark_can_be_taken_back(sheet, course):
    row, levels = first(sheet)
    marking.mark(sheet=sheet, criterion=row, level=levels[2], comment="", by=course.examiner)

    marking.mark(sheet=sheet, criterion=row, level=None, comment="", by=course.examiner)

    assert row in whole(sheet).unanswered()


def test_sending_a_mark_twice_changes_nothing(sheet, course):
    row, levels = first(sheet)
    answer = {"criterion": row, "level": levels[1], "comment": "x", "by": course.examiner}
    once = marking.mark(sheet=sheet, **answer)
    events = Event.objects.count()

    twice = marking.mark(sheet=sheet, **answer)

    assert (twice.revision, Event.objects.count()) == (once.revision, events)


def test_level_of_another_criterion_is_refused(sheet, course):
    row = sheet.rubric.criteria.first()
    level = sheet.rubric.criteria.last().levels.first()

    with pytest.raises(ValidationError, match="not one of the criterion's levels"):
        marking.mark(sheet=sheet, criterion=row, level=level, comment="", by=course.examiner)


def test_criterion_of_another_rubric_is_refused(sheet, course):
    other = factories.published(course.context).criteria.first()

    with pytest.raises(ValidationError, match="not part of the sheet's rubric"):
        marking.mark(sheet=sheet, criterion=other, level=None, comment="", by=course.examiner)


def test_database_keeps_one_mark_for_each_criterion(sheet, course):
    row, levels = first(sheet)
    Mark.objects.create(sheet=sheet, criterion=row, level=levels[0])

    with pytest.raises(IntegrityError), transaction.atomic():
        Mark.objects.create(sheet=sheet, criterion=row, level=levels[1])


@pytest.mark.parametrize("comment", ["x" * 10_000, "ü" * COMMENT_MAX, "عربى 🩺\n" * 1000])
def test_long_comment_is_kept_whole(sheet, course, comment):
    marking.comment_overall(sheet=sheet, comment=comment, by=course.examiner)

    assert whole(sheet).overall_comment == comment.strip()


def test_too_long_comment_is_refused_with_the_counts(sheet, course):
    with pytest.raises(ValidationError, match="100,000 characters; at most 20,000"):
        marking.comment_overall(sheet=sheet, comment="x" * 100_000, by=course.examiner)

    assert whole(sheet).overall_comment == ""


def test_broken_characters_do_not_break_the_database(sheet, course):
    marking.comment_overall(sheet=sheet, comment="a\x00b\ud800c", by=course.examiner)

    assert whole(sheet).overall_comment == "ab?c"


def test_total_is_exact(course):
    thirds = [criterion(f"C{n}", ("no", "0"), ("yes", "0.1")) for n in range(3)]
    link = factories.ResourceLinkFactory(context=course.context)
    activity = factories.activity(link, *thirds, by=course.teacher)

    sheet = factories.marked(activity, course.alice, course.examiner)

    assert whole(sheet).total == Decimal("0.3")


def test_submitting_names_what_is_not_answered(sheet, course):
    row, levels = first(sheet)
    sheet = marking.mark(sheet=sheet, criterion=row, level=levels[0], comment="", by=course.examiner)

    with pytest.raises(ValidationError) as refusal:
        marking.submit(sheet=sheet, by=course.examiner, revision=sheet.revision)

    assert refusal.value.messages == ["Not answered yet: Asks openly"]
    assert not whole(sheet).is_submitted


def test_submitted_sheet_cannot_change(sheet, course):
    row, levels = first(sheet)
    filled = factories.fill(sheet, course.examiner)
    marking.submit(sheet=filled, by=course.examiner, revision=filled.revision)
    before = marking.snapshot(whole(sheet))

    with pytest.raises(Conflict, match="was submitted"):
        marking.mark(sheet=sheet, criterion=row, level=levels[0], comment="", by=course.examiner)
    with pytest.raises(Conflict, match="was submitted"):
        marking.comment_overall(sheet=sheet, comment="late", by=course.examiner)

    assert marking.snapshot(whole(sheet)) == before


def test_second_submission_is_told_who_was_first(sheet, course):
    filled = factories.fill(sheet, course.examiner)
    marking.submit(sheet=filled, by=course.teacher, revision=filled.revision)

    with pytest.raises(Conflict, match=r"Mara Lindqvist submitted .* nothing of it was changed or lost"):
        marking.submit(sheet=filled, by=course.examiner, revision=filled.revision)

    assert whole(sheet).submitted_by == course.teacher


def test_submitting_what_somebody_else_marked_meanwhile_is_a_conflict(sheet, course):
    seen = factories.fill(sheet, course.examiner)
    row, levels = first(sheet)
    marking.mark(sheet=sheet, criterion=row, level=levels[0], comment="", by=course.teacher)

    with pytest.raises(Conflict, match="Somebody else marked"):
        marking.submit(sheet=seen, by=course.examiner, revision=seen.revision)

    assert not whole(sheet).is_submitted


def test_draft_rubric_is_not_marked_with(course):
    with pytest.raises(ValidationError, match="still a draft"):
        marking.open_sheet(rubric=factories.draft(course.context), candidate=course.alice, by=course.teacher)


class TestAmend:
    @pytest.fixture
    def sheet(self, course):
        return factories.marked(course.activity, course.alice, course.examiner, comment="Well heard.")

    def amend(self, sheet, by, **changed):
        row, levels = first(sheet)
        given = {
            "reason": "Heard again on the recording.",
            "marks": {row: Answer(levels[0], "Not heard.")},
            "overall_comment": "Well heard.",
            "revision": sheet.revision,
        }
        return marking.amend(sheet=sheet, by=by, **(given | changed))

    def test_changes_the_sheet_and_keeps_what_it_said(self, sheet, course):
        self.amend(sheet, course.teacher)

        amendment = sheet.amendments.get()
        assert (amendment.by, amendment.reason) == (course.teacher, "Heard again on the recording.")
        assert changes(amendment, whole(sheet)) == [
            Change("Introduces self", "Fully", "Not done"),
            Change("Comment on “Introduces self”", "–", "Not heard."),
        ]
        assert whole(sheet).total == Decimal(2)
        assert Event.objects.filter(verb="sheet.amended", actor=course.teacher).count() == 1

    @pytest.mark.parametrize(
        ("changed", "sentence"),
        [
            ({"reason": "  "}, "Say why"),
            ({"marks": {}}, "Nothing was changed"),
            ({"overall_comment": "x" * 100_000}, "100,000"),
        ],
    )
    def test_is_refused_in_words(self, sheet, course, changed, sentence):
        before = marking.snapshot(whole(sheet))

        with pytest.raises(ValidationError, match=sentence):
            self.amend(sheet, course.teacher, **changed)

        assert marking.snapshot(whole(sheet)) == before
        assert not sheet.amendments.exists()

    def test_no_answer_can_be_taken_away(self, sheet, course):
        row, _ = first(sheet)

        with pytest.raises(ValidationError, match="Choose a level for “Introduces self”"):
            self.amend(sheet, course.teacher, marks={row: Answer(None)})

    def test_an_older_view_of_the_sheet_is_a_conflict(self, sheet, course):
        self.amend(sheet, course.teacher)

        with pytest.raises(Conflict, match="Somebody else amended"):
            self.amend(sheet, course.examiner, overall_comment="Mine")

    def test_draft_sheets_are_not_amended(self, course):
        draft = factories.sheet(course.activity, course.bob, course.examiner)

        with pytest.raises(ValidationError, match="not submitted yet"):
            self.amend(draft, course.teacher)
