import pytest

from tests.sandbox.services import JWKS
from tests.sandbox_lms import Sandbox, School


@pytest.fixture
def moodle(sandbox: Sandbox) -> School:
    return sandbox.school("moodle", public_jwks=JWKS)


@pytest.fixture
def canvas(sandbox: Sandbox) -> School:
    return sandbox.school("canvas", public_jwks=JWKS)


@pytest.fixture
def plain(sandbox: Sandbox) -> School:
    return sandbox.school("plain", public_jwks=JWKS)
