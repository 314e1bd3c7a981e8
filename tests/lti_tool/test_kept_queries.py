"""Kept queries answer as the same query of Django's does, and only the values change from call to call."""

import threading

import pytest
from django.db import connection, connections

from lti_tool.kept_queries import Given, KeptQuery
from lti_tool.models import Deployment, Registration
from tests.factories import DeploymentFactory, RegistrationFactory

pytestmark = pytest.mark.django_db


def of_client():
    return KeptQuery(
        lambda: Registration.objects.filter(issuer=Given("issuer"), client_id=Given("client_id"))[:2]
    )


def test_gives_the_rows_that_fit_the_values_of_this_call():
    first = RegistrationFactory(issuer="https://one.example", client_id="a")
    second = RegistrationFactory(issuer="https://two.example", client_id="b")
    kept = of_client()

    found = [
        kept(issuer="https://one.example", client_id="a"),
        kept(issuer="https://two.example", client_id="b"),
        kept(client_id="a", issuer="https://two.example"),
    ]

    assert found == [[first], [second], []]


def test_asks_the_database_each_time(django_assert_num_queries):
    row = RegistrationFactory(issuer="https://one.example", client_id="a")
    kept = of_client()
    kept(issuer=row.issuer, client_id=row.client_id)
    Registration.objects.update(status=Registration.Status.BLOCKED)

    with django_assert_num_queries(1):
        (found,) = kept(issuer=row.issuer, client_id=row.client_id)

    assert found.status == Registration.Status.BLOCKED


def test_makes_whole_rows_with_what_is_selected_along(django_assert_num_queries):
    row = DeploymentFactory(origins=["https://school.example"])
    place = KeptQuery(
        lambda: Deployment.objects.select_related("registration").filter(
            registration__issuer=Given("issuer"), pk=Given("pk")
        )
    )

    for _ in range(2):
        with django_assert_num_queries(1):
            found = place.one(issuer=row.registration.issuer, pk=row.pk)
            assert found.registration == row.registration

        fields = [field.attname for field in Deployment._meta.concrete_fields]
        fresh = Deployment.objects.get(pk=row.pk)
        assert [getattr(found, name) for name in fields] == [getattr(fresh, name) for name in fields]


def test_values_are_parameters_and_never_sql():
    RegistrationFactory(issuer="https://one.example", client_id="a")

    assert of_client()(issuer="https://one.example", client_id="a') OR ('1'='1") == []


def test_puts_the_sql_together_once(monkeypatch):
    compiler = connection.ops.compiler("SQLCompiler")
    together = []
    plain = compiler.as_sql
    monkeypatch.setattr(
        compiler, "as_sql", lambda self, *args, **options: together.append(1) or plain(self, *args, **options)
    )
    kept = of_client()

    for client_id in ("a", "b", "c"):
        kept(issuer="https://one.example", client_id=client_id)

    assert together == [1]


@pytest.mark.django_db(transaction=True)
def test_each_thread_asks_over_its_own_connection():
    row = RegistrationFactory(issuer="https://one.example", client_id="a")
    kept = of_client()
    kept(issuer=row.issuer, client_id=row.client_id)
    found = []

    def ask():
        found.append(kept(issuer=row.issuer, client_id=row.client_id))
        connections.close_all()

    others = [threading.Thread(target=ask) for _ in range(3)]
    for thread in others:
        thread.start()
    for thread in others:
        thread.join()

    assert found == [[row]] * 3


def test_a_value_that_is_missing_is_an_error():
    with pytest.raises(KeyError):
        of_client()(issuer="https://one.example")
