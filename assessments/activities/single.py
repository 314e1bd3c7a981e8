"""The kind of activity in which each candidate is marked on one rubric."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assessments.activities.kinds import Kind
from assessments.activities.models import Activity
from assessments.rubrics import copying, drafting, library, publishing
from assessments.rubrics.models import Rubric
from assessments.rubrics.templatetags.points import points


def begin(*, activity: Activity, form: QueryDict, by: Any) -> None:
    """`rubric` is `rubric:<key>` of a published one of the course, or `template:<slug>`, which is published as it is."""
    activity.rubric = read_rubric(activity, form.get("rubric", ""), by)
    activity.is_set_up = True
    activity.save()


def read_rubric(activity: Activity, chosen: str, by: Any, *, field: str = "rubric") -> Rubric:
    """The one that was chosen, as begin() says. Raises ValidationError for the field."""
    source, _colon, name = chosen.partition(":")
    found = _from_template(activity, name, by) if source == "template" else _published(activity, name)
    if found is None:
        raise ValidationError({field: _("Choose a rubric.")})
    return found


def _from_template(activity: Activity, slug: str, by: Any) -> Rubric | None:
    """Ready to use at once. As long as nobody is marked, another version may take its place."""
    template = library.find(slug)
    if template is None:
        return None
    draft = drafting.start(context=activity.context, by=by, wording=template.wording)
    return publishing.publish(rubric=draft, by=by)


def _published(activity: Activity, key: str) -> Rubric | None:
    found = Rubric.objects.published().filter(context=activity.context)
    try:
        return found.filter(key=UUID(key)).first()
    except ValueError:
        return None


def choices(context: Any) -> Mapping[str, Any]:
    published = Rubric.objects.filter(context=context).newest_published().whole()
    return {"published": published, "templates": library.templates()}


def copy(*, activity: Activity, source: Activity, by: Any) -> None:
    if source.rubric is None:
        raise ValidationError(_("That activity has no rubric, so there is nothing to copy."), code="rubric")
    activity.rubric = copying.copy(rubric=source.rubric, context=activity.context, by=by)
    activity.is_set_up = True
    activity.save()


def clear(*, activity: Activity, by: Any) -> None:
    """The rubric stays in the course."""
    activity.rubric, activity.is_set_up = None, False
    activity.save(update_fields=["rubric", "is_set_up"])


def has_begun(activity: Activity) -> bool:
    return activity.assessments.exists()


def describe(activity: Activity) -> str:
    if activity.rubric is None:
        return _("no rubric yet")
    words = {"rubric": activity.rubric.title, "maximum": points(activity.rubric.maximum)}
    return _("%(rubric)s, %(maximum)s points") % words


def maximum(activity: Activity) -> Decimal:
    assert activity.rubric
    return activity.rubric.maximum


KIND = Kind(
    slug="assessment",
    name=gettext_lazy("Rubric assessment"),
    sentence=gettext_lazy(
        "Mark each candidate of this course on one rubric, then release marks and comments together."
    ),
    home="results:home",
    form="activities/_single_fields.html",
    choices=choices,
    begin=begin,
    copy=copy,
    clear=clear,
    has_begun=has_begun,
    describe=describe,
    maximum=maximum,
    candidate_page="results:candidate",
)
