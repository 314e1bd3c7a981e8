"""Registering a platform: Dynamic Registration 1.0 from an invitation, and the one verb by which every way keeps it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction

from lti_tool import http, invites, openid_configuration, tool_configuration
from lti_tool.claims import CANVAS, is_storable
from lti_tool.connector import said
from lti_tool.errors import Kind, Obstacle, RegistrationRefused, ServiceError
from lti_tool.http import Answer
from lti_tool.models import ID_LENGTH, URL_LENGTH, Deployment, Invite, Registration, Status
from lti_tool.network import Unreachable
from lti_tool.openid_configuration import PlatformConfiguration
from lti_tool.tool_configuration import TOOL_CONFIGURATION

MAX_BYTES = 512 * 1024
SECONDS = 20.0
# RFC 7592 lets a platform hand these out; we use none of them, so we keep none of them.
_SECRETS = ("client_secret", "registration_access_token")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What the platform opened our address with."""

    openid_configuration: str
    token: str
    privacy: str

    @classmethod
    def read(cls, form: Mapping[str, str], invite: Invite) -> "Asked":
        """`privacy` may stand in the address too: what an LMS administrator picks in Canvas is not always heeded."""
        token = form.get("registration_token", "")
        if not openid_configuration.is_usable_token(token):
            raise RegistrationRefused(Obstacle.TOKEN_REFUSED, "not a token")
        return cls(
            openid_configuration=form.get("openid_configuration", ""),
            token=token,
            privacy=_more_private(form.get("privacy", ""), invite.privacy_level),
        )


def _more_private(one: str, other: str) -> str:
    """Of two levels the one that tells less; the address can ask for less than the invitation, never for more."""
    levels = [level for level in (one, other) if level in tool_configuration.PRIVACY_LEVELS]
    if set(levels) == {"name_only", "email_only"}:
        return "anonymous"
    fewest = sorted(levels, key=lambda level: len(tool_configuration.PRIVACY_LEVELS[level]))
    return fewest[0] if fewest else tool_configuration.DEFAULT_PRIVACY


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """What both sides know after a registration, however it came about."""

    name: str
    issuer: str
    client_id: str
    auth_url: str
    token_url: str
    jwks_url: str
    family: str = Registration.Family.OTHER
    token_audience: str = ""
    allowed_origins: tuple[str, ...] = ()
    platform_guid: str = ""
    configuration_url: str = ""
    configuration: Mapping[str, Any] | None = None

    def fields(self) -> dict[str, Any]:
        """The columns of a Registration."""
        return {
            "name": self.name,
            "issuer": self.issuer,
            "client_id": self.client_id,
            "auth_url": self.auth_url,
            "token_url": self.token_url,
            "jwks_url": self.jwks_url,
            "platform_family": self.family,
            "token_audience": self.token_audience,
            "allowed_origins": list(self.allowed_origins),
            "platform_guid": self.platform_guid,
            "configuration_url": self.configuration_url,
        } | ({} if self.configuration is None else {"configuration": dict(self.configuration)})


def register(*, invite: Invite, asked: Asked, platform: PlatformConfiguration) -> Registration:
    """Register with the platform, and keep what it confirmed. The invitation is used up, or given back."""
    invites.take(invite)
    try:
        answer = _post(platform, asked)
        agreement, deployment_id = _read_answer(answer, platform, invite)
        with transaction.atomic():
            row = keep(agreement, approves=invite.approves, renews=invite.renews)
            if deployment_id:
                approve_deployments(row, [deployment_id])
            Invite.objects.filter(pk=invite.pk).update(registration=row)
        return row
    except BaseException:
        invites.give_back(invite)
        raise


@transaction.atomic
def keep(agreement: Agreement, *, approves: bool, renews: Registration | None = None) -> Registration:
    """The registration of this agreement: a new row, or `renews` changed in place so that people and marks stay.

    A new one waits for approval unless `approves`. A renewed one goes on as it was, except that it waits again where it
    moved to other addresses. What is blocked stays blocked. Raises RegistrationRefused where another row has the pair.
    """
    row = (
        Registration.objects.select_for_update().get(pk=renews.pk)
        if renews
        else Registration(status=Status.PENDING)
    )
    was_at = http.origins_of(row) if row.pk else set()
    for name, value in agreement.fields().items():
        setattr(row, name, value)
    if row.status != Status.BLOCKED:
        if approves:
            row.status = Status.ACTIVE
        elif not _endpoint_origins(row) <= was_at:
            row.status = Status.PENDING
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:  # the pair is unique in the database
        raise RegistrationRefused(Obstacle.ALREADY_REGISTERED) from None
    return row


def _endpoint_origins(row: Registration) -> set[str]:
    return {http.origin(url) for url in (row.issuer, row.auth_url, row.token_url, row.jwks_url)}


def approve_deployments(registration: Registration, deployment_ids: Iterable[str]) -> None:
    """These places are known and may launch; one that was blocked stays so."""
    for deployment_id in deployment_ids:
        row, is_new = Deployment.objects.get_or_create(
            registration=registration, deployment_id=deployment_id, defaults={"status": Status.ACTIVE}
        )
        if not is_new and row.status == Status.PENDING:
            Deployment.objects.filter(pk=row.pk).update(status=Status.ACTIVE)


def request_body(platform: PlatformConfiguration, privacy: str) -> dict[str, Any]:
    return tool_configuration.registration_request(
        family=platform.family,
        scopes=platform.scopes,
        messages=platform.messages,
        claims_supported=platform.claims,
        variables=platform.variables,
        privacy=privacy,
    )


def _post(platform: PlatformConfiguration, asked: Asked) -> Answer:
    headers = {"Accept": "application/json", "Content-Type": "application/json"}
    if asked.token:
        headers["Authorization"] = f"Bearer {asked.token}"
    body = json.dumps(request_body(platform, asked.privacy)).encode()
    try:
        answer = http.request(
            "POST", platform.registration_url, headers=headers, body=body, max_bytes=MAX_BYTES, within=SECONDS
        )
    except Unreachable as error:
        raise RegistrationRefused(Obstacle.PLATFORM_UNREACHABLE, error.said) from None
    except ServiceError as error:
        broken = Obstacle.ADDRESS_UNUSABLE if error.kind == Kind.NEEDS_ADMIN else Obstacle.ANSWER_UNREADABLE
        raise RegistrationRefused(broken, error.said) from None
    if answer.status not in (200, 201):
        raise RegistrationRefused(_refusal(answer.status), said(answer))
    return answer


def _refusal(status: int) -> Obstacle:
    if status in (401, 403):
        return Obstacle.TOKEN_REFUSED
    return Obstacle.PLATFORM_REFUSED if 400 <= status < 500 else Obstacle.PLATFORM_BROKEN


def _read_answer(answer: Answer, platform: PlatformConfiguration, invite: Invite) -> tuple[Agreement, str]:
    """What the platform confirmed, and the deployment it made, if it says so. Canvas and Moodle say it in two places."""
    try:
        confirmed = answer.json()
    except ServiceError as error:
        raise RegistrationRefused(Obstacle.ANSWER_UNREADABLE, error.said) from None
    if not isinstance(confirmed, dict) or not is_storable(confirmed):
        raise RegistrationRefused(Obstacle.ANSWER_UNREADABLE, "not a JSON object")
    tool = confirmed.get(TOOL_CONFIGURATION)
    tool = tool if isinstance(tool, dict) else {}
    client_id = _id(confirmed.get("client_id"), "client_id")
    if not client_id:
        raise RegistrationRefused(Obstacle.ANSWER_UNREADABLE, "client_id")
    place = confirmed.get("deployment_id")
    deployment_id = _id(tool.get("deployment_id") if place is None else place, "deployment_id")
    agreement = Agreement(
        name=platform.name or (invite.renews.name if invite.renews else invite.label),
        issuer=platform.issuer,
        client_id=client_id,
        auth_url=platform.auth_url,
        token_url=platform.token_url,
        jwks_url=platform.jwks_url,
        family=platform.family,
        token_audience=platform.token_audience,
        allowed_origins=platform.origins,
        platform_guid=platform.guid,
        configuration_url=_configuration_url(confirmed, tool, platform),
        configuration={name: value for name, value in confirmed.items() if name not in _SECRETS},
    )
    return agreement, deployment_id


def _id(value: Any, name: str) -> str:
    """An id as text; numbers are taken too. Empty where there is none."""
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, (str, int)) or len(str(value)) > ID_LENGTH:
        raise RegistrationRefused(Obstacle.ANSWER_UNREADABLE, name)
    return str(value)


def _configuration_url(
    confirmed: Mapping[str, Any], tool: Mapping[str, Any], platform: PlatformConfiguration
) -> str:
    """Where the platform shows what it keeps about us; only believed where it takes registrations itself.

    Canvas: the page for people is …/registrations/<id>/view, the API …/registrations/<id>.
    """
    for value in (confirmed.get("registration_client_uri"), tool.get(CANVAS + "registration_config_url")):
        if isinstance(value, str) and http.origin(value) == http.origin(platform.registration_url):
            return value.removesuffix("/view")[:URL_LENGTH]
    return ""
