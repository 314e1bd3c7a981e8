"""Somebody in the sandbox LMS chooses in the tool, as browsers do it: from the placement to the answer and back."""

from dataclasses import dataclass
from typing import Any

import jwt
from django.test import Client
from django.urls import reverse

from tests.sandbox_lms import read_form


@dataclass
class Choice:
    """One dialogue: the tool's first page, and what goes on from there."""

    client: Client
    school: Any
    dialogue: int
    page: Any

    @property
    def token(self):
        return self.page.context["launch"].token

    def headers(self, **more):
        return {"Authorization": f"Bearer {self.token}", **more}

    def get(self, name, *args):
        return self.client.get(reverse(name, args=args), headers=self.headers())

    def post(self, name, body=None):
        return self.client.post(reverse(name), body or {}, headers=self.headers())

    def makes(self, title="Chest pain", *, rubric="template:history", key=None, **more):
        """Makes a new activity and takes it along; the answer of the tool, which leads to the form for the LMS."""
        body = {"kind": "assessment", "key": key or self.key, "title": title, "rubric": rubric, **more}
        return self.post("activities:picker_new", body)

    def takes(self, *activities):
        """Chooses activities of the course."""
        return self.post("activities:picker", {"activity": [str(row.key) for row in activities]})

    @property
    def key(self):
        """The key that the page's form carries."""
        return str(self.page.context["key"])

    def form(self, answer):
        """The form that posts itself to the LMS."""
        assert answer.status_code == 303, answer.text
        page = self.client.get(answer["Location"])
        assert page.status_code == 200, page.text
        self.form_page = page
        return read_form(page.text)

    def returns(self, answer):
        """Posts it, as the browser does; the LMS's answer."""
        form = self.form(answer)
        return self.school.sandbox.request("POST", form.action, data=form.fields)

    @property
    def came_back(self):
        return self.school.dialogue(self.dialogue)


def choose(client, school, placement, person="teacher", **bent):
    begun = school.begin_deep_linking(placement, person, **bent)
    answer = client.post("/lti/login/", begun.params)
    where = answer["Location"] if answer.status_code == 302 else answer.context["begun"].platform_url
    form = school.authenticate(where)
    page = client.post("/lti/launch/", {name: form[name] for name in ("id_token", "state")})
    return Choice(client, school, begun.dialogue, page)


def claims_of(form):
    return jwt.decode(form["JWT"], options={"verify_signature": False})


def open_link(client, school, link, person="student", **bent):
    """Opens an activity of the LMS; the tool's page."""
    begun = school.begin_launch(person, link["number"] if isinstance(link, dict) else link, **bent)
    answer = client.post("/lti/login/", begun.params)
    where = answer["Location"] if answer.status_code == 302 else answer.context["begun"].platform_url
    form = school.authenticate(where)
    return client.post("/lti/launch/", {name: form[name] for name in ("id_token", "state")})
