"""Whether a posted launch is genuine, and what it says. Reads and checks; writes nothing.

PyLTI1p3 supplies the token format, the message validators and the order of hooks; every check that protects
something is ours, because PyLTI1p3 lets replay, foreign audiences and missing times through.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt
import requests
from django.conf import settings
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from pylti1p3.cookie import CookieService
from pylti1p3.exception import LtiException
from pylti1p3.message_launch import MessageLaunch
from pylti1p3.request import Request
from pylti1p3.session import SessionService

from lti_tool import claims as names
from lti_tool import http, jwks, logins
from lti_tool.claims import Claims, is_storable
from lti_tool.digests import digest
from lti_tool.errors import LaunchRejected, Reason
from lti_tool.kept_queries import Given, KeptQuery
from lti_tool.logins import Login
from lti_tool.models import ID_LENGTH, URL_LENGTH, Deployment, LaunchToken, Registration
from lti_tool.oidc import find_registration

MESSAGES = (names.RESOURCE_LINK_REQUEST, names.DEEP_LINKING_REQUEST, names.SUBMISSION_REVIEW_REQUEST)
MAX_ID_TOKEN = 64 * 1024
LAST_TIME = 2**53  # nan and infinity fail the comparison too
# Times and audience have steps of their own, with leeway and reasons that PyJWT does not give.
_CLAIM_CHECKS = ("exp", "iat", "nbf", "aud", "iss", "sub", "jti")
_SIGNATURE_ONLY: Any = {"verify_signature": True} | {f"verify_{claim}": False for claim in _CLAIM_CHECKS}
# PyLTI1p3 makes an HTTP session for each launch; keys are fetched by lti_tool.jwks, so one that is never used is enough.
_NEVER_ASKED = requests.Session()

_registration = KeptQuery(lambda: Registration.objects.filter(pk=Given("pk"))[:1])
_deployment = KeptQuery(
    lambda: Deployment.objects.filter(
        registration=Given("registration"), deployment_id=Given("deployment_id")
    )[:1]
)


@dataclass(frozen=True)
class BrowserProof:
    """How this browser shows that it began the login: a cookie, the platform's storage, or a click on our own page."""

    cookie: str = ""
    storage: str = ""
    clicked: bool = False

    def holds_for(self, login: Login) -> bool:
        secrets = filter(None, (self.cookie, self.storage))
        return self.clicked or any(
            constant_time_compare(digest(secret), login.binding_sha256) for secret in secrets
        )


class BrowserUnproven(LaunchRejected):
    """A good launch in a browser that returned no cookie: the page offers the next step of the ladder."""

    def __init__(self, login: Login, claims: Claims) -> None:
        super().__init__(Reason.BROWSER_UNPROVEN)
        self.login = login
        self.claims = claims


@dataclass(frozen=True)
class Verified:
    login: Login
    registration: Registration
    deployment: Deployment
    claims: Claims
    token_sha256: str
    return_url: str


@dataclass(frozen=True)
class VerifiedNotice:
    deployment: Deployment
    notice_id: str
    notice_type: str
    body: Mapping[str, Any]


def verify_notice(token: str) -> VerifiedNotice:
    """Check one notice of a platform, as a launch is checked. Raises LaunchRejected; writes nothing."""
    return _NoticeVerification({"id_token": token}, BrowserProof()).check()


def verify(form: Mapping[str, str], proof: BrowserProof) -> Verified:
    """Check a posted launch, in the order of the Security Framework. Raises LaunchRejected; writes nothing."""
    return _Verification(form, proof).run()


class _Verification(MessageLaunch):
    """PyLTI1p3's launch with each hook that matters replaced. Steps run in the order of `run`."""

    registration: Registration
    deployment: Deployment
    login: Login
    claims: Claims

    def __init__(self, form: Mapping[str, str], proof: BrowserProof) -> None:
        request = Request()  # type: ignore[abstract]
        # Sessions and cookies are ours (lti_tool.session, lti_tool.cookies): these two are never asked for anything.
        unused = SessionService(request), CookieService()  # type: ignore[abstract]
        super().__init__(request, None, *unused, requests_session=_NEVER_ASKED)
        self.set_auto_validation(False)
        self.form = form
        self.proof = proof
        self.return_url = ""
        self._begun: Login | None = None

    def run(self) -> Verified:
        try:
            self.validate_jwt_format()
            self.validate_registration()
            self.validate_state()
            self.validate_jwt_signature()
            self.return_url = _safe_return_url(self.body)
            self.validate_times()
            self.validate_audience()
            self.validate_nonce()
            self.validate_deployment()
            self.validate_target_link_uri()
            self.validate_message()
            self.claims = Claims.read(self.body, client_id=self.registration.client_id)
            return self.validate_browser()
        except LaunchRejected as rejection:
            rejection.return_url = self.return_url
            rejection.registration = getattr(self, "registration", None)
            raise

    def _get_request_param(self, key: str) -> str:
        return self.form.get(key, "")

    @property
    def body(self) -> Mapping[str, Any]:
        return self._jwt["body"]

    def validate_jwt_format(self) -> "_Verification":
        id_token = self.form.get("id_token", "")
        if not id_token:
            raise LaunchRejected(Reason.TOKEN_MISSING)
        if len(id_token) > MAX_ID_TOKEN:
            raise LaunchRejected(Reason.TOKEN_MALFORMED, "too large")
        try:
            super().validate_jwt_format()
        except LtiException:
            raise LaunchRejected(Reason.TOKEN_MALFORMED) from None
        header = self._jwt["header"]
        if not isinstance(header, dict) or not isinstance(self.body, dict) or not is_storable(self.body):
            raise LaunchRejected(Reason.TOKEN_MALFORMED)
        for claim in ("iss", "nonce"):
            if not isinstance(self.body.get(claim), str) or not self.body[claim]:
                raise LaunchRejected(Reason.TOKEN_MALFORMED, claim)
        if not _audiences(self.body):
            raise LaunchRejected(Reason.TOKEN_MALFORMED, "aud")
        return self

    def validate_registration(self) -> "_Verification":
        """The registration named by issuer and audience. Which of several audiences is ours, `azp` or we say."""
        if registration := self._registration_of_login():
            self.registration = registration
            return self
        azp = self.body.get("azp")
        ours_first = sorted(_audiences(self.body), key=lambda audience: audience != azp)
        for client_id in ours_first:
            try:
                self.registration = find_registration(self.body["iss"], client_id)
                return self
            except LaunchRejected:
                continue
        raise LaunchRejected(Reason.REGISTRATION_UNKNOWN)

    def _registration_of_login(self) -> Registration | None:
        """The usual case: the platform that was asked is the one that the token names, so it need not be looked for."""
        try:
            self._begun = logins.read(self.form.get("state", ""))
        except LaunchRejected as rejection:
            self._state_refused = rejection
            return None
        asked = _registration.one(pk=self._begun.registration_id)
        return asked if asked and self._is_of(asked) else None

    def _is_of(self, registration: Registration) -> bool:
        return (
            registration.status == Registration.Status.ACTIVE
            and registration.issuer == self.body["iss"]
            and self.body.get("azp", registration.client_id) == registration.client_id
            and registration.client_id in _audiences(self.body)
        )

    def validate_state(self) -> "_Verification":
        if self._begun is None:
            raise self._state_refused
        if self._begun.registration_id != self.registration.pk:
            raise LaunchRejected(Reason.STATE_OF_ANOTHER_PLATFORM)
        self.login = self._begun
        return self

    def validate_jwt_signature(self) -> "_Verification":
        kid = self._jwt["header"].get("kid")
        if not isinstance(kid, str) or not kid:
            raise LaunchRejected(Reason.KEY_MISSING)
        if self._jwt["header"].get("alg") != jwks.ALGORITHM:  # never taken from the token: RS256 or nothing
            raise LaunchRejected(Reason.SIGNATURE_WRONG, "alg")
        key = jwks.public_key(self.registration.jwks_url, kid)
        try:
            jwt.decode(self.form["id_token"], key, algorithms=[jwks.ALGORITHM], options=_SIGNATURE_ONLY)
        except jwt.InvalidTokenError as error:
            raise LaunchRejected(Reason.SIGNATURE_WRONG, type(error).__name__) from None
        return self

    def validate_times(self) -> "_Verification":
        """Both times are there, and the token is neither from the future, nor expired, nor older or longer than an hour."""
        issued, expires = _time(self.body.get("iat")), _time(self.body.get("exp"))
        if issued is None or expires is None:
            raise LaunchRejected(Reason.TIME_MISSING)
        now, leeway, oldest = (
            timezone.now().timestamp(),
            settings.LTI_LEEWAY_SECONDS,
            settings.LTI_MAX_TOKEN_AGE_SECONDS,
        )
        if not now - oldest - leeway <= issued <= now + leeway:
            raise LaunchRejected(Reason.TIME_WRONG, "iat")
        if not now - leeway < expires <= now + oldest + leeway:
            raise LaunchRejected(Reason.TIME_WRONG, "exp")
        not_before = _time(self.body.get("nbf", 0))
        if not_before is None or not_before > now + leeway:
            raise LaunchRejected(Reason.TIME_WRONG, "nbf")
        return self

    def validate_audience(self) -> "_Verification":
        """`azp` must be us where it is sent, and must be sent where there are several audiences (OIDC Core §3.1.3.7)."""
        azp = self.body.get("azp")
        if azp is not None and azp != self.registration.client_id:
            raise LaunchRejected(Reason.AUDIENCE_WRONG)
        if azp is None and len(_audiences(self.body)) > 1:
            raise LaunchRejected(Reason.AUDIENCE_WRONG)
        return self

    def validate_nonce(self) -> "_Verification":
        """That it was not used before is seen when the launch is recorded, which uses it up."""
        if not constant_time_compare(self.body["nonce"], self.login.nonce):
            raise LaunchRejected(Reason.NONCE_WRONG)
        return self

    def validate_deployment(self) -> "_Verification":
        deployment_id = self.body.get(names.DEPLOYMENT_ID)
        if not isinstance(deployment_id, str) or not 0 < len(deployment_id) <= ID_LENGTH:
            raise LaunchRejected(Reason.MESSAGE_INVALID, "deployment_id")
        deployment = _deployment.one(registration=self.registration.pk, deployment_id=deployment_id)
        if deployment is None or deployment.status == Deployment.Status.PENDING:
            raise UnknownDeployment(self.registration, deployment_id)
        if deployment.status == Deployment.Status.BLOCKED:
            raise LaunchRejected(Reason.DEPLOYMENT_BLOCKED)
        deployment.registration = self.registration
        self.deployment = deployment
        return self

    def validate_target_link_uri(self) -> "_Verification":
        """The signed target is the one the login was begun for. We never redirect to it."""
        target = self.body.get(names.TARGET_LINK_URI)
        if not isinstance(target, str) or digest(target) != self.login.target_sha256:
            raise LaunchRejected(Reason.TARGET_WRONG)
        return self

    def validate_message(self) -> "_Verification":
        body = self.body
        if body.get(names.VERSION) != "1.3.0":
            raise LaunchRejected(Reason.VERSION_WRONG)
        _check_types(body)
        message_type = body.get(names.MESSAGE_TYPE)
        if not message_type:
            raise LaunchRejected(Reason.MESSAGE_INVALID, "message_type")
        if message_type not in MESSAGES:
            raise LaunchRejected(Reason.MESSAGE_UNSUPPORTED)
        if names.ROLES not in body:
            raise LaunchRejected(Reason.ROLES_MISSING)
        if not body.get("sub"):
            raise LaunchRejected(Reason.ANONYMOUS)
        if message_type == names.DEEP_LINKING_REQUEST:
            _check_deep_linking(body, self.deployment)
        elif not _id_of(body.get(names.RESOURCE_LINK)):
            raise LaunchRejected(Reason.RESOURCE_LINK_MISSING)
        elif message_type == names.SUBMISSION_REVIEW_REQUEST:
            _check_for_user(body)  # PyLTI1p3 insists on somebody, whom Moodle's column heads do not name
        else:
            self._ask_pylti1p3()
        return self

    def _ask_pylti1p3(self) -> None:
        try:
            super().validate_message()
        except LtiException as error:
            raise LaunchRejected(Reason.MESSAGE_INVALID, str(error)[:100]) from None

    def validate_browser(self) -> Verified:
        if not self.proof.holds_for(self.login):
            if LaunchToken.objects.filter(state_sha256=self.login.state_sha256).exists():
                raise LaunchRejected(Reason.REPLAYED)
            raise BrowserUnproven(self.login, self.claims)
        return Verified(
            login=self.login,
            registration=self.registration,
            deployment=self.deployment,
            claims=self.claims,
            token_sha256=digest(self.form["id_token"]),
            return_url=self.return_url,
        )


class _NoticeVerification(_Verification):
    """The same steps, without the browser: nobody logged in, and instead of a nonce the notice's id is used once."""

    def check(self) -> VerifiedNotice:
        try:
            self.validate_jwt_format()
            self.validate_registration()
            self.validate_jwt_signature()
            self.validate_times()
            self.validate_audience()
            self.validate_deployment()
            return self._read()
        except LaunchRejected as rejection:
            rejection.registration = getattr(self, "registration", None)
            raise

    def _read(self) -> VerifiedNotice:
        body = self.body
        if body.get(names.VERSION) != "1.3.0":
            raise LaunchRejected(Reason.VERSION_WRONG)
        if body.get(names.MESSAGE_TYPE) in MESSAGES:
            raise LaunchRejected(Reason.MESSAGE_INVALID, "a launch is no notice")
        notice = body.get(names.NOTICE)
        notice_type = notice.get("type") if isinstance(notice, Mapping) else None
        if not _id_of(notice) or not isinstance(notice_type, str) or not 0 < len(notice_type) <= 100:
            raise LaunchRejected(Reason.MESSAGE_INVALID, "notice")
        if notice_type == names.CONTEXT_COPY_NOTICE:
            _check_copy(body)
        return VerifiedNotice(self.deployment, _id_of(notice), notice_type, body)


def _check_copy(body: Mapping[str, Any]) -> None:
    if not _id_of(body.get(names.CONTEXT)):
        raise LaunchRejected(Reason.MESSAGE_INVALID, "context")
    origins = body.get(names.ORIGIN_CONTEXTS)
    if not isinstance(origins, list) or not names.ids(origins):
        raise LaunchRejected(Reason.MESSAGE_INVALID, "origin_contexts")


class UnknownDeployment(LaunchRejected):
    """A genuine launch from a place nobody has approved yet. The one rejection that leaves a row: a question to the admin."""

    def __init__(self, registration: Registration, deployment_id: str) -> None:
        super().__init__(Reason.DEPLOYMENT_UNKNOWN)
        self.registration = registration
        self.deployment_id = deployment_id

    def ask_administrator(self) -> None:
        Deployment.objects.get_or_create(registration=self.registration, deployment_id=self.deployment_id)


def _audiences(body: Mapping[str, Any]) -> list[str]:
    audience = body.get("aud")
    found = audience if isinstance(audience, list) else [audience]
    return [entry for entry in found if isinstance(entry, str) and 0 < len(entry) <= ID_LENGTH][:10]


def _time(value: object) -> float | None:
    """Seconds since 1970; None for anything that is no time."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < LAST_TIME
    return float(value) if is_number else None  # type: ignore[arg-type]


def _id_of(claim: Any) -> str:
    found = claim.get("id") if isinstance(claim, Mapping) else None
    return found if isinstance(found, str) and len(found) <= ID_LENGTH else ""


_OBJECTS = (
    names.RESOURCE_LINK,
    names.CONTEXT,
    names.CUSTOM,
    names.AGS,
    names.NRPS,
    names.TOOL_PLATFORM,
    names.LAUNCH_PRESENTATION,
    names.DEEP_LINKING_SETTINGS,
    names.FOR_USER,
    names.NOTICES,
)


def _check_types(body: Mapping[str, Any]) -> None:
    for claim in _OBJECTS:
        if not isinstance(body.get(claim), dict | None):
            raise LaunchRejected(Reason.MESSAGE_INVALID, claim.rsplit("/", 1)[-1])
    roles = body.get(names.ROLES)
    if not isinstance(roles, list | None) or not all(isinstance(role, str) for role in roles or ()):
        raise LaunchRejected(Reason.MESSAGE_INVALID, "roles")
    sub = body.get("sub")
    if not isinstance(sub, str | None) or len(sub or "") > ID_LENGTH:
        raise LaunchRejected(Reason.MESSAGE_INVALID, "sub")
    if names.CONTEXT in body and body[names.CONTEXT] is not None and not _id_of(body[names.CONTEXT]):
        raise LaunchRejected(Reason.MESSAGE_INVALID, "context")


def _check_deep_linking(body: Mapping[str, Any], deployment: Deployment) -> None:
    """The choice goes back to the platform and nowhere else, and it belongs to a course."""
    asked = body.get(names.DEEP_LINKING_SETTINGS) or {}
    url = asked.get("deep_link_return_url")
    if not isinstance(url, str) or not http.origin(url) or len(url) > URL_LENGTH:
        raise LaunchRejected(Reason.DEEP_LINKING_INCOMPLETE)
    if http.origin(lifted(url)) not in _homes(body, deployment):
        raise LaunchRejected(Reason.DEEP_LINKING_FOREIGN, http.origin(url))
    if not isinstance(asked.get("data"), str | None):
        raise LaunchRejected(Reason.MESSAGE_INVALID, "data")
    if not _id_of(body.get(names.CONTEXT)):
        raise LaunchRejected(Reason.DEEP_LINKING_NOWHERE)


def lifted(url: str) -> str:
    """Over https: a self-hosted Canvas behind a proxy names http addresses of its https host. As it is in development."""
    if settings.LTI_ALLOW_LOOPBACK or not url.startswith("http://"):
        return url
    return "https://" + url.removeprefix("http://")


def _homes(body: Mapping[str, Any], deployment: Deployment) -> set[str]:
    """The platform's origins: those we know, and those of the services and the way back that this same message names."""
    claims = Claims.read(body, client_id=deployment.registration.client_id)
    return http.origins_of(deployment.registration, deployment) | named_origins(claims)


def named_origins(claims: Claims) -> set[str]:
    """Where the platform says that its services are, and the way back to the course."""
    urls = (claims.return_url, claims.lineitems_url, claims.lineitem_url, claims.memberships_url)
    return {found for found in map(http.origin, (*urls, claims.notices_url)) if found}


def _check_for_user(body: Mapping[str, Any]) -> None:
    """Nobody is fine: then the whole activity is meant."""
    user_id = (body.get(names.FOR_USER) or {}).get("user_id")
    if user_id is not None and not (isinstance(user_id, str) and 0 < len(user_id) <= ID_LENGTH):
        raise LaunchRejected(Reason.MESSAGE_INVALID, "for_user")


def _safe_return_url(body: Mapping[str, Any]) -> str:
    """The way back to the course that a signed token names; empty unless it is a web address."""
    presentation = body.get(names.LAUNCH_PRESENTATION)
    url = presentation.get("return_url") if isinstance(presentation, dict) else None
    if not isinstance(url, str) or not http.origin(url) or len(url) > 2000:
        return ""
    return url if url.startswith("https://") or settings.LTI_ALLOW_LOOPBACK else ""
