"""Whatever a platform answers: no crash, no lost grade, no blanked cell, and a sentence for the person concerned."""

import json
import logging
import time

import pytest

from lti_tool import connector, http, port, worker
from lti_tool.errors import Kind, ServiceError
from lti_tool.models import Context, Problem, Score
from tests.factories import DeploymentFactory
from tests.grades import Column

DEEP = "[" * 50_000
ANSWERS = {
    "page": {"status": 200, "body": "<html><title>Log in</title>", "content_type": "text/html"},
    "nothing": {"status": 200, "body": ""},
    "null": {"status": 200, "body": "null"},
    "number": {"status": 200, "body": "7"},
    "text": {"status": 200, "body": '"yes"'},
    "list_of_odd_things": {
        "status": 200,
        "body": json.dumps([None, 7, "x", [], {}, {"id": 7}, {"id": None}]),
    },
    "odd_members": {
        "status": 200,
        "body": json.dumps(
            {"members": [None, 7, {"user_id": 7}, {"user_id": "\x00"}, {"user_id": "u", "roles": "all"}]}
        ),
    },
    "odd_results": {
        "status": 200,
        "body": json.dumps([{"userId": ["a"], "resultScore": "many"}, {"userId": None, "resultScore": {}}]),
    },
    "not_a_number": {"status": 200, "body": '[{"userId": "%SUB%", "resultScore": NaN, "resultMaximum": 0}]'},
    "cut_off": {"status": 200, "body": '{"members": [{"user_id":'},
    "deep": {"status": 200, "body": DEEP},
    "huge": {"status": 200, "body": "[]", "pad": http.MAX_ANSWER_BYTES},
    "nobody": {"status": 200, "body": '{"members": []}'},
    "redirect": {"status": 302, "body": "", "headers": {"Location": "http://169.254.169.254/latest/"}},
    "teapot": {"status": 418, "body": "short and stout"},
    "forbidden": {"status": 403, "body": ""},
    "gone": {"status": 410, "body": "gone"},
    "failed": {"status": 500, "body": "Traceback: secret"},
    "unheard_of": {"status": 599, "body": "?"},
    "closed": {"close": True},
}
JSON_TYPE = "application/json"


def break_endpoint(school, endpoint, name, sub=""):
    how = dict(ANSWERS[name])
    if "body" in how:
        how["body"] = how["body"].replace("%SUB%", sub)
        how.setdefault("content_type", JSON_TYPE)
    school.fault(endpoint, times=None, **how)


@pytest.fixture
def no_crash(caplog):
    """Nothing that we did not foresee: those are logged as errors, with a traceback."""
    caplog.set_level(logging.ERROR)
    yield
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []


@pytest.fixture(params=["moodle", "canvas"])
def column(request, sandbox, tool_key):
    return Column.of_new_school(sandbox, request.param)


def noted(column, area):
    """What the administrator finds about it."""
    return Problem.objects.filter(registration=column.link.deployment.registration, area=area)


def work_until_delivered(column):
    """A score that was on its way goes again a second later at the earliest: Moodle compares whole seconds."""
    column.school.clear_faults()
    column.retry()
    for _ in range(40):
        column.work()
        if column.score().state == Score.State.DELIVERED:
            return
        time.sleep(0.1)


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("endpoint", ["results", "scores", "token"])
def test_no_answer_about_grades_loses_one(column, no_crash, endpoint, answer):
    connector.forget_tokens()
    break_endpoint(column.school, endpoint, answer, column.people[0].sub)
    column.publish(14)
    column.work()
    # Canvas takes a first grade without a look before: it spares a typed one by itself.
    assert column.shown() in (None, 14)
    assert column.score().given == 14
    assert column.sentence()
    if column.score().state != Score.State.DELIVERED:
        assert noted(column, Problem.Area.GRADES).exists()

    work_until_delivered(column)

    assert (column.score().state, column.shown()) == (Score.State.DELIVERED, 14)


@pytest.mark.row("M5")
@pytest.mark.parametrize("answer", ANSWERS)
def test_no_answer_about_results_overwrites_a_typed_grade(sandbox, tool_key, no_crash, answer):
    column = Column.of_new_school(sandbox, "moodle")
    column.school.teacher_types(column.people[0].sub, 9)
    break_endpoint(column.school, "results", answer, column.people[0].sub)
    column.publish(14)
    column.work()
    assert column.shown() == 9

    column.school.clear_faults()
    column.retry()
    column.work()

    assert (column.score().state, column.shown()) == (Score.State.CONFLICT, 9)


@pytest.mark.parametrize("answer", ANSWERS)
def test_no_answer_about_columns_makes_two(sandbox, tool_key, no_crash, answer):
    column = Column.of_new_school(sandbox, "moodle")
    column.school.delete_column()
    type(column.link).objects.filter(pk=column.link.pk).update(lineitem_url="")
    break_endpoint(column.school, "lineitems", answer)
    column.publish(14)
    column.work()
    assert column.score().given == 14

    work_until_delivered(column)

    assert column.score().state == Score.State.DELIVERED
    assert len([item for item in column.school.line_items() if not item.get("deleted")]) == 1


@pytest.mark.parametrize("answer", ANSWERS)
def test_no_roster_makes_anybody_leave(sandbox, tool_key, no_crash, answer):
    column = Column.of_new_school(sandbox, "moodle", students=3)
    context = column.link.context
    port.roster_status(context, refresh=True)
    worker.work_once()
    before = {member.person.pk: member.is_active for member in port.members(context)}
    assert len(before) >= 3

    break_endpoint(column.school, "memberships", answer)
    port.roster_status(Context.objects.get(pk=context.pk), refresh=True)
    worker.work_once()

    known = {member.person.pk: member.is_active for member in port.members(context)}
    assert {pk: known[pk] for pk in before} == before
    if answer != "odd_members":  # what could be read of that one was kept
        assert port.roster_status(Context.objects.get(pk=context.pk)).problem
        assert noted(column, Problem.Area.ROSTER).exists()


@pytest.mark.parametrize("endpoint", ["results", "lineitems"])
def test_list_that_leads_back_to_itself_ends_and_loses_no_grade(sandbox, tool_key, no_crash, endpoint):
    column = Column.of_new_school(sandbox, "moodle")
    column.school.teacher_types(column.people[0].sub, 9)
    here = {
        "results": column.link.lineitem_url.replace("?", "/results?"),
        "lineitems": column.link.lineitems_url,
    }
    if endpoint == "lineitems":
        type(column.link).objects.filter(pk=column.link.pk).update(lineitem_url="")
    column.school.fault(
        endpoint, times=None, status=200, body="[]", content_type=JSON_TYPE,
        headers={"Link": f'<{here[endpoint]}>; rel="next"'},
    )  # fmt: skip
    column.publish(14)
    column.work()

    assert (column.score().state, column.shown()) == (Score.State.WAITING, 9)
    assert noted(column, Problem.Area.GRADES).get().said == "the pages of a list do not end"
    assert column.school.requests(endpoint) < 10


def test_list_that_always_has_another_page_ends(tool_key, monkeypatch):
    asked = []

    def request(method, url, **how):
        asked.append(url)
        following = {"Link": f'<https://lms.example/items?page={len(asked)}>; rel="next"'}
        return http.Answer(200, "", following, b"[]")

    platform = connector.PlatformConnector(DeploymentFactory(origins=["https://lms.example"]))
    monkeypatch.setattr(platform, "token", lambda scopes: connector.AccessToken("t", 9e9, frozenset()))
    monkeypatch.setattr(http, "request", request)

    with pytest.raises(ServiceError) as ended:
        list(platform.pages("https://lms.example/items", [], accept=JSON_TYPE))

    assert (ended.value.kind, len(asked)) == (Kind.TRANSIENT, connector.MAX_PAGES)
