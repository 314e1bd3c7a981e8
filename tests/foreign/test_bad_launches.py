"""Launches that a platform gets wrong, signed by a platform that is not ours."""

import pytest

from lti_tool.models import LaunchToken, Role

LTI = "https://purl.imsglobal.org/spec/lti/claim/"
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({LTI + "version": "1.2.0"}, "version-wrong"),
        ({LTI + "message_type": "LtiStartProctoring"}, "message-unsupported"),
        ({LTI + "deployment_id": "unheard-of"}, "deployment-unknown"),
        ({LTI + "target_link_uri": "https://elsewhere.example/"}, "target-wrong"),
        ({LTI + "resource_link": {"title": "No id"}}, "resource-link-missing"),
        ({"azp": "another-tool"}, "audience-wrong"),
    ],
)
def test_a_launch_that_is_wrong_is_refused_in_words(openlearning, claims, code):
    page = openlearning.open("student", claims=claims)

    assert 400 <= page.status_code < 500
    assert code in page.text
    assert not LaunchToken.objects.exists()


@pytest.mark.parametrize("roles", [[], ["http://elsewhere.example/vocabulary#Instructor"]])
def test_nobody_becomes_a_teacher_by_an_unknown_role(openlearning, roles):
    page = openlearning.open("teacher", roles=roles)

    assert page.status_code == 200
    assert LaunchToken.objects.get().role == Role.VISITOR
