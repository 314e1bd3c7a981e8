"""A launch: verified first, then recorded in one transaction. Nothing is stored for a launch that is rejected."""

from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone

from lti_tool import claims as names
from lti_tool import http, roster, session
from lti_tool.claims import Claims
from lti_tool.errors import LaunchRejected, Reason
from lti_tool.models import (
    Context,
    Deployment,
    LaunchToken,
    Login,
    Membership,
    Person,
    ResourceLink,
    Role,
)
from lti_tool.session import Launch
from lti_tool.verification import BrowserProof, Verified, verify

MAX_ORIGINS = 20
STAFF = (Role.INSTRUCTOR, Role.TEACHING_ASSISTANT)


class AlreadyUsed(LaunchRejected):
    """Between our look and our write, another request used the login up."""


def open_launch(form: Mapping[str, str], proof: BrowserProof) -> tuple[Verified, Launch | None]:
    """Verify and record. A double click, whose twin may overtake us at any point, opens the same launch once more."""
    verified = verify(form, proof)
    if not verified.is_same_click:
        try:
            return verified, record(verified)
        except AlreadyUsed:
            verified = verify(form, proof)
    return verified, _record_again(verified)


def _record_again(verified: Verified) -> Launch:
    """For a double click: the same launch once more, with a token of its own."""
    row = verified.login.launch
    assert isinstance(row, LaunchToken)
    return session.begin_like(row)


def record(verified: Verified) -> Launch | None:
    """Use the login up and keep who launched what, in one transaction; None for a deep linking request.

    Raises AlreadyUsed when another request used the login up in the meantime.
    """
    with transaction.atomic():
        _use_up(verified)
        claims = verified.claims
        _remember_origins(verified)
        if claims.message_type == names.DEEP_LINKING_REQUEST:
            return None
        context = _record_context(verified)
        link = _record_link(verified, context)
        person = _record_person(verified)
        _record_membership(claims, context, person)
        if claims.role in STAFF and roster.is_stale(context):
            roster.want(context)  # so that the candidates are there when a teacher looks for them
        launch = session.begin(
            person=person,
            resource_link=link,
            role=claims.role,
            is_learner=claims.is_learner,
            return_url=verified.return_url,
            locale=claims.locale,
            high_contrast=claims.wants_high_contrast,
        )
        Login.objects.filter(pk=verified.login.pk).update(launch=launch.row)
        return launch


def _use_up(verified: Verified) -> None:
    used = Login.objects.filter(pk=verified.login.pk, used_at=None).update(
        used_at=timezone.now(), token_sha256=verified.token_sha256
    )
    if not used:
        raise AlreadyUsed(Reason.REPLAYED)


def _remember_origins(verified: Verified) -> None:
    """A hosted Canvas serves and frames us from the school's own domain, which only its launches name."""
    claims, deployment = verified.claims, verified.deployment
    urls = (claims.return_url, claims.lineitems_url, claims.lineitem_url, claims.memberships_url)
    new = {http.origin(url) for url in urls} - {""} - set(deployment.origins)
    if new and len(deployment.origins) < MAX_ORIGINS:
        Deployment.objects.filter(pk=deployment.pk).update(
            origins=sorted({*deployment.origins, *new})[:MAX_ORIGINS]
        )


def _record_context(verified: Verified) -> Context:
    claims = verified.claims
    implied = not claims.context_id
    known = ResourceLink.objects.filter(deployment=verified.deployment, link_id=claims.resource_link_id)
    if implied and (link := known.select_related("context").first()):
        return link.context  # a link does not leave the course that an earlier launch named
    found = {
        "label": claims.context_label,
        "title": claims.context_title or (claims.resource_link_title if implied else ""),
    }
    if claims.memberships_url:
        found["memberships_url"] = claims.memberships_url
    context, _ = Context.objects.update_or_create(
        deployment=verified.deployment,
        context_id=f"resource-link:{claims.resource_link_id}" if implied else claims.context_id,
        defaults=found,
        create_defaults={**found, "is_implied": implied},
    )
    return context


def _record_link(verified: Verified, context: Context) -> ResourceLink:
    """A launch that brings no grade service (some platforms send it only for some roles) takes none away."""
    claims = verified.claims
    sent = {"context": context, "title": claims.resource_link_title, "custom": dict(claims.custom)}
    if claims.lineitems_url or claims.lineitem_url:
        sent |= {
            "lineitems_url": claims.lineitems_url,
            "lineitem_url": claims.lineitem_url,
            "ags_scopes": list(claims.ags_scopes),
        }
    link, _ = ResourceLink.objects.update_or_create(
        deployment=verified.deployment, link_id=claims.resource_link_id, defaults=sent
    )
    return link


def _record_person(verified: Verified) -> Person:
    """Names are set to what arrives, except that a launch without any does not erase those we have from the roster."""
    claims = verified.claims
    sent = {
        "name": claims.name,
        "given_name": claims.given_name,
        "family_name": claims.family_name,
        "email": claims.email,
        "locale": claims.locale,
    }
    known = {field: value for field, value in sent.items() if value}
    person, _ = Person.objects.update_or_create(
        registration=verified.registration,
        sub=claims.sub,
        defaults={**known, "is_test_student": claims.is_test_student},
    )
    return person


def _record_membership(claims: Claims, context: Context, person: Person) -> Membership:
    """The role is set, never added to: a teacher who views the course as a student is a student in this launch."""
    membership, _ = Membership.objects.update_or_create(
        context=context,
        person=person,
        defaults={
            "role": claims.role,
            "is_learner": claims.is_learner,
            "is_active": True,
            "launched_at": timezone.now(),
        },
    )
    return membership
