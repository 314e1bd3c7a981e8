"""The kind of activity in which candidates pass a circuit of timed stations."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assessments.activities.kinds import Kind
from assessments.activities.models import Activity
from assessments.osce.models import Circuit, Exam, Station
from assessments.rubrics import copying

COPIED = [field.name for field in Exam._meta.concrete_fields if field.name not in ("id", "activity")]
COPIED_OF_STATIONS = [
    field.name
    for field in Station._meta.concrete_fields
    if field.name not in ("id", "key", "exam", "rubric", "patient_rubric")
]


@transaction.atomic
def begin(*, activity: Activity, form: QueryDict, by: Any) -> None:
    """An exam with one circuit and no stations yet: they are planned once it is opened."""
    activity.save()
    exam = Exam.objects.create(activity=activity)
    Circuit.objects.create(exam=exam, place=0, title=_("Circuit A"))


@transaction.atomic
def copy(*, activity: Activity, source: Activity, by: Any) -> None:
    """Times, blueprint, stations with their rubrics, circuits. Never sessions, people or marks."""
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


def choices(context: Any) -> Mapping[str, Any]:
    return {}


KIND = Kind(
    slug="osce",
    name=gettext_lazy("OSCE exam"),
    sentence=gettext_lazy(
        "Candidates pass a circuit of timed stations; examiners mark each on a tablet, also without the network."
    ),
    home="osce:home",
    form="osce/_exam_fields.html",
    choices=choices,
    begin=begin,
    copy=copy,
)
