from collections.abc import Iterator

import pytest

from tests.sandbox.services import JWKS
from tests.sandbox_lms import Sandbox, SandboxProcess, School


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    with SandboxProcess() as running:
        yield running


@pytest.fixture
def moodle(sandbox: Sandbox) -> School:
    return sandbox.school("moodle", public_jwks=JWKS)


@pytest.fixture
def canvas(sandbox: Sandbox) -> School:
    return sandbox.school("canvas", public_jwks=JWKS)


@pytest.fixture
def plain(sandbox: Sandbox) -> School:
    return sandbox.school("plain", public_jwks=JWKS)
