from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from assessments.audit.models import Event
from assessments.rubrics import drafting, library, publishing
from assessments.rubrics.models import Level, Rubric
from assessments.rubrics.wording import CriterionWording, LevelWording, RubricWording
from tests import factories
from tests.factories import criterion


def titles(rubric):
    return [row.title for row in rubric.criteria.all()]


def fresh(rubric):
    return Rubric.objects.whole().get(pk=rubric.pk)


@pytest.mark.parametrize("template", [template.slug for template in library.templates()])
def test_every_template_can_be_published_as_it_is(course, template):
    found = library.find(template)
    rubric = drafting.start(context=course.context, by=course.teacher, wording=found.wording)

    assert publishing.publish(rubric=rubric, by=course.teacher).state == Rubric.State.PUBLISHED


def test_maximum_is_the_best_level_of_every_criterion(course):
    rubric = factories.draft(
        course.context, criterion("A", ("no", "0"), ("yes", "1,5")), criterion("B", ("no", "2"), ("yes", "1"))
    )

    assert fresh(rubric).maximum == Decimal("3.5")


def test_criterion_can_be_written_anew(course):
    rubric = factories.draft(course.context)
    first = rubric.criteria.first()

    drafting.write_criterion(
        rubric=rubric, by=course.teacher, criterion=first, wording=criterion("New", ("a", "0"), ("b", "2"))
    )

    assert titles(rubric) == ["New", "Asks openly"]
    assert [level.title for level in rubric.criteria.first().levels.all()] == ["a", "b"]


def test_everything_wrong_with_a_criterion_is_said_at_once(course):
    wording = CriterionWording("", (LevelWording("", "x"), LevelWording("ok", "1")), "y" * 2001)

    with pytest.raises(ValidationError) as refusal:
        drafting.write_criterion(rubric=factories.draft(course.context), by=course.teacher, wording=wording)

    assert sorted(refusal.value.message_dict) == ["description", "level_0_points", "level_0_title", "title"]


def test_refused_criterion_leaves_the_old_one(course):
    rubric = factories.draft(course.context)
    before = fresh(rubric).wording()

    with pytest.raises(ValidationError):
        drafting.write_criterion(
            rubric=rubric,
            by=course.teacher,
            criterion=rubric.criteria.first(),
            wording=criterion("New", ("a", "-1")),
        )

    assert fresh(rubric).wording() == before


def test_criteria_move_and_stay_at_the_ends(course):
    rubric = factories.draft(course.context, criterion("A"), criterion("B"), criterion("C"))
    a, b, c = rubric.criteria.all()

    drafting.move_criterion(criterion=c, by=course.teacher, steps=-1)
    assert titles(rubric) == ["A", "C", "B"]

    drafting.move_criterion(criterion=a, by=course.teacher, steps=-1)
    drafting.move_criterion(criterion=b, by=course.teacher, steps=1)
    assert titles(rubric) == ["A", "C", "B"]


def test_removed_criterion_can_be_put_back_where_it_was(course):
    rubric = factories.draft(course.context, criterion("A"), criterion("B"), criterion("C"))
    b = rubric.criteria.all()[1]
    wording = b.wording()

    drafting.remove_criterion(criterion=b, by=course.teacher)
    assert titles(rubric) == ["A", "C"]

    drafting.write_criterion(rubric=rubric, by=course.teacher, wording=wording, position=1)
    assert titles(rubric) == ["A", "B", "C"]
    assert fresh(rubric).wording().criteria[1] == wording


def test_another_rubrics_criterion_is_not_found(course):
    rubric, other = factories.draft(course.context), factories.draft(course.context)

    with pytest.raises(other.criteria.model.DoesNotExist):
        drafting.write_criterion(
            rubric=rubric, by=course.teacher, criterion=other.criteria.first(), wording=criterion()
        )


@pytest.mark.parametrize(
    ("criteria", "sentence"),
    [
        ([CriterionWording("Alone", (LevelWording("only", "1"),))], "at least two levels"),
        ([criterion("Same", ("Yes", "0"), ("yes", "1"))], "two levels of the same name"),
        ([criterion("Same"), criterion("same")], "Two criteria are called"),
        ([criterion("Zero", ("no", "0"), ("yes", "0"))], "always be 0"),
    ],
)
def test_publishing_is_refused_in_words(course, criteria, sentence):
    rubric = factories.draft(course.context, *criteria)

    with pytest.raises(ValidationError) as refusal:
        publishing.publish(rubric=rubric, by=course.teacher)

    assert sentence in " ".join(refusal.value.messages)
    assert fresh(rubric).is_draft


def test_empty_rubric_cannot_be_published(course):
    rubric = drafting.start(context=course.context, by=course.teacher, wording=RubricWording("Empty"))

    with pytest.raises(ValidationError, match="no criteria"):
        publishing.publish(rubric=rubric, by=course.teacher)


def test_published_rubric_never_changes(course):
    rubric = factories.published(course.context)
    first = rubric.criteria.first()
    attempts = [
        lambda: drafting.describe(rubric=rubric, by=course.teacher, title="Other"),
        lambda: drafting.write_criterion(rubric=rubric, by=course.teacher, wording=criterion()),
        lambda: drafting.write_criterion(
            rubric=rubric, by=course.teacher, criterion=first, wording=criterion()
        ),
        lambda: drafting.remove_criterion(criterion=first, by=course.teacher),
        lambda: drafting.move_criterion(criterion=first, by=course.teacher, steps=1),
        lambda: drafting.discard(rubric=rubric, by=course.teacher),
        lambda: publishing.publish(rubric=rubric, by=course.teacher),
    ]
    before = fresh(rubric).wording()

    for attempt in attempts:
        with pytest.raises(ValidationError, match="published"):
            attempt()

    assert fresh(rubric).wording() == before
    assert fresh(rubric).title == rubric.title


def test_next_version_is_a_copy_that_can_change(course):
    first = factories.published(course.context)

    draft = drafting.revise(rubric=fresh(first), by=course.teacher)

    assert (draft.family, draft.version, draft.is_draft) == (first.family, 2, True)
    assert fresh(draft).wording() == fresh(first).wording()


def test_there_is_one_draft_of_a_family(course):
    first = factories.published(course.context)
    draft = drafting.revise(rubric=fresh(first), by=course.teacher)

    assert drafting.revise(rubric=fresh(first), by=course.teacher) == draft
    with pytest.raises(IntegrityError), transaction.atomic():
        Rubric.objects.create(family=first.family, version=9, context=course.context, title="x")


def test_newest_published_leaves_out_drafts_and_old_versions(course):
    first = course.activity.rubric
    second = drafting.revise(rubric=fresh(first), by=course.teacher)
    assert list(Rubric.objects.newest_published()) == [first]

    publishing.publish(rubric=second, by=course.teacher)

    assert list(Rubric.objects.newest_published()) == [second]


def test_database_keeps_points_from_going_below_zero(course):
    level = Level.objects.first()
    level.points = Decimal("-1")

    with pytest.raises(IntegrityError), transaction.atomic():
        level.save()


def test_every_step_leaves_an_event(course):
    Event.objects.all().delete()
    rubric = factories.draft(course.context, by=course.teacher)
    drafting.describe(rubric=rubric, by=course.teacher, title="T")
    publishing.publish(rubric=rubric, by=course.teacher)

    assert list(Event.objects.values_list("verb", "actor")) == [
        ("rubric.started", course.teacher.pk),
        ("rubric.described", course.teacher.pk),
        ("rubric.published", course.teacher.pk),
    ]
