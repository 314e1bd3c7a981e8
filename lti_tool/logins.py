"""Logins under way. None is kept: the state that goes to the platform and comes back carries it, signed.

So whoever knocks at the public login door makes us write nothing, and any process can answer for any other. That a login
opens one launch is kept by the row of that launch.
"""

from dataclasses import dataclass, field
from datetime import timedelta

from django.conf import settings
from django.core import signing

from lti_tool.digests import digest
from lti_tool.errors import LaunchRejected, Reason

# Nothing else than [A-Za-z0-9_.-] in a state: Moodle strips tags out of it.
_signer = signing.TimestampSigner(salt="lti_tool.logins", sep=".")


@dataclass(frozen=True)
class Login:
    """Which platform was asked, for which target, by which browser."""

    state: str = field(repr=False)
    registration_id: int
    binding_sha256: str
    target_sha256: str
    storage_target: str

    @property
    def nonce(self) -> str:
        """What the platform has to sign: it fits this login only, and nobody could know it before."""
        return digest(f"nonce {self.state}")

    @property
    def state_sha256(self) -> str:
        return digest(self.state)

    @property
    def cookie_name(self) -> str:
        """A cookie per login, so that two launches begun at once do not disturb each other."""
        return cookie_name(self.state)


def cookie_name(state: str) -> str:
    return f"bellringer-{digest(state)[:16]}"


def begin(registration_id: int, *, binding: str, target_link_uri: str, storage_target: str) -> Login:
    carried = (registration_id, digest(binding), digest(target_link_uri), storage_target)
    return Login(_signer.sign_object(carried), *carried)


def read(state: str) -> Login:
    """The login that a state carries. Raises LaunchRejected for a state that is not ours, or too old."""
    try:
        carried = _signer.unsign_object(state, max_age=timedelta(minutes=settings.LTI_LOGIN_MINUTES))
    except signing.SignatureExpired:
        raise LaunchRejected(Reason.STATE_EXPIRED) from None
    except signing.BadSignature:
        raise LaunchRejected(Reason.STATE_UNKNOWN) from None
    return Login(state, *carried)
