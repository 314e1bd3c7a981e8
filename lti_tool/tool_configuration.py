"""What we say of ourselves to a platform: addresses, custom parameters, placements, and how much of people we ask for.

One table for each thing; Dynamic Registration, the Canvas JSON and the page for registering by hand all read these.
Sources: LTI Dynamic Registration 1.0; Canvas doc/api/lti_dev_key_config.md and doc/api/registration.md.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.templatetags.static import static
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from lti_tool import claims
from lti_tool.claims import CANVAS
from lti_tool.models import Registration
from lti_tool.oidc import redirect_uri

Family = Registration.Family

TOOL_CONFIGURATION = "https://purl.imsglobal.org/spec/lti-tool-configuration"
CANVAS_PLATFORM = "canvas.instructure.com"
SCOPE_OWN_REGISTRATION = "https://purl.imsglobal.org/spec/lti-reg/scope/registration.readonly"

# Everything we use; of these a platform is asked for what it advertises.
SCOPES = (
    claims.SCOPE_LINEITEM,
    claims.SCOPE_LINEITEM_READONLY,
    claims.SCOPE_RESULT,
    claims.SCOPE_SCORE,
    claims.SCOPE_NRPS,
    claims.SCOPE_NOTICES,
    SCOPE_OWN_REGISTRATION,
)
MESSAGES = (claims.RESOURCE_LINK_REQUEST, claims.DEEP_LINKING_REQUEST)

# The names are ours and the same everywhere; the variables are the platforms' own.
_EVERYWHERE = {"context_history": "$Context.id.history", "link_history": "$ResourceLink.id.history"}
CUSTOM: dict[str, dict[str, str]] = {
    Family.CANVAS: {
        "context_history": "$Context.id.history",
        "link_history": "$Activity.id.history",
        "section_names": "$com.instructure.User.sectionNames",
        "group_ids": "$Canvas.group.contextIds",
        "high_contrast": "$Canvas.user.prefersHighContrast",
        "brand": "$com.instructure.brandConfigJSON",
    },
    Family.MOODLE: {**_EVERYWHERE, "group_ids": "$Moodle.Person.userGroupIds"},
    Family.OTHER: _EVERYWHERE,
}

# What a school tells us of people, by the names Canvas gives the levels. Nothing needs more than `sub`.
PRIVACY_LEVELS: dict[str, tuple[str, ...]] = {
    "public": ("name", "given_name", "family_name", "email", "locale"),
    "name_only": ("name", "given_name", "family_name", "locale"),
    "email_only": ("email", "locale"),
    "anonymous": ("locale",),
}
PRIVACY_WORDS: dict[str, Promise] = {
    "public": _("names and e-mail addresses"),
    "name_only": _("names, no e-mail addresses"),
    "email_only": _("e-mail addresses, no names"),
    "anonymous": _("neither names nor e-mail addresses"),
}
DEFAULT_PRIVACY = "public"


@dataclass(frozen=True)
class Placement:
    """A place in Canvas where we show up."""

    name: str
    message: str
    label: str = ""
    hidden_at_first: bool = False


PLACEMENTS = (
    Placement("course_navigation", claims.RESOURCE_LINK_REQUEST, hidden_at_first=True),
    Placement("assignment_selection", claims.DEEP_LINKING_REQUEST),
    Placement("link_selection", claims.DEEP_LINKING_REQUEST),
    Placement("module_index_menu_modal", claims.DEEP_LINKING_REQUEST),
    Placement("course_assignments_menu", claims.DEEP_LINKING_REQUEST),
)
SELECTION_WIDTH, SELECTION_HEIGHT = 900, 700


def privacy_level(asked: str) -> str:
    """The level, if it is one; the default where nothing or nonsense is asked."""
    return asked if asked in PRIVACY_LEVELS else DEFAULT_PRIVACY


def domain() -> str:
    """Host and, where there is one, port: Moodle compares both with the launch URL's."""
    return urlsplit(settings.TOOL_URL).netloc


def login_url() -> str:
    return settings.TOOL_URL + reverse("lti_tool:login")


def launch_url() -> str:
    return redirect_uri()


def jwks_url() -> str:
    return settings.TOOL_URL + reverse("lti_tool:jwks")


def canvas_json_url() -> str:
    return settings.TOOL_URL + reverse("lti_tool:canvas-json")


def icon_url() -> str:
    return settings.TOOL_URL + static(settings.LTI_TOOL_ICON)


def to_copy() -> list[tuple[Promise, str]]:
    """Every value that an administrator copies into an LMS by hand, in the order in which LMSs ask."""
    return [
        (_("Name"), settings.LTI_TOOL_NAME),
        (_("Launch URL, target link URI, tool URL"), launch_url()),
        (_("Redirect URI"), launch_url()),
        (_("Deep linking URL, content selection URL"), launch_url()),
        (_("Initiate login URL, OpenID Connect initiation URL"), login_url()),
        (_("Public keyset URL, JWK URL"), jwks_url()),
        (_("Domain"), domain()),
        (_("Icon"), icon_url()),
        (_("Canvas configuration by URL"), canvas_json_url()),
    ]


def custom_parameters(family: str, variables: Iterable[str] | None) -> dict[str, str]:
    """What we ask to have filled in: of our table what the platform lists, or all where it lists nothing."""
    wanted = CUSTOM[family]
    if variables is None:
        return dict(wanted)
    known = {name.removeprefix("$") for name in variables}
    return {name: variable for name, variable in wanted.items() if variable.removeprefix("$") in known}


def canvas_json(privacy: str) -> dict[str, Any]:
    """The configuration of an LTI key, by URL or by paste."""
    return {
        "title": settings.LTI_TOOL_NAME,
        "description": settings.LTI_TOOL_DESCRIPTION,
        "oidc_initiation_url": login_url(),
        "target_link_uri": launch_url(),
        "public_jwk_url": jwks_url(),
        "scopes": [scope for scope in SCOPES if scope != SCOPE_OWN_REGISTRATION],
        "custom_fields": custom_parameters(Family.CANVAS, None),
        "extensions": [
            {
                "platform": CANVAS_PLATFORM,
                "domain": domain(),
                "tool_id": settings.LTI_TOOL_NAME.lower(),
                "privacy_level": privacy_level(privacy),
                "settings": {
                    "text": settings.LTI_TOOL_NAME,
                    "icon_url": icon_url(),
                    "selection_width": SELECTION_WIDTH,
                    "selection_height": SELECTION_HEIGHT,
                    "placements": [_canvas_placement(placement) for placement in PLACEMENTS],
                },
            }
        ],
    }


def _canvas_placement(placement: Placement) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "placement": placement.name,
        "message_type": placement.message,
        "target_link_uri": launch_url(),
        "text": placement.label or settings.LTI_TOOL_NAME,
        "enabled": True,
    }
    if placement.hidden_at_first:
        entry |= {"default": "disabled", "visibility": "members"}
    return entry


def registration_request(
    *,
    family: str,
    scopes: Iterable[str],
    messages: Mapping[str, Iterable[str]],
    claims_supported: Iterable[str] | None,
    variables: Iterable[str] | None,
    privacy: str,
) -> dict[str, Any]:
    """The body of a Dynamic Registration: of what we use, what the platform advertises. `scope` is always there."""
    wanted = PRIVACY_LEVELS[privacy_level(privacy)]
    known = set(wanted if claims_supported is None else claims_supported)
    offered = set(scopes)
    tool: dict[str, Any] = {
        "domain": domain(),
        "description": settings.LTI_TOOL_DESCRIPTION,
        "target_link_uri": launch_url(),
        "custom_parameters": custom_parameters(family, variables),
        "claims": ["iss", "sub", *(name for name in wanted if name in known)],
        "messages": _messages(family, {kind: set(places) for kind, places in messages.items()}),
    }
    if family == Family.CANVAS:
        tool |= {
            CANVAS + "privacy_level": privacy_level(privacy),
            CANVAS + "tool_id": settings.LTI_TOOL_NAME.lower(),
            CANVAS + "vendor": settings.LTI_TOOL_NAME,
        }
    return {
        "application_type": "web",
        "grant_types": ["client_credentials", "implicit"],
        "response_types": ["id_token"],
        "initiate_login_uri": login_url(),
        "redirect_uris": [launch_url()],
        "client_name": settings.LTI_TOOL_NAME,
        "client_uri": settings.TOOL_URL,
        "jwks_uri": jwks_url(),
        "logo_uri": icon_url(),
        "token_endpoint_auth_method": "private_key_jwt",
        "scope": " ".join(scope for scope in SCOPES if scope in offered),
        TOOL_CONFIGURATION: tool,
    }


def _messages(family: str, offered: Mapping[str, set[str]]) -> list[dict[str, Any]]:
    if family == Family.CANVAS:
        shown = [_canvas_message(p, offered[p.message]) for p in PLACEMENTS if p.message in offered]
        return [message for message in shown if message]
    entries = []
    for kind in MESSAGES:
        if kind in offered:
            entry: dict[str, Any] = {
                "type": kind,
                "target_link_uri": launch_url(),
                "label": settings.LTI_TOOL_NAME,
            }
            if "ContentArea" in offered[kind]:
                entry["placements"] = ["ContentArea"]
            entries.append(entry)
    return entries


def _canvas_message(placement: Placement, offered: set[str]) -> dict[str, Any]:
    """One entry for each placement; the name as the platform writes it, bare or with its prefix."""
    name = next((name for name in (CANVAS + placement.name, placement.name) if name in offered), "")
    if not name:
        return {}
    message: dict[str, Any] = {
        "type": placement.message,
        "target_link_uri": launch_url(),
        "label": placement.label or settings.LTI_TOOL_NAME,
        "icon_uri": icon_url(),
        "placements": [name],
    }
    if placement.hidden_at_first:
        message |= {
            CANVAS + placement.name + "/default_enabled": False,
            CANVAS + "visibility": "members",
        }
    else:
        message |= {CANVAS + "launch_width": SELECTION_WIDTH, CANVAS + "launch_height": SELECTION_HEIGHT}
    return message
