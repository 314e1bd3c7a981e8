"""The kind of activity in which candidates pass a circuit of timed stations."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assessments.activities.kinds import Kind
from assessments.activities.models import Activity
from assessments.osce.models import Circuit, Exam, Station
from assessments.rubrics import copying

PER_CENT = Decimal(100)
COPIED = [field.name for field in Exam._meta.concrete_fields if field.name not in ("id", "activity")]
COPIED_OF_STATIONS = [
    field.name
    for field in Station._meta.concrete_fields
    if field.name not in ("id", "key", "exam", "rubric", "patient_rubric")
]


@transaction.atomic
def begin(*, activity: Activity, form: QueryDict, by: Any) -> None:
    """An exam with one circuit and no stations yet: they are planned once it is opened."""
    activity.is_set_up = True
    activity.save()
    exam = Exam.objects.create(activity=activity)
    Circuit.objects.create(exam=exam, place=0, title=_("Circuit A"))


@transaction.atomic
def copy(*, activity: Activity, source: Activity, by: Any) -> None:
    """Times, blueprint, stations with their rubrics, circuits. Never sessions, people or marks."""
    activity.is_set_up = True
    activity.save()
    given = source.exam
    exam = Exam.objects.create(activity=activity, **{name: getattr(given, name) for name in COPIED})
    for circuit in given.circuits.all():
        exam.circuits.create(place=circuit.place, title=circuit.title)
    competencies = {
        row.pk: exam.competencies.create(place=row.place, code=row.code, title=row.title)
        for row in given.competencies.all()
    }
    for station in given.stations.prefetch_related("competencies"):
        made = Station(exam=exam, **{name: getattr(station, name) for name in COPIED_OF_STATIONS})
        for name in ("rubric", "patient_rubric"):
            if rubric := getattr(station, name):
                setattr(made, name, copying.copy(rubric=rubric, context=activity.context, by=by))
        made.save()
        made.competencies.set([competencies[row.pk] for row in station.competencies.all()])


@transaction.atomic
def clear(*, activity: Activity, by: Any) -> None:
    """The rubrics stay in the course."""
    activity.exam.delete()
    activity.is_set_up = False
    activity.save(update_fields=["is_set_up"])


def has_begun(activity: Activity) -> bool:
    return Exam.objects.filter(activity=activity, sessions__published_at__isnull=False).exists()


def describe(activity: Activity) -> str:
    return str(KIND.name)


def maximum(activity: Activity) -> Decimal:
    """Exams come to per cent: how stations count is decided by their weights and standards, after the exam."""
    return PER_CENT


def choices(context: Any) -> Mapping[str, Any]:
    return {}


KIND = Kind(
    slug="osce",
    name=gettext_lazy("OSCE exam"),
    sentence=gettext_lazy(
        "Candidates pass a circuit of timed stations; examiners mark each on a tablet, also without the network."
    ),
    home="osce:home",
    candidate_page="results:exam_candidate",
    rubric_page="osce:stations",
    form="osce/_exam_fields.html",
    choices=choices,
    begin=begin,
    copy=copy,
    clear=clear,
    has_begun=has_begun,
    describe=describe,
    maximum=maximum,
)
