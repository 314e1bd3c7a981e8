"""Where things are: every URL that the sandbox hands out."""

from urllib.parse import urlencode

from django.conf import settings

from lti_tool.sandbox import profiles
from lti_tool.sandbox.models import Course, Dialogue, LineItem, Person, School


def school(of: School) -> str:
    return f"{settings.BASE_URL}/{of.slug}"


def endpoints(of: School) -> dict[str, str]:
    return {name: f"{school(of)}/lti/{path}" for name, path in ENDPOINTS.items()}


ENDPOINTS = {"auth_url": "auth", "token_url": "token", "jwks_url": "jwks"}


def openid_configuration(of: School) -> str:
    return f"{school(of)}/lti/openid-configuration"


def registration(of: School) -> str:
    return f"{school(of)}/lti/registration"


def kept_registration(of: School) -> str:
    return f"{school(of)}/api/lti/registrations/{of.pk}"


def course(of: Course) -> str:
    return f"{school(of.school)}/api/courses/{of.pk}"


def with_query(url: str, of: School, **params) -> str:
    """Moodle's service URLs carry the tool type; parameters join it."""
    query = ({"type_id": "1"} if of.profile == "moodle" else {}) | params
    return f"{url}?{urlencode(query)}" if query else url


def line_items(of: Course) -> str:
    name = "line_items" if profiles.of(of.school).canvas_urls else "lineitems"
    return with_query(f"{course(of)}/{name}", of.school)


def _line_item_path(of: LineItem) -> str:
    if profiles.of(of.course.school).canvas_urls:
        return f"{course(of.course)}/line_items/{of.pk}"
    return f"{course(of.course)}/lineitems/{of.pk}/lineitem"


def line_item(of: LineItem) -> str:
    return with_query(_line_item_path(of), of.course.school)


def result(of: LineItem, person: Person, number: int) -> str:
    if of.course.school.profile == "moodle":
        return with_query(f"{_line_item_path(of)}/results", of.course.school, user_id=person.sub)
    return f"{_line_item_path(of)}/results/{number}"


def memberships(of: Course) -> str:
    return f"{course(of)}/memberships"


def course_page(of: School, person: Person) -> str:
    return f"{school(of)}/as/{person.handle}/"


def deep_linking_response(of: Dialogue) -> str:
    """Where the tool posts the choice. Moodle and Canvas put their own state into the query."""
    query = {
        "moodle": {"course": str(of.course_id), "id": "1", "sesskey": of.token},
        "canvas": {"data": of.token},
        "plain": {"dialogue": of.token},
    }[of.school.profile]
    return f"{school(of.school)}/deep_linking_response?{urlencode(query)}"


def dialogue_page(of: Dialogue) -> str:
    return f"{course_page(of.school, of.person)}choose/{of.pk}/"
