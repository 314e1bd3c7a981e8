"""The kind of activity in which learners are observed at work, by whoever supervised them."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assessments.activities import single
from assessments.activities.kinds import Kind
from assessments.activities.models import Activity
from assessments.workplace.models import Workplace

FORM = "workplace_form"
FIRST_FORM = "template:supervision"
COPIED = ["days_to_ask", "days_to_answer", "wanted", "takes_anybody"]


@transaction.atomic
def begin(*, activity: Activity, form: QueryDict, by: Any) -> None:
    """`workplace_form` as single.begin reads it; without one the form for the supervision that was needed."""
    activity.rubric = single.read_rubric(activity, form.get(FORM) or FIRST_FORM, by, field=FORM)
    activity.is_set_up = True
    activity.save()
    Workplace.objects.create(activity=activity)


@transaction.atomic
def copy(*, activity: Activity, source: Activity, by: Any) -> None:
    """The form and the days. Never assessors: they are people, and a guest is one course's."""
    single.copy(activity=activity, source=source, by=by)
    settings = {name: getattr(source.workplace, name) for name in COPIED}
    Workplace.objects.create(activity=activity, **settings)


@transaction.atomic
def clear(*, activity: Activity, by: Any) -> None:
    activity.workplace.delete()
    single.clear(activity=activity, by=by)


def has_begun(activity: Activity) -> bool:
    return Workplace.objects.filter(activity=activity, requests__isnull=False).exists()


def describe(activity: Activity) -> str:
    assert activity.rubric
    return _("%(form)s, on request") % {"form": activity.rubric.title}


def maximum(activity: Activity) -> None:
    """No column: how much supervision somebody needed is no grade."""


def choices(context: Any) -> Mapping[str, Any]:
    return {**single.choices(context), "first": FIRST_FORM}


KIND = Kind(
    slug="workplace",
    name=gettext_lazy("Workplace-based assessment"),
    sentence=gettext_lazy(
        "Learners ask whoever supervised them at work; the supervisor answers on a phone, in two minutes. No grade is sent."
    ),
    home="workplace:home",
    form="workplace/_fields.html",
    choices=choices,
    begin=begin,
    copy=copy,
    clear=clear,
    has_begun=has_begun,
    describe=describe,
    maximum=maximum,
    candidate_page="workplace:learner",
)
