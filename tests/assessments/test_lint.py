import pytest

from assessments.rubrics import library, lint
from assessments.rubrics.wording import CriterionWording, Kind, LevelWording
from tests.factories import criterion, global_rating

NO_GLOBAL_RATING = "Without a global rating, no cut score can be set by the borderline methods."


def said(wording):
    return " ".join(lint.advise_criterion(wording))


def test_good_criterion_gets_no_advice():
    wording = criterion("Washes hands", ("Not done", "0"), ("Done", "1"))

    assert lint.advise_criterion(wording) == []


def test_two_things_in_one_criterion():
    assert "“and”" in said(criterion("Washes and dries hands", ("No", "0"), ("Yes", "1")))


def test_word_that_contains_and_is_not_two_things():
    assert said(criterion("Stands beside the patient", ("No", "0"), ("Yes", "1"))) == ""


def test_vague_words():
    assert "“Appropriately”" in said(criterion("Appropriately greets", ("No", "0"), ("Yes", "1")))


def test_what_cannot_be_observed():
    assert "cannot be observed" in said(criterion("Understands the risk", ("No", "0"), ("Yes", "1")))


def test_points_that_go_up_and_down():
    assert "up and down" in said(criterion("Greets", ("No", "0"), ("Half", "2"), ("Yes", "1")))


def test_falling_points_are_an_order_too():
    assert "up and down" not in said(criterion("Greets", ("Yes", "2"), ("Half", "1"), ("No", "0")))


def test_unreadable_points_do_not_stop_the_other_advice():
    wording = CriterionWording("Greets and leaves", (LevelWording("No", "abc"), LevelWording("Yes", "")))

    assert "“and”" in said(wording)


def test_one_criterion_that_decides_everything():
    heavy = criterion("Heavy", ("No", "0"), ("Yes", "10"))
    light = [criterion(f"Light {n}", ("No", "0"), ("Yes", "1")) for n in range(3)]

    assert of_whole(heavy, *light, global_rating()) == ["“Heavy” alone decides more than half of the points."]


def test_weight_makes_a_criterion_heavy():
    heavy = criterion("Heavy", ("No", "0"), ("Yes", "1"), weight="10")
    light = [criterion(f"Light {n}", ("No", "0"), ("Yes", "1")) for n in range(3)]

    assert of_whole(heavy, *light, global_rating()) == ["“Heavy” alone decides more than half of the points."]


def of_whole(*criteria):
    return [hint.sentence for hint in lint.advise(criteria) if hint.place is None]


@pytest.mark.parametrize(("count", "is_many"), [(5, False), (6, True)])
def test_many_critical_criteria(count, is_many):
    rows = [
        criterion(f"Item {n}", ("No", "0"), ("Yes", "1"), is_critical=n < count) for n in range(count + 1)
    ]

    said = of_whole(*rows, global_rating())

    assert (
        said
        == [
            f"{count} critical criteria are many: each of them alone decides about the station. "
            "Keep those that are about safety."
        ]
        * is_many
    )


@pytest.mark.parametrize(("count", "is_said"), [(2, False), (3, True)])
def test_rubric_without_a_global_rating(count, is_said):
    rows = [criterion(f"Item {n}", ("No", "0"), ("Yes", "1")) for n in range(count)]

    assert of_whole(*rows) == [NO_GLOBAL_RATING] * is_said


@pytest.mark.parametrize(
    ("wording", "words"),
    [
        (criterion("A", *[(str(n), str(n), "x") for n in range(4)]), "call it a rating"),
        (criterion("A", ("No", "0"), ("Yes", "1"), kind=Kind.RATING), "no more than a checklist item"),
        (criterion("A", ("Fail", "0"), ("Pass", "1"), kind=Kind.GLOBAL), "the borderline"),
        (criterion("A", ("No", "0"), ("Yes", "1"), is_critical=True, is_mandatory=False), "whoever skips it"),
        (
            criterion("A", ("No", "0"), ("Yes", "1"), is_critical=True, allows_not_applicable=True),
            "not held to it",
        ),
        (criterion("A", ("No", "0"), ("Yes", "1"), weight="2.5"), "count 2.5 times"),
        (criterion("A", ("No", "0"), ("Yes", "1"), weight="10"), "count 10 times"),
    ],
)
def test_kinds_and_switches(wording, words):
    assert words in said(wording)


def test_usual_kinds_and_switches_get_no_advice():
    for wording in (
        criterion("A", ("No", "0"), ("Yes", "1"), is_critical=True),
        criterion("A", ("No", "0"), ("Yes", "1"), is_mandatory=False, allows_not_applicable=True),
        criterion("A", ("1", "1", "x"), ("2", "2"), ("3", "3"), kind=Kind.RATING),
        criterion("A", ("Fail", "0", "x"), ("Border", "1", "", True), ("Pass", "2"), kind=Kind.GLOBAL),
        criterion("A", ("No", "0"), ("Yes", "1"), weight="unreadable"),
    ):
        assert said(wording) == ""


def test_our_own_templates_follow_our_own_advice():
    """But for the global rating: whether a cut score will be set is the course's to say."""
    for template in library.templates():
        has_global_rating = any(row.kind == Kind.GLOBAL for row in template.wording.criteria)
        assert of_whole(*template.wording.criteria) == [NO_GLOBAL_RATING] * (not has_global_rating)
        assert [lint.advise_criterion(row) for row in template.wording.criteria if said(row)] == []
