import pytest
from django.db import transaction
from django.test import override_settings

from tests.permissions import world as worlds


@pytest.fixture(scope="module")
def _rolled_back(django_db_setup, django_db_blocker, tmp_path_factory):
    """A transaction around the tests of a module, below that of each test: its rows are made once and leave nothing, nor do
    its files.
    """
    files = override_settings(MEDIA_ROOT=str(tmp_path_factory.mktemp("files")))
    with files, django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def own(_rolled_back):
    """The same for every test of the module: each undoes what it does to it."""
    return worlds.make()


@pytest.fixture(scope="module")
def foreign(own):
    return worlds.make()
