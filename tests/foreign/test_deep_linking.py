"""Choosing what a new link opens, with platforms that check the answer by their own rules."""

import re
from html import unescape

import pytest
from django.urls import reverse

from lti_tool.models import DeepLinkingRequest, ResourceLink
from tests.foreign.conftest import follow

pytestmark = pytest.mark.django_db(transaction=True)
TOKEN = re.compile(r'<meta name="launch-token" content="([^"]+)"')
KEY = re.compile(r'name="key" value="([^"]+)"')


def send(browser, live_server, page, path, body):
    """What the page's script sends: the form with the launch's token in a header."""
    token = TOKEN.search(page.text)[1]
    return browser.post(
        live_server.url + path,
        body,
        headers={"Authorization": f"Bearer {token}"},
        allow_redirects=False,
        timeout=20,
    )


def test_an_activity_is_made_and_taken_to_the_course(platform, live_server):
    browser, page = platform.choose("teacher")
    assert page.status_code == 200, page.text

    answer = send(
        browser,
        live_server,
        page,
        reverse("activities:picker_new"),
        {
            "kind": "assessment",
            "key": unescape(KEY.search(page.text)[1]),
            "title": "Chest pain",
            "rubric": "template:history",
        },
    )
    assert answer.status_code == 303, answer.text
    done = follow(browser, browser.get(live_server.url + answer.headers["Location"], timeout=20))

    assert done.status_code == 200, done.text
    (item,) = platform.state()["content_items"]
    assert item["title"] == "Chest pain"
    assert item["custom"]["activity"]
    assert DeepLinkingRequest.objects.get().answered_at
    assert ResourceLink.objects.count() == 0  # the LMS makes the link, when its teacher saves


def test_a_student_chooses_nothing(openlearning):
    _browser, page = openlearning.choose("student")

    assert page.status_code == 403
    assert not DeepLinkingRequest.objects.exclude(answered_at=None).exists()
