from types import SimpleNamespace

import pytest
from django.test import Client

from lti_tool.models import Role
from tests import factories


@pytest.fixture
def course(db):
    """A course with one link, its activity, staff, and three students."""
    link = factories.ResourceLinkFactory()
    context = link.context
    teacher = factories.member(context, Role.INSTRUCTOR, name="Mara Lindqvist")
    return SimpleNamespace(
        link=link,
        context=context,
        teacher=teacher,
        examiner=factories.member(context, Role.TEACHING_ASSISTANT, name="Sam Okafor"),
        alice=factories.member(context, name="Alice"),
        bob=factories.member(context, name="Bob"),
        charlie=factories.member(context, name="Charlie"),
        activity=factories.activity(link, by=teacher),
    )


class Visit:
    """Requests that carry one person's launch."""

    def __init__(self, person, link, role=None, **more):
        self.launch = factories.launch(person, link, role, **more)
        self.client = Client(headers={"Authorization": f"Bearer {self.launch.token}"})

    def get(self, path):
        return self.client.get(path)

    def post(self, path, data=None):
        return self.client.post(path, data or {})

    def send(self, path, body):
        return self.client.post(path, body, content_type="application/json")


@pytest.fixture
def visit(course):
    def begin(person, link=None, role=None, **more):
        return Visit(person, link or course.link, role, **more)

    return begin
