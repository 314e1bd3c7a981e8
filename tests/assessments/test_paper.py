"""Sheets filled on paper: typed in twice, compared, and then told like the taps of a device."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from assessments.audit.models import Event
from assessments.marking import marking, paper
from assessments.marking.conflict import Conflict
from assessments.marking.models import MarkSheet, PaperEntry, Tap
from lti_tool.models import Role
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def sheet(course):
    return factories.sheet(course.activity, course.alice, course.teacher)


def answers(sheet, place=-1, **more):
    levels = {f"level:{row.pk}": list(row.levels.all())[place].pk for row in sheet.rubric.criteria.all()}
    return levels | more


def twice(sheet, first, second, by=None):
    for number, entry in enumerate((first, second), start=1):
        paper.enter(sheet=sheet, answers=entry, number=number, by=by)


def test_two_entries_that_say_the_same_become_the_sheet_and_are_handed_in(sheet, course):
    typed = answers(sheet, overall="Calm and clear")
    twice(sheet, typed, typed)
    assert paper.differences(sheet) == []

    done = paper.take_over(sheet=sheet, chosen={}, by=course.teacher)

    assert done.is_submitted
    assert done.overall_comment == "Calm and clear"
    assert done.total == done.maximum
    assert set(Tap.objects.values_list("outcome", "by__name")) == {("applied", "Mara Lindqvist")}
    assert not paper.entries(sheet)
    assert PaperEntry.objects.exclude(taken_at=None).count() == 2


def test_where_they_differ_somebody_decides(sheet, course):
    first, second = sheet.rubric.criteria.all()
    low = answers(sheet, 0)
    twice(sheet, answers(sheet, overall="Calm"), low | {"overall": "Clam"})

    told = [(it.what, it.first, it.second) for it in paper.differences(sheet)]
    assert told == [
        (first.title, "Fully", "Not done"),
        (second.title, "Fully", "Not done"),
        ("Overall comment", "Calm", "Clam"),
    ]
    with pytest.raises(ValidationError) as refused:
        paper.take_over(sheet=sheet, chosen={f"level:{first.pk}": 1}, by=course.teacher)
    assert refused.value.messages == [f"Decide: {second.title}", "Decide: Overall comment"]
    chosen = {f"level:{first.pk}": 1, f"level:{second.pk}": 2, "overall": 1}
    done = paper.take_over(sheet=sheet, chosen=chosen, by=course.teacher)

    assert [mark.level.title for mark in done.marks.order_by("criterion__position")] == ["Fully", "Not done"]
    assert done.overall_comment == "Calm"
    assert Event.objects.get(verb="paper.taken_over").data == {"differed": sorted(chosen)}


def test_what_only_one_entry_left_out_can_be_left_out(sheet, course):
    typed = answers(sheet)
    twice(sheet, typed | {"concern": "Rude"}, typed)

    done = paper.take_over(sheet=sheet, chosen={"concern": 2}, by=course.teacher)

    assert done.concern == ""


def test_what_was_marked_on_a_device_before_gives_way_and_stays_in_the_log(sheet, course):
    marking.comment_overall(sheet=sheet, comment="From the tablet", by=course.teacher)
    typed = answers(sheet, overall="From the paper")
    twice(sheet, typed, typed)

    assert paper.take_over(sheet=sheet, chosen={}, by=course.teacher).overall_comment == "From the paper"


def test_third_entry_is_refused_and_keeps_the_two(sheet):
    typed = answers(sheet)
    twice(sheet, typed, typed)

    with pytest.raises(Conflict):
        paper.enter(sheet=sheet, answers=typed, number=2, by=None)

    assert len(paper.entries(sheet)) == 2


def test_submitted_sheet_takes_nothing_from_paper(sheet, course):
    filled = factories.fill(sheet, course.teacher)
    marking.submit(sheet=filled, by=course.teacher, revision=filled.revision)

    with pytest.raises(ValidationError, match="submitted or closed"):
        paper.enter(sheet=sheet, answers=answers(sheet), number=1, by=None)


class TestPages:
    @pytest.fixture
    def address(self, sheet):
        return reverse("marking:paper", args=[sheet.key])

    def typed(self, sheet, number, place=-1, **more):
        levels = {f"level_{row.pk}": list(row.levels.all())[place].pk for row in sheet.rubric.criteria.all()}
        return {"number": number, **levels, **more}

    def test_second_typist_does_not_see_the_first_entry(self, visit, course, sheet, address):
        teacher = visit(course.teacher)
        assert "First entry." in teacher.get(address).text

        teacher.post(address, self.typed(sheet, 1, overall_comment="Calm and clear"))

        page = teacher.get(address).text
        assert "Second entry." in page
        assert "Calm and clear" not in page
        assert " checked" not in page

    def test_from_paper_to_submitted(self, visit, course, sheet, address):
        teacher = visit(course.teacher)
        criterion = sheet.rubric.criteria.first()
        teacher.post(address, self.typed(sheet, 1))
        teacher.post(address, self.typed(sheet, 2) | {f"level_{criterion.pk}": criterion.levels.first().pk})
        page = teacher.get(address)
        assert "The two entries differ in 1 place." in page.text

        refused = teacher.post(address, {"do": "take_over"})
        assert refused.status_code == 400
        assert f"Decide: {criterion.title}" in refused.text
        answer = teacher.post(address, {"do": "take_over", f"field_level:{criterion.pk}": "1"})

        assert answer["Location"] == sheet.get_absolute_url()
        sheet.refresh_from_db()
        assert sheet.is_submitted

    def test_sheet_from_paper_says_who_marked_and_who_typed_it_in(self, visit, course, address):
        sheet = factories.sheet(course.activity, course.bob, course.teacher)
        marking.reassign(sheet=sheet, to=course.examiner, by=course.teacher, reason="At the bedside")
        typed = answers(sheet)
        paper.enter(sheet=sheet, answers=typed, number=1, by=course.teacher)
        colleague = factories.member(course.activity.context, Role.INSTRUCTOR, name="Colin Colleague")
        paper.enter(sheet=sheet, answers=typed, number=2, by=colleague)
        teacher = visit(course.teacher)
        assert "on paper" not in teacher.get(sheet.get_absolute_url()).text

        paper.take_over(sheet=sheet, chosen={}, by=course.teacher)

        said = "Marked on paper by Sam Okafor. Typed in by Mara Lindqvist, a second time by Colin Colleague,"
        assert said in teacher.get(sheet.get_absolute_url()).text
        MarkSheet.objects.filter(pk=sheet.pk).update(accepts_corrections=True)
        assert said in teacher.get(sheet.get_absolute_url()).text

    def test_missing_answer_is_named_and_what_was_typed_stays(self, visit, course, sheet, address):
        first, second = sheet.rubric.criteria.all()
        sent = self.typed(sheet, 1, overall_comment="Calm")
        del sent[f"level_{second.pk}"]

        answer = visit(course.teacher).post(address, sent)

        assert answer.status_code == 400
        assert f"Choose a level for “{second.title}”." in answer.text
        assert "Calm" in answer.text
        assert answer.text.count(" checked") == 1
        assert not PaperEntry.objects.exists()

    def test_both_can_be_discarded(self, visit, course, sheet, address):
        teacher = visit(course.teacher)
        for number in (1, 2):
            teacher.post(address, self.typed(sheet, number))

        teacher.post(address, {"do": "discard"})

        assert "First entry." in teacher.get(address).text

    def test_examiner_does_not_type_in_for_others(self, visit, course, address):
        assert visit(course.examiner, role=Role.TEACHING_ASSISTANT).get(address).status_code == 403
