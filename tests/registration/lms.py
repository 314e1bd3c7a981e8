"""A school's administrator who opens an invitation inside the LMS, and presses the button."""

import json

from tests.sandbox_lms import School


class Lms:
    def __init__(self, school: School) -> None:
        self.school = school
        self.opened_with = school.registration_pass()

    def new_pass(self, **how):
        self.opened_with = self.school.registration_pass(**how)

    def opens(self, client, path, **changes):
        return client.get(path, {**self.opened_with, **changes})

    def registers(self, client, path, **changes):
        """The form of the page, as the button sends it."""
        page = self.opens(client, path, **changes)
        assert page.status_code == 200, page.text
        asked = page.context["asked"]
        form = {
            "openid_configuration": asked.openid_configuration,
            "registration_token": asked.token,
            "privacy": asked.privacy,
        }
        return client.post(path, form)

    def description(self):
        answer = self.school.sandbox.request("GET", self.opened_with["openid_configuration"])
        return answer.json()

    def lies(self, document, *, endpoint="configuration", status=200, content_type="application/json", **how):
        """The endpoint answers this from now on."""
        body = document if isinstance(document, str) else json.dumps(document)
        self.school.fault(endpoint, times=None, status=status, body=body, content_type=content_type, **how)

    def switches_on(self):
        """Every stage up to the last one."""
        for _ in range(3):
            self.school.sandbox.request("POST", f"{self.school.url}/admin/next/")
        self.school.refresh()
