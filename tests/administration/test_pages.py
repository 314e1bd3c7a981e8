"""Every page of the administration with rows on it: it opens, tells no secret, and changes only what it should."""

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from lti_tool.models import Deployment, Registration
from tests.administration import rows

MODELS = ["registration", "deployment", "toolkey", "invite", "score", "scorepost", "problem", "notice"]
DECIDED = ["registration", "deployment"]


def changelist(model):
    return reverse(f"admin:lti_tool_{model}_changelist")


def page(model, row):
    return reverse(f"admin:lti_tool_{model}_change", args=[row.pk])


def test_every_registered_model_is_tested_here():
    ours = {m._meta.model_name for m in admin.site._registry if m._meta.app_label == "lti_tool"}

    assert ours == set(MODELS)
    assert {m._meta.label for m in admin.site._registry} - {f"lti_tool.{m}" for m in MODELS} >= {"auth.User"}


@pytest.mark.parametrize("model", MODELS)
def test_list_and_row_open_and_tell_no_secret(administration, model):
    made = rows.make()

    answers = [administration.get(url) for url in (changelist(model), page(model, made[model]))]

    assert [answer.status_code for answer in answers] == [200, 200]
    for answer in answers:
        told = [secret for secret in rows.SECRETS if secret in answer.content.decode()]
        assert told == []
    assert str(made[model].pk) in answers[0].content.decode()


@pytest.mark.parametrize("model", MODELS)
def test_filters_and_search_answer(administration, model):
    rows.make()
    site = admin.site._registry
    registered = next(a for m, a in site.items() if m._meta.model_name == model)

    for choice in registered.list_filter:
        field = choice if choice != "registration" else "registration__id__exact"
        assert administration.get(changelist(model), {field: "1"}).status_code in (200, 302)
    assert administration.get(changelist(model), {"q": "school"}).status_code == 200


@pytest.mark.parametrize("model", MODELS)
def test_a_list_of_many_takes_as_many_queries_as_a_list_of_one(administration, model):
    counts = []
    for more in (1, 10):
        for number in range(more):
            rows.make(f"School {more}-{number}")
        with CaptureQueriesContext(
            connection,
        ) as queries:
            administration.get(changelist(model))
        counts.append(len(queries))

    assert counts[0] == counts[1]


@pytest.mark.parametrize("model", MODELS)
def test_nothing_is_deleted(administration, model):
    made = rows.make()
    delete = reverse(f"admin:lti_tool_{model}_delete", args=[made[model].pk])

    assert administration.get(delete).status_code == 403
    assert administration.post(delete, {"post": "yes"}).status_code == 403
    assert "delete_selected" not in administration.get(changelist(model)).content.decode()


@pytest.mark.parametrize("model", [model for model in MODELS if model != "registration"])
def test_only_a_registration_is_edited(administration, model):
    made = rows.make()

    assert administration.post(page(model, made[model]), {"status": "active"}).status_code == 403


@pytest.mark.parametrize("model", [model for model in MODELS if model not in ("registration", "invite")])
def test_only_platforms_and_invitations_are_added(administration, model):
    assert administration.get(reverse(f"admin:lti_tool_{model}_add")).status_code == 403


def test_private_half_of_a_key_is_not_even_read(administration):
    made = rows.make()

    with CaptureQueriesContext(connection) as queries:
        administration.get(page("toolkey", made["toolkey"]))

    assert [query["sql"] for query in queries if "private_pem" in query["sql"]] == []


@pytest.mark.parametrize("model", DECIDED)
@pytest.mark.parametrize(("action", "status"), [("approve", "active"), ("block", "blocked")])
def test_an_administrator_decides_about_platforms_and_places(
    administration, administrator, model, action, status
):
    row = rows.make()[model]
    type(row).objects.update(status="pending")

    administration.post(changelist(model), {"action": action, "_selected_action": [row.pk]})

    row.refresh_from_db()
    assert row.status == status
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id, entry.change_message) == (administrator, str(row.pk), status)


def test_registration_list_says_how_many_places_wait(administration):
    made = rows.make()
    Deployment.objects.create(registration=made["registration"], deployment_id="new")

    shown = administration.get(changelist("registration")).context["cl"].result_list[0]

    assert isinstance(shown, Registration)
    assert (shown._places, shown._waiting) == (2, 1)
