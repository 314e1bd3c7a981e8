"""Workplace-based assessment: a learner asks, whoever saw it answers, on their own phone or on the learner's."""

from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.core import signing
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from assessments.activities import kinds, picking
from assessments.activities.models import Activity
from assessments.audit.models import Event
from assessments.marking import marking
from assessments.marking.conflict import Conflict
from assessments.marking.models import MarkSheet
from assessments.rubrics import drafting, publishing
from assessments.workplace import asking, assessors, links, progress, setting
from assessments.workplace import door as doors
from assessments.workplace.models import GRACE, PAUSE, AssessmentRequest
from lti_tool.models import Membership, Role, Score
from tests import factories, workplaces

pytestmark = pytest.mark.django_db

DOOR = "/workplace/"
State = AssessmentRequest.State


@pytest.fixture(autouse=True)
def _fresh_limits():
    doors.refusals.forget()
    doors.openings.forget()


@pytest.fixture
def workplace():
    return workplaces.workplace()


@pytest.fixture
def learner(workplace):
    return factories.member(workplace.activity.context, name="Lea Learner")


def headers(person, workplace):
    return {"Authorization": f"Bearer {factories.launch(person, workplace.activity.link).token}"}


def url(workplace, name, *arguments):
    return reverse(f"workplace:{name}", args=[workplace.activity.key, *arguments])


def knock(request, **sent):
    return Client().post(DOOR, {"secret": links.secret(request), "device": ""} | sent)


def refused(act, *, code="", field=""):
    with pytest.raises(ValidationError) as caught:
        act()
    if field:
        assert list(caught.value.error_dict) == [field]
    if code:
        assert caught.value.code == code
    return " ".join(caught.value.messages)


# --- setting up -------------------------------------------------------------------------------------


def test_kind_is_offered_with_the_form_for_supervision_and_without_a_grade(workplace):
    activity = workplace.activity

    assert activity.rubric.title == "Supervision needed in one task"
    assert kinds.find("workplace") in kinds.offered()
    assert picking.item(activity, picking.Terms(points=10)).score_maximum is None


def test_another_form_is_chosen_where_it_is_made(workplace):
    mine = factories.published(workplace.activity.context, title="Handover on the ward")
    made = Activity(context=workplace.activity.context, kind="workplace", title="Handovers")

    kinds.find("workplace").begin(activity=made, form={"workplace_form": f"rubric:{mine.key}"}, by=None)

    assert (made.rubric, made.workplace.days_to_answer) == (mine, 14)
    broken = Activity(context=workplace.activity.context, kind="workplace", title="None")
    refused(
        lambda: kinds.find("workplace").begin(activity=broken, form={"workplace_form": "rubric:x"}, by=None),
        field="workplace_form",
    )


def test_copy_takes_form_and_days_and_no_people():
    workplace = workplaces.workplace(days_to_ask=3, wanted=6, takes_anybody=True)
    workplaces.guest(workplace)
    elsewhere = Activity(context=factories.ResourceLinkFactory().context, kind="workplace", title="Copy")

    kinds.find("workplace").copy(activity=elsewhere, source=workplace.activity, by=None)

    copied = elsewhere.workplace
    assert (copied.days_to_ask, copied.wanted, copied.takes_anybody) == (3, 6, True)
    assert elsewhere.rubric.title == workplace.activity.rubric.title
    assert not copied.assessors.exists()


def test_is_dropped_only_until_somebody_asked(workplace):
    activity = workplace.activity
    assert not activity.has_begun
    workplaces.request(workplace)
    assert activity.has_begun


def test_newer_form_is_for_sheets_that_begin_later(workplace, learner):
    begun = workplaces.request(workplace, learner=learner)
    old = asking.begin(request=begun, by=begun.assessor.person).rubric
    waits = workplaces.request(workplace, learner=learner, assessor=begun.assessor, situation="Handover")
    newer = publishing.publish(rubric=drafting.revise(rubric=old, by=None), by=None)

    setting.change(workplace=workplace, rubric=newer, by=None)

    begun.sheet = MarkSheet.objects.get(assessment_request=begun)
    assert begun.sheet.rubric == old
    assert asking.begin(request=waits, by=None).rubric == newer


# --- asking -----------------------------------------------------------------------------------------


def test_learner_asks_a_member_and_sees_link_and_code(client, workplace, learner):
    mo = factories.member(workplace.activity.context, Role.TEACHING_ASSISTANT, name="Mo Member")
    sent = {
        "key": str(uuid4()),
        "situation": "  Chest   pain ",
        "observed_on": timezone.localdate().isoformat(),
        "assessor": f"member:{mo.key}",
    }

    answers = [
        client.post(url(workplace, "ask"), sent, headers=headers(learner, workplace)) for _ in range(2)
    ]

    made = AssessmentRequest.objects.get()  # the second form was the same one
    assert [answer.status_code for answer in answers] == [303, 303]
    assert (made.situation, made.assessor.person, made.state) == ("Chest pain", mo, State.WAITING)
    page = client.get(answers[0]["Location"], headers=headers(learner, workplace))
    assert links.address(made) in page.text
    assert "data:image/svg+xml" in page.text
    assert made.expires_at - made.asked_at == timedelta(days=14)


def test_only_staff_and_the_list_are_offered_and_taken(client, workplace, learner):
    factories.member(workplace.activity.context, name="Other Learner")
    left = factories.member(workplace.activity.context, Role.INSTRUCTOR, name="Tea Left", is_active=False)
    workplaces.guest(workplace, "Gwen Guest")
    gone = workplaces.guest(workplace, "Gone Guest")
    assessors.withdraw(assessor=gone, by=None)
    foreign = workplaces.guest(workplaces.workplace(), "Far Away")

    page = client.get(url(workplace, "ask"), headers=headers(learner, workplace)).text
    assert "Gwen Guest" in page
    assert not [name for name in ("Other Learner", "Tea Left", "Gone Guest", "Far Away") if name in page]
    for assessor in (f"member:{left.key}", f"listed:{gone.key}", f"listed:{foreign.key}", "listed:x", ""):
        sent = {"key": uuid4(), "situation": "x", "observed_on": timezone.localdate(), "assessor": assessor}
        answer = client.post(
            url(workplace, "ask"), sent | {"name": "Somebody"}, headers=headers(learner, workplace)
        )
        assert answer.status_code == 400, assessor
        assert "Choose somebody from the list." in answer.text
    assert not AssessmentRequest.objects.exists()


@pytest.mark.parametrize(
    ("days", "sentence"),
    [(-1, "This day is still to come."), (8, "Ask within 7 days of what was observed: this was longer ago.")],
)
def test_day_lies_within_the_days_to_ask_in(workplace, days, sentence):
    observed_on = timezone.localdate() - timedelta(days=days)

    said = refused(lambda: workplaces.request(workplace, observed_on=observed_on), field="observed_on")

    assert said == sentence


def test_nobody_assesses_themselves(workplace):
    both = factories.member(workplace.activity.context, Role.INSTRUCTOR, is_learner=True)
    me = assessors.of_member(workplace=workplace, person=both, by=both)

    refused(lambda: workplaces.request(workplace, learner=both, assessor=me), field="assessor")


def test_what_waits_of_one_learner_has_a_limit(workplace, learner, monkeypatch):
    monkeypatch.setattr(asking, "MOST_WAITING", 2)
    gwen = workplaces.guest(workplace)
    first = workplaces.request(workplace, learner=learner, assessor=gwen)
    workplaces.request(workplace, learner=learner, assessor=gwen)

    refused(lambda: workplaces.request(workplace, learner=learner, assessor=gwen), code="many")
    asking.withdraw(request=first, by=learner)
    workplaces.request(workplace, learner=learner, assessor=gwen)
    workplaces.request(workplace, assessor=gwen)  # another learner's


# --- states -----------------------------------------------------------------------------------------


def test_unanswered_expires_and_begun_can_be_handed_in_some_days_longer(workplace, learner):
    gwen = workplaces.guest(workplace)
    waiting = workplaces.request(workplace, learner=learner, assessor=gwen)
    begun = workplaces.request(workplace, learner=learner, assessor=gwen)
    asking.begin(request=begun, by=gwen.person)

    def states():
        return [AssessmentRequest.objects.whole().get(pk=row.pk).state for row in (waiting, begun)]

    def waits():
        return set(workplace.requests.waiting())

    with time_machine.travel(waiting.expires_at - timedelta(minutes=1), tick=False):
        assert (states(), waits()) == ([State.WAITING, State.BEGUN], {waiting, begun})
    with time_machine.travel(begun.expires_at + timedelta(minutes=1), tick=False):
        assert (states(), waits()) == ([State.EXPIRED, State.BEGUN], {begun})
        refused(lambda: asking.begin(request=waiting, by=gwen.person), code="expired")
    with time_machine.travel(begun.expires_at + GRACE + timedelta(minutes=1), tick=False):
        assert (states(), waits()) == ([State.EXPIRED, State.EXPIRED], set())


def test_withdrawn_until_it_is_begun(workplace):
    request = workplaces.request(workplace)
    asking.begin(request=request, by=request.assessor.person)

    refused(lambda: asking.withdraw(request=request, by=request.learner), code="begun")

    other = workplaces.request(workplace, assessor=request.assessor)
    asking.withdraw(request=other, by=other.learner)
    other.refresh_from_db()
    assert other.state == State.WITHDRAWN
    assert knock(other, me="yes").status_code == 410
    refused(lambda: asking.begin(request=other, by=None), code="withdrawn")


def test_declined_with_what_was_marked_kept_and_closed(workplace):
    request = workplaces.request(workplace)
    person = request.assessor.person
    sheet = asking.begin(request=request, by=person)
    marking.comment_overall(sheet=sheet, comment="I was called away", by=person)

    asking.decline(request=request, by=person, reason="I did not see the whole of it.")

    request.refresh_from_db()
    sheet.refresh_from_db()
    assert (request.state, request.reason) == (State.DECLINED, "I did not see the whole of it.")
    assert (sheet.is_closed, sheet.overall_comment) == (True, "I was called away")
    refused(lambda: asking.decline(request=request, by=person), code="declined")


def test_handed_in_is_read_at_once_by_learner_assessor_and_teacher_and_sends_no_grade(client, workplace):
    mo = workplaces.member(workplace)
    teacher = factories.member(workplace.activity.context, Role.INSTRUCTOR)
    request = workplaces.handed_in(workplaces.request(workplace, assessor=mo))

    for person in (request.learner, mo.person, teacher):
        page = client.get(request.get_absolute_url(), headers=headers(person, workplace))
        assert page.status_code == 200
        assert "Keep examining as you did." in page.text
        assert "On their own" in page.text
    refused(lambda: asking.decline(request=request, by=mo.person), code="submitted")
    assert not Score.objects.exists()


def test_concern_is_never_the_learners_to_read(client, workplace):
    mo = workplaces.member(workplace)
    request = workplaces.request(workplace, assessor=mo)
    sheet = asking.begin(request=request, by=mo.person)
    marking.raise_concern(sheet=sheet, concern="Smelled of alcohol", by=mo.person)
    teacher = factories.member(workplace.activity.context, Role.INSTRUCTOR)
    workplaces.handed_in(request)

    seen = {
        person: "Smelled of alcohol"
        in client.get(request.get_absolute_url(), headers=headers(person, workplace)).text
        for person in (request.learner, mo.person, teacher)
    }

    assert seen == {request.learner: False, mo.person: True, teacher: True}


def test_criteria_that_the_form_hides_are_hidden_from_the_learner(client):
    link = factories.ResourceLinkFactory()
    rubric = factories.published(
        link.context, factories.criterion(), factories.criterion("Seems unwell", is_shown_to_student=False)
    )
    form = {"workplace_form": f"rubric:{rubric.key}"}
    workplace = workplaces.workplace(link, form=form)
    request = workplaces.handed_in(workplaces.request(workplace))
    teacher = factories.member(link.context, Role.INSTRUCTOR)
    pages = [
        request.get_absolute_url(),
        url(workplace, "learner", request.learner.key),
        url(workplace, "mine"),
    ]

    theirs = [client.get(page, headers=headers(request.learner, workplace)) for page in pages]
    staffs = [client.get(page, headers=headers(teacher, workplace)) for page in pages[:2]]

    assert [page.status_code for page in theirs] == [200, 200, 200]
    assert all("Introduces self" in page.text for page in theirs + staffs)
    assert not any("Seems unwell" in page.text for page in theirs)
    assert all("Seems unwell" in page.text for page in staffs)


# --- comment before rating --------------------------------------------------------------------------


def test_sheet_asks_for_the_comment_first(client, workplace):
    mo = workplaces.member(workplace)
    request = workplaces.request(workplace, assessor=mo)
    sheet = asking.begin(request=request, by=mo.person)

    page = client.get(sheet.get_absolute_url(), headers=headers(mo.person, workplace)).text
    assert (
        page.index('id="overall-comment"') < page.index("data-after-comment") < page.index("data-criterion")
    )
    sheet = factories.fill(sheet, mo.person)
    said = refused(lambda: marking.submit(sheet=sheet, by=mo.person, revision=sheet.revision), code="comment")
    assert said == "Write the comment first, then choose the levels."


def test_other_sheets_need_no_comment():
    activity = factories.activity()
    teacher = factories.member(activity.context, Role.INSTRUCTOR)

    sheet = factories.marked(activity, factories.member(activity.context), teacher)

    assert sheet.is_submitted


# --- the door ---------------------------------------------------------------------------------------


def test_pin_opens_the_sheet_as_the_assessor_for_half_an_hour(workplace):
    gwen = workplaces.guest(workplace)
    pin = assessors.give_pin(assessor=gwen, by=None)
    request = workplaces.request(workplace, assessor=gwen)

    asked = knock(request)
    opened = knock(request, pin=f" {pin[:3]} {pin[3:]}")

    assert asked.status_code == 200
    assert "Gwen Guest, your PIN please" in asked.text
    assert (
        "Lea Learner" not in asked.text
    )  # who only holds the link learns nobody's name but the one they need
    visit = opened.context["launch"]
    request.refresh_from_db()
    assert (visit.person, visit.role) == (gwen.person, Role.GUEST)
    assert opened.context["launch_path"] == request.sheet.get_absolute_url()
    assert timedelta(minutes=29) < visit.row.expires_at - timezone.now() <= links.VISIT
    page = Client().get(opened.context["launch_path"], headers={"Authorization": f"Bearer {visit.token}"})
    assert "Lea Learner" in page.text
    assert not Membership.objects.filter(person=gwen.person).exists()
    assert pin not in str(list(Event.objects.values_list())) + gwen.pin


def test_visit_by_link_shows_nothing_but_its_sheet(workplace):
    mo = workplaces.member(workplace, Role.INSTRUCTOR)
    pin = assessors.give_pin(assessor=mo, by=mo.person)
    request = workplaces.request(workplace, assessor=mo)
    visit = knock(request, pin=pin).context["launch"]
    bearer = {"Authorization": f"Bearer {visit.token}"}

    pages = {
        name: Client().get(url(workplace, name, *arguments), headers=bearer)
        for name, arguments in {
            "home": (),
            "mine": (),
            "ask": (),
            "observe": (),
            "assessors": (),
            "settings": (),
            "request": (request.key,),
            "learner": (request.learner.key,),
        }.items()
    }

    assert {name: page.status_code for name, page in pages.items() if page.status_code != 403} == {
        "home": 200
    }
    assert "Lea Learner" not in pages["home"].text


def test_visit_ends_with_the_sheet(workplace):
    gwen = workplaces.guest(workplace)
    request = workplaces.request(workplace, assessor=gwen)
    visit = knock(request, pin=assessors.give_pin(assessor=gwen, by=None)).context["launch"]
    bearer = {"Authorization": f"Bearer {visit.token}"}
    page = AssessmentRequest.objects.get().sheet.get_absolute_url()
    assert f'data-done-url="{DOOR}?done=submitted"' in Client().get(page, headers=bearer).text

    workplaces.handed_in(request)

    assert Client().get(page, headers=bearer).status_code == 401
    assert "Handed in. Thank you." in Client().get(f"{DOOR}?done=submitted").text
    assert knock(request, pin="x").status_code == 410


def test_guest_declines_in_their_visit_and_it_ends(workplace):
    gwen = workplaces.guest(workplace)
    request = workplaces.request(workplace, assessor=gwen)
    visit = knock(request, pin=assessors.give_pin(assessor=gwen, by=None)).context["launch"]
    bearer = {"Authorization": f"Bearer {visit.token}"}

    way, sheet = url(workplace, "refusal", request.key), AssessmentRequest.objects.get().sheet
    assert f'action="{way}"' in Client().get(sheet.get_absolute_url(), headers=bearer).text

    answer = Client().post(way, {"reason": "Not me"}, headers=bearer)

    request.refresh_from_db()
    assert (answer.status_code, answer["Location"]) == (303, f"{DOOR}?done=declined")
    assert (request.state, request.reason) == (State.DECLINED, "Not me")
    assert Client().get(request.sheet.get_absolute_url(), headers=bearer).status_code == 401


def test_guest_does_not_decline_what_is_asked_of_somebody_else(workplace):
    gwen, other = workplaces.guest(workplace), workplaces.guest(workplace, "Otto Other")
    mine = workplaces.request(workplace, assessor=gwen)
    theirs = workplaces.request(workplace, assessor=other)
    visit = knock(mine, pin=assessors.give_pin(assessor=gwen, by=None)).context["launch"]

    answer = Client().post(
        url(workplace, "refusal", theirs.key), headers={"Authorization": f"Bearer {visit.token}"}
    )

    theirs.refresh_from_db()
    assert (answer.status_code, theirs.state) == (403, State.WAITING)


def test_wrong_pins_pause_then_end(workplace):
    gwen = workplaces.guest(workplace)
    pin = assessors.give_pin(assessor=gwen, by=None)
    wrong = "000000" if pin != "000000" else "000001"
    request = workplaces.request(workplace, assessor=gwen)
    start = timezone.now()

    tried = 0
    for pause in range(4):
        with time_machine.travel(start + pause * (PAUSE + timedelta(seconds=1)), tick=False):
            doors.openings.forget()
            for _ in range(5):
                assert "This is not the PIN of Gwen Guest." in knock(request, pin=wrong).text
                tried += 1
            expected = "Wait a quarter of an hour" if tried < 20 else "Too many wrong PINs in a row"
            assert expected in knock(request, pin=pin).text  # the right one neither
    with time_machine.travel(start + timedelta(days=2), tick=False):
        doors.openings.forget()
        assert "Too many wrong PINs in a row" in knock(request, pin=pin).text
        new = assessors.give_pin(assessor=gwen, by=None)
        assert knock(request, pin=new).context["launch"].person == gwen.person
    assert Event.objects.filter(verb="assessor.wrong_pin").count() == 20


def test_right_pin_forgets_the_wrong_ones(workplace):
    gwen = workplaces.guest(workplace)
    pin = assessors.give_pin(assessor=gwen, by=None)
    request = workplaces.request(workplace, assessor=gwen)
    for _ in range(2):
        for _ in range(4):
            knock(request, pin="wrong")
        assert knock(request, pin=pin).context["launch"]


def test_without_a_pin_nothing_opens_and_the_page_says_who_gives_one(workplace):
    gwen, mo = workplaces.guest(workplace), workplaces.member(workplace)

    pages = [knock(workplaces.request(workplace, assessor=row), me="yes", pin="") for row in (gwen, mo)]

    assert [page.status_code for page in pages] == [403, 403]
    assert "Somebody who runs the course gives Gwen Guest a PIN" in pages[0].text
    assert "Open the activity in the course" in pages[1].text
    assert not MarkSheet.objects.exists()


@pytest.mark.parametrize("secret", ["", "x", "5f0c0f6e000040008000000000000001:forged", "\x00"])
def test_broken_links_open_nothing(secret):
    answer = Client().post(DOOR, {"secret": secret})

    assert answer.status_code == 400
    assert "This link does not open" in answer.text


def test_link_of_an_examiner_opens_no_request(workplace):
    request = workplaces.request(workplace)
    foreign = signing.Signer(salt="osce.examiner-link").sign(request.key.hex)

    assert Client().post(DOOR, {"secret": foreign, "me": "yes"}).status_code == 400


def test_broken_links_are_tried_only_so_often(settings, monkeypatch):
    monkeypatch.setattr(doors.refusals, "per_minute", 2)

    codes = [Client().post(DOOR, {"secret": "x"}).status_code for _ in range(3)]

    assert codes == [400, 400, 429]


# --- people who are not on the list -----------------------------------------------------------------


def test_learner_names_somebody_where_the_course_allows_it(client):
    workplace = workplaces.workplace(takes_anybody=True)
    lea = factories.member(workplace.activity.context, name="Lea Learner")
    other = factories.member(workplace.activity.context, name="Olga Other")

    def ask(person, **more):
        sent = {"key": uuid4(), "situation": "x", "observed_on": timezone.localdate(), **more}
        return client.post(url(workplace, "ask"), sent, headers=headers(person, workplace))

    assert ask(lea, name="Dr Far").status_code == 303
    assert ask(lea, name=" dr  far ").status_code == 303
    assert workplace.assessors.count() == 1  # the same person
    assert ask(other, name="Dr Far").status_code == 303
    named = workplace.assessors.filter(named_by=lea).get()
    assert ask(other, assessor=f"listed:{named.key}").status_code == 400  # another learner's
    request = workplace.requests.filter(learner=lea).first()
    assert "Are you Dr Far?" in knock(request).text
    opened = knock(request, me="yes")
    assert opened.context["launch"].person == named.person
    page = client.get(request.get_absolute_url(), headers=headers(lea, workplace)).text
    assert "identity not checked" in page


def test_pin_of_a_named_person_is_not_given(client):
    workplace = workplaces.workplace(takes_anybody=True)
    lea = factories.member(workplace.activity.context)
    named = assessors.name_somebody(workplace=workplace, name="Dr Far", by=lea)
    teacher = factories.member(workplace.activity.context, Role.INSTRUCTOR)

    answer = client.post(url(workplace, "pin", named.key), headers=headers(teacher, workplace))

    assert answer.status_code == 404


def test_names_are_people_once(workplace):
    made = assessors.add_guests(workplace=workplace, names=["Ann Able", "ann able", "Bob"], by=None)
    again = assessors.add_guests(workplace=workplace, names=["BOB", "Cy"], by=None)

    assert [row.display_name for row in made + again] == ["Ann Able", "Bob", "Cy"]


# --- members ----------------------------------------------------------------------------------------


def test_member_finds_what_is_asked_and_fills_it_in_in_their_launch(client, workplace):
    mo = workplaces.member(workplace)
    request = workplaces.request(workplace, assessor=mo)
    mine = headers(mo.person, workplace)

    home = client.get(url(workplace, "home"), headers=mine)
    begun = client.post(url(workplace, "beginning", request.key), headers=mine)
    sheet = client.get(begun["Location"], headers=mine)

    assert "Lea Learner: Chest pain" in home.text
    assert begun.status_code == 303
    assert "Hand in" in sheet.text
    assert request.get_absolute_url() in sheet.text


def test_assistants_see_only_what_is_asked_of_them(client, workplace):
    mo, other = workplaces.member(workplace), workplaces.member(workplace, name="Ona Other")
    request = workplaces.handed_in(workplaces.request(workplace, assessor=other))

    assert "Lea Learner" not in client.get(url(workplace, "home"), headers=headers(mo.person, workplace)).text
    for page in (request.get_absolute_url(), MarkSheet.objects.get().get_absolute_url()):
        assert client.get(page, headers=headers(mo.person, workplace)).status_code == 403


def test_learners_see_only_their_own(client, workplace):
    request = workplaces.handed_in(workplaces.request(workplace, situation="Febrile child"))
    other = factories.member(workplace.activity.context, name="Olga Other")
    theirs = headers(other, workplace)

    assert client.get(request.get_absolute_url(), headers=theirs).status_code == 403
    assert client.get(url(workplace, "learner", request.learner.key), headers=theirs).status_code == 403
    assert "Febrile child" not in client.get(url(workplace, "home"), headers=theirs).text
    # Not the sheet itself either: it has what is for teachers only.
    mine = headers(request.learner, workplace)
    assert client.get(MarkSheet.objects.get().get_absolute_url(), headers=mine).status_code == 403


def test_assessor_begins_by_themselves(client, workplace, learner):
    mo = factories.member(workplace.activity.context, Role.INSTRUCTOR, name="Mo Member")
    sent = {
        "key": uuid4(),
        "learner": learner.key,
        "situation": "Cannulation",
        "observed_on": timezone.localdate(),
    }

    answer = client.post(url(workplace, "observe"), sent, headers=headers(mo, workplace))

    request = AssessmentRequest.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, request.sheet.get_absolute_url())
    assert (request.asked_by, request.assessor.person, request.learner) == (mo, mo, learner)
    stranger = factories.member(factories.ResourceLinkFactory().context)
    refused = client.post(
        url(workplace, "observe"),
        sent | {"key": uuid4(), "learner": stranger.key},
        headers=headers(mo, workplace),
    )
    assert refused.status_code == 400


def test_member_gives_themselves_a_pin_and_teachers_do_not(client, workplace):
    mo = workplaces.member(workplace)
    teacher = factories.member(workplace.activity.context, Role.INSTRUCTOR)

    page = client.post(url(workplace, "my_pin"), headers=headers(mo.person, workplace))
    answer = client.post(url(workplace, "pin", mo.key), headers=headers(teacher, workplace))

    pin = page.context["pin"]
    assert pin in page.text
    assert assessors.is_their_pin(assessor=mo, pin=pin)
    assert answer.status_code == 403


def test_list_is_kept_by_teachers(client, workplace):
    teacher = factories.member(workplace.activity.context, Role.INSTRUCTOR)
    mine = headers(teacher, workplace)

    client.post(url(workplace, "assessors"), {"names": "Ann Able\n\n  Bob \n"}, headers=mine)
    ann, bob = assessors.listed(workplace)
    shown = client.post(url(workplace, "pin", ann.key), headers=mine)
    client.post(url(workplace, "assessor_withdrawal", bob.key), headers=mine)
    page = client.get(url(workplace, "assessors"), headers=mine).text

    assert shown.context["pin"] in shown.text
    assert shown.context["pin"] not in page
    assert [row.display_name for row in assessors.listed(workplace)] == ["Ann Able"]


def test_settings_are_kept_and_checked(client, workplace):
    designer = factories.member(workplace.activity.context, Role.DESIGNER)
    mine = headers(designer, workplace)
    rubric = workplace.activity.rubric
    sent = {"days_to_ask": 3, "days_to_answer": 5, "wanted": 4, "rubric": rubric.key}

    saved = client.post(url(workplace, "settings"), sent, headers=mine)
    wrong = client.post(url(workplace, "settings"), sent | {"days_to_answer": 0}, headers=mine)

    workplace.refresh_from_db()
    assert (saved.status_code, wrong.status_code) == (303, 400)
    assert (workplace.days_to_ask, workplace.days_to_answer, workplace.wanted) == (3, 5, 4)


# --- what it comes to -------------------------------------------------------------------------------


def test_table_shows_each_answer_and_no_mean(client, workplace, learner):
    gwen, mo = workplaces.guest(workplace), workplaces.member(workplace)
    today = timezone.localdate()
    workplaces.handed_in(
        workplaces.request(workplace, learner=learner, assessor=gwen, observed_on=today - timedelta(days=2)),
        place=0,
    )
    workplaces.handed_in(workplaces.request(workplace, learner=learner, assessor=mo, situation="Handover"))
    workplaces.request(workplace, learner=learner, assessor=mo, situation="Waits")

    table = progress.table(progress.of_learner(workplace, learner))

    assert [request.situation for request in table.requests] == ["Handover", "Chest pain"]
    assert table.assessors == 2
    assert [[mark.level.title for mark in row.marks] for row in table.rows] == [
        ["On their own", "I did it"]
    ] * 6
    assert table.rows[0].criterion.title == "Gathers what is needed"


def test_standings_count_every_learner_also_who_left(workplace, learner):
    gone = factories.member(workplace.activity.context, name="Gil Gone")
    factories.member(workplace.activity.context, name="Ned Never", is_active=False)
    factories.member(workplace.activity.context, name="Test Student", is_test_student=True)
    gwen = workplaces.guest(workplace)
    workplaces.handed_in(workplaces.request(workplace, learner=gone, assessor=gwen))
    Membership.objects.filter(person=gone).update(is_active=False)
    asking.decline(request=workplaces.request(workplace, learner=learner, assessor=gwen), by=gwen.person)
    workplaces.request(workplace, learner=learner, assessor=gwen)

    rows = {row.person.display_name: row for row in progress.standings(workplace)}

    assert list(rows) == ["Gil Gone", "Lea Learner"]
    assert (rows["Gil Gone"].submitted, rows["Gil Gone"].is_here) == (1, False)
    lea = rows["Lea Learner"]
    assert (lea.submitted, lea.waiting, lea.unanswered, lea.newest) == (0, 1, 1, None)


def test_pages_take_the_same_number_of_queries_however_many_there_are(client, workplace, learner):
    gwen = workplaces.guest(workplace)
    teacher = factories.member(workplace.activity.context, Role.INSTRUCTOR)
    pages = [
        (teacher, url(workplace, "home")),
        (teacher, url(workplace, "learner", learner.key)),
        (learner, url(workplace, "home")),
    ]

    def counts():
        found = []
        for person, page in pages:
            visit = headers(person, workplace)
            with CaptureQueriesContext(
                connection,
            ) as queries:
                assert client.get(page, headers=visit).status_code == 200
            found.append(len(queries))
        return found

    workplaces.handed_in(workplaces.request(workplace, learner=learner, assessor=gwen))
    few = counts()
    for _ in range(5):
        workplaces.handed_in(workplaces.request(workplace, learner=learner, assessor=gwen))
        workplaces.request(workplace, assessor=gwen)
    assert counts() == few


def test_taps_on_a_declined_sheet_are_refused_in_words(workplace):
    request = workplaces.request(workplace)
    sheet = asking.begin(request=request, by=request.assessor.person)
    asking.decline(request=request, by=request.assessor.person)
    sheet.refresh_from_db()

    with pytest.raises(Conflict, match="This sheet is closed"):
        marking.comment_overall(sheet=sheet, comment="late", by=request.assessor.person)
