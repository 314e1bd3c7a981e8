from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from lti_tool import problems
from lti_tool.models import Problem, Registration
from tests.certification.launching import launch
from tests.factories import DeploymentFactory, RegistrationFactory

GRADES = Problem.Area.GRADES


def test_a_problem_is_one_row_a_kind_and_counts(db):
    registration, other = RegistrationFactory(), RegistrationFactory()
    deployment = DeploymentFactory(registration=registration)
    for said in ("old words", "new words\x00", "x" * 900):
        problems.note(registration, area=GRADES, code="rate", said=said)
    problems.note(registration, area=GRADES, code="rate", deployment=deployment)
    problems.note(other, area=GRADES, code="rate")

    rows = Problem.objects.order_by("pk").values_list("registration", "deployment", "times")
    assert list(rows) == [
        (registration.pk, None, 3),
        (registration.pk, deployment.pk, 1),
        (other.pk, None, 1),
    ]
    assert Problem.objects.order_by("pk")[0].said == "x" * 500


@pytest.mark.django_db(transaction=True)
def test_two_that_meet_it_at_once_are_both_counted():
    registration = RegistrationFactory()

    def note(_):
        problems.note(registration, area=GRADES, code="rate")
        connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(note, range(8)))

    assert Problem.objects.get().times == 8


def test_a_launch_that_the_administrator_has_to_mend_is_noted(client, school):
    school.jwks_mode("status", status=500)

    launch(client, school, "student")
    launch(client, school, "student")

    registration = Registration.objects.get(client_id=school.registration["client_id"])
    row = Problem.objects.get()
    assert (row.registration, row.area, row.code, row.times) == (
        registration,
        "launch",
        "keys-unreachable",
        2,
    )
    assert row.said == "status 500"


def test_a_launch_that_only_its_person_can_mend_is_not_noted(client, school):
    client.post("/lti/launch/", {"id_token": "junk"})
    launch(client, school, "student", claims={"sub": None})

    assert not Problem.objects.exists()
