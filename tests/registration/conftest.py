import uuid

import pytest

from lti_tool import invites, keys
from tests.registration.lms import Lms


@pytest.fixture
def lms(sandbox, tool_key):
    """Makes a school that has not been registered with the tool."""

    def make(profile="plain", **more):
        slug = f"{profile}-{uuid.uuid4().hex[:12]}"
        school = sandbox.school(
            profile, slug=slug, issuer=f"{sandbox.url}/{slug}", public_jwks=keys.key_set(), **more
        )
        return Lms(school)

    return make


@pytest.fixture
def invited(db):
    """The path of a fresh invitation."""

    def make(**how):
        row, address = invites.invite(**{"label": "Northfield", "by": "ada"} | how)
        return row, address.removeprefix("http://127.0.0.1:8000")

    return make
