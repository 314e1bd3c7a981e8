"""A teacher chooses in the LMS what a new link shall open, a student opens it, the grade arrives in its column."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from uuid import uuid4

import jwt
import pytest
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from assessments.activities.models import Activity
from assessments.audit.models import Event
from assessments.results import releasing
from lti_tool import keys, worker
from lti_tool.deep_linking import Item
from lti_tool.models import Context, DeepLinkingRequest, LineItem, Person, ResourceLink, Score
from tests import factories, recordings
from tests.choosing import choose, claims_of, open_link

pytestmark = pytest.mark.django_db
DL = "https://purl.imsglobal.org/spec/lti-dl/claim/"
CANVAS = "https://canvas.instructure.com/lti/"
PLACES = [
    ("plain", "one"),
    ("plain", "many"),
    ("moodle", "dialogue"),
    ("canvas", "assignment_selection"),
    ("canvas", "link_selection"),
    ("canvas", "course_assignments_menu"),
    ("canvas", "module_index_menu_modal"),
]


@pytest.fixture
def at(request):
    """The school of a profile."""
    return lambda profile: request.getfixturevalue("school" if profile == "plain" else profile)


def _sample(name):
    return json.loads((recordings.LAUNCHES.parent / name).read_text())


def items_of(choice, answer):
    return claims_of(choice.form(answer))[DL + "content_items"]


def links_made(choice, answer):
    """What the LMS makes of the answer, after Save where it asks for one."""
    assert choice.returns(answer).status_code == 200
    if choice.came_back["state"] == "filled":
        choice.school.save_dialogue(choice.dialogue)
    choice.school.refresh()
    return choice.came_back["links"]


@pytest.mark.parametrize(("profile", "place"), PLACES)
def test_chosen_activity_opens_for_the_first_who_comes_and_its_grade_arrives(client, at, profile, place):
    school = at(profile)
    choice = choose(client, school, place)

    (link,) = links_made(choice, choice.makes("Chest pain", points="20"))
    assert (link["title"], link["line_item"]["score_maximum"]) == ("Chest pain", 20)
    if profile == "canvas":
        assert not link["published"] or place == "assignment_selection"
        school.publish(link["number"])

    activity = Activity.objects.get()
    assert activity.resource_link is None
    page = open_link(client, school, link, "student")
    assert (page.status_code, page.context["activity"]) == (200, activity)
    activity.refresh_from_db()
    assert activity.resource_link.link_id == link["resource_link_id"]

    open_link(client, school, link, "teacher")
    teacher, student = (Person.objects.get(sub=school.sub(who)) for who in ("teacher", "student"))
    result = factories.marked(activity, student, teacher)
    releasing.release(activity=activity, by=teacher)
    worker.work_once()

    score = Score.objects.get()
    assert score.state == "delivered", (score.state, score.reason, score.platform_said)
    assert len(school.line_items()) == 2  # the school's own activity, and this one: no third was made
    cell = next(grade for grade in school.gradebook() if grade["line_item"] == link["line_item"]["number"])
    assert cell["score"] == pytest.approx(float(result.total / result.maximum * 20), abs=0.01)


@pytest.mark.parametrize(
    ("profile", "place"),
    [("plain", "one"), ("moodle", "dialogue"), ("canvas", "assignment_selection"), ("canvas", "course_assignments_menu")],
)  # fmt: skip
def test_exam_is_begun_in_the_lms_and_its_link_opens_the_plan(client, at, profile, place):
    school = at(profile)
    choice = choose(client, school, place)

    (link,) = links_made(choice, choice.makes("Finals", kind="osce", rubric=""))
    school.publish(link["number"])

    activity = Activity.objects.get()
    (item,) = choice.came_back["items"]
    assert (activity.kind, item["custom"]["activity"]) == ("osce", str(activity.key))
    assert (item["lineItem"]["tag"], item["lineItem"]["resourceId"]) == ("result", str(activity.key))
    assert link["line_item"]["score_maximum"] == 100  # exams come to per cent
    page = open_link(client, school, link, "teacher")
    assert "What is examined" in page.text
    assert page.context["launch"].resource_link.link_id == link["resource_link_id"]
    assert "What is examined" not in open_link(client, school, link, "student").text


@pytest.mark.parametrize(
    ("profile", "place"),
    [("plain", "one"), ("moodle", "dialogue"), ("canvas", "assignment_selection")],
)
def test_peer_feedback_is_begun_in_the_lms_without_a_column_until_marks_count(client, at, profile, place):
    school = at(profile)
    choice = choose(client, school, place)

    (link,) = links_made(choice, choice.makes("Reflection", kind="peer", rubric="", peer_mode="work"))
    school.publish(link["number"])

    activity = Activity.objects.get()
    (item,) = choice.came_back["items"]
    assert (activity.kind, item["custom"]["activity"]) == ("peer", str(activity.key))
    assert "lineItem" not in item
    page = open_link(client, school, link, "teacher")
    assert "Before it begins" in page.text
    assert "This round has not begun yet." in open_link(client, school, link, "student").text


@pytest.mark.row("M22", "M23")
def test_moodle_gets_one_item_as_a_filled_form_and_several_as_a_list(client, moodle):
    choice = choose(client, moodle, "dialogue")
    (item,) = items_of(
        choice, choice.makes("Chest pain", text="A <b>text</b>", points="87", due_at="2026-12-01T10:00")
    )

    # An address might unbind the tool; dates are not kept; a text is read as HTML; no other parameter slips in.
    assert "url" not in item and "available" not in item and "submission" not in item
    assert item["text"] == "A &lt;b&gt;text&lt;/b&gt;"
    assert item["lineItem"]["submissionReview"]["url"].endswith("/lti/launch/")
    assert choice.returns(choice.post("activities:picker")).status_code == 200
    back = choice.came_back
    assert (back["state"], back["made"]) == ("filled", 0)  # nothing exists until the teacher presses Save
    assert back["form"] == [{"title": "Chest pain", "points": 87}]
    (saved,) = moodle.save_dialogue(choice.dialogue, title="Chest pain, week 2", points="50")
    assert (saved["title"], saved["line_item"]["score_maximum"]) == ("Chest pain, week 2", 50)
    assert saved["custom"]["activity"] == str(Activity.objects.get().key)

    first, second = (_unlinked(moodle, title) for title in ("One", "Two"))
    several = choose(client, moodle, "dialogue")
    assert [link["title"] for link in links_made(several, several.takes(first, second))] == ["One", "Two"]


def _unlinked(school, title):
    context = Context.objects.get(deployment__registration__client_id=school.registration["client_id"])
    return Activity.objects.create(
        context=context, title=title, is_set_up=True, rubric=factories.published(context, title=title)
    )


def test_canvas_makes_unpublished_assignments_with_dates_in_a_named_module(client, canvas, settings):
    settings.TIME_ZONE = "Europe/Stockholm"
    choice = choose(client, canvas, "module_index_menu_modal")
    dates = {
        "available_from": "2026-12-01T08:00",
        "available_until": "2026-12-24T23:59",
        "due_at": "2026-12-20T23:59",
    }

    (link,) = links_made(choice, choice.makes("Chest pain", in_new_tab="yes", **dates))

    assert link["dates"] == {
        "unlock_at": "2026-12-01T07:00:00Z",
        "lock_at": "2026-12-24T22:59:00Z",
        "due_at": "2026-12-20T22:59:00Z",
    }
    assert not link["published"]
    (item,) = choice.came_back["items"]
    assert item["window"] == {"targetName": "_blank"}
    assert item[CANVAS + "preserveExistingAssignmentName"] is True
    assert item["url"].endswith("/lti/launch/")
    assert choice.came_back["module_name"] == "Chest pain"


def test_answer_has_the_shape_of_the_recorded_ones(client, canvas, moodle):
    """Member by member what Canvas is known to read and what Moodle was seen to take."""
    canvas_sample = _sample("platforms/canvas/deep_linking.response.json")["jwt"]
    recording = _sample("launches/moodle/deep_linking_one_type1.json")
    moodle_sample = next(e["message"] for e in recording["events"] if e["kind"] == "dl_response")

    dates = {
        "available_from": "2026-12-01T08:00",
        "available_until": "2026-12-24T23:59",
        "due_at": "2026-12-20T23:59",
    }
    for school, place, sample in (
        (canvas, "course_assignments_menu", canvas_sample),
        (moodle, "dialogue", moodle_sample),
    ):
        choice = choose(client, school, place)
        ours = claims_of(choice.form(choice.makes("Chest pain", text="Text", in_new_tab="yes", **dates)))
        (item,), theirs = ours[DL + "content_items"], sample[DL + "content_items"][0]

        assert set(sample) - set(ours) == set()
        # Left out on purpose for Moodle: it may unbind the tool (url) or keeps none (dates).
        left_out = {"url", "available", "submission"} if school is moodle else set()
        assert set(theirs) - set(item) == left_out
        for name in set(theirs) & set(item):
            assert isinstance(item[name], type(theirs[name])), name
        assert set(theirs["lineItem"]) <= set(item["lineItem"])


def test_canvas_names_what_is_wrong_with_each_item_and_makes_the_others(canvas):
    """What the sandbox does as Canvas does: our own items never lack their points."""
    choice = canvas.begin_deep_linking("course_assignments_menu")
    good = {"type": "ltiResourceLink", "title": "Good", "lineItem": {"scoreMaximum": 5}}
    bad = {"type": "ltiResourceLink", "title": "Bad", "lineItem": {"label": "no points"}}
    now = int(time.time())
    body = {
        "iss": canvas.registration["client_id"],
        "aud": canvas.registration["issuer"],
        "iat": now,
        "exp": now + 300,
        "nonce": "n",
        DL + "content_items": [bad, good],
    }

    assert _post(canvas, choice, body).status_code == 200
    back = canvas.dialogue(choice.dialogue)
    assert [link["title"] for link in back["links"]] == ["Good"]
    assert back["errors"] == [
        {"errors": {"lineItem.scoreMaximum": "lineItem.scoreMaximum is a required field"}}
    ]

    sample = _sample("platforms/canvas/deep_linking.response.json")
    refusals = [answer["body"] for answer in sample["errors"]]
    for broken, refusal in (
        ({"nonce": ""}, refusals[1]),
        ({"iat": now - 400}, refusals[1]),
        ({"iat": now + 60}, refusals[1]),
        ({"aud": "https://other.example"}, refusals[1]),
        ({"iss": "nobody"}, refusals[2]),
    ):
        answer = _post(canvas, choice, body | broken)
        assert (answer.status_code, answer.json()) == (400, refusal)
    no_jwt = canvas.sandbox.request("POST", _return_url(canvas, choice), data={"JWT": "no jwt"})
    assert (no_jwt.status_code, no_jwt.json()) == (400, refusals[0])


def _return_url(school, begun):
    return school.dialogue(begun.dialogue)["return_url"]


def _post(school, begun, body):
    key = keys.signing_key()
    text = jwt.encode(body, key.private, algorithm="RS256", headers={"kid": key.kid})
    return school.sandbox.request("POST", _return_url(school, begun), data={"JWT": text})


def test_existing_activities_can_be_chosen_one_or_several(client, school):
    choose(client, school, "many")
    first, second = _unlinked(school, "One"), _unlinked(school, "Two")

    several = choose(client, school, "many")
    items = items_of(several, several.takes(first, second))
    assert [(item["title"], item["custom"]["activity"]) for item in items] == [
        ("One", str(first.key)),
        ("Two", str(second.key)),
    ]

    one = choose(client, school, "one")
    refused = one.takes(first, second)
    assert refused.status_code == 400
    assert "Only one activity can be added" in refused.text
    assert DeepLinkingRequest.objects.get(pk=one.page.context["visit"].asked.pk).answered_at is None


def test_activity_made_for_the_list_waits_there_and_is_made_once(client, school):
    choice = choose(client, school, "many")

    for _ in range(2):
        made = choice.makes("Chest pain", then="more")
        assert made.status_code == 303
    (activity,) = Activity.objects.all()

    page = client.get(made["Location"], headers=choice.headers())
    assert f'value="{activity.key}" checked' in page.text
    assert Event.objects.filter(verb="activity.begun").count() == 1


@pytest.mark.row("C29")
def test_second_click_makes_nothing_and_sends_the_same_again(client, school):
    choice = choose(client, school, "one")

    first, second = choice.makes("Chest pain"), choice.makes("Another", key=str(uuid4()))

    assert Activity.objects.count() == 1
    once, again = (claims_of(choice.form(answer)) for answer in (first, second))
    assert once[DL + "content_items"] == again[DL + "content_items"]
    assert once["nonce"] != again["nonce"]
    assert "Your choice was sent" in choice.get("activities:picker").text


@pytest.mark.row("C29")
def test_back_and_reload_of_the_way_home_send_nothing_by_themselves(client, canvas):
    choice = choose(client, canvas, "course_assignments_menu")
    assert choice.returns(choice.makes("Chest pain")).status_code == 200

    again = choice.get("lti_tool:deep_linking_return")
    assert (again.status_code, again["Location"]) == (303, "/activities/choose/")
    assert "data-return-form" not in choice.get("activities:picker").text
    assert (choice.came_back["answers"], choice.came_back["made"]) == (1, 1)


def test_list_of_activities_takes_as_many_queries_for_thirty_as_for_one(client, school):
    choice = choose(client, school, "many")
    _unlinked(school, "0")
    with CaptureQueriesContext(connection) as one:
        choice.get("activities:picker")
    for number in range(1, 30):
        _unlinked(school, str(number))
    with CaptureQueriesContext(connection) as thirty:
        page = choice.get("activities:picker")

    assert page.text.count('name="activity"') == 30
    assert len(thirty) == len(one)


@pytest.mark.row("C29")
@pytest.mark.django_db(transaction=True)
def test_clicks_at_the_same_moment_make_one_activity(school):
    choice = choose(Client(), school, "one")
    keys = [str(uuid4()) for _ in range(4)]

    def click(key):
        try:
            choice.client = Client()
            return choice.makes("Chest pain", key=key).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(click, keys)) == {303}

    assert Activity.objects.count() == 1
    assert Event.objects.filter(verb="activity.chosen").count() == 1


def test_wrong_fields_are_named_all_at_once_and_nothing_is_made(client, school):
    choice = choose(client, school, "one")

    answer = choice.makes("", rubric="template:nothing", points="-1", due_at="yesterday")

    assert answer.status_code == 400
    assert set(answer.context["problems"]) == {"points", "due_at"}
    answer = choice.makes("", rubric="template:nothing")
    assert set(answer.context["problems"]) == {"title", "rubric"}
    late = choice.makes(
        available_from="2026-12-02T10:00", available_until="2026-12-01T10:00", due_at="2026-12-03T10:00"
    )
    assert set(late.context["problems"]) == {"available_until", "due_at"}
    foreign = choice.makes(rubric=f"rubric:{factories.published(factories.ContextFactory()).key}")
    assert set(foreign.context["problems"]) == {"rubric"}
    assert Activity.objects.count() == 0


def test_place_that_makes_no_column_gets_none_and_is_said_so(client, school):
    setting = f"{DL}deep_linking_settings>accept_lineitem"
    choice = choose(client, school, "one", set={setting: False})
    assert "makes no gradebook column" in choice.page.text

    (item,) = items_of(choice, choice.makes())

    assert "lineItem" not in item


@pytest.mark.row("X25")
def test_nothing_that_a_platform_sends_gets_out_of_its_attribute(client, school):
    hostile = '"></form><script>alert(1)</script>'
    address = f"{school.url}/deep_linking_response?dialogue={hostile}"
    setting = f"{DL}deep_linking_settings>deep_link_return_url"
    choice = choose(client, school, "one", set={setting: address, "name": hostile, "context>title": hostile})

    form = choice.form(choice.makes(hostile))

    assert hostile not in choice.page.text + choice.form_page.text
    assert form.action == address


def test_only_the_page_that_returns_may_post_to_the_platform(client, school):
    choice = choose(client, school, "one")

    choice.form(choice.makes())

    policy = choice.form_page["Content-Security-Policy"]
    (allowed,) = [part for part in policy.split("; ") if part.startswith("form-action")]
    assert allowed == f"form-action 'self' {school.sandbox.url}"
    assert f"frame-ancestors 'self' {school.sandbox.url}" in policy
    assert (
        school.sandbox.url not in choice.page["Content-Security-Policy"].split("form-action")[1].split(";")[0]
    )


def test_refused_role_is_told_first_and_leads_back_with_nothing(client, school):
    choice = choose(client, school, "one", "student")

    assert choice.page.status_code == 403
    assert "Activities are added by teachers" in choice.page.text
    assert choice.returns(choice.post("activities:picker")).status_code == 200
    assert (choice.came_back["items"], choice.came_back["made"]) == ([], 0)
    assert choice.came_back["error_message"] == "Activities are added by the course's teachers."


def test_link_that_names_an_activity_of_another_course_or_school_finds_nothing(client, school, other_school):
    """The key says what is meant, never that it may be had."""
    made = choose(client, other_school, "one")
    made.form(made.makes("Secret station"))
    foreign = Activity.objects.get()
    elsewhere = factories.activity(factories.ResourceLinkFactory())
    for key in (foreign.key, elsewhere.key, "no key", 17, None):
        link = school.link(
            "Forged", custom={"activity": str(key), "context_history": foreign.context.context_id}
        )

        page = open_link(client, school, link, "teacher")

        assert page.status_code == 200
        assert "Secret station" not in page.text
        assert page.context["activity"] is None
    foreign.refresh_from_db()
    assert foreign.resource_link is None
    assert Activity.objects.count() == 2


def test_second_link_to_one_activity_asks_whether_to_copy_or_to_move(client, school):
    choice = choose(client, school, "one")
    (link,) = links_made(choice, choice.makes("Chest pain"))
    open_link(client, school, link, "teacher")
    original = Activity.objects.get()
    duplicate = school.link("Chest pain, again", custom=link["custom"])

    assert "Not ready yet" in open_link(client, school, duplicate, "student").text
    page = open_link(client, school, duplicate, "teacher")
    assert "This link was made from “Chest pain”" in page.text
    headers = {"Authorization": f"Bearer {page.context['launch'].token}"}
    client.post("/activities/setup/copy/", {"activity": original.key}, headers=headers)

    copy = Activity.objects.exclude(pk=original.pk).get()
    assert (copy.copied_from, copy.rubric, copy.title) == (original, original.rubric, "Chest pain, again")
    assert copy.resource_link.link_id == duplicate["resource_link_id"]


def test_activity_whose_link_was_deleted_moves_with_its_marks_to_a_new_one(client, moodle):
    """Deleted and added again: released grades go to the new column as well, the old one is left alone."""
    choice = choose(client, moodle, "dialogue")
    (link,) = links_made(choice, choice.makes("Chest pain"))
    open_link(client, moodle, link, "student")
    open_link(client, moodle, link, "teacher")
    activity = Activity.objects.get()
    teacher, student = (Person.objects.get(sub=moodle.sub(who)) for who in ("teacher", "student"))
    factories.marked(activity, student, teacher)
    releasing.release(activity=activity, by=teacher)
    worker.work_once()
    moodle.delete_column(link["line_item"]["number"])

    again = choose(client, moodle, "dialogue")
    (new,) = links_made(again, again.takes(activity))
    page = open_link(client, moodle, new, "teacher")
    headers = {"Authorization": f"Bearer {page.context['launch'].token}"}
    moved = client.post("/activities/setup/move/", {"activity": activity.key}, headers=headers)
    worker.work_once()

    assert moved.status_code == 303
    activity.refresh_from_db()
    assert activity.resource_link.link_id == new["resource_link_id"]
    states = {score.line_item.resource_link.link_id: score.state for score in Score.objects.all()}
    assert states == dict.fromkeys((link["resource_link_id"], new["resource_link_id"]), "delivered")
    assert LineItem.objects.count() == 2
    assert "Not ready yet" not in open_link(client, moodle, new, "student").text


def test_item_refuses_a_custom_value_with_a_line_break():
    for custom in ({"activity": "1\nroles=Instructor"}, {"a\rb": "1"}):
        with pytest.raises(ValueError, match="line break"):
            Item(title="x", resource_id="1", custom=custom)


def test_decimal_points_and_long_titles_survive_the_way(client, school):
    choice = choose(client, school, "one")
    (item,) = items_of(choice, choice.makes("  A\tlong \n title ", points="12,5"))

    assert (item["title"], item["lineItem"]["label"]) == ("A long title", "A long title")
    assert Decimal(str(item["lineItem"]["scoreMaximum"])) == Decimal("12.5")
    assert ResourceLink.objects.count() == 0
