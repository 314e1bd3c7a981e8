import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.db import connection

from assessments.osce import door
from lti_tool import connector, jwks, limits, pace
from lti_tool.models import ToolKey
from tests.sandbox_lms import SandboxProcess
from tests.schools import enrol


def pytest_addoption(parser):
    parser.addoption(
        "--only-with-database", action="store_true", help="leave out what no database could change"
    )


def pytest_collection_modifyitems(config, items):
    if not config.getoption("--only-with-database"):
        return
    kept = [item for item in items if {"db", "transactional_db"} & set(item.fixturenames) or _asks(item)]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(kept)])
    items[:] = kept


def _asks(item):
    return item.get_closest_marker("django_db") is not None


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """PostgreSQL drops no database that somebody is in: ends what a thread of the live server left open."""
    yield
    with django_db_blocker.unblock():
        if connection.vendor == "postgresql":
            connection.cursor().execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


@pytest.fixture(scope="session")
def sandbox():
    """The sandbox LMS as a process of its own, one for each test process."""
    with SandboxProcess() as running:
        yield running


@pytest.fixture(scope="session")
def _tool_pem():
    """Making an RSA key takes longer than most tests; all of them use one."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(*pem).decode()


@pytest.fixture
def tool_key(db, _tool_pem):
    return ToolKey.objects.create(kid="test-key", private_pem=_tool_pem)


@pytest.fixture(autouse=True)
def _forget_platforms():
    """Keys and tokens are kept in the process; each test meets new platforms."""
    jwks.forget()
    connector.forget_tokens()
    pace.forget()
    limits.logins.forget()
    limits.rejections.forget()
    limits.sign_ins.forget()
    door.refusals.forget()
    door.openings.forget()


@pytest.fixture
def school(sandbox, tool_key, request):
    """A school of the sandbox LMS that is registered with the tool. Its profile is `plain`, or what @profile says."""
    marker = request.node.get_closest_marker("profile")
    return enrol(sandbox, marker.args[0] if marker else "plain")


@pytest.fixture
def other_school(sandbox, tool_key):
    return enrol(sandbox, "plain")


@pytest.fixture
def moodle(sandbox, tool_key):
    return enrol(sandbox, "moodle")


@pytest.fixture
def canvas(sandbox, tool_key):
    return enrol(sandbox, "canvas")
