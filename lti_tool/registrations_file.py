"""Registrations as code: a readable file of what is registered, without secrets; what it would change; where it differs.

A registration is found by issuer and client id. Nothing is ever removed by a file: what it does not name is left alone.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from lti_tool import http, tool_configuration
from lti_tool.claims import CANVAS
from lti_tool.connector import PlatformConnector, check
from lti_tool.errors import ServiceError
from lti_tool.models import Deployment, Registration, Status
from lti_tool.tool_configuration import TOOL_CONFIGURATION

ADDRESSES = ("auth_url", "token_url", "jwks_url")
TEXTS = (
    "name", "issuer", "client_id", "platform_family", "status", *ADDRESSES, "token_audience", "platform_guid",
    "configuration_url",
)  # fmt: skip
MAY_BE_EMPTY = ("token_audience", "platform_guid", "configuration_url")
FIELDS = (*TEXTS, "allowed_origins")


class Unusable(ValueError):
    """The file is not what it should be; the message says where."""


@dataclass(frozen=True)
class Difference:
    """One thing of one registration: as it is, and as the other side has it; None where that side does not name it."""

    registration: str
    what: str
    here: Any
    there: Any

    def __str__(self) -> str:
        return f"{self.registration}: {self.what}: {_shown(self.here)} -> {_shown(self.there)}"


def _shown(value: Any) -> str:
    return "nothing" if value in (None, "", [], {}) else str(value)


def export() -> dict[str, Any]:
    rows = Registration.objects.prefetch_related("deployments").order_by("issuer", "client_id")
    return {"registrations": [_described(row) for row in rows]}


def _described(row: Registration) -> dict[str, Any]:
    places = {place.deployment_id: place.status for place in row.deployments.all()}
    return {name: getattr(row, name) for name in FIELDS} | {"deployments": dict(sorted(places.items()))}


def read(document: Any) -> list[dict[str, Any]]:
    """The entries of a file, checked. Raises Unusable."""
    entries = document.get("registrations") if isinstance(document, Mapping) else None
    if not isinstance(entries, list):
        raise Unusable("The file has no list of registrations.")
    read_entries = [_entry(entry, number) for number, entry in enumerate(entries, start=1)]
    pairs = [(entry["issuer"], entry["client_id"]) for entry in read_entries]
    if len(set(pairs)) < len(pairs):
        raise Unusable("The same issuer and client id are there twice.")
    return read_entries


def _entry(entry: Any, number: int) -> dict[str, Any]:
    if not isinstance(entry, Mapping):
        raise Unusable(f"Registration {number} is no object.")
    where = f"Registration {number} ({entry.get('name')})"
    if unknown := sorted(set(entry) - {*FIELDS, "deployments"}):
        raise Unusable(f"{where}: {', '.join(map(str, unknown))} is not known.")
    for name in TEXTS:
        value = entry.get(name, "" if name in MAY_BE_EMPTY else None)
        longest = Registration._meta.get_field(name).max_length  # type: ignore[union-attr]
        if not isinstance(value, str) or not (value or name in MAY_BE_EMPTY) or len(value) > (longest or 0):
            raise Unusable(f"{where}: {name} is missing or not what it should be.")
    _check_choices(entry, where)
    origins, places = entry.get("allowed_origins", []), entry.get("deployments", {})
    if not isinstance(origins, list) or not all(
        isinstance(url, str) and http.origin(url) == url for url in origins
    ):
        raise Unusable(f"{where}: allowed_origins are https://host[:port].")
    if not isinstance(places, Mapping) or not all(status in Status.values for status in places.values()):
        raise Unusable(f"{where}: deployments are ids, each with a status.")
    empty = dict.fromkeys(MAY_BE_EMPTY, "")
    return empty | dict(entry) | {"allowed_origins": origins, "deployments": dict(places)}


def _check_choices(entry: Mapping[str, Any], where: str) -> None:
    if entry["status"] not in Status.values:
        raise Unusable(f"{where}: status is one of {', '.join(Status.values)}.")
    if entry["platform_family"] not in Registration.Family.values:
        raise Unusable(f"{where}: platform_family is one of {', '.join(Registration.Family.values)}.")
    for name in ADDRESSES:
        try:
            http.check_form(entry[name])
        except ServiceError as error:
            raise Unusable(f"{where}: {name} is {error.said}.") from None


def differences(entries: list[dict[str, Any]]) -> list[Difference]:
    """Database → file, in the file's order; then what only the database has."""
    found: list[Difference] = []
    rows = {(row["issuer"], row["client_id"]): row for row in export()["registrations"]}
    for entry in entries:
        row = rows.pop((entry["issuer"], entry["client_id"]), None)
        found += _compared(row, entry) if row else [Difference(entry["name"], "registration", None, "new")]
    found += [Difference(row["name"], "registration", "only in the database", None) for row in rows.values()]
    return found


def _compared(row: Mapping[str, Any], entry: Mapping[str, Any]) -> Iterator[Difference]:
    for field in FIELDS:
        if row[field] != entry[field]:
            yield Difference(row["name"], field, row[field], entry[field])
    for place in sorted({*row["deployments"], *entry["deployments"]}):
        here, there = row["deployments"].get(place), entry["deployments"].get(place)
        if here != there:
            yield Difference(row["name"], f"deployment {place}", here, there)


@transaction.atomic
def bring_in(entries: list[dict[str, Any]]) -> None:
    """Make the database say what the file says. Places and registrations that it does not name stay as they are."""
    for entry in entries:
        fields = {name: entry[name] for name in FIELDS if name not in ("issuer", "client_id")}
        row, _ = Registration.objects.update_or_create(
            issuer=entry["issuer"], client_id=entry["client_id"], defaults=fields
        )
        for deployment_id, status in entry["deployments"].items():
            Deployment.objects.update_or_create(
                registration=row, deployment_id=deployment_id, defaults={"status": status}
            )


# --- what the platform keeps about us -------------------------------------------------------------


def changed_at_platform(row: Registration) -> list[Difference]:
    """What a platform that shows it (Canvas) keeps otherwise than it confirmed. Raises ServiceError when it says nothing."""
    place = row.deployments.filter(status=Status.ACTIVE).select_related("registration").first()
    if place is None or not row.configuration_url:
        return []
    answer = PlatformConnector(place).call(
        "GET", row.configuration_url + "/configuration", [tool_configuration.SCOPE_OWN_REGISTRATION]
    )
    check(answer)
    now = answer.json()
    kept = _points(now if isinstance(now, Mapping) else {})
    confirmed = _points(row.configuration) if row.configuration else _own_addresses()
    return [
        Difference(row.name, name, value, kept[name])
        for name, value in confirmed.items()
        if kept[name] != value
    ]


def _own_addresses() -> dict[str, Any]:
    return {
        "initiate_login_uri": tool_configuration.login_url(),
        "jwks_uri": tool_configuration.jwks_url(),
        "redirect_uris": [tool_configuration.launch_url()],
    }


def _points(body: Mapping[str, Any]) -> dict[str, Any]:
    """What matters of a registration, so that two can be compared whatever their order."""
    tool = body.get(TOOL_CONFIGURATION)
    tool = tool if isinstance(tool, Mapping) else {}
    messages = tool.get("messages")
    return {
        "initiate_login_uri": body.get("initiate_login_uri"),
        "jwks_uri": body.get("jwks_uri"),
        "redirect_uris": _sorted(body.get("redirect_uris")),
        "scope": sorted(str(body.get("scope") or "").split()),
        "target_link_uri": tool.get("target_link_uri"),
        "custom_parameters": tool.get("custom_parameters"),
        "privacy_level": tool.get(CANVAS + "privacy_level"),
        "placements": _sorted(
            [
                f"{m.get('type')} {place}"
                for m in messages
                if isinstance(m, Mapping)
                for place in _sorted(m.get("placements"))
            ]
            if isinstance(messages, list)
            else None
        ),
    }


def _sorted(value: Any) -> list[str]:
    return sorted(map(str, value)) if isinstance(value, list) else []
