"""Links by which staff open their stations without an account in the LMS."""

import re
from datetime import timedelta
from html import unescape
from types import SimpleNamespace
from urllib.parse import unquote, urlsplit
from uuid import uuid4

import pytest
import segno
import time_machine
from django.core import signing
from django.db import IntegrityError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from assessments.audit.models import Event
from assessments.marking import marking
from assessments.marking.models import MarkSheet
from assessments.osce import door as doors
from assessments.osce import links, on_the_day, planning, publishing, running, staffing, timetable
from assessments.osce.master_clock import Kind
from assessments.osce.models import ExaminerLink, SheetRole
from lti_tool import session as visits
from lti_tool.models import Deployment, LaunchToken, Membership, Person, Role
from tests import exams, factories
from tests.assessments.test_exam_pages import Planner

pytestmark = pytest.mark.django_db

DOOR = "/exam/"
NOON = exams.STARTS.replace(hour=12)


@pytest.fixture(autouse=True)
def _exam_day():
    """The day of the exam, an hour before it starts."""
    with time_machine.travel(exams.STARTS - timedelta(hours=1), tick=True):
        yield


@pytest.fixture
def exam():
    """An exam with a session in which two members of the course work, and Gwen, who is only named."""
    made = exams.exam(stations=2, candidates=2)
    session = made.sessions.get()
    gwen = exams.staff(made, "Gwen Guest", role=None)
    exams.add_duty(session.posts.first(), gwen, role="patient")
    timetable.make(session=session, by=None)
    session.refresh_from_db()
    member = made.staff.filter(duties__role="examiner").first()
    return SimpleNamespace(exam=made, session=session, gwen=gwen, member=member)


@pytest.fixture
def link(exam):
    return links.make(session=exam.session, staff=exam.gwen, by=None)


@pytest.fixture
def planner(client, exam):
    return Planner(client, exam.exam)


def knock(link_or_secret, *, device="", client=None, **more):
    """What the door's page sends."""
    is_link = isinstance(link_or_secret, ExaminerLink)
    sent = {"secret": links.secret(link_or_secret) if is_link else link_or_secret, "device": str(device)}
    return (client or Client()).post(DOOR, sent | more)


def bearer(page):
    return {"Authorization": f"Bearer {page.context['launch'].token}"}


def is_over(page):
    """Whether what this first page began has ended."""
    return Client().get(page.context["launch_path"], headers=bearer(page)).status_code == 401


# --- what a link opens ------------------------------------------------------------------------------


def test_link_opens_a_page_of_the_exam_as_its_staff_member_and_as_a_guest(link, exam):
    page = knock(link)

    visit = page.context["launch"]
    assert page.status_code == 200
    assert f'<meta name="launch-token" content="{visit.token}">' in page.text
    assert (visit.person.display_name, visit.role) == ("Gwen Guest", Role.GUEST)
    assert visit.person.is_guest
    assert visit.resource_link == exam.exam.activity.link
    assert visit.row.expires_at == link.expires_at
    assert not is_over(page)
    assert not Membership.objects.filter(person=visit.person).exists()


def test_member_of_the_course_comes_as_themselves_with_a_guests_rights_only(exam, planner):
    teacher = factories.member(exam.exam.activity.context, Role.INSTRUCTOR)
    [staff] = staffing.add_staff(exam=exam.exam, people=[teacher], by=None)
    link = links.make(session=exam.session, staff=staff, by=None)

    page = knock(link)

    assert (page.context["launch"].person, page.context["launch"].role) == (teacher, Role.GUEST)
    assert planner.get("session", exam.session.key).status_code == 200
    answer = Client().get(planner.url("session", exam.session.key), headers=bearer(page))
    assert answer.status_code == 403


def test_page_before_the_link_is_known_is_the_same_for_everybody(link):
    pages = [Client().get(DOOR), Client().get(DOOR, headers=bearer(knock(link)))]

    assert [page.status_code for page in pages] == [200, 200]
    assert "data-door" in pages[0].text
    assert "Gwen" not in pages[0].text
    assert pages[0].headers["Cache-Control"] == "no-store"
    assert pages[0].headers["Referrer-Policy"] == "no-referrer"


def test_secret_is_behind_the_hash_of_the_address_and_not_in_the_database(link, settings):
    address = urlsplit(links.address(link))

    assert f"{address.scheme}://{address.netloc}" == settings.TOOL_URL
    assert (address.path, address.query) == (DOOR, "")
    assert links.find(address.fragment) == link
    assert address.fragment.rpartition(":")[2] not in str(list(ExaminerLink.objects.values_list()))


def test_opening_is_kept_with_its_time_and_in_the_trail(link):
    knock(link)

    link.refresh_from_db()
    assert abs(link.last_used_at - timezone.now()) < timedelta(minutes=1)
    event = Event.objects.get(verb="examiner_link.opened")
    assert (event.object_id, event.actor, event.context_id) == (link.pk, link.staff.person, link.context_id)
    assert event.data == {}


# --- what opens nothing -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "break_it",
    [
        lambda secret: "",
        lambda secret: secret[:-1],
        lambda secret: secret[1:],
        lambda secret: secret.replace(":", "", 1),
        lambda secret: "x" * 5000,
        lambda secret: "\x00é:" + secret,
        lambda secret: signing.Signer(salt="another").sign(secret.partition(":")[0]),
        lambda secret: signing.Signer(salt=links._SALT).sign(uuid4().hex),
        lambda secret: signing.Signer(salt=links._SALT).sign("not-a-key"),
    ],
)
def test_broken_link_opens_nothing_and_says_what_to_do(link, break_it):
    answer = knock(break_it(links.secret(link)))

    assert answer.status_code == 400
    assert "Scan the QR code again" in answer.text
    assert not LaunchToken.objects.exists()


def test_expired_link_says_that_nothing_is_lost_and_opens_again_once_prolonged(link, exam):
    page = knock(link)
    with time_machine.travel(link.expires_at + timedelta(seconds=1)):
        answer = knock(link)
        assert is_over(page)
        links.set_validity(session=exam.session, until=timezone.now() + timedelta(hours=1), by=None)
        again = knock(link, here="yes")

    assert answer.status_code == 410
    assert "Its time is over." in answer.text
    assert "what you marked stays on this device" in answer.text
    assert "Ask the coordinator to prolong it" in answer.text
    assert again.status_code == 200


def test_withdrawn_link_ends_what_it_opened_on_every_device(link, exam):
    other = links.make(session=exam.session, staff=exam.member, by=None)
    tablet, phone, others = knock(link), knock(link, here="yes"), knock(other)
    assert not any(map(is_over, (tablet, phone, others)))

    links.withdraw(link=link, by=None)

    assert [is_over(page) for page in (tablet, phone, others)] == [True, True, False]
    answer = knock(link)
    assert answer.status_code == 410
    assert "It was withdrawn, or you were given a newer one." in answer.text
    assert "what you marked stays on this device" in answer.text


def test_new_link_is_the_same_persons_and_ends_the_one_before(link, exam):
    old = knock(link)

    new = links.make(session=exam.session, staff=exam.gwen, by=None)
    page = knock(new)

    assert (
        page.context["launch"].person == old.context["launch"].person
    )  # what waits on a device is kept by person
    assert Person.objects.filter(sub=None).count() == 1
    assert is_over(old)
    assert knock(link).status_code == 410


def test_link_of_another_session_is_the_same_persons_and_goes_on(link, exam):
    afternoon = exams.add_session(exam.exam, title="Afternoon", starts_at=NOON)
    other = links.make(session=afternoon, staff=exam.gwen, by=None)
    page = knock(other)

    links.withdraw(link=link, by=None)

    assert not is_over(page)
    assert page.context["launch"].person.display_name == "Gwen Guest"
    assert Person.objects.filter(sub=None).count() == 1


def test_link_that_is_withdrawn_in_the_same_moment_opens_nothing(link):
    found = links.find(links.secret(link))
    links.withdraw(link=link, by=None)

    with pytest.raises(links.Refused):
        links.open_visit(link=found, device=None)

    assert not LaunchToken.objects.exists()


def test_link_ends_with_its_staff_member_and_with_its_session(exam):
    idle = exams.staff(exam.exam, "Ida Idle", role=None)
    afternoon = exams.add_session(exam.exam, title="Afternoon", starts_at=NOON)
    first, second = (
        links.make(session=exam.session, staff=idle, by=None),
        links.make(session=afternoon, staff=exam.gwen, by=None),
    )
    pages = knock(first), knock(second)
    assert not any(map(is_over, pages))

    staffing.remove_staff(staff=idle, by=None)
    planning.remove_session(session=afternoon, by=None)

    assert all(map(is_over, pages))
    assert knock(first.__class__(key=first.key)).status_code == 400


def test_school_that_is_switched_off_is_closed_to_its_links_too(link):
    page = knock(link)
    Deployment.objects.update(status=Deployment.Status.BLOCKED)

    assert is_over(page)
    answer = knock(link, here="yes")
    assert answer.status_code == 403
    assert "launch-token" not in answer.text


# --- devices ----------------------------------------------------------------------------------------


def test_second_device_is_asked_and_both_go_on(link):
    tablet, phone = uuid4(), uuid4()
    first = knock(link, device=tablet)

    asked = knock(link, device=phone)
    assert asked.status_code == 409
    assert "Gwen Guest was opened on another device" in asked.text
    assert "tell the coordinator" in asked.text
    assert "launch-token" not in asked.text

    second = knock(link, device=phone, here="yes")
    assert second.status_code == 200
    assert not is_over(first)
    assert not is_over(second)
    assert knock(link, device=phone).status_code == 200
    assert knock(link, device=tablet).status_code == 409


@pytest.mark.parametrize("device", ["", "x", "9" * 500])
def test_device_that_has_no_name_is_let_in_and_asked_the_next_time(link, device):
    assert knock(link, device=device).status_code == 200
    assert knock(link, device=device).status_code == 409


# --- a flood ----------------------------------------------------------------------------------------


def test_tries_from_one_address_have_an_end_and_those_of_others_have_not(link, monkeypatch):
    monkeypatch.setattr(doors.refusals, "per_minute", 3)
    for _ in range(3):
        assert knock("wrong").status_code == 400

    answer = knock(link)

    assert answer.status_code == 429
    assert "Wait a minute" in answer.text
    assert knock(link, client=Client(REMOTE_ADDR="192.0.2.7")).status_code == 200


def test_one_link_cannot_be_opened_without_end(link, exam, monkeypatch):
    monkeypatch.setattr(doors.openings, "per_minute", 2)
    other = links.make(session=exam.session, staff=exam.member, by=None)

    answers = [knock(link, here="yes").status_code for _ in range(3)]

    assert answers == [200, 200, 429]
    assert LaunchToken.objects.count() == 2
    assert knock(other).status_code == 200


# --- making them ------------------------------------------------------------------------------------


def test_links_are_valid_until_half_a_day_after_the_planned_end(exam):
    end = exam.session.starts_at + timedelta(
        seconds=max(
            row.starts + row.reading + row.running + row.change_over for row in timetable.rounds(exam.session)
        )
    )

    link = links.make(session=exam.session, staff=exam.gwen, by=None)

    assert link.expires_at == end + timedelta(hours=12)


def test_later_links_are_valid_as_long_as_the_others(link, exam):
    until = timezone.now() + timedelta(days=3)
    links.set_validity(session=exam.session, until=until, by=None)

    assert links.make(session=exam.session, staff=exam.member, by=None).expires_at == until


def test_link_made_after_the_session_is_not_expired_at_once(exam):
    with time_machine.travel(exam.session.starts_at + timedelta(days=9)):
        assert links.make(session=exam.session, staff=exam.gwen, by=None).is_valid


def test_everybody_without_a_valid_link_gets_one_and_nobody_a_second(link, exam):
    made = links.make_missing(session=exam.session, by=None)

    assert {row.staff for row in made} == set(exam.exam.staff.exclude(pk=exam.gwen.pk))
    assert links.make_missing(session=exam.session, by=None) == []
    assert knock(link).status_code == 200


def test_database_keeps_one_link_a_person_and_session(link, exam):
    with pytest.raises(IntegrityError):
        ExaminerLink.objects.create(session=exam.session, staff=exam.gwen, expires_at=NOON)


def test_withdrawing_twice_is_one_withdrawal(link):
    first = links.withdraw(link=link, by=None)
    second = links.withdraw(link=link, by=None)

    assert first.revoked_at == second.revoked_at
    assert Event.objects.filter(verb="examiner_link.withdrawn").count() == 1


# --- the coordinator's pages ------------------------------------------------------------------------


def test_coordinator_makes_shows_prints_and_withdraws(planner, exam):
    page = planner.get("links", exam.session.key)
    assert "0 of 3 have a link that is valid." in page.text
    assert "Make links for the 3 who have none" in page.text

    page = planner.follow(planner.post("links", exam.session.key))
    assert "Links made: 3." in page.text
    assert "3 of 3 have a link that is valid." in page.text
    assert "not opened yet" in page.text

    cards = planner.get("link_cards", exam.session.key)
    assert cards.text.count('class="qr"') == 3
    shown = planner.get("link", exam.session.key, exam.gwen.key)
    address = re.search(r'id="link-address" value="([^"]*)"', shown.text)[1]
    assert picture(address) in shown.text
    assert picture(address) in cards.text
    assert knock(urlsplit(address).fragment).context["launch"].person.display_name == "Gwen Guest"

    page = planner.follow(planner.post("link_withdrawal", exam.session.key, exam.gwen.key))
    assert "Withdrawn." in page.text
    assert "2 of 3 have a link that is valid." in page.text
    assert planner.get("link_cards", exam.session.key).text.count('class="qr"') == 2
    assert 'id="link-address"' not in planner.get("link", exam.session.key, exam.gwen.key).text

    page = planner.follow(planner.post("link", exam.session.key, exam.gwen.key))
    assert "This is a new link." in page.text
    assert address not in page.text


def picture(address):
    """The code as it stands in the page: its modules, on white."""
    code = segno.make_qr(address, error="m")
    return code.svg_data_uri(dark="#000", light="#fff", border=4, omitsize=True).replace("'", "&#x27;")


def test_no_list_and_no_log_shows_a_secret(planner, exam, caplog):
    planner.post("links", exam.session.key)
    made = list(exam.session.links.all())

    for page in ("links", "session"):
        text = planner.get(page, exam.session.key).text
        assert not [link for link in made if links.secret(link).partition(":")[2] in unquote(text)]
    for link in made:
        knock(link)
        knock(links.secret(link) + "x")
        assert links.secret(link).partition(":")[2] not in caplog.text


def test_validity_is_changed_for_all_links_and_printed_ones_stay(planner, exam, link):
    secret = links.secret(link)
    later = timezone.localtime(timezone.now() + timedelta(days=5)).replace(second=0, microsecond=0)

    page = planner.follow(planner.post("links_validity", exam.session.key, until=f"{later:%Y-%m-%dT%H:%M}"))

    assert "Cards that are printed already stay as they are" in page.text
    link.refresh_from_db()
    assert (link.expires_at, links.secret(link)) == (later, secret)


@pytest.mark.parametrize("hours", [1, 100])
def test_what_is_open_ends_with_its_link_sooner_or_later(exam, link, hours):
    page, until = knock(link), timezone.now() + timedelta(hours=hours)
    ended = knock(link, here="yes")
    Client().post("/lti/end/", headers=bearer(ended))

    links.set_validity(session=exam.session, until=until, by=None)

    assert is_over(ended)
    with time_machine.travel(until - timedelta(seconds=5)):
        assert not is_over(page)
        assert is_over(ended)
    with time_machine.travel(until + timedelta(seconds=1)):
        assert is_over(page)


@pytest.mark.parametrize(
    ("until", "words"),
    [
        ("", "required"),
        ("soon", "valid date"),
        ("2026-11-24T07:00", "still to come"),
        ("2027-11-24T07:00", "at most a month"),
    ],
)
def test_validity_that_makes_no_sense_is_refused_in_words(planner, exam, link, until, words):
    page = planner.post("links_validity", exam.session.key, until=until)

    assert page.status_code == 400
    assert words in page.text
    assert ExaminerLink.objects.get(pk=link.pk).expires_at == link.expires_at


def test_coordinator_is_told_that_the_session_outlasts_its_links(planner, exam, link):
    warning = "The session ends later than some of its links do."
    assert warning not in planner.get("links", exam.session.key).text

    links.set_validity(session=exam.session, until=exam.session.starts_at + timedelta(minutes=1), by=None)

    assert warning in planner.get("links", exam.session.key).text


def test_whoever_holds_a_link_without_a_station_is_still_listed(planner, exam):
    idle = exams.staff(exam.exam, "Ida Idle", role=None)
    assert "Ida Idle" not in planner.get("links", exam.session.key).text
    links.make(session=exam.session, staff=idle, by=None)

    page = planner.get("links", exam.session.key)

    assert "Ida Idle" in page.text
    assert "no station in this session any more" in page.text


def test_whoever_takes_somebodys_place_on_the_day_gets_a_link(planner, exam):
    publishing.publish(session=exam.session, by=None)
    post = exam.session.posts.first()
    on_the_day.replace(post=post, role=SheetRole.EXAMINER, name="Nina New", by=None, reason="Ill")
    assert "in somebody's place" in planner.get("links", exam.session.key).text

    planner.post("links", exam.session.key)

    nina = exam.exam.staff.get(name="Nina New")
    page = knock(exam.session.links.get(staff=nina))
    assert page.context["launch"].person == nina.person
    assert nina.person.assigned_sheets.exists()
    assert Event.objects.filter(verb="staff.identified", data__staff=nina.pk).exists()


def test_link_of_whoever_was_replaced_opens_only_what_is_theirs_still(planner, exam):
    publishing.publish(session=exam.session, by=None)
    post = exam.session.posts.first()
    old = post.duties.get(role=SheetRole.EXAMINER).staff
    link = links.make(session=exam.session, staff=old, by=None)
    visit = bearer(knock(link))
    kept, given = [row.sheets.get(role=SheetRole.EXAMINER).sheet for row in post.encounters.order_by("round")]
    exams.hand_in(kept)
    assert Client().get(given.get_absolute_url(), headers=visit).status_code == 200

    on_the_day.replace(post=post, role=SheetRole.EXAMINER, name="Nina New", by=None, reason="Ill")

    mine = Client().get(planner.url("my_stations"), headers=visit)
    assert [line.row.sheet for part in mine.context["parts"] for line in part.lines] == [kept]
    assert Client().get(kept.get_absolute_url(), headers=visit).status_code == 200
    assert Client().get(given.get_absolute_url(), headers=visit).status_code == 403
    rows = {str(row.staff): row.to_mark for row in planner.get("links", exam.session.key).context["rows"]}
    assert (rows[str(old)], rows["Nina New"]) == (0, 1)
    assert "nothing left to mark" in planner.get("links", exam.session.key).text


def test_what_is_left_to_mark_is_told_only_once_sheets_are_given_out(planner, exam, link):
    page = planner.get("links", exam.session.key)

    assert {row.to_mark for row in page.context["rows"]} == {None}
    assert "to mark" not in page.text


def test_page_of_links_costs_as_many_queries_with_thirty_as_with_three(planner, exam):
    def queries():
        links.make_missing(session=exam.session, by=None)
        with CaptureQueriesContext(connection) as found:
            assert planner.get("links", exam.session.key).status_code == 200
            assert planner.get("link_cards", exam.session.key).status_code == 200
        return len(found)

    few = queries()
    post = exam.session.posts.first()
    for number in range(30):
        exams.add_duty(post, exams.staff(exam.exam, f"Patient {number}", role=None), role="patient")

    assert queries() == few


def test_nobody_else_makes_links(client, exam):
    for role in (Role.TEACHING_ASSISTANT, Role.DESIGNER, Role.LEARNER):
        assert Planner(client, exam.exam, role).post("links", exam.session.key).status_code == 403

    assert not ExaminerLink.objects.exists()


def test_guests_sheet_is_found_again_after_a_new_link(exam, link):
    """The whole way: a sheet is the guest's, their link is lost, the new one opens the same sheet."""
    gwen = staffing.identify(staff=exam.gwen, by=None)
    candidate = exam.exam.candidates.first().person
    rubric = exam.exam.stations.first().rubric
    [sheet] = marking.open_sheets(rubric=rubric, places=[(candidate, gwen)], by=None)
    links.make(session=exam.session, staff=exam.gwen, by=None)
    new = links.make(session=exam.session, staff=exam.gwen, by=None)

    page = Client().get(sheet.get_absolute_url(), headers=bearer(knock(new)))

    assert page.status_code == 200
    assert f'data-rater="{gwen.key}"' in page.text


def test_one_time_code_of_a_withdrawn_link_opens_nothing(link):
    page = knock(link)
    code = visits.issue_code(page.context["launch"], page.context["launch_path"])
    links.withdraw(link=link, by=None)

    assert Client().get(reverse("lti_tool:open", args=[code])).status_code == 410


def crawled(start, headers):
    """Every page that links lead to from there, with its status."""
    found, ahead = {}, [start]
    while ahead:
        path = ahead.pop()
        if path in found or path.startswith(("/static/", "#", "data:", "http")):
            continue
        answer = Client().get(path, headers=headers)
        found[path] = answer.status_code
        if answer.headers["Content-Type"].startswith("text/html"):
            ahead += [
                unescape(href).partition("#")[0] or path
                for href in re.findall(r'<a [^>]*href="([^"]*)"', answer.text)
            ]
    return found


def test_pages_of_a_guest_and_of_a_candidate_lead_nowhere_that_is_closed_to_them(exam):
    exam.session.posts.first().duties.filter(role="examiner").update(staff=exam.gwen)
    exam.exam.stations.update(asks_candidate=True)
    timetable.make(session=exam.session, by=None)
    publishing.publish(session=exam.session, by=None)
    page = knock(links.make(session=exam.session, staff=exam.gwen, by=None))
    gwen = page.context["launch"].person
    done = MarkSheet.objects.filter(assigned_to=gwen).first()
    filled = factories.fill(done, gwen)
    marking.submit(sheet=filled, by=gwen, revision=filled.revision)
    candidate = exam.exam.candidates.first().person
    launch = factories.launch(candidate, exam.exam.activity.link)

    guests = crawled(page.context["launch_path"], bearer(page))
    candidates = crawled("/activities/start/", {"Authorization": f"Bearer {launch.token}"})

    assert set(guests.values()) == {200}
    assert {f"/sheets/{sheet.key}/" for sheet in MarkSheet.objects.filter(assigned_to=gwen)} <= set(guests)
    assert set(candidates.values()) == {200}
    own = f"/sheets/{MarkSheet.objects.filter(assigned_to=candidate).first().key}/"
    assert own not in candidates
    running.order(session=exam.session, kind=Kind.START, by=None)
    with time_machine.travel(exams.STARTS + timedelta(hours=6)):
        launch = factories.launch(candidate, exam.exam.activity.link)
        candidates = crawled("/activities/start/", {"Authorization": f"Bearer {launch.token}"})
    assert set(candidates.values()) == {200}
    assert own in candidates
