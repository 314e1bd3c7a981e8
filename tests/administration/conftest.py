import pytest
from django.contrib.auth.models import User

PASSWORD = "correct horse battery"


@pytest.fixture
def administrator(db):
    return User.objects.create_superuser("ada", password=PASSWORD)


@pytest.fixture
def administration(client, administrator):
    """A browser in which the administrator is signed in."""
    client.force_login(administrator)
    return client
