from assessments.rubrics import library, lint
from assessments.rubrics.wording import CriterionWording, LevelWording
from tests.factories import criterion


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

    assert [hint.sentence for hint in lint.advise([heavy, *light])] == [
        "“Heavy” alone decides more than half of the points."
    ]


def test_our_own_templates_follow_our_own_advice():
    for template in library.templates():
        assert [hint.sentence for hint in lint.advise(template.wording.criteria)] == []
