"""The kind of activity in which learners give each other feedback."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assessments.activities import single
from assessments.activities.kinds import Kind
from assessments.activities.models import Activity
from assessments.peer.models import PeerActivity
from assessments.results.columns import PER_CENT

FORM = "peer_form"
MODE = "peer_mode"
FIRST_FORM = "template:peer-feedback"
# Never where the round stands, whom it is about, or the key of its pseudonyms.
NOT_COPIED = {
    "id",
    "activity",
    "phase",
    "phase_since",
    "problem",
    "secret",
    "anonymity_locked_at",
    "drops_answers",
    "lead",
    "submit_until",
    "self_until",
    "review_until",
    "respond_until",
    "act_until",
}
# What suits what is looked at, to begin with.
FIRST_SETTINGS: dict[str, dict[str, Any]] = {
    PeerActivity.Mode.MULTI_SOURCE: {"reviews_each": 8, "least_reviews": 5, "forbids_pairs": False},
    PeerActivity.Mode.TEAM: {"forbids_pairs": False, "responds": False, "plans_actions": False},
}
COPIED = [field.name for field in PeerActivity._meta.concrete_fields if field.name not in NOT_COPIED]


@transaction.atomic
def begin(*, activity: Activity, form: QueryDict, by: Any) -> None:
    """`peer_form` as single.begin reads it; `peer_mode` what is looked at. Without them work, with the peer-feedback form."""
    activity.rubric = single.read_rubric(activity, form.get(FORM) or FIRST_FORM, by, field=FORM)
    activity.is_set_up = True
    activity.save()
    chosen = form.get(MODE, "")
    mode = chosen if chosen in PeerActivity.Mode.values else PeerActivity.Mode.WORK
    PeerActivity.objects.create(activity=activity, mode=mode, **FIRST_SETTINGS.get(mode, {}))


@transaction.atomic
def copy(*, activity: Activity, source: Activity, by: Any) -> None:
    """The form and the settings. Never people, work, reviews, dates, or the key of pseudonyms."""
    single.copy(activity=activity, source=source, by=by)
    settings = {name: getattr(source.peer, name) for name in COPIED}
    PeerActivity.objects.create(activity=activity, **settings)


@transaction.atomic
def clear(*, activity: Activity, by: Any) -> None:
    activity.peer.delete()
    single.clear(activity=activity, by=by)


def has_begun(activity: Activity) -> bool:
    rounds = PeerActivity.objects.filter(activity=activity)
    return rounds.exclude(submissions=None, reviews=None).exists()


def describe(activity: Activity) -> str:
    assert activity.rubric
    words = {"form": activity.rubric.title, "mode": activity.peer.get_mode_display()}
    return _("%(form)s, %(mode)s") % words


def maximum(activity: Activity) -> Decimal | None:
    """No column of its own unless peers' marks count."""
    return PER_CENT if PeerActivity.objects.filter(activity=activity, counts=True).exists() else None


def choices(context: Any) -> Mapping[str, Any]:
    return {**single.choices(context), "first": FIRST_FORM, "modes": PeerActivity.Mode.choices}


KIND = Kind(
    slug="peer",
    name=gettext_lazy("Peer feedback"),
    sentence=gettext_lazy(
        "Learners hand in, review each other with one form, answer what they were told, and plan what they will do."
    ),
    home="peer:home",
    form="peer/_fields.html",
    choices=choices,
    begin=begin,
    copy=copy,
    clear=clear,
    has_begun=has_begun,
    describe=describe,
    maximum=maximum,
    candidate_page="peer:person",
)
