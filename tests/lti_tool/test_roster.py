import json
import re
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from lti_tool import claims, http, nrps, platforms, port, roster, sweeping, worker
from lti_tool.models import Context, Membership, Person, Problem, Role
from tests import factories
from tests.certification.launching import launch

pytestmark = pytest.mark.django_db


def sweep(context):
    port.roster_status(context, refresh=True)
    worker.work_once()
    return {member.person.sub: member for member in port.members(Context.objects.get(pk=context.pk))}


def test_sweep_brings_everyone_before_they_launch(client, school):
    context = launch(client, school, "teacher").context["launch"].context
    assert len(port.members(context)) == 1

    members = sweep(context)

    roles = {member.role for member in members.values()}
    assert {Role.INSTRUCTOR, Role.TEACHING_ASSISTANT, Role.LEARNER} <= roles
    assert all(member.is_active for member in members.values())
    assert port.roster_status(context).swept_at is not None


def test_canvas_pages_are_read_to_the_end(client, canvas):
    for _ in range(60):
        canvas.add_student()
    context = launch(client, canvas, "teacher").context["launch"].context

    members = sweep(context)

    assert len([member for member in members.values() if member.is_learner]) >= 61
    assert canvas.requests("memberships") >= 2


def test_leaver_is_marked_after_a_whole_sweep_and_kept(client, school):
    context = launch(client, school, "teacher").context["launch"].context
    sub = next(sub for sub, member in sweep(context).items() if member.role == Role.LEARNER)
    school.unenrol(sub)

    assert not sweep(context)[sub].is_active


def test_nobody_leaves_when_the_sweep_breaks_off(client, canvas):
    for _ in range(60):
        canvas.add_student()
    context = launch(client, canvas, "teacher").context["launch"].context
    before = sweep(context)
    canvas.fault("memberships", status=500, times=1)

    after = sweep(context)

    assert {sub for sub, member in after.items() if member.is_active} == set(before)
    assert "could not be read just now" in port.roster_status(context).problem


def test_sweep_of_a_large_course_takes_a_handful_of_queries(client, school, django_assert_max_num_queries):
    for _ in range(40):
        school.add_student()
    context = launch(client, school, "teacher").context["launch"].context
    port.roster_status(context, refresh=True)

    with django_assert_max_num_queries(40):
        worker.work_once()

    assert Membership.objects.filter(context=context).count() > 40


def test_course_without_the_service_says_so(client, school):
    context = launch(client, school, "teacher", remove=[claims.NRPS]).context["launch"].context

    assert "does not share the list of course members" in port.roster_status(context).problem


@pytest.mark.parametrize(
    "member",
    [
        {"user_id": "odd", "roles": 5},
        {"user_id": "odd", "roles": ["Learner"], "name": "\ud800 half a pair"},
        {"user_id": "od\x00d", "roles": ["Learner"], "name": "No\x00l"},
        {"user_id": 7},
        "no object",
    ],
)
def test_odd_members_stop_neither_the_roster_nor_the_worker(client, school, member):
    context = launch(client, school, "teacher").context["launch"].context
    body = json.dumps({"members": [member, {"user_id": "fine", "roles": ["Learner"]}]})
    school.fault("memberships", status=200, body=body, content_type="application/json")

    assert "fine" in sweep(context)


# --- lists that lie -----------------------------------------------------------------------------------------------------


def list_of(*members, follow=""):
    """What the platform answers: members, and a Link header where `follow` names a further page."""
    headers = {"Link": f'<{follow}>; rel="next"'} if follow else {}
    body = json.dumps({"members": list(members)})
    return {"status": 200, "body": body, "content_type": "application/json", "headers": headers}


def learner(sub, **more):
    return {"user_id": sub, "roles": ["Learner"], **more}


def problem_of(context):
    return Problem.objects.get(deployment=context.deployment, area=Problem.Area.ROSTER)


def test_list_in_circles_ends(client, school):
    context = launch(client, school, "teacher").context["launch"].context
    again = context.memberships_url + "?page=2"
    school.fault("memberships", times=None, **list_of(learner("a"), follow=again))

    members = sweep(context)

    assert "a" in members
    assert school.requests("memberships") == 2
    assert (problem_of(context).code, problem_of(context).said) == (
        "transient",
        "the list of members goes in circles",
    )


def test_list_whose_pages_never_end_and_bring_nobody_new_ends(client, school, monkeypatch):
    context = launch(client, school, "teacher").context["launch"].context
    asked = []
    pass_on = http.request

    def request(method, url, **how):
        if "/memberships" not in url:
            return pass_on(method, url, **how)
        asked.append(url)
        body = json.dumps({"members": [learner("a")]}).encode()
        link = f'<{context.memberships_url}?page={len(asked)}>; rel="next"'
        return http.Answer(200, "OK", {"Link": link}, body)

    monkeypatch.setattr(http, "request", request)
    sweep(context)

    assert len(asked) == 1 + nrps.MAX_IDLE_PAGES
    assert problem_of(context).said == "the list of members goes in circles"


def test_list_that_always_brings_somebody_new_ends(client, school, monkeypatch):
    monkeypatch.setattr(nrps, "MAX_PAGES", 5)
    context = launch(client, school, "teacher").context["launch"].context
    asked = []

    def request(method, url, pass_on=http.request, **how):
        if "/memberships" not in url:
            return pass_on(method, url, **how)
        asked.append(url)
        body = json.dumps({"members": [learner(f"new-{len(asked)}")]}).encode()
        link = f'<{context.memberships_url}?page={len(asked)}>; rel="next"'
        return http.Answer(200, "OK", {"Link": link}, body)

    monkeypatch.setattr(http, "request", request)
    members = sweep(context)

    assert len(asked) == 5
    assert problem_of(context).said == "the list of members does not end"
    assert "new-5" in members


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ({"status": 200, "body": "<html>Please log in</html>", "content_type": "text/html"}, "transient"),
        ({"status": 200, "body": "[]", "content_type": "application/json"}, "transient"),
        ({"status": 200, "body": '{"members": {"0": 1}}', "content_type": "application/json"}, "transient"),
        ({"status": 200, "body": '{"members": []}', "content_type": "application/json"}, "transient"),
        ({"status": 403, "body": "{}", "content_type": "application/json"}, "needs_admin"),
        ({"status": 404, "body": "{}", "content_type": "application/json"}, "gone_item"),
        (list_of(learner("a"), follow="https://elsewhere.example/members"), "needs_admin"),
        (list_of(learner("a"), follow="http://169.254.169.254/latest"), "needs_admin"),
    ],
)
def test_list_that_cannot_be_read_makes_nobody_a_leaver(client, school, answer, code):
    context = launch(client, school, "teacher").context["launch"].context
    before = sweep(context)
    school.fault("memberships", times=None, **answer)

    after = sweep(context)

    assert {sub for sub, member in after.items() if member.is_active} >= set(before)
    assert problem_of(context).code == code
    assert port.roster_status(context).problem != ""


def test_roster_that_fails_waits_longer_and_longer(client, school):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        context = launch(client, school, "teacher").context["launch"].context
        school.fault("memberships", times=None, status=500)
        waits = []
        for _ in range(4):
            while not port.roster_status(context).is_wanted:  # an open page asks again and again
                clock.shift(30)
                waits[-1] += 30
            assert worker.work_once() == 1
            assert worker.work_once() == 0
            waits.append(0)

        assert waits == [60, 300, 900, 0]
        assert port.roster_status(context).retry_at == timezone.now() + timedelta(hours=1)
        assert not port.roster_status(context).is_wanted


def test_click_reads_the_list_at_once_whatever_it_waits_for(client, school):
    context = launch(client, school, "teacher").context["launch"].context
    school.fault("memberships", times=1, status=500)
    sweep(context)
    assert port.roster_status(context).retry_at is not None

    members = sweep(context)

    assert len(members) > 1
    assert (port.roster_status(context).problem, port.roster_status(context).retry_at) == ("", None)
    assert Context.objects.get(pk=context.pk).roster_failures == 0


def test_roster_that_always_failed_is_tried_again_when_somebody_who_teaches_comes(client, school):
    context = launch(client, school, "teacher").context["launch"].context
    school.fault("memberships", times=None, status=500)
    Context.objects.filter(pk=context.pk).update(roster_failures=roster.GIVE_UP - 1)
    sweep(context)
    assert not port.roster_status(context).is_wanted
    assert port.roster_status(context).retry_at is None

    launch(client, school, "student")
    assert not port.roster_status(context).is_wanted
    launch(client, school, "teacher")

    assert port.roster_status(context).is_wanted


def test_platform_says_how_long_to_wait(client, school):
    context = launch(client, school, "teacher").context["launch"].context
    school.fault("memberships", times=None, status=429, headers={"Retry-After": "1800"})

    sweep(context)

    wait = port.roster_status(context).retry_at - timezone.now()
    assert timedelta(minutes=29) < wait <= timedelta(minutes=30)


def test_reading_shows_how_far_it_is(client, canvas, monkeypatch):
    canvas.add_students(110)
    context = launch(client, canvas, "teacher").context["launch"].context
    seen = []
    pass_on = sweeping.keep

    def keep(*args):
        seen.append(port.roster_status(context).read)
        pass_on(*args)

    monkeypatch.setattr(sweeping, "keep", keep)
    sweep(context)

    assert seen == [0, 50, 100]
    assert port.roster_status(context).read is None


def test_whoever_asks_while_it_is_read_gets_a_newer_list(client, school, monkeypatch):
    context = launch(client, school, "teacher").context["launch"].context
    pass_on = sweeping.keep

    def keep(*args):
        pass_on(*args)
        monkeypatch.setattr(sweeping, "keep", pass_on)
        port.roster_status(context, refresh=True)

    monkeypatch.setattr(sweeping, "keep", keep)
    sweep(context)

    assert port.roster_status(context).is_wanted
    worker.work_once()
    assert not port.roster_status(context).is_wanted


# --- who has left, who teaches, who is meant ----------------------------------------------------------------------------


def test_leaver_who_returns_is_here_again(client, school):
    context = launch(client, school, "teacher").context["launch"].context
    sweep(context)
    sub = school.sub("student")
    school.unenrol(sub)
    left = sweep(context)[sub]
    still = sweep(context)[sub]
    assert left.left_at is not None
    assert (still.left_at, still.is_active) == (left.left_at, False)

    school.enrol(sub, "student")

    assert (sweep(context)[sub].left_at, sweep(context)[sub].is_active) == (None, True)


def test_leaver_who_comes_through_a_launch_is_here_again(client, school):
    context = launch(client, school, "teacher").context["launch"].context
    sweep(context)
    Membership.objects.filter(person__sub=school.sub("student")).update(
        is_active=False, left_at=timezone.now()
    )

    launch(client, school, "student")

    row = Membership.objects.get(person__sub=school.sub("student"))
    assert (row.is_active, row.left_at) == (True, None)


def test_whoever_was_never_listed_does_not_leave_by_not_being_listed(client, moodle):
    moodle.add_people({"handle": "manager", "name": "Max Manager", "role": "admin"})
    context = launch(client, moodle, "manager").context["launch"].context

    members = sweep(context)

    assert members[moodle.sub("manager")].is_active
    assert members[moodle.sub("manager")].listed_at is None


def test_roles_are_set_and_not_added_to(client, school):
    context = launch(client, school, "teacher").context["launch"].context
    sub = school.sub("student")
    assert sweep(context)[sub].is_learner

    school.enrol(sub, "ta")
    member = sweep(context)[sub]
    assert (member.role, member.is_learner) == (Role.TEACHING_ASSISTANT, False)

    school.enrol(sub, "student")
    member = sweep(context)[sub]
    assert (member.role, member.is_learner) == (Role.LEARNER, True)


@pytest.mark.row("M9")
def test_non_editing_teacher_teaches_once_they_have_launched(client, moodle):
    context = launch(client, moodle, "teacher").context["launch"].context
    sub = moodle.sub("ta")
    listed = sweep(context)[sub]
    assert (listed.role, listed.is_learner, listed.listed_role) == (Role.LEARNER, True, Role.LEARNER)

    launch(client, moodle, "ta")
    for _ in range(2):
        member = sweep(context)[sub]
        assert (member.role, member.is_learner) == (Role.INSTRUCTOR, False)
        assert (member.launched_role, member.listed_role) == (Role.INSTRUCTOR, Role.LEARNER)
    assert sub not in {m.person.sub for m in port.members(context, Role.LEARNER)}


@pytest.mark.row("M29")
def test_teacher_who_looks_as_a_student_stays_a_teacher(client, moodle):
    context = launch(client, moodle, "teacher").context["launch"].context
    sweep(context)

    # Moodle live: “switch role to student” launches with the teacher's own id and Learner alone.
    preview = launch(client, moodle, "teacher", set={"roles": [claims.MEMBERSHIP + "#Learner"]})

    assert preview.context["launch"].role == Role.LEARNER  # this launch sees what a student sees
    member = sweep(context)[moodle.sub("teacher")]
    assert (member.role, member.is_learner, member.is_preview) == (Role.INSTRUCTOR, False, True)

    launch(client, moodle, "teacher")
    assert not sweep(context)[moodle.sub("teacher")].is_preview


def test_preview_before_the_first_list_is_understood_when_it_comes(client, moodle):
    preview = launch(client, moodle, "teacher", set={"roles": [claims.MEMBERSHIP + "#Learner"]})
    context = preview.context["launch"].context
    assert port.members(context)[0].is_learner

    member = sweep(context)[moodle.sub("teacher")]

    assert (member.role, member.is_learner) == (Role.INSTRUCTOR, False)


@pytest.mark.row("M30")
def test_both_hats_are_kept_where_they_are_told_and_given_where_not(client, canvas, moodle):
    for lms, told in ((canvas, True), (moodle, False)):
        lms.add_people({"handle": "both", "name": "Bo Both", "role": "both"})
        context = launch(client, lms, "teacher").context["launch"].context
        member = sweep(context)[lms.sub("both")]
        assert (member.role, member.is_learner) == (Role.INSTRUCTOR, told)

        port.decide_candidate(context, member=member.person, counts=True)

        found = {m.person.sub for m in port.members(context, Role.LEARNER)}
        assert lms.sub("both") in found
        assert launch(client, lms, "both").context["launch"].is_learner


def test_teachers_decision_outlives_sweeps_and_launches_and_can_be_taken_back(client, moodle):
    context = launch(client, moodle, "teacher").context["launch"].context
    sweep(context)
    person = Person.objects.get(sub=moodle.sub("ta"))
    port.decide_candidate(context, member=person, counts=False)

    launch(client, moodle, "student")
    member = sweep(context)[person.sub]
    assert (member.is_learner, member.counts) == (False, False)

    port.decide_candidate(context, member=person, counts=None)
    assert sweep(context)[person.sub].is_learner


@pytest.mark.row("M8")
def test_moodle_is_asked_for_pages_and_never_for_a_role(client, moodle, monkeypatch):
    monkeypatch.setitem(platforms._HABITS, "moodle", platforms.Platform(roster_page=2))
    asked = []
    pass_on = http.request

    def request(method, url, **how):
        asked.append(url)
        return pass_on(method, url, **how)

    monkeypatch.setattr(http, "request", request)
    context = launch(client, moodle, "teacher").context["launch"].context

    members = sweep(context)

    asked = [url for url in asked if "/memberships" in url]
    assert [url.partition("?")[2] for url in asked] == [
        "limit=2",
        "limit=2&from=2",
        "limit=2&from=4",
    ]
    assert {members[moodle.sub(who)].role for who in ("student", "student2")} == {Role.LEARNER}
    assert len(members) == 5


@pytest.mark.row("M21")
def test_suspended_student_is_off_the_roster_and_keeps_everything(client, moodle):
    context = launch(client, moodle, "student").context["launch"].context
    launch(client, moodle, "teacher")
    sub = moodle.sub("student")
    assert sweep(context)[sub].is_active
    moodle.suspend("student")

    member = sweep(context)[sub]

    assert (member.is_active, member.is_learner) == (False, True)
    assert member.left_at is not None
    assert Person.objects.get(sub=sub).name == moodle.person("student").name
    moodle.suspend("student", suspended=False)
    assert sweep(context)[sub].is_active


@pytest.mark.row("C21")
def test_canvas_brings_fifty_at_a_time_with_sections_and_groups(client, canvas):
    canvas.change("tool", {"custom": {
        "section_names": "$com.instructure.User.sectionNames", "group_ids": "$Canvas.group.contextIds",
        "assignment": "$Canvas.assignment.id",
    }})  # fmt: skip
    canvas.add_students(110)
    canvas.place("student", sections=["Stream A, Mon", "Stream B"], groups=["1c16f0de"])
    context = launch(client, canvas, "teacher").context["launch"].context

    members = sweep(context)

    assert canvas.requests("memberships") == 3
    student = members[canvas.sub("student")]
    assert (student.sections, student.groups) == (("Stream A, Mon", "Stream B"), ("1c16f0de",))
    assert len(members) == 115

    canvas.place("student", sections=["Stream B"])
    assert sweep(context)[canvas.sub("student")].sections == ("Stream B",)
    assert sweep(context)[canvas.sub("student")].groups == ()


def test_canvas_that_takes_no_course_for_a_link_is_asked_for_the_bare_list(client, canvas):
    context = launch(client, canvas, "teacher").context["launch"].context
    canvas.fault("memberships", status=400, body='{"errors": {"type": "bad_request"}}', times=1)

    assert len(sweep(context)) == 5
    assert port.roster_status(context).problem == ""


@pytest.mark.row("C28")
def test_variables_that_canvas_leaves_alone_change_nothing(client, canvas):
    canvas.change(
        "tool", {"custom": {"section_names": "$com.instructure.User.sectionNames", "group_ids": "$Nothing"}}
    )
    canvas.place("student", sections=["Stream A"])
    context = launch(client, canvas, "student").context["launch"].context
    Membership.objects.filter(person__sub=canvas.sub("student")).update(groups=["kept"])

    member = sweep(context)[canvas.sub("student")]

    assert (member.sections, member.groups) == (("Stream A",), ("kept",))


def test_moodle_tells_groups_at_the_launch(client, moodle):
    moodle.change("tool", {"custom": {"group_ids": "$Moodle.Person.userGroupIds"}})
    moodle.place("student", groups=["3", "7"])
    context = launch(client, moodle, "student").context["launch"].context

    assert sweep(context)[moodle.sub("student")].groups == ("3", "7")


def test_list_of_one_assignment_makes_leavers_of_nobody(client, canvas):
    context = launch(client, canvas, "teacher").context["launch"].context
    sweep(context)
    canvas.change("link", {"assigned": ["student"]}, link=canvas.links[0]["number"])
    context.memberships_url += f"?rlid={canvas.links[0]['resource_link_id']}"
    context.save()

    members = sweep(context)

    assert all(member.is_active for member in members.values())
    assert members[canvas.sub("student2")].listed_at < members[canvas.sub("student")].listed_at


@pytest.mark.row("C22")
def test_roster_roles_of_the_school_decide_nothing(client, school):
    context = launch(client, school, "teacher").context["launch"].context
    roles = [
        "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Instructor",
        "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner",
    ]
    school.fault("memberships", **list_of({"user_id": "student-who-teaches-elsewhere", "roles": roles}))

    member = sweep(context)["student-who-teaches-elsewhere"]

    assert (member.role, member.is_learner) == (Role.LEARNER, True)


@pytest.mark.row("C31")
def test_entries_that_name_nobody_are_left_out_and_the_others_stay(client, school):
    context = launch(client, school, "teacher").context["launch"].context
    nobody = [{"roles": ["Learner"]}, learner(""), learner(None), learner(["x"]), learner("y" * 300), None, 5]
    school.fault("memberships", **list_of(*nobody, learner("fine", name="Fine", message="odd")))

    assert set(sweep(context)) == {school.sub("teacher"), "fine"}


def test_inactive_members_are_marked_and_not_counted_as_left(client, school):
    context = launch(client, school, "teacher").context["launch"].context
    school.fault("memberships", **list_of(learner("away", status="Inactive"), learner("odd", status=7)))

    members = sweep(context)

    assert [(members[sub].is_active, members[sub].left_at) for sub in ("away", "odd")] == [(False, None)] * 2


@pytest.mark.row("C11")
def test_canvas_test_student_is_marked(client, canvas):
    canvas.add_people({"handle": "preview", "name": "Test Student", "role": "test_student"})
    context = launch(client, canvas, "teacher").context["launch"].context

    members = sweep(context)

    assert [sub for sub, member in members.items() if member.is_test_student] == [canvas.sub("preview")]


# --- names ---------------------------------------------------------------------------------------------------------------


def test_roster_without_names_gives_everybody_a_code_that_stays(client, canvas):
    canvas.change("school", {"privacy": "none"})
    canvas.add_students(40)
    context = launch(client, canvas, "teacher").context["launch"].context

    first = {sub: member.person.display_name for sub, member in sweep(context).items()}
    second = {sub: member.person.display_name for sub, member in sweep(context).items()}

    assert first == second
    assert len(set(first.values())) == len(first) == 45
    assert all(re.fullmatch("Person [0-9A-F]{6}", name) for name in first.values())
    assert port.roster_status(context).names_people is False


def test_privacy_lowered_later_keeps_the_names_that_were_told_and_says_so(client, canvas):
    context = launch(client, canvas, "teacher").context["launch"].context
    before = {sub: member.person.display_name for sub, member in sweep(context).items()}
    assert port.roster_status(context).names_people is True
    canvas.change("school", {"privacy": "none"})
    late = canvas.sub(canvas.add_student())

    after = {sub: member.person.display_name for sub, member in sweep(context).items()}

    assert {sub: name for sub, name in after.items() if sub != late} == before
    assert after[late].startswith("Person ")
    assert port.roster_status(context).names_people is False


# --- size and company ----------------------------------------------------------------------------------------------------


def statements_of_keeping(context, count):
    entries = [nrps._entry(learner(f"s{n}", name=f"S {n}")) for n in range(count)]
    with CaptureQueriesContext(connection) as queries:
        sweeping.keep(context, entries, timezone.now())
    return len(queries)


def test_page_costs_as_many_statements_with_one_member_as_with_sixty(school):
    few, many = (
        factories.ContextFactory(),
        factories.ContextFactory(),
    )  # more, and SQLite's limit of variables cuts in

    assert statements_of_keeping(few, 1) == statements_of_keeping(many, 60)
    assert statements_of_keeping(few, 1) == statements_of_keeping(many, 60) <= 6  # nothing is new


def test_list_read_again_writes_nothing_but_when(school):
    context = factories.ContextFactory()
    statements_of_keeping(context, 20)
    entries = [nrps._entry(learner(f"s{n}", name=f"S {n}")) for n in range(20)]

    with CaptureQueriesContext(connection) as queries:
        sweeping.keep(context, entries, timezone.now())

    written = [q["sql"] for q in queries if q["sql"].startswith(("UPDATE", "INSERT"))]
    assert len(written) == 1
    assert '"on_roster_at"' in written[0]


def test_ten_thousand_members_with_names_fit_in_one_answer():
    name = "Maximiliane-Theodora Featherstonehaugh"
    entry = learner(
        "f" * 36, status="Active", name=f"{name} von Hohenlohe-Langenburg", given_name=name, email=f"{'e' * 60}@x.example",
        family_name="von Hohenlohe-Langenburg", picture="https://lms.example/" + "p" * 120, lis_person_sourcedid="S" * 20,
    )  # fmt: skip

    assert len(json.dumps({"members": [entry] * 10_000}).encode()) < nrps.MAX_ANSWER_BYTES / 2
