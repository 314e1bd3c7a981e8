"""What a criterion can be beside a row of levels, and what that does to a sheet."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from assessments.activities import activities
from assessments.marking import marking
from assessments.marking.models import MarkSheet
from assessments.results import releasing
from assessments.results.models import Result
from assessments.rubrics import copying, drafting, publishing
from assessments.rubrics.models import Criterion, Rubric
from assessments.rubrics.wording import Kind, RubricWording, StatementKind, StatementWording
from lti_tool.models import Score
from tests import factories
from tests.factories import criterion, global_rating

pytestmark = pytest.mark.django_db

EVERYTHING = RubricWording(
    "Chest pain",
    "A station of eight minutes.",
    (
        criterion(
            "Washes hands",
            ("Not done", "0"),
            ("Done", "1"),
            description="Before touching the patient.",
            section="Opening",
            domain="Safety",
            competency="IPC-1",
            weight=Decimal("2.5"),
            is_critical=True,
        ),
        criterion("Percusses", is_mandatory=False, allows_not_applicable=True, is_shown_to_student=False),
        criterion("Manner", ("Poor", "0"), ("Fair", "2"), ("Good", "4"), kind=Kind.RATING),
        global_rating(),
    ),
    (StatementWording("Listened well."), StatementWording("Summarise sooner.", StatementKind.NEXT_STEP)),
)


@pytest.fixture
def rubric(course):
    draft = drafting.start(context=course.context, by=course.teacher, wording=EVERYTHING)
    return Rubric.objects.whole().get(pk=publishing.publish(rubric=draft, by=course.teacher).pk)


@pytest.fixture
def sheet(course, rubric):
    activity = activities.set_up(resource_link=course.link, rubric=rubric, by=course.teacher)
    return activities.assess(activity=activity, candidate=course.alice, by=course.teacher).sheet


def tap(sheet, title, level, by):
    row = sheet.rubric.criteria.get(title=title)
    if level == "n/a":
        return marking.mark(sheet=sheet, criterion=row, by=by, is_not_applicable=True)
    return marking.mark(sheet=sheet, criterion=row, by=by, level=row.levels.get(title=level))


def whole(sheet):
    return MarkSheet.objects.whole().get(pk=sheet.pk)


def as_read(wording):
    """Points and weights typed as text, as the numbers that they are read as."""
    return [
        (row.title, [(Decimal(level.points), level.is_borderline) for level in row.levels], row.weight)
        for row in wording.criteria
    ]


def test_everything_that_was_written_is_kept(rubric):
    kept = rubric.wording()

    assert (kept.title, kept.description, kept.statements) == (
        "Chest pain",
        "A station of eight minutes.",
        EVERYTHING.statements,
    )
    assert as_read(kept) == as_read(EVERYTHING)
    first = kept.criteria[0]
    assert (first.section, first.domain, first.competency, first.is_critical) == (
        "Opening", "Safety", "IPC-1", True,
    )  # fmt: skip
    second = kept.criteria[1]
    assert (second.is_mandatory, second.allows_not_applicable, second.is_shown_to_student) == (
        False, True, False,
    )  # fmt: skip
    assert [row.kind for row in kept.criteria] == ["checklist", "checklist", "rating", "global"]


def test_next_version_and_copy_in_another_course_say_the_same(course, rubric):
    draft = drafting.revise(rubric=rubric, by=course.teacher)
    elsewhere = copying.copy(rubric=rubric, context=factories.ContextFactory(), by=None)

    assert Rubric.objects.whole().get(pk=draft.pk).wording() == rubric.wording()
    assert Rubric.objects.whole().get(pk=elsewhere.pk).wording() == rubric.wording()


def test_weights_count_and_the_global_rating_does_not(course, rubric, sheet):
    for title, level in (("Washes hands", "Done"), ("Percusses", "Partly"), ("Manner", "Fair")):
        tap(sheet, title, level, course.teacher)
    tap(sheet, "Global rating", "Excellent", course.teacher)

    assert rubric.maximum == Decimal("2.5") + 2 + 4
    assert whole(sheet).total == Decimal("2.5") + 1 + 2


def test_lowest_level_of_a_critical_criterion_is_named(course, sheet):
    tap(sheet, "Manner", "Poor", course.teacher)
    assert whole(sheet).missed_critical() == []

    tap(sheet, "Washes hands", "Not done", course.teacher)
    assert [row.title for row in whole(sheet).missed_critical()] == ["Washes hands"]

    tap(sheet, "Washes hands", "Done", course.teacher)
    assert whole(sheet).missed_critical() == []


def test_not_applicable_and_a_level_undo_each_other(course, sheet):
    for level in ("Fully", "n/a", "Partly", "n/a"):
        tap(sheet, "Percusses", level, course.teacher)
    answer = sheet.marks.get(criterion__title="Percusses")
    assert (answer.level, answer.is_not_applicable, answer.is_answered) == (None, True, True)

    tap(sheet, "Percusses", "Partly", course.teacher)
    answer.refresh_from_db()
    assert (answer.level.title, answer.is_not_applicable) == ("Partly", False)


def test_what_applies_to_everybody_cannot_be_left_out(course, sheet):
    with pytest.raises(ValidationError, match="applies to every candidate"):
        tap(sheet, "Manner", "n/a", course.teacher)

    assert not sheet.marks.exists()


def test_only_what_is_mandatory_is_asked_for_at_submission(course, sheet):
    tap(sheet, "Washes hands", "Done", course.teacher)
    revision = whole(sheet).revision
    with pytest.raises(ValidationError) as refused:
        marking.submit(sheet=sheet, by=course.teacher, revision=revision)
    assert refused.value.messages == ["Not answered yet: Manner", "Not answered yet: Global rating"]

    tap(sheet, "Manner", "Good", course.teacher)
    tap(sheet, "Global rating", "Pass", course.teacher)
    done = marking.submit(sheet=sheet, by=course.teacher, revision=whole(sheet).revision)
    assert done.is_submitted


def test_column_stays_the_same_for_everybody_and_the_share_is_of_what_applied(course, rubric, sheet):
    for title, level in (("Washes hands", "Done"), ("Percusses", "n/a"), ("Manner", "Fair")):
        tap(sheet, title, level, course.teacher)
    tap(sheet, "Global rating", "Pass", course.teacher)
    marking.submit(sheet=sheet, by=course.teacher, revision=whole(sheet).revision)

    result = Result.objects.get()
    releasing.release(activity=result.activity, by=course.teacher)

    assert (result.total, result.maximum) == (Decimal("4.5"), Decimal("6.5"))
    sent = Score.objects.get()
    assert (sent.maximum, sent.given) == (Decimal("8.5"), Decimal("5.885"))  # 4.5 / 6.5 × 8.5


def test_sheet_on_which_nothing_applied_is_not_a_result(course):
    rubric = factories.published(course.context, criterion("Only", allows_not_applicable=True))
    activity = activities.set_up(resource_link=course.link, rubric=rubric, by=course.teacher)
    sheet = activities.assess(activity=activity, candidate=course.alice, by=course.teacher).sheet
    tap(sheet, "Only", "n/a", course.teacher)

    with pytest.raises(ValidationError, match="nothing to go by"):
        marking.submit(sheet=sheet, by=course.teacher, revision=whole(sheet).revision)


@pytest.mark.parametrize("borderlines", [0, 2])
def test_global_rating_needs_one_borderline(course, borderlines):
    grades = [("Fail", "0"), ("Borderline", "1"), ("Pass", "2")]
    levels = [(*grade, "", place < borderlines) for place, grade in enumerate(grades)]
    draft = factories.draft(course.context, criterion(), criterion("Overall", *levels, kind=Kind.GLOBAL))

    with pytest.raises(ValidationError, match="“Overall” needs one level that is the borderline"):
        publishing.publish(rubric=draft, by=course.teacher)


def test_there_is_one_global_rating(course):
    draft = factories.draft(course.context, criterion(), global_rating())

    with pytest.raises(ValidationError, match="has a global rating already"):
        drafting.write_criterion(rubric=draft, by=course.teacher, wording=global_rating("Another"))
    with pytest.raises(IntegrityError), transaction.atomic():
        Criterion.objects.create(rubric=draft, position=9, kind=Kind.GLOBAL, title="Another")


def test_borderline_belongs_to_global_ratings_only(course):
    draft = factories.draft(course.context, criterion("A", ("no", "0", "", True), ("yes", "1")))

    assert [level.is_borderline for level in draft.criteria.get().levels.all()] == [False, False]


def test_everything_wrong_with_a_criterion_is_said_at_once(course):
    draft = factories.draft(course.context)
    wrong = criterion(
        "A", kind="guess", weight="0", section="x" * 101, domain="y" * 101, competency="z" * 101
    )

    with pytest.raises(ValidationError) as refused:
        drafting.write_criterion(rubric=draft, by=course.teacher, wording=wrong)

    assert set(refused.value.message_dict) == {"kind", "weight", "section", "domain", "competency"}


@pytest.mark.parametrize(
    ("typed", "read"), [("2", "2"), ("0,5", "0.5"), ("1.5", "1.5"), ("", "1"), ("100", "100")]
)
def test_weight_as_people_type_it(course, typed, read):
    draft = factories.draft(course.context, criterion("A", weight=typed))

    assert draft.criteria.get().weight == Decimal(read)


@pytest.mark.parametrize("typed", ["0", "-1", "101", "1.25", "two", "1e3", "99999999"])
def test_what_is_no_weight_is_refused_in_words(course, typed):
    with pytest.raises(ValidationError, match="is not a weight"):
        factories.draft(course.context, criterion("A", weight=typed))


def test_statements_are_set_as_a_whole_and_in_order(course):
    draft = factories.draft(course.context)
    drafting.write_statements(rubric=draft, by=course.teacher, statements=EVERYTHING.statements)
    drafting.write_statements(rubric=draft, by=course.teacher, statements=EVERYTHING.statements[::-1])
    assert [row.text for row in draft.statements.all()] == ["Summarise sooner.", "Listened well."]

    wrong = [StatementWording(""), StatementWording("Fine."), StatementWording("x", "praise")]
    with pytest.raises(ValidationError) as refused:
        drafting.write_statements(rubric=draft, by=course.teacher, statements=wrong)
    assert set(refused.value.message_dict) == {"statement_0", "statement_2"}
    assert draft.statements.count() == 2
