"""The doctor's page: an administrator lets a deployment be checked, and saves what helps somebody far away."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from lti_tool.models import Deployment
from tests.certification.launching import launch


@pytest.fixture
def deployment(school):
    launch(Client(), school, "teacher")
    return Deployment.objects.get()


def doctor(row):
    return reverse("admin:lti_tool_deployment_doctor", args=[row.pk])


def bundle(row):
    return reverse("admin:lti_tool_deployment_support_bundle", args=[row.pk])


def test_deployment_is_checked_at_a_click_and_not_before(administration, school, deployment):
    assert (
        doctor(deployment)
        in administration.get(
            reverse("admin:lti_tool_deployment_change", args=[deployment.pk])
        ).content.decode()
    )
    asked = school.requests("token")

    page = administration.get(doctor(deployment))
    assert (page.status_code, school.requests("token")) == (200, asked)
    page = administration.post(doctor(deployment))

    assert page.status_code == 200
    assert school.requests("token") > asked
    assert "Both clocks agree." in page.content.decode()


def test_what_is_wrong_is_said_with_whose_job_it_is(administration, school, deployment):
    school.jwks_mode("status", status=503)

    page = administration.post(doctor(deployment)).content.decode()

    assert "Wrong" in page
    assert "the LMS administrator" in page


def test_support_bundle_is_a_file_without_names(administration, school, deployment):
    answer = administration.post(bundle(deployment))

    assert "attachment" in answer["Content-Disposition"]
    assert answer.json()["registration"]["client_id"] == school.registration["client_id"]
    assert school.person("teacher").name not in answer.content.decode()
    assert administration.get(bundle(deployment)).status_code == 405


@pytest.mark.parametrize("url", [doctor, bundle])
def test_only_administrators_get_there(client, deployment, url):
    for somebody in (None, User.objects.create_user("staff", password="x", is_staff=True)):
        if somebody:
            client.force_login(somebody)
        answer = client.post(url(deployment))
        assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/admin/login/")


def test_a_deployment_that_is_not_there_is_not_found(administration):
    row = Deployment(pk=404)

    assert administration.get(doctor(row)).status_code == 404
    assert administration.post(bundle(row)).status_code == 404
