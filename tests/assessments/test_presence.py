"""Which devices may still hold marks: named while they may, and no longer."""

import uuid
from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.utils import timezone

from assessments.audit.models import Event
from assessments.marking import marking, presence
from assessments.marking.models import MarkSheet, Presence
from assessments.marking.presence import SILENT_AFTER, may_hold_marks
from tests import factories

pytestmark = pytest.mark.django_db

NOW = timezone.now().replace(microsecond=0)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


def holds(*, waiting=0, opened=0, heard=0, settled=None, submitted=None):
    """The rule at NOW; the others in seconds before it."""
    ago = lambda seconds: None if seconds is None else NOW - seconds * SECOND  # noqa: E731
    return may_hold_marks(
        waiting=waiting,
        open_at=ago(opened),
        heard_at=ago(heard),
        settled_at=ago(settled),
        submitted_at=ago(submitted),
        now=NOW,
    )


@pytest.mark.parametrize(
    ("what", "is_named"),
    [
        ({"waiting": 1}, True),  # it says so itself
        ({"waiting": 1, "opened": None}, True),
        ({"waiting": 1, "submitted": 5}, True),  # also where it was handed in from another
        ({}, False),
        ({"opened": 44, "heard": 44}, False),
        ({"opened": 46, "heard": 46}, True),  # silent
        ({"opened": None, "heard": 9999}, False),  # left in order
        (
            {"opened": 9999, "heard": 46},
            False,
        ),  # it went on to another sheet, and had nothing left of this one
        (
            {"opened": 100, "heard": 100, "submitted": 70},
            False,
        ),  # handed in thirty seconds after its last word
        ({"opened": 100, "heard": 100, "submitted": 50}, True),  # handed in while it was silent
        ({"opened": 50, "heard": 50, "submitted": 80}, False),  # heard after it was handed in
        ({"waiting": 3, "heard": 60, "settled": 10}, False),
        ({"waiting": 3, "heard": 5, "settled": 10}, True),  # it spoke after that
    ],
)
def test_device_is_named_while_it_may_hold_marks(what, is_named):
    assert SILENT_AFTER == 45 * SECOND
    assert holds(**what) is is_named


@pytest.fixture
def sheet(course):
    return factories.sheet(course.activity, course.alice, course.examiner)


@pytest.fixture
def other(course):
    return factories.sheet(course.activity, course.bob, course.examiner)


class Device:
    def __init__(self, visitor):
        self.visitor, self.log = visitor, uuid.uuid4()

    def shows(self, sheet, *, revision=0, waiting=None, **more):
        said = {"log": str(self.log), "waiting": self._waiting(waiting), "revision": revision} | more
        return self.visitor.send(f"/api/sheets/{sheet.key}/presence/", said).json()

    def speaks(self, waiting=None):
        return self.visitor.send("/api/devices/", {"log": str(self.log), "waiting": self._waiting(waiting)})

    def _waiting(self, waiting):
        return [{"sheet": str(sheet.key), "n": n} for sheet, n in (waiting or {}).items()]


@pytest.fixture
def tablet(course, visit):
    return Device(visit(course.examiner))


def named(*sheets):
    """By candidate: whose device, and how many it said were waiting."""
    found = presence.unsynced(sheets)
    return {
        sheet.candidate.name: [(it.by.name, it.waiting) for it in found[sheet.pk]]
        for sheet in sheets
        if sheet.pk in found
    }


def test_page_hears_the_sheet_only_where_it_knows_an_older_one(course, sheet, tablet):
    criterion = sheet.rubric.criteria.first()
    marking.mark(sheet=sheet, criterion=criterion, by=course.teacher, level=criterion.levels.last())
    sheet.refresh_from_db()

    older, same = tablet.shows(sheet, revision=0), tablet.shows(sheet, revision=sheet.revision)

    assert older["sheet"]["marks"][0]["level"] == criterion.levels.last().pk
    assert older["revision"] == sheet.revision
    assert same == {"revision": sheet.revision, "sheet": None}


def test_page_hears_that_its_sheet_was_closed(course, sheet, tablet):
    MarkSheet.objects.update(is_closed=True)

    assert tablet.shows(sheet)["sheet"]["is_open"] is False


def test_silent_device_is_named_until_it_is_heard_on_any_page(course, sheet, other, tablet):
    with time_machine.travel(NOW, tick=False) as clock:
        tablet.shows(sheet)
        clock.shift(40 * SECOND)
        assert named(sheet, other) == {}
        clock.shift(6 * SECOND)
        assert named(sheet, other) == {"Alice": [("Sam Okafor", 0)]}
        tablet.shows(other, waiting={sheet: 2})
        assert named(sheet, other) == {"Alice": [("Sam Okafor", 2)]}
        tablet.speaks()
        assert named(sheet, other) == {}
        clock.shift(MINUTE)
        assert named(sheet, other) == {"Bob": [("Sam Okafor", 0)]}  # that one was open when it fell silent


def test_page_that_was_left_in_order_is_not_named(course, sheet, tablet):
    with time_machine.travel(NOW, tick=False) as clock:
        tablet.shows(sheet)
        tablet.shows(sheet, is_leaving=True)
        clock.shift(9 * MINUTE)

        assert Presence.objects.get().open_at is None
        assert named(sheet) == {}


def test_lost_tablet_stays_named_when_its_rater_goes_on_with_another(course, visit, sheet, tablet):
    new = Device(visit(course.examiner))
    with time_machine.travel(NOW, tick=False) as clock:
        tablet.shows(sheet)
        clock.shift(2 * MINUTE)
        new.shows(sheet)
        filled = factories.fill(sheet, course.examiner)
        marking.submit(sheet=filled, by=course.examiner, revision=filled.revision)
        new.shows(sheet, is_leaving=True, revision=filled.revision)

        found = presence.unsynced([sheet])[sheet.pk]

    assert [(it.by, it.log, it.heard_at, it.waiting) for it in found] == [
        (course.examiner, tablet.log, NOW, 0)
    ]


def test_settled_device_is_not_named_until_it_speaks_again(course, sheet, tablet):
    tablet.shows(sheet, waiting={sheet: 3})

    presence.settle(sheet=sheet, log=tablet.log, by=course.teacher, reason=" Fell into the pool. ")

    row = Presence.objects.get()
    assert named(sheet) == {}
    assert (row.settled_by, row.settled_reason) == (course.teacher, "Fell into the pool.")
    event = Event.objects.get(verb="sheet.device_settled")
    assert (event.actor, event.object_id, event.data) == (course.teacher, sheet.pk, {"presences": [row.pk]})
    tablet.shows(sheet, waiting={sheet: 3})
    assert named(sheet) == {"Alice": [("Sam Okafor", 3)]}


def test_nothing_is_settled_without_a_reason_or_a_device(course, sheet, tablet):
    tablet.shows(sheet, waiting={sheet: 3})

    for log, reason in ((tablet.log, "  "), (uuid.uuid4(), "Lost.")):
        with pytest.raises(ValidationError):
            presence.settle(sheet=sheet, log=log, by=course.teacher, reason=reason)

    assert named(sheet) == {"Alice": [("Sam Okafor", 3)]}


def test_what_waits_for_a_sheet_that_was_given_away_is_still_heard(course, sheet, tablet):
    tablet.shows(sheet, waiting={sheet: 1})
    marking.reassign(sheet=sheet, to=course.teacher, by=course.teacher, reason="Ill.")

    tablet.speaks({sheet: 4})

    assert named(sheet) == {"Alice": [("Sam Okafor", 4)]}


def test_nobody_is_named_for_a_sheet_that_is_not_theirs(course, visit, sheet):
    student = Device(visit(course.charlie))

    assert student.speaks({sheet: 4}).status_code == 200

    assert named(sheet) == {}


def test_named_devices_cost_the_same_for_one_sheet_and_for_thirty(course, django_assert_num_queries):
    sheets = [
        factories.sheet(course.activity, factories.member(course.context), course.examiner) for _ in range(30)
    ]
    for sheet in sheets:
        log = uuid.uuid4()
        presence.hear(log=log, by=course.examiner, waiting={sheet: 1}, open_on=sheet)

    for some in (sheets[:1], sheets):
        with django_assert_num_queries(1):
            found = presence.unsynced(some)
            assert [it.by.name for rows in found.values() for it in rows] == ["Sam Okafor"] * len(some)


def test_old_rows_of_pages_left_in_order_go_and_doubtful_ones_stay(course, sheet, other):
    with time_machine.travel(NOW, tick=False) as clock:
        presence.hear(log=uuid.uuid4(), by=course.examiner, waiting={}, left=sheet)
        presence.hear(log=uuid.uuid4(), by=course.examiner, waiting={sheet: 2})
        clock.shift(timedelta(days=4))
        presence.hear(log=uuid.uuid4(), by=course.examiner, waiting={}, open_on=other)

    assert sorted(Presence.objects.values_list("sheet", "waiting")) == [(sheet.pk, 2), (other.pk, 0)]
