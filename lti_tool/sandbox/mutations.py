"""Bending an id_token for a test: the claims that a tool must refuse, or take in its stride."""

import copy
from collections.abc import Mapping
from typing import Any

from lti_tool.sandbox.claims import AGS, LTI, NRPS

SHORT = {
    name: LTI + name
    for name in (
        "context",
        "custom",
        "deployment_id",
        "for_user",
        "launch_presentation",
        "lis",
        "message_type",
        "resource_link",
        "role_scope_mentor",
        "roles",
        "target_link_uri",
        "tool_platform",
        "version",
    )
} | {"ags": AGS, "nrps": NRPS}


def mutate(body: dict[str, Any], how: Mapping[str, Any]) -> dict[str, Any]:
    """`set` and `remove` name a claim in full or by the last word of its URI; `claim>member` reaches inside."""
    claims = copy.deepcopy(how.get("claims_replace", body))
    for name, value in how.get("set", {}).items():
        holder, last = _reach(claims, name)
        holder[last] = value
    for name in how.get("remove", []):
        holder, last = _reach(claims, name)
        holder.pop(last, None)
    for name, claim in (("iat", "iat"), ("expires", "exp")):
        if name in how:
            claims[claim] = how[name]
    return claims


def _reach(claims: dict[str, Any], name: str) -> tuple[dict[str, Any], str]:
    path = name.split(">")
    path[0] = SHORT.get(path[0], path[0])
    for step in path[:-1]:
        claims = claims.setdefault(step, {})
    return claims, path[-1]
