"""Launches that platforms really sent, played against our own verification."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from lti_tool import http, jwks, logins, oidc
from lti_tool.claims import DEPLOYMENT_ID, TARGET_LINK_URI
from lti_tool.models import Deployment, Registration
from lti_tool.verification import BrowserProof, Verified, verify

LAUNCHES = Path(__file__).parent / "samples" / "launches"
PRIVATE_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
KID = "recorded"


def canvas_body(name: str) -> dict[str, Any]:
    return json.loads((LAUNCHES / "canvas" / f"id_token.{name}.json").read_text())


def moodle_body(name: str) -> dict[str, Any]:
    recording = json.loads((LAUNCHES / "moodle" / f"{name}.json").read_text())
    if "steps" in recording:
        return recording["steps"][-1]["claims"]
    return recording["launch"]["claims"] if "launch" in recording else recording


def key_set() -> dict[str, Any]:
    return {
        "keys": [{**json.loads(RSAAlgorithm.to_jwk(PRIVATE_KEY.public_key())), "kid": KID, "alg": "RS256"}]
    }


def register(body: Mapping[str, Any], family: str) -> Registration:
    registration = Registration.objects.create(
        name=family,
        issuer=body["iss"],
        client_id=body["aud"],
        auth_url="https://lms.example/auth",
        token_url="https://lms.example/token",
        jwks_url="https://lms.example/jwks",
        platform_family=family,
    )
    Deployment.objects.create(
        registration=registration, deployment_id=body[DEPLOYMENT_ID], status=Deployment.Status.ACTIVE
    )
    return registration


def play(monkeypatch, settings, id_token: str, body: Mapping[str, Any], keys: Mapping[str, Any]) -> Verified:
    """Begin the login that asked for this token, then verify it. Only our nonce and the network are replaced."""
    settings.TOOL_URL = http.origin(body[TARGET_LINK_URI])
    monkeypatch.setattr(logins.Login, "nonce", body["nonce"])
    answer = http.Answer(200, "OK", {}, json.dumps(keys).encode())
    monkeypatch.setattr(http, "request", lambda *args, **kwargs: answer)
    jwks.forget()
    begun = oidc.begin(
        {
            "iss": body["iss"],
            "client_id": body["aud"],
            "login_hint": "hint",
            "target_link_uri": body[TARGET_LINK_URI],
        }
    )
    return verify({"id_token": id_token, "state": begun.login.state}, BrowserProof(cookie=begun.binding))


def signed(body: Mapping[str, Any]) -> str:
    return jwt.encode(dict(body), PRIVATE_KEY, algorithm="RS256", headers={"kid": KID})
