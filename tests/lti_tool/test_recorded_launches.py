import json

import jwt
import pytest
import time_machine

from lti_tool import claims, review
from lti_tool import launch as launches
from lti_tool.errors import LaunchRejected, Reason
from lti_tool.models import Context, Membership, Person, ResourceLink, Role
from lti_tool.session import DeepLinking
from tests import recordings

pytestmark = pytest.mark.django_db

RAW = json.loads((recordings.LAUNCHES / "moodle" / "raw_id_tokens.json").read_text())


@pytest.mark.row("M10")
@pytest.mark.parametrize(
    ("who", "sub", "name", "role"),
    [
        ("student01", "8", "Ádám Student01", Role.LEARNER),
        ("teacher1", "3", "Tina O'Teacher", Role.INSTRUCTOR),
    ],
)
def test_signed_token_of_a_real_moodle_opens_its_activity(monkeypatch, settings, who, sub, name, role):
    raw = RAW[who]["raw_id_token"]
    body = jwt.decode(raw, options={"verify_signature": False})
    recordings.register(body, "moodle")

    with time_machine.travel(body["iat"] + 1, tick=False):
        verified = recordings.play(monkeypatch, settings, raw, body, RAW["jwks"])
        launch = launches.record(verified)

    assert (launch.person.sub, launch.person.name, launch.role) == (sub, name, role)
    assert (launch.context.title, launch.resource_link.link_id) == ("Peer Assessment 101", "3")
    assert launch.resource_link.lineitem_url == (
        "https://moodle.localhost:8443/mod/lti/services.php/2/lineitems/15/lineitem?type_id=1"
    )


@pytest.mark.row("S11", "M10")
def test_token_of_a_real_moodle_is_too_old_two_minutes_later(monkeypatch, settings):
    raw = RAW["student01"]["raw_id_token"]
    body = jwt.decode(raw, options={"verify_signature": False})
    recordings.register(body, "moodle")

    with time_machine.travel(body["exp"] + 61, tick=False), pytest.raises(LaunchRejected) as rejected:
        recordings.play(monkeypatch, settings, raw, body, RAW["jwks"])

    assert rejected.value.reason == Reason.TIME_WRONG
    assert Person.objects.count() == 0


def test_token_of_a_real_moodle_with_one_letter_changed_is_refused(monkeypatch, settings):
    raw = RAW["student01"]["raw_id_token"]
    body = jwt.decode(raw, options={"verify_signature": False})
    recordings.register(body, "moodle")
    header, payload, signature = raw.split(".")
    forged = ".".join([header, payload, ("B" if signature[0] != "B" else "C") + signature[1:]])

    with time_machine.travel(body["iat"] + 1, tick=False), pytest.raises(LaunchRejected) as rejected:
        recordings.play(monkeypatch, settings, forged, body, RAW["jwks"])

    assert rejected.value.reason == Reason.SIGNATURE_WRONG


# name of the recording → person, role, learns too, activity, has a gradebook column of its own
MOODLE = [
    ("launch_admin_graded", "Admin User", Role.INSTRUCTOR, False, "1", True),
    ("launch_manager_not_enrolled_graded", "Max Manager", Role.INSTRUCTOR, False, "1", True),
    ("launch_nonediting_teacher_graded", "Nora Tutor", Role.INSTRUCTOR, False, "1", True),
    ("launch_student_3pc_blocked", "Chloé Student03", Role.LEARNER, True, "1", True),
    ("launch_student_after_lineitem_deleted", "Ádám Student01", Role.LEARNER, True, "1", False),
    ("launch_student_auth_by_post", "Björn Student02", Role.LEARNER, True, "1", True),
    ("launch_student_deeplinked_cm7", "Ðorđe Student04", Role.LEARNER, True, "5", True),
    ("launch_student_deeplinked_cm8", "Ðorđe Student04", Role.LEARNER, True, "6", True),
    ("launch_student_deeplinked_cm9", "Ðorđe Student04", Role.LEARNER, True, "7", True),
    ("launch_student_graded", "Ádám Student01", Role.LEARNER, True, "1", True),
    ("launch_student_ungraded", "Ádám Student01", Role.LEARNER, True, "2", True),
    ("launch_teacher_and_student_graded", "Bo Both", Role.INSTRUCTOR, False, "1", True),
    ("launch_teacher_graded", "Tina O'Teacher", Role.INSTRUCTOR, False, "1", True),
    ("launch_teacher_switched_to_student", "Tina O'Teacher", Role.LEARNER, True, "1", True),
    ("launch_teacher_ungraded", "Tina O'Teacher", Role.INSTRUCTOR, False, "2", True),
]

ASSIGNMENT = "6d4a2d0e-2f0b-4c57-9f0f-8f6d0a9f7c11"
NAVIGATION = "b1f1a4be0c6f0d4f0f4d2cb27a1f8f1d0c5e7a90"
CANVAS = [
    ("account_admin_not_enrolled.course_navigation", "Ada Admin", Role.VISITOR, False, NAVIGATION, False),
    ("admin_acting_as_student.assignment", "Sam Lindqvist", Role.LEARNER, True, ASSIGNMENT, True),
    ("designer.course_navigation", "Dana Designer", Role.DESIGNER, False, NAVIGATION, False),
    ("instructor.assignment", "Ingrid Nord", Role.INSTRUCTOR, False, ASSIGNMENT, True),
    ("instructor.course_level_install", "Ingrid Nord", Role.INSTRUCTOR, False, NAVIGATION, False),
    ("instructor.course_navigation", "Ingrid Nord", Role.INSTRUCTOR, False, NAVIGATION, False),
    ("no_sis_no_family_name_rtl_locale", "olivia@home.example", Role.OBSERVER, False, NAVIGATION, False),
    ("observer.assignment", "Olivia Parent", Role.OBSERVER, False, ASSIGNMENT, True),
    ("self_hosted.scheme_mismatch_and_lti1p1", "Ingrid Nord", Role.INSTRUCTOR, False, ASSIGNMENT, True),
    ("student.assignment", "Sam Lindqvist", Role.LEARNER, True, ASSIGNMENT, True),
    ("student.assignment.privacy_name_only", "Sam Lindqvist", Role.LEARNER, True, ASSIGNMENT, True),
    ("student.who_teaches_elsewhere", "Åsa Ó Briain-Müller", Role.LEARNER, True, ASSIGNMENT, True),
    ("ta.assignment", "Tariq Aziz", Role.TEACHING_ASSISTANT, False, ASSIGNMENT, True),
    ("test_student.assignment", "Test Student", Role.LEARNER, True, ASSIGNMENT, True),
]


def _recorded(monkeypatch, settings, body, family):
    recordings.register(body, family)
    with time_machine.travel(body["iat"] + 1, tick=False):
        return recordings.play(monkeypatch, settings, recordings.signed(body), body, recordings.key_set())


@pytest.mark.row("C2", "C22", "M9", "M29")
@pytest.mark.parametrize(
    ("family", "name", "person", "role", "learns", "activity", "has_column"),
    [("moodle", *row) for row in MOODLE] + [("canvas", *row) for row in CANVAS],
)
def test_recorded_launch_gives_person_role_activity_and_services(
    monkeypatch, settings, family, name, person, role, learns, activity, has_column
):
    body = (recordings.moodle_body if family == "moodle" else recordings.canvas_body)(name)

    launch = launches.record(_recorded(monkeypatch, settings, body, family))

    assert launch.person.display_name == person
    assert (launch.role, launch.is_learner) == (role, learns)
    assert launch.resource_link.link_id == activity
    assert bool(launch.resource_link.lineitem_url) == has_column
    assert launch.resource_link.lineitems_url.startswith("http")
    assert launch.context.memberships_url.startswith("https://")
    assert launch.person.is_test_student == (name == "test_student.assignment")
    counts = (Context.objects.count(), ResourceLink.objects.count(), Membership.objects.count())
    assert counts == (1, 1, 1)


def test_every_recorded_resource_link_launch_is_in_the_table():
    tables = {name for name, *_ in MOODLE} | {name for name, *_ in CANVAS}
    special = {
        "public_course_visitor.no_sub",
        "instructor.speedgrader_retrieve",
        "student.assignment.privacy_anonymous",
        "student.assignment.privacy_email_only",
    }
    on_disk = {path.stem for path in (recordings.LAUNCHES / "moodle").glob("launch_*.json")}
    on_disk |= {
        path.stem.removeprefix("id_token.") for path in (recordings.LAUNCHES / "canvas").glob("*.json")
    }

    assert {name for name in on_disk if not name.startswith("deep_linking")} == tables | special


@pytest.mark.row("C23")
@pytest.mark.parametrize(
    ("name", "shown"),
    [("privacy_email_only", "sam.lindqvist@northfield.example"), ("privacy_anonymous", None)],
)
def test_canvas_privacy_levels_still_give_a_person(monkeypatch, settings, name, shown):
    body = recordings.canvas_body(f"student.assignment.{name}")

    launch = launches.record(_recorded(monkeypatch, settings, body, "canvas"))

    assert launch.person.sub == body["sub"]
    if shown:
        assert launch.person.display_name == shown
    else:
        assert launch.person.display_name.startswith("Person ")


def test_speedgrader_opens_our_address_as_the_teacher_without_a_column(monkeypatch, settings):
    body = recordings.canvas_body("instructor.speedgrader_retrieve")["id_token"]

    launch = launches.record(_recorded(monkeypatch, settings, body, "canvas"))

    # The address is not one of ours: a launch of the course.
    assert (launch.role, launch.resource_link.lineitem_url) == (Role.INSTRUCTOR, "")
    assert launch.for_person is None


@pytest.mark.row("C25")
def test_speedgrader_with_an_address_of_ours_opens_that_persons_work(monkeypatch, settings):
    student = launches.record(
        _recorded(monkeypatch, settings, recordings.canvas_body("student.assignment"), "canvas")
    )
    body = recordings.canvas_body("instructor.speedgrader_retrieve")["id_token"]
    body[claims.TARGET_LINK_URI] = review.address(student.resource_link, student.person)
    with time_machine.travel(body["iat"] + 1, tick=False):
        launch = launches.record(
            recordings.play(monkeypatch, settings, recordings.signed(body), body, recordings.key_set())
        )

    assert (launch.resource_link, launch.for_person) == (student.resource_link, student.person)
    assert (launch.role, launch.person.display_name) == (Role.INSTRUCTOR, "Ingrid Nord")
    student.resource_link.refresh_from_db()
    assert student.resource_link.lineitem_url  # the course's launch takes nothing from the activity


@pytest.mark.row("C31")
def test_visitor_of_a_public_course_is_asked_to_sign_in(monkeypatch, settings):
    body = recordings.canvas_body("public_course_visitor.no_sub")

    with pytest.raises(LaunchRejected) as rejected:
        _recorded(monkeypatch, settings, body, "canvas")

    assert rejected.value.reason == Reason.ANONYMOUS
    assert Person.objects.count() == 0


@pytest.mark.parametrize(
    "name",
    sorted(
        path.stem.removeprefix("id_token.")
        for path in (recordings.LAUNCHES / "canvas").glob("*deep_linking*")
    ),
)
def test_recorded_deep_linking_request_begins_a_choice_and_no_launch(monkeypatch, settings, name):
    body = recordings.canvas_body(name)
    asked = body["https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"]

    visit = launches.record(_recorded(monkeypatch, settings, body, "canvas"))

    assert isinstance(visit, DeepLinking)
    assert not hasattr(visit, "resource_link")
    assert visit.asked.return_url == asked["deep_link_return_url"]
    assert visit.asked.data is None
    assert (visit.takes_links, visit.takes_many) == (True, asked["accept_multiple"])
    assert (visit.takes_columns, visit.takes_dates, visit.takes_windows) == (True, True, True)
    assert ResourceLink.objects.count() == 0


@pytest.mark.row("C25")
@pytest.mark.parametrize("name", ["one_type1", "one_type2", "two_type1", "empty_type1", "error_type1"])
def test_moodles_recorded_deep_linking_request_begins_a_choice(monkeypatch, settings, name):
    recording = json.loads((recordings.LAUNCHES / "moodle" / f"deep_linking_{name}.json").read_text())
    body = next(event["claims"] for event in recording["events"] if event["kind"] == "launch")

    visit = launches.record(_recorded(monkeypatch, settings, body, "moodle"))

    assert isinstance(visit, DeepLinking)
    assert visit.asked.return_url.startswith("https://moodle.localhost:8443/mod/lti/contentitem_return.php")
    assert visit.asked.data is None
    assert (visit.takes_links, visit.takes_many, visit.takes_columns) == (True, True, True)
    assert not visit.takes_dates
    assert ResourceLink.objects.count() == 0


@pytest.mark.row("C28")
def test_unresolved_variables_are_read_as_absent(monkeypatch, settings):
    body = recordings.canvas_body("no_sis_no_family_name_rtl_locale") | {"family_name": "$Person.name.family"}

    launch = launches.record(_recorded(monkeypatch, settings, body, "canvas"))

    assert launch.person.family_name == ""
    assert launch.locale.startswith("ar")


def test_submission_review_of_a_real_moodle_names_whose_work_is_meant(monkeypatch, settings):
    body = recordings.moodle_body("submission_review")
    registration = recordings.register(body, "moodle")
    context = Context.objects.create(
        deployment=registration.deployments.get(), context_id=body[claims.CONTEXT]["id"]
    )
    student = Person.objects.create(registration=registration, sub="11")
    Membership.objects.create(context=context, person=student, role=Role.LEARNER)

    with time_machine.travel(body["iat"] + 1, tick=False):
        launch = launches.record(
            recordings.play(monkeypatch, settings, recordings.signed(body), body, recordings.key_set())
        )

    assert (launch.role, launch.for_person, launch.resource_link.link_id) == (Role.INSTRUCTOR, student, "5")


def test_submission_review_from_a_column_head_of_a_real_moodle_names_nobody(monkeypatch, settings):
    body = recordings.moodle_body("submission_review_column_link")

    launch = launches.record(_recorded(monkeypatch, settings, body, "moodle"))

    assert (launch.role, launch.for_person, launch.resource_link.link_id) == (Role.INSTRUCTOR, None, "5")
