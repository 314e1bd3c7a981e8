"""1EdTech LTI Advantage certification, §6.1.2 and §6.1.3: each of these must succeed."""

import pytest

from lti_tool import claims
from lti_tool.models import Context, Role
from tests.certification.launching import assert_opened, launch

pytestmark = pytest.mark.django_db

MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership#"
INSTITUTION = "http://purl.imsglobal.org/vocab/lis/v2/institution/person#"
UNKNOWN = "http://purl.imsglobal.org/vocab/lis/v2/unknown/unknown#Helper"


def roles(*uris):
    return {"set": {claims.ROLES: list(uris)}}


def test_T01_valid_instructor_launch(client, school):
    response = launch(client, school, "teacher")

    assert_opened(response, Role.INSTRUCTOR)


def test_T02_instructor_launch_with_multiple_roles(client, school):
    several = roles(MEMBERSHIP + "Instructor", INSTITUTION + "Staff", INSTITUTION + "Other")

    response = launch(client, school, "teacher", **several)

    assert_opened(response, Role.INSTRUCTOR)


def test_T03_instructor_launch_with_short_role(client, school):
    response = launch(client, school, "teacher", **roles("Instructor"))

    assert_opened(response, Role.INSTRUCTOR)


def test_T04_instructor_launch_with_unknown_role_is_never_a_teacher(client, school):
    response = launch(client, school, "teacher", **roles(UNKNOWN))

    assert_opened(response, Role.VISITOR)


def test_T05_instructor_launch_with_no_role(client, school):
    for none in ([], [""]):
        response = launch(client, school, "teacher", set={claims.ROLES: none})

        assert response.status_code == 200
        assert response.context["launch"].role == Role.VISITOR


def test_T06_instructor_launch_with_email_only(client, school):
    response = launch(
        client,
        school,
        "teacher",
        set={"email": "tina@school.example"},
        remove=["name", "given_name", "family_name"],
    )

    assert_opened(response, Role.INSTRUCTOR, name="tina@school.example")


def test_T07_instructor_launch_with_names_only(client, school):
    response = launch(client, school, "teacher", set={"name": "Tina Teacher"}, remove=["email"])

    opened = assert_opened(response, Role.INSTRUCTOR, name="Tina Teacher")
    assert opened.person.email == ""


def test_T08_instructor_launch_without_personal_data(client, school):
    response = launch(
        client, school, "teacher", remove=["name", "given_name", "family_name", "email", "picture"]
    )

    opened = assert_opened(response, Role.INSTRUCTOR)
    assert opened.person.display_name == f"Person {str(opened.person.key)[:6].upper()}"


def test_T09_instructor_launch_without_context_hangs_on_the_resource_link(client, school):
    response = launch(client, school, "teacher", remove=[claims.CONTEXT, "name"])

    opened = assert_opened(response, Role.INSTRUCTOR)
    assert opened.context.is_implied
    assert Context.objects.get().context_id == f"resource-link:{opened.resource_link.link_id}"


def test_T10_instructor_launch_with_new_resource_link_shows_the_set_up_page(client, school):
    response = launch(
        client, school, "teacher", set={claims.RESOURCE_LINK: {"id": "never-seen", "title": "New"}}
    )

    opened = assert_opened(response, Role.INSTRUCTOR)
    assert opened.resource_link.link_id == "never-seen"
    assert "activities/setup.html" in [template.name for template in response.templates]


def test_S01_valid_student_launch(client, school):
    response = launch(client, school, "student")

    assert_opened(response, Role.LEARNER)


def test_S02_student_launch_with_multiple_roles(client, school):
    several = roles(MEMBERSHIP + "Learner", INSTITUTION + "Student", MEMBERSHIP + "Mentor")

    response = launch(client, school, "student", **several)

    assert_opened(response, Role.LEARNER)


def test_S03_student_launch_with_short_role(client, school):
    response = launch(client, school, "student", **roles("Learner"))

    assert_opened(response, Role.LEARNER)


def test_S04_student_launch_with_unknown_role_gets_the_least(client, school):
    response = launch(client, school, "student", **roles(UNKNOWN))

    assert_opened(response, Role.VISITOR)


def test_S05_student_launch_with_no_role(client, school):
    for none in ([], [""]):
        response = launch(client, school, "student", set={claims.ROLES: none})

        assert response.status_code == 200
        assert response.context["launch"].role == Role.VISITOR


def test_S06_student_launch_with_email_only(client, school):
    response = launch(
        client,
        school,
        "student",
        set={"email": "sam@school.example"},
        remove=["name", "given_name", "family_name"],
    )

    assert_opened(response, Role.LEARNER, name="sam@school.example")


def test_S07_student_launch_with_names_only(client, school):
    response = launch(client, school, "student", set={"name": "Sam Student"}, remove=["email"])

    opened = assert_opened(response, Role.LEARNER, name="Sam Student")
    assert opened.person.email == ""


def test_S08_student_launch_without_personal_data(client, school):
    response = launch(
        client, school, "student", remove=["name", "given_name", "family_name", "email", "picture"]
    )

    opened = assert_opened(response, Role.LEARNER)
    assert opened.person.display_name.startswith("Person ")


def test_S09_student_launch_without_context_hangs_on_the_resource_link(client, school):
    response = launch(client, school, "student", remove=[claims.CONTEXT])

    opened = assert_opened(response, Role.LEARNER)
    assert opened.context.is_implied


def test_S10_student_launch_with_new_resource_link_says_not_ready_yet(client, school):
    response = launch(
        client, school, "student", set={claims.RESOURCE_LINK: {"id": "never-seen", "title": "New"}}
    )

    assert_opened(response, Role.LEARNER)
    assert "Not ready yet" in response.text
