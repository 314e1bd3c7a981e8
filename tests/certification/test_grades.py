"""1EdTech LTI Advantage certification, Assignment and Grade Services: what the tool asks of the platform, call by call.

One release after one launch makes all four calls: line items read, one made, a score posted, the result read.
"""

import json
from urllib.parse import parse_qs, urlsplit

import pytest

from lti_tool import claims, connector, http
from tests.grades import MAXIMUM, Column

LINE_ITEMS = "application/vnd.ims.lis.v2.lineitemcontainer+json"
LINE_ITEM = "application/vnd.ims.lis.v2.lineitem+json"
SCORE = "application/vnd.ims.lis.v1.score+json"
RESULTS = "application/vnd.ims.lis.v2.resultcontainer+json"


class Conversation:
    """Every service call of a delivery, with the scopes of the token that it carried."""

    def __init__(self):
        self.calls = []
        self.scopes_of = {}

    def first(self, method, ending):
        return next(
            call
            for call in self.calls
            if call["method"] == method and urlsplit(call["url"]).path.endswith(ending)
        )

    def scopes(self, call):
        return self.scopes_of[call["headers"]["Authorization"].removeprefix("Bearer ")]


@pytest.fixture
def column(sandbox, tool_key):
    """An activity for which the platform has made no column: the list is empty."""
    column = Column.of_new_school(sandbox, "plain")
    column.school.delete_column()
    type(column.link).objects.filter(pk=column.link.pk).update(lineitem_url="")
    return column


@pytest.fixture
def told(column, monkeypatch):
    """What was said while one grade went home."""
    conversation = Conversation()
    pass_on, fetch = http.request, connector.PlatformConnector.fetch_token

    def request(method, url, **how):
        answer = pass_on(method, url, **how)
        conversation.calls.append({"method": method, "url": url, "answer": answer, **how})
        return answer

    def fetch_token(self, scopes):
        token = fetch(self, scopes)
        conversation.scopes_of[token.value] = token.scopes
        return token

    monkeypatch.setattr(http, "request", request)
    monkeypatch.setattr(connector.PlatformConnector, "fetch_token", fetch_token)
    column.publish(14)
    column.work()
    conversation.calls = [call for call in conversation.calls if "Authorization" in call.get("headers", {})]
    return conversation


@pytest.fixture
def asked_items(told):
    return told.first("GET", "/lineitems")


@pytest.fixture
def made_item(told):
    return told.first("POST", "/lineitems")


@pytest.fixture
def posted_score(told):
    return told.first("POST", "/scores")


@pytest.fixture
def asked_result(told):
    return told.first("GET", "/results")


def assert_bearer(call):
    """A token that the platform accepted."""
    assert call["headers"]["Authorization"].startswith("Bearer ")
    assert call["answer"].status in (200, 201, 204)


def test_AG01_line_items_are_asked_for(column, asked_items):
    assert asked_items["url"].split("?")[0] == column.link.lineitems_url.split("?")[0]


def test_AG02_line_items_media_type(asked_items):
    assert asked_items["headers"]["Accept"] == LINE_ITEMS


def test_AG03_line_items_bearer_token(asked_items):
    assert_bearer(asked_items)


def test_AG04_line_items_scope(told, asked_items):
    assert told.scopes(asked_items) & {claims.SCOPE_LINEITEM, claims.SCOPE_LINEITEM_READONLY}


def test_AG05_an_empty_list_means_that_there_is_none_yet(told, asked_items, made_item):
    assert json.loads(asked_items["answer"].content) == []
    assert told.calls.index(asked_items) < told.calls.index(made_item)


def test_AG06_line_item_is_posted(column, made_item):
    sent = json.loads(made_item["body"])

    assert made_item["url"] == column.link.lineitems_url
    assert (sent["label"], sent["scoreMaximum"], sent["tag"]) == ("History taking", float(MAXIMUM), "result")


def test_AG07_new_line_item_media_type(made_item):
    assert made_item["headers"]["Content-Type"] == LINE_ITEM


def test_AG08_new_line_item_bearer_token(made_item):
    assert_bearer(made_item)


def test_AG09_new_line_item_scope(told, made_item):
    assert claims.SCOPE_LINEITEM in told.scopes(made_item)


def test_AG10_id_of_the_new_line_item_is_used_as_it_came(column, made_item):
    assert column.link.line_items.get().url == json.loads(made_item["answer"].content)["id"]


def test_AG11_score_is_posted_before_the_query(column, posted_score):
    item = urlsplit(column.link.line_items.get().url)
    target = urlsplit(posted_score["url"])

    assert target.path == item.path + "/scores"
    assert target.query == item.query


def test_AG12_score_media_type(posted_score):
    assert posted_score["headers"]["Content-Type"] == SCORE


def test_AG13_score_bearer_token(posted_score):
    assert_bearer(posted_score)


def test_AG14_score_scope(told, posted_score):
    assert claims.SCOPE_SCORE in told.scopes(posted_score)


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_AG15_any_success_is_a_success(column, status):
    body = {} if status == 204 else {"body": "{}", "content_type": "application/json"}
    column.school.fault("scores", process_first=True, status=status, **body)

    column.publish(14)
    column.work()

    assert (column.score().state, column.shown()) == ("delivered", 14)


def test_AG16_result_is_asked_for_at_the_line_item(column, asked_result):
    item = urlsplit(column.link.line_items.get().url)

    assert urlsplit(asked_result["url"]).path == item.path + "/results"
    asked_for = parse_qs(urlsplit(asked_result["url"]).query).get("user_id")
    assert asked_for in (None, [column.people[0].sub])


def test_AG17_result_media_type(asked_result):
    assert asked_result["headers"]["Accept"] == RESULTS


def test_AG18_result_bearer_token(asked_result):
    assert_bearer(asked_result)


def test_AG19_result_scope(told, asked_result):
    assert claims.SCOPE_RESULT in told.scopes(asked_result)


def test_AG20_score_and_maximum_of_the_result_are_read(column, told):
    column.school.teacher_types(column.people[0].sub, 9)
    column.publish(16)
    column.work()

    assert (column.score().state, column.score().lms_shows) == ("conflict", "9 / 20")


def test_AG21_what_came_is_shown(column, told):
    assert "shows 14 / 20" in column.sentence()
