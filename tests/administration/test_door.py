"""Who gets into the administration, and what it leaves behind elsewhere: nothing."""

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, URLResolver, get_resolver, reverse

from lti_tool.models import Role
from tests import factories
from tests.administration.conftest import PASSWORD

LOGIN = "/admin/login/"


def admin_urls():
    """Every named page of the administration, filled with a number that is not there."""
    found = next(p for p in get_resolver().url_patterns if getattr(p, "namespace", "") == "admin")
    yield from _urls(found.url_patterns)


def _urls(patterns):
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from _urls(pattern.url_patterns)
        elif pattern.name not in (None, "login"):
            for arguments in ([], ["1"], ["1", "1"]):
                try:
                    yield pytest.param(reverse(f"admin:{pattern.name}", args=arguments), id=pattern.name)
                    break
                except NoReverseMatch:
                    continue


def somebody(kind):
    """Headers and a client: nobody, each role of a launch, or somebody who may sign in but is no administrator."""
    client = Client()
    if kind in Role.values:
        link = factories.ResourceLinkFactory()
        if kind == Role.GUEST:
            visit = factories.guest_visit(factories.guest(link.context), link)
            return client, {"Authorization": f"Bearer {visit.token}"}
        person = factories.member(link.context, Role(kind))
        return client, {"Authorization": f"Bearer {factories.launch(person, link).token}"}
    if kind == "staff":
        client.force_login(User.objects.create_user("sam", password=PASSWORD, is_staff=True))
    return client, {}


@pytest.mark.django_db
@pytest.mark.parametrize("url", list(admin_urls()))
def test_only_superusers_come_in(url):
    for kind in (*Role.values, "nobody", "staff"):
        client, headers = somebody(kind)
        for answer in (client.get(url, headers=headers), client.post(url, headers=headers)):
            assert answer.status_code == 302, kind
            assert answer.headers["Location"].startswith((LOGIN, "/admin/")), kind
            assert not answer.content


@pytest.fixture
def link(db):
    return factories.ResourceLinkFactory()


def sign_in(client, password, name="ada", **more):
    return client.post(LOGIN, {"username": name, "password": password, "next": "/admin/"}, **more)


def test_cookies_stay_under_their_path(client, administrator, settings):
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    client.get(LOGIN)

    sign_in(client, PASSWORD)

    assert set(client.cookies) == {"bellringer-admin", "bellringer-admin-csrf"}
    for cookie in client.cookies.values():
        kept = {name: cookie[name] for name in ("path", "secure", "httponly", "samesite", "max-age")}
        assert kept == {"path": "/admin/", "secure": True, "httponly": True, "samesite": "Lax", "max-age": ""}
    assert client.get("/admin/").status_code == 200


@pytest.mark.parametrize("path", ["/activities/", "/lti/jwks.json", "/rubrics/", "/nowhere/"])
def test_other_pages_know_no_session_even_of_an_administrator(administration, path):
    with CaptureQueriesContext(connection) as queries:
        answer = administration.get(path)

    assert not answer.cookies
    assert "Cookie" not in answer.headers.get("Vary", "")
    assert not hasattr(answer.wsgi_request, "session")
    assert not hasattr(answer.wsgi_request, "user")
    assert [q["sql"] for q in queries if "auth_user" in q["sql"] or "django_session" in q["sql"]] == []


def test_page_of_a_launch_has_no_cookie_and_asks_nothing_of_users(client, link):
    teacher = factories.member(link.context, Role.INSTRUCTOR)
    token = factories.launch(teacher, link).token

    with CaptureQueriesContext(connection) as queries:
        answer = client.get("/rubrics/", headers={"Authorization": f"Bearer {token}"})

    assert answer.status_code == 200
    assert not answer.cookies
    assert [q["sql"] for q in queries if "auth_user" in q["sql"] or "django_session" in q["sql"]] == []


def test_never_framed_and_strict(administration):
    headers = administration.get("/admin/").headers

    assert headers["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert "no-store" in headers["Cache-Control"]


def test_registered_platforms_may_not_frame_it_either(client, link):
    assert "lms.example" in client.get("/rubrics/").headers["Content-Security-Policy"]

    assert "lms.example" not in client.get(LOGIN).headers["Content-Security-Policy"]


def test_form_from_elsewhere_is_refused(administrator):
    client = Client(enforce_csrf_checks=True)
    client.force_login(administrator)

    assert client.post("/admin/lti_tool/deployment/", {"action": "approve"}).status_code == 403
    assert sign_in(client, PASSWORD).status_code == 403


def test_wrong_passwords_are_counted_and_then_the_right_one_waits_too(client, administrator):
    for _ in range(10):
        assert "Please enter the correct" in sign_in(client, "wrong").content.decode()

    answer = sign_in(client, PASSWORD)

    assert "Too many tries" in answer.content.decode()
    assert Session.objects.count() == 0


def test_guesses_from_many_addresses_are_counted_for_the_name(client, administrator):
    for number in range(10):
        sign_in(client, "wrong", REMOTE_ADDR=f"192.0.2.{number}")

    assert "Too many tries" in sign_in(client, PASSWORD, REMOTE_ADDR="198.51.100.1").content.decode()


def test_an_administrator_who_mistypes_once_gets_in(client, administrator):
    sign_in(client, "wrong")

    assert sign_in(client, PASSWORD).status_code == 302
    assert Session.objects.count() == 1


def test_staff_without_superuser_cannot_sign_in(client, db):
    User.objects.create_user("sam", password=PASSWORD, is_staff=True)

    assert "Please enter the correct" in sign_in(client, PASSWORD, name="sam").content.decode()
    assert Session.objects.count() == 0


def test_short_passwords_are_not_taken(administration, administrator):
    form = {"old_password": PASSWORD, "new_password1": "short1!", "new_password2": "short1!"}

    answer = administration.post("/admin/password_change/", form)

    assert "too short" in answer.content.decode()
