"""The headers of every kind of answer: pages in the frame, refusals, errors, data."""

import pytest

from tests.certification.launching import launch

PAGES = ["first page", "shell", "refusal", "not found", "login"]


def answer(client, school, kind):
    if kind == "first page":
        return launch(client, school, "teacher")
    if kind == "refusal":
        return client.post("/lti/launch/", {"id_token": "junk"})
    if kind == "login":
        return client.post("/lti/login/", school.begin_launch(person="teacher").params)
    return client.get(
        {"shell": "/activities/start/", "not found": "/nowhere/", "keys": "/lti/jwks.json"}[kind]
    )


@pytest.mark.row("S28")
@pytest.mark.parametrize("kind", [*PAGES, "keys"])
def test_every_answer_keeps_addresses_powers_and_types_to_itself(client, school, kind):
    headers = answer(client, school, kind).headers

    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "camera=()" in headers["Permissions-Policy"]
    assert "microphone=()" in headers["Permissions-Policy"]


@pytest.mark.row("S16", "S28")
@pytest.mark.parametrize("kind", PAGES)
def test_no_framed_answer_says_that_it_must_not_be_framed(client, school, kind):
    headers = answer(client, school, kind).headers

    assert "X-Frame-Options" not in headers
    assert "Cross-Origin-Opener-Policy" not in headers
    assert "frame-ancestors" in headers["Content-Security-Policy"]


@pytest.mark.row("S28")
def test_pages_are_kept_by_nobody_and_keys_by_everybody(client, school):
    assert answer(client, school, "first page").headers["Cache-Control"] == "no-store"
    assert "public" in answer(client, school, "keys").headers["Cache-Control"]
