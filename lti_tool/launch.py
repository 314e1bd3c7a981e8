"""A launch: verified first, then recorded in one transaction. Nothing is stored for a launch that is rejected."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import models, transaction
from django.utils import timezone

from lti_tool import claims as names
from lti_tool import review, roster, sections, session, theme
from lti_tool.claims import Claims
from lti_tool.errors import LaunchRejected, Reason
from lti_tool.kept_queries import Given, KeptQuery
from lti_tool.models import (
    Context,
    DeepLinkingRequest,
    LaunchToken,
    Membership,
    Person,
    ResourceLink,
    Role,
    settle,
)
from lti_tool.review import Marker
from lti_tool.session import AlreadyUsed, Visit
from lti_tool.verification import BrowserProof, Verified, lifted, named_origins, verify

MAX_ORIGINS = 20
SAME_CLICK_SECONDS = 10
STAFF = (Role.INSTRUCTOR, Role.TEACHING_ASSISTANT)
# Custom parameters that say something of whoever launches, or of the whole school: no link keeps them.
OF_THE_PERSON = frozenset({sections.SECTIONS, sections.GROUPS, "high_contrast", "brand"})

_link = KeptQuery(
    lambda: ResourceLink.objects.select_related("context").filter(
        deployment=Given("deployment"), link_id=Given("link_id")
    )[:1]
)
_membership = KeptQuery(
    lambda: (
        Membership.objects.select_for_update(no_key=True, of=("self",))
        .select_related("person")
        .filter(
            context=Given("context"), person__registration=Given("registration"), person__sub=Given("sub")
        )[:1]
    )
)


def open_launch(form: Mapping[str, str], proof: BrowserProof) -> tuple[Verified, Visit]:
    """Verify and record. A double click, whose twin may overtake us at any point, opens the same launch once more."""
    verified = verify(form, proof)
    try:
        return verified, record(verified)
    except AlreadyUsed:
        return verified, _record_again(verified)


def _record_again(verified: Verified) -> Visit:
    """For a double click, which posts the same form again at once: the same launch, with a token of its own."""
    now = timezone.now()
    row = LaunchToken.objects.filter(
        state_sha256=verified.login.state_sha256,
        id_token_sha256=verified.token_sha256,
        created_at__gte=now - timedelta(seconds=SAME_CLICK_SECONDS),
        expires_at__gt=now,
    ).first()
    if row is None:
        rejection = LaunchRejected(Reason.REPLAYED)
        rejection.return_url, rejection.registration = verified.return_url, verified.registration
        raise rejection
    return session.begin_like(row)


def record(verified: Verified) -> Visit:
    """Use the login up and keep who launched what, in one transaction; gives a Launch, or a DeepLinking.

    Raises AlreadyUsed when the login had opened a launch before; nothing is kept then.
    """
    with transaction.atomic():
        claims = verified.claims
        _remember_deployment(verified)
        if claims.message_type == names.DEEP_LINKING_REQUEST:
            visit = _begin_deep_linking(verified)
        else:
            visit = _begin_launch(verified)
        if claims.role in STAFF:
            roster.opened(visit.context)
        return visit


def _begin_launch(verified: Verified) -> Visit:
    claims = verified.claims
    marker = review.read(claims.target_link_uri)
    link = _marked_link(verified, marker) if marker else _record_link(verified)
    membership = _record_membership(verified, link.context)
    return session.begin(
        link,
        person=membership.person,
        for_person=_for_person(claims, link.context, marker),
        **_arrival(verified, membership),
    )


def _begin_deep_linking(verified: Verified) -> Visit:
    """The platform's question is kept until the choice has gone back. There is no link yet."""
    context = _record_context(verified, None)
    membership = _record_membership(verified, context)
    settings = dict(verified.claims.deep_linking)
    asked = DeepLinkingRequest.objects.create(
        context=context,
        return_url=lifted(settings.pop("deep_link_return_url")),
        data=settings.pop("data", None),
        settings=settings,
    )
    return session.begin(asked, person=membership.person, **_arrival(verified, membership))


def _arrival(verified: Verified, membership: Membership) -> dict[str, Any]:
    claims = verified.claims
    return {
        "role": claims.role,
        "is_learner": claims.is_learner or membership.counts is True,
        "return_url": verified.return_url,
        "locale": claims.locale,
        "high_contrast": claims.wants_high_contrast,
        "theme": theme.read(claims.custom.get("brand")),
        "state_sha256": verified.login.state_sha256,
        "id_token_sha256": verified.token_sha256,
    }


def _remember_deployment(verified: Verified) -> None:
    """Where the platform serves and frames us from (a hosted Canvas: the school's own domain), and sends notices from."""
    claims, deployment = verified.claims, verified.deployment
    changes: dict[str, Any] = {}
    new = named_origins(claims) - set(deployment.origins)
    if new and len(deployment.origins) < MAX_ORIGINS:
        changes["origins"] = sorted({*deployment.origins, *new})[:MAX_ORIGINS]
    if claims.notices_url and claims.notices_url != deployment.notices_url:
        changes |= {"notices_url": claims.notices_url, "notices_ask_at": timezone.now()}
    _change(deployment, changes)


def _record_link(verified: Verified) -> ResourceLink:
    """A launch that brings no grade service (some platforms send it only for some roles) takes none away."""
    claims, deployment = verified.claims, verified.deployment
    link = _link.one(deployment=deployment.pk, link_id=claims.resource_link_id)
    context = _record_context(verified, link.context if link else None)
    custom = {name: value for name, value in claims.custom.items() if name not in OF_THE_PERSON}
    sent = {"title": claims.resource_link_title, "custom": custom}
    if claims.lineitems_url or claims.lineitem_url:
        sent |= {
            "lineitems_url": claims.lineitems_url,
            "lineitem_url": claims.lineitem_url,
            "ags_scopes": list(claims.ags_scopes),
        }
    if link is None:
        link, _ = ResourceLink.objects.get_or_create(
            deployment=deployment,
            link_id=claims.resource_link_id,
            defaults={"context": context, **sent},
        )
    _change(link, {"context": context, **sent})
    link.context, link.deployment = context, deployment
    return link


def _marked_link(verified: Verified, marker: Marker) -> ResourceLink:
    """The activity that the address names, if it is one of this course. What the launch says of its own link is not it."""
    context = _record_context(verified, None)
    link = ResourceLink.objects.filter(pk=marker.link, context=context, deployment=context.deployment).first()
    if link is None:
        raise LaunchRejected(Reason.REVIEW_UNKNOWN)
    link.context, link.deployment = context, context.deployment
    return link


def _for_person(claims: Claims, context: Context, marker: Marker | None) -> Person | None:
    """Whose work was asked for, if anybody's: somebody of this course. Who may see it is decided on the page."""
    named: dict[str, Any] = {}
    if marker:
        named = {"key": marker.person}
    elif claims.message_type == names.SUBMISSION_REVIEW_REQUEST and claims.for_user:
        named = {"sub": claims.for_user}
    if not named:
        return None
    person = Person.objects.filter(registration=context.registration, memberships__context=context, **named)
    found = person.first()
    if found is None:
        raise LaunchRejected(Reason.REVIEW_UNKNOWN)
    return found


def _record_context(verified: Verified, known: Context | None) -> Context:
    """The launch's course; `known` is the one its link was in. A link does not leave it for a launch that names none."""
    claims, deployment = verified.claims, verified.deployment
    implied = not claims.context_id
    context = known if known and (implied or known.context_id == claims.context_id) else None
    sent: dict[str, Any] = {"label": claims.context_label, "title": claims.context_title}
    if implied:
        sent = {"title": claims.resource_link_title} if context is None or context.is_implied else {}
    if claims.memberships_url:
        sent["memberships_url"] = claims.memberships_url
    if claims.history and not implied:
        sent["history"] = claims.history
    if context is None:
        context, _ = Context.objects.get_or_create(
            deployment=deployment,
            context_id=f"resource-link:{claims.resource_link_id}" if implied else claims.context_id,
            defaults={**sent, "is_implied": implied},
        )
    _change(context, sent)
    context.deployment = deployment
    return context


def _record_membership(verified: Verified, context: Context) -> Membership:
    """What a launch shows is set, never added to: a teacher who views the course as a student is a student in this launch.

    The row is locked before it is read, so that a roster that is being kept in the same moment loses nothing and is not lost.
    """
    claims = verified.claims
    shown: dict[str, object] = {
        "launched_role": claims.role,
        "launched_learns": claims.is_learner,
        "launched_at": timezone.now(),
        "is_active": True,
        "left_at": None,
    }
    shown |= sections.told(claims.custom)
    membership = _membership.one(context=context.pk, registration=verified.registration.pk, sub=claims.sub)
    person = _record_person(verified, membership.person if membership else None)
    if membership is None:
        new = {**shown, "role": claims.role, "is_learner": claims.is_learner}
        membership, _ = Membership.objects.get_or_create(context=context, person=person, defaults=new)
    listed = (membership.roster_role, membership.roster_learns)
    role, is_learner = settle((claims.role, claims.is_learner), listed)
    _change(membership, {**shown, "role": role, "is_learner": is_learner})
    membership.person = person
    return membership


def _record_person(verified: Verified, person: Person | None) -> Person:
    """Names are set to what arrives, except that a launch without any does not erase those we have from the roster."""
    claims = verified.claims
    sent = {
        "name": claims.name,
        "given_name": claims.given_name,
        "family_name": claims.family_name,
        "email": claims.email,
        "locale": claims.locale,
    }
    known: dict[str, object] = {field: value for field, value in sent.items() if value}
    known["is_test_student"] = claims.is_test_student
    if person is None:
        person, _ = Person.objects.get_or_create(
            registration=verified.registration, sub=claims.sub, defaults=known
        )
    _change(person, known)
    return person


def _change(row: models.Model, values: Mapping[str, object]) -> None:
    """Set what differs and write only that: most launches bring what we know already."""
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, values[name])
    if changed:
        row.save(update_fields=changed)
