"""Choosing in the LMS: who may, and that such a visit opens nothing that belongs to a launch."""

import pytest

from assessments.activities.models import Activity
from lti_tool.models import DeepLinkingRequest, LaunchToken
from tests.permissions.test_truth_table import TABLE, ask, ask_and_undo, ids

pytestmark = pytest.mark.django_db

ANSWERED = 303
TEMPLATE = {"kind": "assessment", "title": "New", "rubric": "template:history"}
TEMPLATE |= {"key": "6f2f1f1e-6f0e-4f6e-9a6b-1f0e6f2f1f1e"}
MAY = ("instructor", "designer")
# Method, URL name, body, status for those who may, status for the others.
CHOICES = [
    ("GET", "activities:picker", None, 200, 403),
    (
        "POST",
        "activities:picker",
        {"activity": "activity"},
        ANSWERED,
        ANSWERED,
    ),  # the others take nothing back
    ("POST", "activities:picker", {"activity": "unknown"}, 400, ANSWERED),
    ("POST", "activities:picker_new", TEMPLATE, ANSWERED, ANSWERED),
    ("POST", "activities:picker_new", {}, 400, ANSWERED),
    ("POST", "lti_tool:deep_linking_cancel", {}, ANSWERED, ANSWERED),
    ("GET", "lti_tool:deep_linking_return", None, 303, 303),  # to the picker: it opens by its code only
]
OPEN_TO_CHOICES = {name for _, name, *_ in CHOICES}
# What answers everybody alike, with a launch or without, is not a launch's.
OF_LAUNCHES = [row for row in TABLE if len(set(row[-1].values())) > 1 and row[1] not in OPEN_TO_CHOICES]


@pytest.mark.parametrize("row", CHOICES, ids=lambda row: f"{row[0]} {row[1]} {row[3]}")
def test_choosing(client, own, row):
    method, name, body, may, may_not = row
    answered = {
        role: ask_and_undo(client, (method, name, (), body, None), own.keys, visit).status_code
        for role, visit in own.choices.items()
    }

    assert answered == {role: may if role in MAY else may_not for role in own.choices}


@pytest.mark.parametrize("role", ["learner", "teaching_assistant", "observer", "visitor"])
def test_who_may_not_choose_takes_nothing_back_and_makes_nothing(client, own, role):
    before = Activity.objects.count()
    visit = own.choices[role]
    for name, body in (("activities:picker", {"activity": "activity"}), ("activities:picker_new", TEMPLATE)):
        DeepLinkingRequest.objects.update(answered_at=None, answer=None)
        assert ask(client, ("POST", name, (), body, None), own.keys, visit).status_code == ANSWERED
        answer = DeepLinkingRequest.objects.get(pk=visit.asked.pk).answer
        assert answer["https://purl.imsglobal.org/spec/lti-dl/claim/content_items"] == []
        assert answer["https://purl.imsglobal.org/spec/lti-dl/claim/errormsg"]

    assert Activity.objects.count() == before


def test_activity_of_another_course_cannot_be_chosen(client, own, foreign):
    row = ("POST", "activities:picker", (), {"activity": "activity"}, None)

    answer = ask_and_undo(client, row, foreign.keys, own.choices["instructor"])

    assert answer.status_code == 400
    page = client.get("/activities/choose/", headers=_bearer(own.choices["instructor"]))
    assert str(own.keys["activity"]) in page.text
    assert str(foreign.keys["activity"]) not in page.text


@pytest.mark.parametrize("row", OF_LAUNCHES, ids=ids)
def test_no_page_of_a_launch_opens_for_a_choice(client, own, row):
    """An activity without a link would else be shown to every choice, whichever school it comes from."""
    Activity.objects.create(context=own.choices["instructor"].context, title="Unbound")

    answers = {role: ask_and_undo(client, row, own.keys, visit) for role, visit in own.choices.items()}

    assert {role: answer.status_code for role, answer in answers.items()} == dict.fromkeys(own.choices, 401)
    here = next(iter(own.choices.values())).context
    assert LaunchToken.objects.filter(context=here, resource_link=None).count() == len(own.choices)


def _bearer(visit):
    return {"Authorization": f"Bearer {visit.token}"}
