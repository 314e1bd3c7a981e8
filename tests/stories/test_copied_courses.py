"""Next year's course: a copy brings its rubrics and set-ups along, and nobody and no mark."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
from django.db import connections
from django.test import Client

from assessments.activities.models import Activity, Assessment
from assessments.audit.models import Event
from assessments.marking.models import MarkSheet
from assessments.results import releasing
from assessments.results.models import Result
from assessments.rubrics import drafting
from assessments.rubrics.models import Rubric
from lti_tool import claims, worker
from lti_tool.models import Context, Person, Score
from tests import exams, factories, recordings
from tests.certification.launching import form_of
from tests.choosing import choose, open_link
from tests.schools import enrol

pytestmark = pytest.mark.django_db
PROFILES = ["plain", "moodle", "canvas"]
PLACE = {"plain": "one", "moodle": "dialogue", "canvas": "course_assignments_menu"}


@pytest.fixture(params=PROFILES)
def school(request, sandbox, tool_key):
    return enrol(sandbox, request.param, activity=False)


def chosen(school, title="Chest pain", *, opened=True):
    """An activity chosen in the LMS and (usually) opened; the LMS's link."""
    choice = choose(Client(), school, PLACE[school.profile])
    assert choice.returns(choice.makes(title)).status_code == 200
    if choice.came_back["state"] == "filled":
        school.save_dialogue(choice.dialogue)
    link = choice.came_back["links"][-1]
    school.refresh()
    school.publish(link["number"])
    if opened:
        open_link(Client(), school, link, "teacher")
    return link


def marked_and_released(school, link):
    open_link(Client(), school, link, "student")
    activity = Activity.objects.get(resource_link__link_id=link["resource_link_id"])
    teacher, student = (Person.objects.get(sub=school.sub(who)) for who in ("teacher", "student"))
    factories.marked(activity, student, teacher, comment="A secret comment")
    releasing.release(activity=activity, by=teacher)
    return activity


def of(school, course, title="Chest pain"):
    return next(link for link in course["links"] if link["title"] == title)


def as_someone(school, link, who):
    client = Client()
    page = open_link(client, school, link, who)
    return client, page, {"Authorization": f"Bearer {page.context['launch'].token}"}


def test_copied_course_has_its_own_set_up_and_nobody_in_it(school):
    original = marked_and_released(school, chosen(school))
    course, _ = school.copy_course()
    school.do("people", people=[{"handle": "next", "name": "Nils Next"}], course=course["number"])
    school.refresh()
    link = of(school, course)

    before = open_link(Client(), school, link, "next")
    assert "Not ready yet" in before.text  # a student cannot bring it along
    page = open_link(Client(), school, link, "teacher")

    copy = Activity.objects.get(resource_link__link_id=link["resource_link_id"])
    assert page.context["activity"] == copy
    assert "Set up like “Chest pain” in Clinical Skills Year 3" in page.text
    assert (copy.copied_from, copy.title, copy.kind) == (original, "Chest pain", original.kind)
    assert copy.context.history == [school.course["context_id"]]
    # A rubric of its own, with the same words.
    assert (copy.rubric.context, copy.rubric.copied_from) == (copy.context, original.rubric)
    assert copy.rubric.wording() == original.rubric.wording()
    assert copy.rubric.family != original.rubric.family
    # Nobody, no mark, no grade.
    assert not Assessment.objects.filter(activity=copy).exists()
    assert not Result.objects.filter(activity=copy).exists()
    assert not Score.objects.filter(line_item__resource_link=copy.resource_link).exists()
    assert MarkSheet.objects.count() == 1
    assert "secret comment" not in page.text
    assert school.person("student").name not in page.text
    after = open_link(Client(), school, link, "next")
    assert (after.context["activity"], after.context["is_marked"]) == (copy, False)
    assert Event.objects.filter(verb="activity.copied", object_id=copy.pk).count() == 1


def test_copied_course_has_its_own_exam_with_nobody_in_it(school):
    choice = choose(Client(), school, PLACE[school.profile])
    assert choice.returns(choice.makes("Finals", kind="osce", rubric="")).status_code == 200
    if choice.came_back["state"] == "filled":
        school.save_dialogue(choice.dialogue)
    link = choice.came_back["links"][-1]
    school.refresh()
    school.publish(link["number"])
    open_link(Client(), school, link, "teacher")
    original = Activity.objects.get().exam
    rubric = factories.published(original.activity.context)
    for place, title in enumerate(("Chest pain", "Airway")):
        original.stations.create(place=place, title=title, rubric=rubric)
    session = exams.add_session(original)
    exams.add_candidates(original, 2, session=session)
    assert original.staff.exists()

    course, _ = school.copy_course()
    page = open_link(Client(), school, of(school, course, "Finals"), "teacher")

    copy = page.context["activity"].exam
    assert copy != original
    assert copy.activity.copied_from == original.activity
    told = ("title", "kind", "rubric__title")
    assert list(copy.stations.values_list(*told)) == list(original.stations.values_list(*told)) != []
    assert {row.rubric.context for row in copy.stations.all()} == {copy.activity.context}
    assert not copy.sessions.exists()
    assert not copy.candidates.exists()
    assert not copy.staff.exists()
    assert "Set up like “Finals”" in page.text


def test_copied_course_has_its_own_round_of_peer_feedback_with_nobody_in_it(school):
    choice = choose(Client(), school, PLACE[school.profile])
    assert (
        choice.returns(choice.makes("Reflection", kind="peer", rubric="", peer_mode="work")).status_code
        == 200
    )
    if choice.came_back["state"] == "filled":
        school.save_dialogue(choice.dialogue)
    link = choice.came_back["links"][-1]
    school.refresh()
    school.publish(link["number"])
    open_link(Client(), school, link, "teacher")
    original = Activity.objects.get().peer
    type(original).objects.filter(pk=original.pk).update(reviews_each=4, instructions="Two pages.")
    open_link(Client(), school, link, "student")
    assert original.participants.exists()

    course, _ = school.copy_course()
    page = open_link(Client(), school, of(school, course, "Reflection"), "teacher")

    copy = page.context["activity"].peer
    assert copy.activity.copied_from == original.activity
    assert (copy.reviews_each, copy.instructions, copy.phase) == (4, "Two pages.", "setup")
    assert copy.secret != original.secret
    assert copy.activity.rubric.context == copy.activity.context
    assert not copy.submissions.exists()
    assert not copy.participants.filter(person__in=original.participants.values("person")).exists()
    assert "Set up like “Reflection”" in page.text


def test_two_rubrics_go_their_own_ways(school):
    chosen(school)
    course, _ = school.copy_course()
    open_link(Client(), school, of(school, course), "teacher")
    original, copy = Rubric.objects.order_by("pk")
    teacher = Person.objects.get(sub=school.sub("teacher"))

    draft = drafting.revise(rubric=copy, by=teacher)
    drafting.describe(rubric=draft, by=teacher, title="Of next year")

    assert Rubric.objects.filter(context=original.context).count() == 1
    assert Rubric.objects.get(pk=original.pk).title == original.title


def test_grade_of_the_copy_arrives_in_the_copys_own_column(school):
    marked_and_released(school, chosen(school))
    worker.work_once()
    course, _ = school.copy_course()
    school.do("people", people=[{"handle": "next", "name": "Nils Next"}], course=course["number"])
    school.refresh()
    link = of(school, course)
    open_link(Client(), school, link, "teacher")
    marked = Activity.objects.get(resource_link__link_id=link["resource_link_id"])
    open_link(Client(), school, link, "next")
    teacher, student = (Person.objects.get(sub=school.sub(who)) for who in ("teacher", "next"))
    factories.marked(marked, student, teacher)
    releasing.release(activity=marked, by=teacher)
    while worker.work_once():
        pass

    (here,) = [grade for grade in school.gradebook(course["number"]) if grade["posted"]]
    assert (here["person"], here["line_item"]) == ("next", link["line_item"]["number"])
    assert {grade["person"] for grade in school.gradebook() if grade["posted"]} == {"student"}
    assert len(school.line_items(course["number"])) == len(course["links"])


def test_copying_happens_once_however_often_teachers_come(school):
    chosen(school)
    course, _ = school.copy_course()
    for _ in range(3):
        open_link(Client(), school, of(school, course), "teacher")

    assert Activity.objects.count() == Rubric.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_teachers_who_come_at_the_same_moment_share_one_copy(school):
    chosen(school)
    course, _ = school.copy_course()
    forms = [_form(school, of(school, course)) for _ in range(3)]

    def arrives(form):
        try:
            return form.client.post("/lti/launch/", form.fields).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(3) as pool:
        assert set(pool.map(arrives, forms)) == {200}
    assert Activity.objects.count() == Rubric.objects.count() == 2


@dataclass
class _Form:
    client: Client
    fields: dict


def _form(school, link):
    client = Client()
    return _Form(client, form_of(client, school, "teacher", link=link["number"]))


def test_copy_of_a_copy_takes_what_the_copy_had_become(school):
    chosen(school)
    second, _ = school.copy_course()
    open_link(Client(), school, of(school, second), "teacher")
    changed = Activity.objects.order_by("pk").last()
    teacher = Person.objects.get(sub=school.sub("teacher"))
    better = factories.published(changed.context, by=teacher, title="Better words")
    Activity.objects.filter(pk=changed.pk).update(rubric=better)

    third, _ = school.copy_course(second["number"])
    open_link(Client(), school, of(school, third), "teacher")

    newest = Activity.objects.order_by("pk").last()
    assert (newest.copied_from, newest.rubric.title) == (changed, "Better words")
    assert newest.context.history == [second["context_id"], school.course["context_id"]]


def test_copy_of_a_course_whose_copy_nobody_opened_reaches_back_to_the_first(school):
    original_link = chosen(school)
    second, _ = school.copy_course()
    third, _ = school.copy_course(second["number"])

    open_link(Client(), school, of(school, third), "teacher")

    first = Activity.objects.get(resource_link__link_id=original_link["resource_link_id"])
    assert Activity.objects.order_by("pk").last().copied_from == first


def test_activity_that_was_never_opened_is_copied_too(school):
    chosen(school, opened=False)
    course, _ = school.copy_course()

    page = open_link(Client(), school, of(school, course), "teacher")

    assert "Set up like “Chest pain”" in page.text
    assert Activity.objects.filter(resource_link=None).count() == 1


def test_teacher_starts_empty_instead_until_marking_begins(school):
    chosen(school)
    course, _ = school.copy_course()
    link = of(school, course)
    client, page, headers = as_someone(school, link, "teacher")
    assert "Start empty instead" in page.text

    emptied = client.post("/activities/setup/empty/", headers=headers)
    assert emptied.status_code == 303
    page = open_link(Client(), school, link, "teacher")
    assert "Use a published rubric" in page.text  # and the copy does not come back by itself
    copy = Activity.objects.get(resource_link__link_id=link["resource_link_id"])
    assert copy.rubric is None
    school.do("people", people=[{"handle": "next", "name": "Nils Next"}], course=course["number"])
    assert "Not ready yet" in open_link(Client(), school, link, "next").text

    own = factories.published(copy.context, title="Our own")
    client.post("/activities/setup/", {"rubric": str(own.key)}, headers=headers)
    copy.refresh_from_db()
    assert copy.rubric == own
    candidate = factories.member(copy.context)
    factories.sheet(copy, candidate, Person.objects.get(sub=school.sub("teacher")))
    refused = client.post("/activities/setup/empty/", headers=headers)
    assert (refused.status_code, "Marking has begun" in refused.text) == (400, True)
    assert "Start empty instead" not in open_link(Client(), school, link, "teacher").text


@pytest.mark.parametrize(
    "says", ["", "timed out", "$Context.id.history", "truncated", "somewhere,else,truncated"]
)
def test_without_a_history_nothing_is_copied_and_nothing_is_guessed(school, says):
    chosen(school)
    course, _ = school.copy_course()
    school.change("course", {"history": says}, course=course["number"])

    page = open_link(Client(), school, of(school, course), "teacher")

    assert page.context["activity"] is None
    assert "Start from" in page.text
    assert Activity.objects.count() == 1


def test_long_history_that_ends_in_truncated_still_leads_back(school):
    chosen(school)
    course, _ = school.copy_course()
    long = ",".join(f"course-{n}" for n in range(50))
    school.change(
        "course", {"history": f"{long},{school.course['context_id']},truncated"}, course=course["number"]
    )

    page = open_link(Client(), school, of(school, course), "teacher")

    assert "Set up like “Chest pain”" in page.text


def test_history_of_another_school_finds_nothing(school, sandbox):
    """Two schools may well have the same course ids, as two Moodles do; and one may lie about its own."""
    chosen(school)
    other = enrol(sandbox, school.profile, activity=False)
    secret = Activity.objects.get()
    lie = {"activity": str(secret.key), "context_history": secret.context.context_id}
    link = other.link("Chest pain", custom=lie)
    other.change("course", {"history": secret.context.context_id})

    page = open_link(Client(), other, link, "teacher")

    assert page.context["activity"] is None
    assert (
        "Chest pain" not in page.text.replace("<title>", "").split("<main", 1)[1].split("Write a rubric")[0]
    )
    assert Activity.objects.count() == Rubric.objects.count() == 1
    headers = {"Authorization": f"Bearer {page.context['launch'].token}"}
    for path in ("/activities/setup/copy/", "/activities/setup/move/"):
        assert Client().post(path, {"activity": str(secret.key)}, headers=headers).status_code == 404


def test_link_made_by_hand_offers_the_set_ups_of_the_origin(school):
    """Nothing in the link says what it was: the teacher is asked, what is called alike first."""
    made = school.link("Airway", line_item=True)
    for title in ("Zebra", "Airway"):
        link = made if title == "Airway" else school.link(title)
        open_link(Client(), school, link, "teacher")
        context = Context.objects.get()
        factories.activity(
            context.resource_links.get(link_id=link["resource_link_id"]),
            by=Person.objects.get(sub=school.sub("teacher")),
        )
    course, _ = school.copy_course()
    # A platform that says nothing in a link by itself is asked for the course's history by the registration.
    school.change("tool", {"custom": {"context_history": "$Context.id.history"}})
    link = of(school, course, "Airway")

    client, page, headers = as_someone(school, link, "teacher")

    assert [row.title for row in page.context["offered"]] == ["Airway", "Zebra"]
    assert Activity.objects.count() == 2
    answer = client.post(
        "/activities/setup/copy/", {"activity": str(page.context["offered"][0].key)}, headers=headers
    )
    assert answer.status_code == 303
    copy = Activity.objects.get(resource_link__link_id=link["resource_link_id"])
    assert (copy.copied_from.title, copy.copied_from.context) == (
        "Airway",
        Context.objects.order_by("pk").first(),
    )


def test_link_history_leads_to_what_the_link_was(sandbox, tool_key):
    school = enrol(sandbox, "plain", activity=False)
    lineage = {"context_history": "$Context.id.history", "link_history": "$ResourceLink.id.history"}
    school.change("tool", {"custom": lineage})
    link = school.link("Airway")
    open_link(Client(), school, link, "teacher")
    link_row = Context.objects.get().resource_links.get()
    original = factories.activity(link_row, by=Person.objects.get(sub=school.sub("teacher")))
    course, _ = school.copy_course()

    page = open_link(Client(), school, of(school, course, "Airway"), "teacher")

    assert page.context["activity"].copied_from == original


@pytest.mark.row("C32")
@pytest.mark.parametrize("notice", ["sent", "lost", "doubled", "forged"])
def test_whatever_happens_to_the_notice_the_first_launch_brings_the_set_up(canvas, notice):
    chosen(canvas)
    worker.work_once()
    course, sent = canvas.copy_course(notice=notice)
    body = json.dumps({"notices": [{"jwt": token} for token in sent]})
    if sent:
        Client().post("/lti/notices/", body, content_type="application/json")
        worker.work_once()

    page = open_link(Client(), canvas, of(canvas, course), "teacher")

    assert "Set up like “Chest pain”" in page.text
    assert Context.objects.get(context_id=course["context_id"]).history == [canvas.course["context_id"]]


def test_notice_helps_where_the_launch_could_not_say_it(canvas):
    """Canvas writes `timed out` when its own search took too long."""
    chosen(canvas)
    worker.work_once()
    course, sent = canvas.copy_course()
    canvas.change("course", {"history": "timed out"}, course=course["number"])
    body = json.dumps({"notices": [{"jwt": token} for token in sent]})
    Client().post("/lti/notices/", body, content_type="application/json")
    worker.work_once()

    page = open_link(Client(), canvas, of(canvas, course), "teacher")

    assert "Set up like “Chest pain”" in page.text


def test_copied_course_looks_as_moodle_recorded_it(moodle):
    """New ids for course and links, the same custom value, the history, columns made anew with resourceId and tag."""
    recording = json.loads((recordings.LAUNCHES / "moodle" / "course_copy.json").read_text())
    first = recording[0]["claims"]
    custom = first[claims.CUSTOM]
    assert (custom["context_id"], custom["context_id_history"]) == ("7", "2")
    assert claims.history(custom, claims.CONTEXT_HISTORY) == ["2"]
    assert first[claims.AGS]["lineitem"].endswith("/7/lineitems/71/lineitem?type_id=1")
    columns = recording[-1]["lineitems_of_copy"]
    of_first = next(row for row in columns if row["resourceLinkId"] == first[claims.RESOURCE_LINK]["id"])
    assert (of_first["resourceId"], of_first["tag"]) == ("res-42", "peer")

    link = chosen(moodle)
    hand_made = moodle.link("By hand")
    course, _ = moodle.copy_course()
    copied, by_hand = of(moodle, course), of(moodle, course, "By hand")

    assert course["context_id"] != moodle.course["context_id"]
    assert copied["resource_link_id"] != link["resource_link_id"]
    assert copied["custom"] == link["custom"]
    ours, theirs = copied["line_item"], link["line_item"]
    assert (ours["resource_id"], ours["tag"]) == (theirs["resource_id"], "result")
    assert hand_made["line_item"]["resource_id"] == ""
    assert by_hand["line_item"]["resource_id"] == "CMID-By hand"
    assert (course["label"], course["title"]) == ("OSCE-3_1", "Clinical Skills Year 3 copy 1")
