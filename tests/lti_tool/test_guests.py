"""People whom no platform knows, and visits without a launch."""

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from assessments.people.comparison import Chosen, compare
from lti_tool import claims, port, session, sweeping
from lti_tool.errors import Reason
from lti_tool.models import LaunchToken, Membership, Person, Role, Score
from lti_tool.nrps import Entry
from tests import factories
from tests.certification.launching import form_of, launch, open_begun

pytestmark = pytest.mark.django_db

PAGE = "/activities/start/"
M = "http://purl.imsglobal.org/vocab/lis/v2/membership"
I = "http://purl.imsglobal.org/vocab/lis/v2/institution/person"


@pytest.fixture
def link():
    return factories.ResourceLinkFactory()


@pytest.fixture
def guest(link):
    return factories.guest(link.context)


def bearer(visit):
    return {"Authorization": f"Bearer {visit.token}"}


def told(person):
    return [str(person.key), str(person.pk), "None", "null", ""]


# --- who they are ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Gwen Guest", "Gwen Guest"),
        ("  Gwen \t\n Guest ", "Gwen Guest"),
        ("Gwen\x00\x1b[31m Guest", "Gwen[31m Guest"),
        ("Gwen \u202egnillaC\u200b", "Gwen gnillaC"),
        ("Zoe\u0301", "Zo\u00e9"),
        ("نرگس\u200cخاتون", "نرگس\u200cخاتون"),
    ],
)
def test_name_of_a_guest_is_one_readable_line(link, typed, kept):
    guest = port.make_guest(link.context, name=typed)

    assert (guest.display_name, guest.is_guest) == (kept, True)


@pytest.mark.parametrize("typed", ["", "  ", "\x00\n", "\u200b\u202e", "\u200d", "x" * 201])
def test_guest_without_a_name_or_with_one_without_end_is_not_made(link, typed):
    with pytest.raises(ValidationError) as refused:
        port.make_guest(link.context, name=typed)

    assert list(refused.value.message_dict) == ["name"]
    assert not Person.objects.exists()


def test_database_keeps_no_guest_without_a_name(link):
    with pytest.raises(IntegrityError):
        Person.objects.create(registration=link.context.registration, sub=None, name="")


def test_two_guests_of_one_name_are_two_people(link):
    first, second = (port.make_guest(link.context, name="Gwen Guest") for _ in range(2))

    assert first != second


# --- what platforms send ----------------------------------------------------------------------------


def test_launch_that_names_a_guest_is_of_somebody_else(client, school):
    context = launch(client, school, "teacher").context["launch"].context
    guest = factories.guest(context)

    for sub in filter(None, told(guest)):
        opened = launch(client, school, "student", set={"sub": sub})
        person = opened.context["launch"].person
        assert (person.sub, person.is_guest) == (sub, False)
        assert person != guest

    assert Person.objects.get(pk=guest.pk).display_name == "Gwen Guest"
    assert not Membership.objects.filter(person=guest).exists()


def test_launch_without_a_sub_is_no_guests(client, school):
    context = launch(client, school, "teacher").context["launch"].context
    factories.guest(context)
    tokens = LaunchToken.objects.count()

    for change in ({"remove": ["sub"]}, {"set": {"sub": None}}, {"set": {"sub": ""}}):
        answer = client.post("/lti/launch/", form_of(client, school, "student", **change))
        assert answer.status_code == 403

    assert LaunchToken.objects.count() == tokens


def test_roster_that_names_a_guest_lists_somebody_else(link, guest):
    eve = {"name": "Eve", "roles": (f"{M}#Instructor",), "is_active": True, "custom": {}}
    unknown = dict.fromkeys(("given_name", "family_name", "email"), "")
    entries = [Entry(sub=sub, **eve, **unknown) for sub in told(guest)]

    sweeping.keep(link.context, entries, timezone.now())

    assert {member.person.sub for member in port.members(link.context)} == set(told(guest))
    assert guest not in {member.person for member in port.members(link.context)}
    assert Person.objects.get(pk=guest.pk).display_name == "Gwen Guest"


def test_guests_work_is_not_asked_for_by_a_gradebook(client, school):
    opened = launch(client, school, "teacher").context["launch"]
    guest = factories.guest(opened.context)
    address = f"http://127.0.0.1:8000/lti/review/{opened.resource_link.pk}/{guest.key}/"

    begun = school.begin_launch(person="teacher", set={claims.TARGET_LINK_URI: address})
    begun.params["target_link_uri"] = address

    answer = open_begun(client, school, begun)

    assert answer.context["rejection"].reason == Reason.REVIEW_UNKNOWN


@pytest.mark.parametrize(
    "roles", [["guest"], ["Guest"], [f"{M}#Guest"], [f"{M}#guest"], [f"{I}#Guest"], [f"{M}/Learner#Guest"]]
)
def test_no_claim_makes_a_guest(roles):
    assert claims.decide_role(roles) != Role.GUEST


# --- what they are not ------------------------------------------------------------------------------


def test_guest_is_in_no_list_and_no_count(link, guest):
    teacher = factories.member(link.context, Role.INSTRUCTOR)
    activity = factories.activity(link, by=teacher)
    factories.guest_visit(guest, link)
    port.decide_candidate(link.context, member=guest, counts=True)

    assert [member.person for member in port.members(link.context)] == [teacher]
    assert port.members(link.context, Role.LEARNER) == []
    assert port.members(link.context, Role.GUEST) == []
    rows = compare(activity, Chosen(), list_was_read=True).every_row
    assert [row.member.person for row in rows] == [teacher]


@pytest.mark.parametrize("field", ["role", "launched_role", "roster_role"])
def test_database_keeps_no_member_as_a_guest(link, field):
    person = factories.PersonFactory(registration=link.context.registration)
    roles = {"role": Role.VISITOR, field: Role.GUEST}

    with pytest.raises(IntegrityError):
        Membership.objects.create(context=link.context, person=person, **roles)


def test_guest_has_no_grade(link, guest):
    port.ensure_line_item(link, tag="total", label="Total", score_maximum=Decimal(10))
    grade = {"line_item_tag": "total", "member": guest}

    with pytest.raises(ValueError, match="gradebook"):
        port.publish_score(link, **grade, given=Decimal(3), graded_at=timezone.now())
    with pytest.raises(ValueError, match="gradebook"):
        port.withdraw_score(link, **grade)

    assert not Score.objects.exists()


# --- their visits -----------------------------------------------------------------------------------


def test_visit_of_a_guest_is_a_launch_until_its_end(client, link, guest):
    until = timezone.now() + timedelta(days=3)
    visit = port.open_guest_visit(guest, link, door=uuid4(), until=until)

    page = client.get(PAGE, headers=bearer(visit))
    with time_machine.travel(until - timedelta(seconds=1)):
        late = client.get(PAGE, headers=bearer(visit))
    with time_machine.travel(until + timedelta(seconds=1)):
        over = client.get(PAGE, headers=bearer(visit))

    assert (visit.role, visit.person, visit.is_learner) == (Role.GUEST, guest, False)
    assert page.context["launch"].role == Role.GUEST
    assert [answer.status_code for answer in (page, late, over)] == [200, 200, 401]
    assert "personal link" in over.text


def test_member_who_comes_as_a_guest_has_a_guests_role_only(client, link):
    teacher = factories.member(link.context, Role.INSTRUCTOR)
    factories.activity(link, by=teacher)
    visit = factories.guest_visit(teacher, link)

    assert client.get("/rubrics/", headers=bearer(visit)).status_code == 403
    assert client.get("/rubrics/", headers=bearer(factories.launch(teacher, link))).status_code == 200


def test_guest_of_another_school_is_not_let_in(link):
    stranger = factories.guest(factories.ContextFactory())

    with pytest.raises(ValueError, match="registration"):
        factories.guest_visit(stranger, link)


@pytest.mark.parametrize(
    "odd",
    [
        {"role": Role.GUEST},
        {"role": Role.INSTRUCTOR, "door": uuid4()},
        {"role": Role.GUEST, "door": uuid4(), "is_learner": True},
    ],
)
def test_database_keeps_no_guests_role_without_a_door_nor_a_door_with_another_role(link, guest, odd):
    with pytest.raises(IntegrityError):
        session.begin(link, person=guest, **odd)


def test_guests_open_tabs_of_their_own_by_one_time_codes(client, link, guest):
    visit = factories.guest_visit(guest, link)
    code = client.post("/lti/codes/", {"path": PAGE}, headers=bearer(visit)).json()["url"]

    tab = Client().get(code).context["launch"]

    assert (tab.person, tab.role, tab.row.expires_at) == (guest, Role.GUEST, visit.row.expires_at)
    assert tab.token not in ("", visit.token)


@pytest.mark.row("S26")
def test_closing_a_door_ends_what_came_through_it_and_nothing_else(client, link, guest):
    door, other = uuid4(), uuid4()
    through = factories.guest_visit(guest, link, door=door)
    tab = session.begin_like(through.row)
    code = session.issue_code(through, PAGE)
    elsewhere = factories.guest_visit(guest, link, door=other)

    assert port.end_guest_visits(door=door) == 2

    answers = [client.get(PAGE, headers=bearer(visit)).status_code for visit in (through, tab, elsewhere)]
    assert answers == [401, 401, 200]
    assert client.get(f"/lti/open/{code}/").status_code == 410
    assert port.end_guest_visits(door=door) == 0


def test_end_of_a_visit_leaves_the_one_on_another_device(client, link, guest):
    door, until = uuid4(), timezone.now() + timedelta(hours=1)
    tablet, phone = (port.open_guest_visit(guest, link, door=door, until=until) for _ in range(2))
    tab = session.begin_like(tablet.row)

    ended = client.post("/lti/end/", headers=bearer(tablet))

    assert ended.status_code == 200
    answers = [client.get(PAGE, headers=bearer(visit)).status_code for visit in (tablet, tab, phone)]
    assert answers == [401, 401, 200]


def test_what_a_guest_may_not_do_names_the_coordinator_and_not_the_course(client, link, guest):
    visit = factories.guest_visit(guest, link)

    refused = client.get("/rubrics/", headers=bearer(visit))

    assert refused.status_code == 403
    assert "ask the coordinator who gave you your link" in refused.text
    assert "your course" not in refused.text


def test_visit_is_rolled_back_with_what_let_the_guest_in(link, guest):
    with pytest.raises(RuntimeError), transaction.atomic():
        factories.guest_visit(guest, link)
        raise RuntimeError

    assert not LaunchToken.objects.exists()
