"""What a teacher decides about a grade that differs in the LMS: ours is sent anyway, or theirs is kept."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from lti_tool import port
from tests.grades import Column

pytestmark = pytest.mark.django_db


@pytest.fixture(params=["plain", "moodle", "canvas"])
def column(request, sandbox, tool_key):
    """A column where a teacher has replaced our 14 with a 12, which we found when we wanted to send 17."""
    column = Column.of_new_school(sandbox, request.param)
    column.publish(14)
    column.work()
    column.school.teacher_types("student", 12)
    if request.param == "moodle":  # as in a column of its own: in the activity's, Moodle keeps what was typed
        column.school.do("override", person="student", on=False)
    column.publish(17)
    work(column, 2)
    assert (column.score().state, column.shown()) == ("conflict", 12)
    return column


@pytest.fixture
def moodle_column(sandbox, tool_key):
    return Column.of_new_school(sandbox, "moodle")


def work(column, seconds):
    with time_machine.travel(timezone.now() + timedelta(seconds=seconds)):
        column.work()


def test_conflict_offers_both_and_says_what_each_does(column):
    sent = column.delivery()

    assert (sent.can_send_anyway, sent.can_keep_theirs, sent.can_retry) == (True, True, False)
    assert sent.lms_shows == "12 / 20"
    assert "Send anyway replaces it with Bellringer's 17 / 20" in sent.sentence


def test_ours_replaces_exactly_what_was_seen(column):
    column.send_anyway("12 / 20")
    work(column, 4)

    assert (column.score().state, column.shown()) == ("delivered", 17)
    assert column.score().may_replace == ""

    # It was leave for that one grade: the next one typed there is safe again.
    column.school.teacher_types("student", 11)
    column.publish(18)
    work(column, 6)
    assert (column.score().state, column.shown()) == ("conflict", 11)


def test_grade_that_changed_again_after_the_click_is_left_alone(column):
    column.send_anyway("12 / 20")
    column.school.teacher_types("student", 13)
    work(column, 4)

    assert (column.score().state, column.shown()) == ("conflict", 13)
    assert column.delivery().lms_shows == "13 / 20"


def test_cell_that_was_cleared_after_the_click_stays_empty(column):
    column.send_anyway("12 / 20")
    column.school.teacher_clears("student")
    work(column, 4)

    assert (column.score().state, column.shown()) == ("conflict", None)


def test_click_on_an_old_page_does_nothing(column):
    for decide in (column.send_anyway, column.keep_theirs):
        with pytest.raises(port.ChangedSince):
            decide("11 / 20")
    work(column, 4)

    assert (column.score().state, column.shown()) == ("conflict", 12)


def test_kept_grade_stays_whatever_we_correct(column):
    column.keep_theirs("12 / 20")
    before = column.school.requests("scores")
    column.publish(18)
    column.retry()
    column.withdraw()
    work(column, 4)
    column.publish(19)
    work(column, 6)

    assert (column.score().state, column.shown()) == ("kept", 12)
    assert column.school.requests("scores") == before
    assert "Bellringer's 19 / 20 is kept here and not sent, nor are later corrections" in column.sentence()


def test_way_back_from_keeping_sends_the_newest(column):
    column.keep_theirs("12 / 20")
    column.publish(18)
    sent = column.delivery()
    assert (sent.can_send_anyway, sent.can_keep_theirs) == (True, False)

    column.send_anyway("12 / 20")
    work(column, 4)

    assert (column.score().state, column.shown()) == ("delivered", 18)


def test_withdrawal_is_never_sent_over_somebodys_grade(column):
    column.withdraw()
    work(column, 4)

    sent = column.delivery()
    assert (sent.state, sent.can_send_anyway, sent.can_keep_theirs) == ("conflict", False, True)
    assert "only our own grade would be taken back" in sent.sentence
    with pytest.raises(port.ChangedSince):
        column.send_anyway("12 / 20")
    assert column.shown() == 12


def test_number_of_ours_that_a_teacher_typed_again_is_theirs(column):
    """Once somebody took the cell over, nothing that we sent before counts as ours in it."""
    column.school.teacher_types("student", 14)
    column.publish(18)
    work(column, 4)

    assert (column.score().state, column.shown()) == ("conflict", 14)


def test_grade_that_moodle_holds_on_to_is_named_with_the_way_out(moodle_column):
    moodle_column.school.teacher_types("student", 12)
    moodle_column.publish(17)
    moodle_column.work()
    moodle_column.send_anyway("12 / 20")
    work(moodle_column, 2)

    assert (moodle_column.score().state, moodle_column.shown()) == ("conflict", 12)
    assert "goes on showing 12 / 20" in moodle_column.sentence()
    assert "Remove the override" in moodle_column.sentence()


@pytest.mark.row("C7")
def test_canvas_grade_typed_before_our_first_post_is_replaced_by_a_click_only(sandbox, tool_key):
    column = Column.of_new_school(sandbox, "canvas")
    column.school.teacher_types("student", 12)
    column.publish(17)
    column.work()
    assert (column.score().state, column.shown()) == ("conflict", 12)

    column.send_anyway("12 / 20")
    work(column, 2)

    assert (column.score().state, column.shown()) == ("delivered", 17)
