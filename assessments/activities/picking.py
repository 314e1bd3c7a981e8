"""Making an activity while somebody chooses in the LMS, and what the LMS is told of the chosen ones."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from assessments.activities import kinds
from assessments.activities.linking import KEY
from assessments.activities.models import TITLE_MAX, Activity
from assessments.audit.recording import record
from lti_tool.port import DeepLinking, Item

MOST_POINTS = Decimal(100_000)


@dataclass(frozen=True)
class Terms:
    """How the LMS shall show a new link, where it asks: none of this is kept here."""

    text: str = ""
    points: Decimal | None = None
    available_from: datetime | None = None
    available_until: datetime | None = None
    due_at: datetime | None = None
    in_new_tab: bool = False


@transaction.atomic
def begin(*, visit: DeepLinking, key: UUID, form: QueryDict, by: Any) -> Activity:
    """A new activity in the visit's course, without a link yet. `key` was on the form: the same form makes one, not two."""
    there = Activity.objects.filter(key=key).first()
    if there and there.context_id == visit.context.pk:
        return there
    if there:
        raise ValidationError(_("This page is out of date. Nothing was made; please try again."), code="key")
    kind = form.get("kind", "")
    if not kinds.is_known(kind):
        raise ValidationError({"kind": _("Choose what kind of activity it is.")})
    made = Activity(key=key, context=visit.context, kind=kind, created_by=by)
    problems = _collect({}, lambda: setattr(made, "title", _title(form)))
    problems = _collect(problems, lambda: kinds.find(kind).begin(activity=made, form=form, by=by))
    if problems:
        raise ValidationError(problems)
    record("activity.begun", by=by, on=made, data={"kind": kind})
    return made


def read_terms(form: QueryDict) -> Terms:
    """The rest of the form. Raises ValidationError by field, all of them at once."""
    found: dict[str, Any] = {
        "text": form.get("text", "").strip()[:2000],
        "in_new_tab": form.get("in_new_tab") == "yes",
    }
    problems: dict[str, Any] = {}
    for name, read in (("points", _points), *((name, _moment) for name in _MOMENTS)):
        problems = _collect(problems, _put(found, name, read, form.get(name, "")), name)
    terms = Terms(**found) if not problems else Terms()
    begins, ends = terms.available_from, terms.available_until
    if begins and ends and ends <= begins:
        problems["available_until"] = [_("This is before the activity opens.")]
    if terms.due_at and ((begins and terms.due_at < begins) or (ends and terms.due_at > ends)):
        problems["due_at"] = [_("This is outside the time in which the activity is open.")]
    if problems:
        raise ValidationError(problems)
    return terms


def item(activity: Activity, terms: Terms | None = None) -> Item:
    """What the LMS is told of the activity. Its links carry its key, and so will copies of them."""
    terms = terms or Terms()
    maximum = kinds.find(activity.kind).maximum(activity)
    return Item(
        title=activity.title,
        text=terms.text,
        custom={KEY: str(activity.link_key)},
        resource_id=str(activity.link_key),
        score_maximum=maximum and (terms.points or maximum),
        available_from=terms.available_from,
        available_until=terms.available_until,
        due_at=terms.due_at,
        in_new_tab=terms.in_new_tab,
    )


_MOMENTS = ("available_from", "available_until", "due_at")


def _title(form: QueryDict) -> str:
    title = " ".join(form.get("title", "").replace("\x00", "").split())
    if not title:
        raise ValidationError({"title": _("Give the activity a name.")})
    if len(title) > TITLE_MAX:
        raise ValidationError(
            {"title": _("This name is too long: at most %(most)d characters.") % {"most": TITLE_MAX}}
        )
    return title


def _points(text: str) -> Decimal | None:
    if not text.strip():
        return None
    try:
        points = Decimal(text.strip().replace(",", "."))
    except InvalidOperation:
        points = Decimal("NaN")
    if not points.is_finite() or not 0 < points <= MOST_POINTS or points != round(points, 2):
        raise ValidationError(_("Write a number of points above 0, like 20 or 12.5, or leave it empty."))
    return points


def _moment(text: str) -> datetime | None:
    if not text.strip():
        return None
    try:
        at = parse_datetime(text.strip())
    except ValueError:
        at = None
    if at is None or not 2000 <= at.year <= 2200:
        raise ValidationError(_("Write a date and a time, or leave it empty."))
    return at if timezone.is_aware(at) else timezone.make_aware(at)


def _put(found: dict[str, Any], name: str, read: Callable[[str], Any], text: str) -> Callable[[], None]:
    def put() -> None:
        found[name] = read(text)

    return put


def _collect(problems: dict[str, Any], step: Callable[[], object], field: str = "") -> dict[str, Any]:
    """The problems so far and those of one more step, by field."""
    try:
        step()
    except ValidationError as error:
        more = error.message_dict if hasattr(error, "error_dict") else {field: error.messages}
        return {**problems, **more}
    return problems
