"""A launch from the sandbox LMS through the tool's own doors, with what a test wants changed in it."""

from lti_tool.errors import WORDS, Reason
from lti_tool.models import Context, LaunchToken, Membership, Person, ResourceLink

KEPT = (Person, Context, ResourceLink, Membership, LaunchToken)


def form_of(client, school, person, **changes):
    """Go from the click in the LMS to the form that it posts to the tool."""
    login = school.begin_launch(person=person, **changes)
    answer = client.post("/lti/login/", login.params)
    form = school.authenticate(_where_to(answer))
    return {name: form[name] for name in ("id_token", "state")}


def _where_to(answer):
    """A redirect, or (where the platform offers storage) a page that goes on by itself."""
    if answer.status_code == 302:
        return answer["Location"]
    assert answer.status_code == 200, answer.text
    return answer.context["begun"].platform_url


def open_begun(client, school, begun):
    """Follow a launch that was begun in the LMS to the tool's answer."""
    answer = client.post("/lti/login/", begun.params)
    form = school.authenticate(_where_to(answer))
    return client.post("/lti/launch/", {name: form[name] for name in ("id_token", "state")})


def launch(client, school, person, **changes):
    return client.post("/lti/launch/", form_of(client, school, person, **changes))


def rows_kept():
    return {model.__name__: model.objects.count() for model in KEPT}


def assert_rejected(response, reason: Reason):
    """In words, with a code, with 4xx, and with nothing kept."""
    status, what_happened, what_to_do = WORDS[reason]
    assert (response.status_code, response.context["rejection"].reason) == (status, reason)
    assert 400 <= response.status_code < 500
    text = response.text.replace("&#x27;", "'")
    assert str(what_happened) in text
    assert str(what_to_do) in text
    assert response.wsgi_request.correlation_id in text
    assert rows_kept() == dict.fromkeys((model.__name__ for model in KEPT), 0)


def assert_opened(response, role, *, name=None):
    assert response.status_code == 200, response.text
    launch = response.context["launch"]
    assert launch.role == role
    assert LaunchToken.objects.filter(role=role).count() == 1
    if name is not None:
        assert launch.person.display_name == name
    return launch
