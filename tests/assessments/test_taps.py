"""Taps of devices: kept once, folded in order, nobody overruled unseen, nothing lost."""

import uuid
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from assessments.activities import activities
from assessments.audit.models import Event
from assessments.marking import marking
from assessments.marking.models import Mark, MarkSheet, Tap
from assessments.results.models import Result
from assessments.rubrics import drafting, publishing
from assessments.rubrics.wording import RubricWording, StatementWording
from lti_tool.models import Role
from tests import factories
from tests.factories import criterion

pytestmark = pytest.mark.django_db


class Device:
    """One page that marks: its log, its count, and what it knows of the sheet."""

    def __init__(self, visitor, sheet):
        self.visitor, self.path = visitor, f"/api/sheets/{sheet.key}/taps/"
        self.log, self.count, self.seen = str(uuid.uuid4()), 0, sheet.revision

    def tap(self, field, value=None, **more):
        self.count += 1
        return {"sequence": self.count, "field": field, "value": value, "seen": self.seen, **more}

    def send(self, *taps):
        return self.visitor.send(self.path, {"log": self.log, "taps": list(taps)})

    def taps(self, *fields_and_values):
        """Tap and send at once; gives what became of each."""
        answer = self.send(*(self.tap(*pair) for pair in fields_and_values)).json()
        self.seen = answer["revision"]
        return [row["outcome"] for row in answer["taken"]]


@pytest.fixture
def rubric(course):
    wording = RubricWording(
        "Chest pain",
        criteria=(criterion("Opens"), criterion("Listens", allows_not_applicable=True)),
        statements=(StatementWording("Listened well."),),
    )
    draft = drafting.start(context=course.context, by=course.teacher, wording=wording)
    return publishing.publish(rubric=draft, by=course.teacher)


@pytest.fixture
def sheet(course, rubric):
    activity = activities.set_up(resource_link=course.link, rubric=rubric, by=course.teacher)
    return activities.assess(activity=activity, candidate=course.alice, by=course.examiner).sheet


@pytest.fixture
def tablet(visit, course, sheet):
    return Device(visit(course.examiner), sheet)


@pytest.fixture
def phone(visit, course, sheet):
    return Device(visit(course.teacher), sheet)


@pytest.fixture
def opens(sheet):
    """The field of the first criterion, and its levels from least to most."""
    row = sheet.rubric.criteria.first()
    return f"level:{row.pk}", [level.pk for level in row.levels.all()]


def listens(sheet):
    return f"level:{sheet.rubric.criteria.last().pk}"


def on_server(sheet):
    return {
        f"level:{mark.criterion_id}": "na" if mark.is_not_applicable else mark.level_id
        for mark in sheet.marks.all()
    }


def test_everything_that_can_be_tapped_is_kept_and_shown(tablet, sheet, rubric, opens):
    field, levels = opens
    statement = rubric.statements.get()
    about = sheet.rubric.criteria.last().pk

    outcomes = tablet.taps(
        (field, levels[1]),
        (listens(sheet), "na"),
        (f"comment:{about}", "Could not hear."),
        ("overall", "Calm."),
        ("concern", "Left without washing hands."),
        (f"statement:{statement.pk}", True),
    )

    assert outcomes == ["applied"] * 6
    told = tablet.visitor.get(f"/api/sheets/{sheet.key}/").json()
    assert told == {
        "key": str(sheet.key),
        "state": "draft",
        "is_open": True,
        "revision": 6,
        "overall_comment": "Calm.",
        "concern": "Left without washing hands.",
        "statements": [statement.pk],
        "marks": [
            {"criterion": int(field[6:]), "level": levels[1], "is_not_applicable": False, "comment": ""},
            {"criterion": about, "level": None, "is_not_applicable": True, "comment": "Could not hear."},
        ],
        "unanswered": [],
    }


def test_second_tap_takes_the_first_back(tablet, sheet, opens):
    field, levels = opens

    assert tablet.taps((field, levels[0]), (field, None)) == ["applied", "applied"]
    assert on_server(sheet) == {field: None}


def test_sent_twice_is_kept_once(tablet, sheet, opens):
    field, levels = opens
    taps = [tablet.tap(field, levels[0]), tablet.tap("overall", "Calm.")]

    first, second = tablet.send(*taps).json(), tablet.send(*taps, taps[0]).json()

    assert (first["taken"], first["revision"]) == (second["taken"], second["revision"])
    assert Tap.objects.count() == 2
    assert Event.objects.filter(verb="sheet.marked").count() == 1


def test_out_of_order_the_newest_of_the_device_stays(tablet, sheet, opens):
    field, levels = opens
    early, late = tablet.tap(field, levels[0]), tablet.tap(field, levels[2])

    assert tablet.send(late).json()["taken"][0]["outcome"] == "applied"
    assert tablet.send(early).json()["taken"][0]["outcome"] == "superseded"
    assert on_server(sheet) == {field: levels[2]}


def test_order_within_one_sending_is_that_of_the_sequence(tablet, sheet, opens):
    field, levels = opens
    early, late = tablet.tap(field, levels[0]), tablet.tap(field, levels[2])

    tablet.send(late, early)

    assert on_server(sheet) == {field: levels[2]}


def test_clock_that_is_wrong_by_an_hour_decides_nothing(tablet, sheet, opens):
    field, levels = opens
    now = timezone.now()
    first = tablet.tap(field, levels[0], at=(now + timedelta(hours=1)).isoformat())
    second = tablet.tap(field, levels[1], at=(now - timedelta(hours=1)).isoformat())

    tablet.send(first)
    tablet.send(second)

    assert on_server(sheet) == {field: levels[1]}
    assert [round((row.at_device - now).total_seconds() / 3600) for row in sheet.taps.all()] == [1, -1]


def test_two_devices_that_see_each_other_take_turns(tablet, phone, sheet, opens):
    field, levels = opens
    tablet.taps((field, levels[0]))
    phone.seen = tablet.seen

    assert phone.taps((field, levels[2])) == ["applied"]
    assert on_server(sheet) == {field: levels[2]}


def test_tap_that_comes_late_from_a_swapped_device_overrules_nobody_and_is_kept(tablet, phone, sheet, opens):
    field, levels = opens
    waiting = tablet.tap(field, levels[0])  # the tablet loses the network here
    phone.taps((field, levels[2]))

    answer = tablet.send(waiting).json()

    assert answer["taken"] == [
        {
            "sequence": 1,
            "outcome": "late",
            "reason": "Another device had changed this meanwhile; what it said stays.",
        }
    ]
    assert on_server(sheet) == {field: levels[2]}
    assert sheet.taps.get(outcome="late").value == levels[0]


def test_late_tap_about_something_else_is_applied(tablet, phone, sheet, opens):
    field, levels = opens
    waiting = tablet.tap(field, levels[0])
    phone.taps((listens(sheet), "na"))

    assert tablet.send(waiting).json()["taken"][0]["outcome"] == "applied"
    assert on_server(sheet) == {field: levels[0], listens(sheet): "na"}


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("level:{first}", 999999, "is not one of the criterion's levels"),
        ("level:{first}", True, "is not one of the criterion's levels"),
        ("level:{first}", "na", "applies to every candidate"),
        ("level:{first}", {"a": 1}, "is not one of the criterion's levels"),
        ("level:999999", None, "not part of the sheet's rubric"),
        ("level:99999999999999999999", None, "does not know what was tapped"),
        ("comment:{first}", 5, "does not know what was tapped"),
        ("comment:{first}", "x" * 20_001, "at most 20,000"),
        ("overall", None, "does not know what was tapped"),
        ("overall:3", "x", "does not know what was tapped"),
        ("statement:999999", True, "not part of the sheet's rubric"),
        ("weight:1", 2, "does not know what was tapped"),
        ("submit", None, "Not answered yet: Opens"),
    ],
)
def test_what_cannot_be_applied_is_kept_with_its_reason_and_stops_nothing(
    tablet, sheet, opens, field, value, reason
):
    field = field.format(first=opens[0][6:])

    answer = tablet.send(tablet.tap(field, value), tablet.tap("overall", "Goes on."))

    assert answer.status_code == 200
    refused, applied = answer.json()["taken"]
    assert (refused["outcome"], applied["outcome"]) == ("refused", "applied")
    assert reason in refused["reason"]
    kept = sheet.taps.get(outcome="refused")
    assert (kept.field, kept.value) == (field, value)
    assert MarkSheet.objects.get().overall_comment == "Goes on."


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"log": "no", "taps": [{"sequence": 1, "field": "overall", "value": "x", "seen": 0}]},
        {"log": str(uuid.uuid4()), "taps": []},
        {"log": str(uuid.uuid4()), "taps": [{"sequence": 0, "field": "overall", "value": "x", "seen": 0}]},
        {
            "log": str(uuid.uuid4()),
            "taps": [{"sequence": 10**20, "field": "overall", "value": "x", "seen": 0}],
        },
        {"log": str(uuid.uuid4()), "taps": [{"sequence": 1, "field": "o" * 41, "value": "x", "seen": 0}]},
        {"log": str(uuid.uuid4()), "taps": [{"sequence": 1, "field": "overall", "value": "x", "seen": -1}]},
        {"log": str(uuid.uuid4()), "taps": [{"sequence": 1, "field": "overall", "seen": 0}]},
        {"log": str(uuid.uuid4()), "taps": "all"},
    ],
)
def test_what_is_no_list_of_taps_is_refused_whole(tablet, body):
    assert tablet.visitor.send(tablet.path, body).status_code == 400
    assert not Tap.objects.exists()


def test_ten_megabytes_are_not_read(tablet):
    answer = tablet.send(tablet.tap("overall", "x" * 10_000_000))

    assert (answer.status_code, "in smaller parts" in answer.json()["detail"]) == (413, True)
    assert not Tap.objects.exists()


def test_too_many_at_once_are_refused_whole(tablet):
    assert tablet.send(*(tablet.tap("overall", str(n)) for n in range(201))).status_code == 400
    assert not Tap.objects.exists()


def test_submission_is_a_tap_too(tablet, sheet, opens):
    field, levels = opens

    assert tablet.taps((field, levels[2]), (listens(sheet), "na"), ("submit",)) == ["applied"] * 3

    done = MarkSheet.objects.get()
    assert (done.is_submitted, done.submitted_by.name) == (True, "Sam Okafor")
    assert Result.objects.get().total == 2


def test_submission_sent_twice_is_one(tablet, sheet, opens):
    field, levels = opens
    taps = [tablet.tap(field, levels[2]), tablet.tap(listens(sheet), "na"), tablet.tap("submit")]

    assert tablet.send(*taps).json()["taken"] == tablet.send(*taps).json()["taken"]
    assert Event.objects.filter(verb="sheet.submitted").count() == 1


def test_nobody_submits_what_another_marked_unseen(tablet, phone, sheet, opens):
    field, levels = opens
    tablet.taps((field, levels[2]))
    phone.taps((listens(sheet), "na"))
    waiting = tablet.tap("submit")

    refused = tablet.send(waiting).json()
    assert "Somebody else marked on this sheet meanwhile" in refused["taken"][0]["reason"]
    assert refused["sheet"]["state"] == "draft"

    tablet.seen = refused["revision"]
    assert tablet.taps(("submit",)) == ["applied"]


def test_second_to_submit_hears_who_was_first(tablet, phone, sheet, opens):
    field, levels = opens
    tablet.taps((field, levels[2]), (listens(sheet), "na"), ("submit",))

    answer = phone.send(phone.tap("submit")).json()

    assert "Sam Okafor submitted this sheet" in answer["taken"][0]["reason"]
    assert "nothing of it was changed or lost" in answer["taken"][0]["reason"]


def test_after_the_submission_a_tap_is_kept_and_changes_nothing(tablet, sheet, opens):
    field, levels = opens
    tablet.taps((field, levels[2]), (listens(sheet), "na"), ("submit",))

    answer = tablet.send(tablet.tap(field, levels[0])).json()

    assert answer["taken"][0]["outcome"] == "refused"
    assert "This change was not saved" in answer["taken"][0]["reason"]
    assert on_server(sheet)[field] == levels[2]


class TestCorrections:
    @pytest.fixture
    def submitted(self, tablet, sheet, opens):
        MarkSheet.objects.update(accepts_corrections=True)
        tablet.taps((opens[0], opens[1][2]), (listens(sheet), "na"), ("submit",))
        return sheet

    def test_correction_counts_at_once_and_says_who_and_when(self, tablet, submitted, opens, course):
        field, levels = opens

        assert tablet.taps((field, levels[1])) == ["applied"]

        assert Result.objects.get().total == 1
        event = Event.objects.get(verb="sheet.corrected")
        assert (event.actor, event.data["level"]) == (course.examiner, [levels[2], levels[1]])

    def test_submitted_sheet_stays_complete(self, tablet, submitted, opens):
        field, levels = opens

        answer = tablet.send(tablet.tap(field, None)).json()

        assert "keeps an answer" in answer["taken"][0]["reason"]
        assert on_server(submitted)[field] == levels[2]

    def test_they_end_where_they_are_no_longer_accepted(self, tablet, submitted, opens):
        MarkSheet.objects.update(accepts_corrections=False)

        assert tablet.taps((opens[0], opens[1][0])) == ["refused"]


def test_tap_is_never_changed(tablet, sheet, course):
    tablet.taps(("overall", "Calm."))

    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        Tap.objects.update(value="Rude.")
    Tap.objects.update(by=None)  # what the going of a person does
    assert Tap.objects.get().value == "Calm."


def test_whole_sheet_is_told_where_the_device_does_not_know_it(tablet, phone, sheet, opens):
    field, levels = opens
    as_known = tablet.send(tablet.tap(field, levels[0])).json()
    assert (as_known["sheet"], as_known["revision"]) == (None, 1)

    told = phone.send(phone.tap("overall", "Calm.")).json()  # had not seen the tablet's tap
    assert [mark["level"] for mark in told["sheet"]["marks"]] == [levels[0]]
    assert (told["revision"], told["sheet"]["revision"]) == (2, 2)


def test_another_course_does_not_know_the_sheet(visit, sheet):
    link = factories.ResourceLinkFactory()
    stranger = Device(visit(factories.member(link.context, Role.INSTRUCTOR), link), sheet)

    assert stranger.visitor.get(f"/api/sheets/{sheet.key}/").status_code == 404
    assert stranger.send(stranger.tap("overall", "x")).status_code == 404


@pytest.mark.parametrize("role", [Role.LEARNER, Role.DESIGNER, Role.OBSERVER, Role.VISITOR])
def test_other_roles_are_refused(visit, course, sheet, role):
    someone = Device(visit(factories.member(course.context, role)), sheet)

    assert someone.visitor.get(f"/api/sheets/{sheet.key}/").status_code == 403
    assert someone.send(someone.tap("overall", "x")).status_code == 403
    assert not Tap.objects.exists()


def test_nobody_marks_themselves(visit, course, sheet):
    both = factories.member(course.context, Role.INSTRUCTOR, is_learner=True)
    own = Device(visit(both), factories.sheet(sheet.assessment.activity, both, course.examiner))

    assert own.send(own.tap("overall", "x")).status_code == 403


def test_without_a_launch_the_answer_is_401(client, sheet):
    assert client.get(f"/api/sheets/{sheet.key}/").status_code == 401
    assert (
        client.post(f"/api/sheets/{sheet.key}/taps/", {}, content_type="application/json").status_code == 401
    )


def test_a_tap_takes_the_same_few_queries_however_long_the_rubric(
    visit, course, django_assert_max_num_queries
):
    many = [criterion(f"C{n}") for n in range(30)]
    link = factories.ResourceLinkFactory(context=course.context)
    sheet = factories.sheet(factories.activity(link, *many), course.alice, course.examiner)
    row = sheet.rubric.criteria.last()
    tablet = Device(visit(course.examiner), sheet)

    with django_assert_max_num_queries(21):
        tablet.send(tablet.tap(f"level:{row.pk}", row.levels.first().pk))
    assert Mark.objects.get().level == row.levels.first()


def newer_version(rubric, course):
    draft = drafting.revise(rubric=rubric, by=course.teacher)
    return publishing.publish(rubric=draft, by=course.teacher)


def test_sheet_goes_back_to_the_version_that_a_device_without_network_marked_it_on(
    tablet, sheet, opens, rubric, course
):
    field, levels = opens
    taps = [tablet.tap("overall", "Calm."), tablet.tap(field, levels[2]), tablet.tap(listens(sheet), "na")]
    newer = newer_version(rubric, course)
    marking.take_rubric(sheets=MarkSheet.objects.all(), rubric=newer, by=course.teacher)
    assert MarkSheet.objects.get().rubric == newer

    taken = tablet.send(*taps, tablet.tap("submit")).json()["taken"]

    assert [tap["outcome"] for tap in taken] == ["applied"] * 4
    sheet = MarkSheet.objects.get()
    assert (sheet.rubric, sheet.is_submitted, sheet.overall_comment) == (rubric, True, "Calm.")
    assert set(sheet.marks.values_list("level", flat=True)) == {levels[2], None}
    kept = Event.objects.get(verb="sheet.rubric_kept")
    assert kept.data == {"from": newer.pk, "to": rubric.pk}


def test_tap_on_an_older_version_of_a_sheet_that_was_begun_is_kept_and_says_what_to_do(
    tablet, phone, sheet, opens, rubric, course
):
    field, levels = opens
    newer = newer_version(rubric, course)
    marking.take_rubric(sheets=MarkSheet.objects.all(), rubric=newer, by=course.teacher)
    begun = newer.criteria.first()
    phone.taps((f"level:{begun.pk}", begun.levels.last().pk))

    taken = tablet.send(tablet.tap(field, levels[0])).json()["taken"]

    assert [tap["outcome"] for tap in taken] == ["refused"]
    assert taken[0]["reason"].startswith(
        "This was marked on version 1 of the rubric, and somebody began this sheet on version 2 meanwhile."
    )
    assert Tap.objects.filter(field=field, value=levels[0], outcome="refused").count() == 1
    assert MarkSheet.objects.get().rubric == newer


def test_sheet_takes_no_newer_version_from_a_tap(tablet, sheet, opens, rubric, course):
    newer = newer_version(rubric, course).criteria.first()

    taken = tablet.send(tablet.tap(f"level:{newer.pk}", newer.levels.first().pk)).json()["taken"]

    assert [tap["outcome"] for tap in taken] == ["refused"]
    assert MarkSheet.objects.get().rubric == rubric


def test_comment_stays_while_somebody_else_taps_the_level(tablet, phone, sheet, opens):
    field, levels = opens
    tablet.taps((f"comment:{field[6:]}", "Ten careful lines."))
    phone.taps((field, levels[2]))

    mark = sheet.marks.get()
    assert (mark.level_id, mark.comment) == (levels[2], "Ten careful lines.")


def test_amended_by_staff_the_sheet_keeps_its_log(tablet, sheet, opens, course):
    field, levels = opens
    tablet.taps((field, levels[2]), (listens(sheet), "na"), ("submit",))
    done = MarkSheet.objects.whole().get(pk=sheet.pk)
    row = done.rubric.criteria.first()

    marking.amend(
        sheet=done,
        by=course.teacher,
        reason="Second look",
        marks={row: marking.Answer(row.levels.first())},
        overall_comment="",
        revision=done.revision,
    )

    assert sheet.taps.count() == 3
    assert on_server(sheet)[field] == levels[0]
