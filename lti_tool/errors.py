"""What can go wrong with a platform, as types that a caller acts on, each with the words a person gets to read."""

from enum import StrEnum
from typing import TYPE_CHECKING

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from lti_tool.models import Registration


class LtiError(Exception):
    """Anything that a platform or a launch did that we cannot go on with."""


class Reason(StrEnum):
    """Why a launch was rejected. The value is logged and shown as the code; it never carries personal data."""

    TOO_MANY = "too-many"
    LOGIN_INCOMPLETE = "login-incomplete"
    REGISTRATION_UNKNOWN = "registration-unknown"
    REGISTRATION_WAITING = "registration-waiting"
    REGISTRATION_AMBIGUOUS = "registration-ambiguous"
    TARGET_FOREIGN = "target-foreign"
    PLATFORM_REFUSED = "platform-refused"
    TOKEN_MISSING = "token-missing"
    TOKEN_MALFORMED = "token-malformed"
    STATE_UNKNOWN = "state-unknown"
    STATE_EXPIRED = "state-expired"
    STATE_OF_ANOTHER_PLATFORM = "state-of-another-platform"
    BROWSER_UNPROVEN = "browser-unproven"
    KEY_MISSING = "key-missing"
    KEY_UNKNOWN = "key-unknown"
    KEYS_UNREACHABLE = "keys-unreachable"
    SIGNATURE_WRONG = "signature-wrong"
    TIME_MISSING = "time-missing"
    TIME_WRONG = "time-wrong"
    AUDIENCE_WRONG = "audience-wrong"
    NONCE_WRONG = "nonce-wrong"
    REPLAYED = "replayed"
    DEPLOYMENT_UNKNOWN = "deployment-unknown"
    DEPLOYMENT_BLOCKED = "deployment-blocked"
    TARGET_WRONG = "target-wrong"
    VERSION_WRONG = "version-wrong"
    MESSAGE_INVALID = "message-invalid"
    MESSAGE_UNSUPPORTED = "message-unsupported"
    ROLES_MISSING = "roles-missing"
    RESOURCE_LINK_MISSING = "resource-link-missing"
    ANONYMOUS = "anonymous"
    DEEP_LINKING_INCOMPLETE = "deep-linking-incomplete"
    REVIEW_UNKNOWN = "review-unknown"
    DEEP_LINKING_FOREIGN = "deep-linking-foreign"
    DEEP_LINKING_NOWHERE = "deep-linking-nowhere"


_REOPEN = _("Nothing was changed. Please open the activity again from your course.")
_ADMIN = _(
    "Nothing was changed. Please tell the person who looks after your LMS, and give them the code below."
)
_SETTLED = _("Your LMS and Bellringer do not agree about this link.")

# reason → (HTTP status, what happened, what to do)
WORDS: dict[Reason, tuple[int, Promise, Promise]] = {
    Reason.TOO_MANY: (
        429,
        _("Too many activities were opened from your network at once."),
        _("Nothing was changed. Please wait a minute, then open the activity again from your course."),
    ),
    Reason.LOGIN_INCOMPLETE: (400, _("Your LMS sent an incomplete request."), _ADMIN),
    Reason.REGISTRATION_UNKNOWN: (404, _("This LMS is not registered with Bellringer."), _ADMIN),
    Reason.REGISTRATION_WAITING: (
        403,
        _("Bellringer has not been approved for your LMS yet."),
        _(
            "Nothing is lost. Please ask the person who looks after Bellringer to approve it, and give them the code below."
        ),
    ),
    Reason.REGISTRATION_AMBIGUOUS: (400, _("Your LMS did not say which registration it uses."), _ADMIN),
    Reason.TARGET_FOREIGN: (400, _("This link leads to an address that is not part of Bellringer."), _ADMIN),
    Reason.PLATFORM_REFUSED: (403, _("Your LMS did not let you through."), _REOPEN),
    Reason.TOKEN_MISSING: (400, _("Your LMS sent no sign-in information."), _REOPEN),
    Reason.TOKEN_MALFORMED: (400, _("The sign-in information from your LMS could not be read."), _ADMIN),
    Reason.STATE_UNKNOWN: (403, _("This page does not belong to a visit that was begun here."), _REOPEN),
    Reason.STATE_EXPIRED: (403, _("Opening the activity took too long."), _REOPEN),
    Reason.STATE_OF_ANOTHER_PLATFORM: (
        403,
        _("The answer came from another LMS than the one we asked."),
        _ADMIN,
    ),
    Reason.BROWSER_UNPROVEN: (
        403,
        _("Your browser keeps Bellringer from remembering you inside the course page."),
        _("Nothing is lost. Open the activity in a tab of its own to go on."),
    ),
    Reason.KEY_MISSING: (
        400,
        _("The sign-in information from your LMS does not say which key signed it."),
        _ADMIN,
    ),
    Reason.KEY_UNKNOWN: (
        403,
        _("The sign-in information was signed with a key your LMS does not publish."),
        _ADMIN,
    ),
    Reason.KEYS_UNREACHABLE: (
        424,
        _("We could not read your LMS's keys, so we could not check who you are."),
        _(
            "Nothing was changed. Please try again in a minute; if it stays so, tell the person who looks after your LMS."
        ),
    ),
    Reason.SIGNATURE_WRONG: (403, _("The sign-in information was not signed by your LMS."), _ADMIN),
    Reason.TIME_MISSING: (400, _("The sign-in information does not say how long it is valid."), _ADMIN),
    Reason.TIME_WRONG: (403, _("The sign-in information is out of date, or a clock is wrong."), _REOPEN),
    Reason.AUDIENCE_WRONG: (403, _("The sign-in information was made for another tool."), _ADMIN),
    Reason.NONCE_WRONG: (403, _("The sign-in information does not belong to this visit."), _REOPEN),
    Reason.REPLAYED: (403, _("This link was opened twice."), _REOPEN),
    Reason.DEPLOYMENT_UNKNOWN: (
        403,
        _("Bellringer has not been approved for this part of your LMS yet."),
        _(
            "Nothing is lost. Please ask the person who looks after Bellringer to approve it, and give them the code below."
        ),
    ),
    Reason.DEPLOYMENT_BLOCKED: (
        403,
        _("Bellringer has been switched off for this part of your LMS."),
        _ADMIN,
    ),
    Reason.TARGET_WRONG: (403, _SETTLED, _ADMIN),
    Reason.VERSION_WRONG: (
        400,
        _("Your LMS speaks another version of LTI; Bellringer needs LTI 1.3."),
        _ADMIN,
    ),
    Reason.MESSAGE_INVALID: (400, _("Your LMS sent a message that is not complete."), _ADMIN),
    Reason.MESSAGE_UNSUPPORTED: (400, _("Your LMS asked for something Bellringer does not do."), _ADMIN),
    Reason.ROLES_MISSING: (400, _("Your LMS did not say which role you have in this course."), _ADMIN),
    Reason.RESOURCE_LINK_MISSING: (400, _("Your LMS did not say which activity this is."), _ADMIN),
    Reason.ANONYMOUS: (
        403,
        _("Your LMS did not say who you are."),
        _("Nothing is lost. Please sign in to your course first, then open the activity again."),
    ),
    Reason.REVIEW_UNKNOWN: (
        404,
        _(
            "This link leads to work that is not part of this course, or to somebody Bellringer does not know here."
        ),
        _(
            "Nothing was changed. Open the activity from the course to see everybody; if the person is missing there, "
            "read the course list again."
        ),
    ),
    Reason.DEEP_LINKING_INCOMPLETE: (400, _("Your LMS did not say where to return your choice."), _ADMIN),
    Reason.DEEP_LINKING_FOREIGN: (
        400,
        _("Your LMS asked to send your choice to an address that is not its own."),
        _ADMIN,
    ),
    Reason.DEEP_LINKING_NOWHERE: (
        400,
        _("Your LMS did not say for which course you are choosing."),
        _("Nothing was added. Please add the activity from inside a course."),
    ),
}


class LaunchRejected(LtiError):
    """A login or launch that must not go on. Carries what the page needs; stores nothing."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.detail = detail  # for the log: never a token, a name or a mark
        # Filled in by the launch once they are known, so that the page can lead back and the administrator hears of it.
        self.return_url = ""
        self.registration: Registration | None = None

    @property
    def status(self) -> int:
        return WORDS[self.reason][0]

    @property
    def what_happened(self) -> Promise:
        return WORDS[self.reason][1]

    @property
    def what_to_do(self) -> Promise:
        return WORDS[self.reason][2]

    @property
    def concerns_administrator(self) -> bool:
        """Whether someone who looks after the platform has to act, rather than the person who opened the link."""
        return self.what_to_do is _ADMIN or self.reason in (Reason.KEYS_UNREACHABLE, Reason.TIME_WRONG)


class Kind(StrEnum):
    """What a platform's answer to a service call means for us (reference: LTI services in production, one classifier)."""

    OK = "ok"
    SUPERSEDED = "superseded"
    GONE_USER = "gone_user"
    GONE_COURSE = "gone_course"
    GONE_ITEM = "gone_item"
    NEEDS_TEACHER = "needs_teacher"
    NEEDS_ADMIN = "needs_admin"
    TOKEN = "token"
    RATE = "rate"
    TRANSIENT = "transient"
    BUG = "bug"
    NO_SERVICE = "no_service"


PERMANENT = frozenset({Kind.GONE_USER, Kind.GONE_COURSE, Kind.GONE_ITEM, Kind.BUG, Kind.NO_SERVICE})


class ServiceError(LtiError):
    """A service call that did not succeed. `said` is the platform's own text, shortened; `retry_after` in seconds."""

    def __init__(
        self, kind: Kind, *, status: int | None = None, said: str = "", retry_after: float | None = None
    ) -> None:
        super().__init__(f"{kind.value} {status or ''}".strip())
        self.kind = kind
        self.status = status
        self.said = said
        self.retry_after = retry_after

    @property
    def is_permanent(self) -> bool:
        return self.kind in PERMANENT


class Obstacle(StrEnum):
    """Why a platform could not be registered. The value is shown as the code and kept with the invitation."""

    TOO_MANY = "too-many"
    INVITE_UNKNOWN = "invite-unknown"
    INVITE_EXPIRED = "invite-expired"
    INVITE_USED = "invite-used"
    INVITE_IN_USE = "invite-in-use"
    ADDRESS_UNUSABLE = "address-unusable"
    CONFIGURATION_UNREACHABLE = "configuration-unreachable"
    CONFIGURATION_REFUSED = "configuration-refused"
    CONFIGURATION_UNREADABLE = "configuration-unreadable"
    CONFIGURATION_INCOMPLETE = "configuration-incomplete"
    ISSUER_FOREIGN = "issuer-foreign"
    ENDPOINT_FOREIGN = "endpoint-foreign"
    PLATFORM_INCAPABLE = "platform-incapable"
    TOKEN_REFUSED = "token-refused"
    PLATFORM_REFUSED = "platform-refused"
    PLATFORM_UNREACHABLE = "platform-unreachable"
    PLATFORM_BROKEN = "platform-broken"
    ANSWER_UNREADABLE = "answer-unreadable"
    ALREADY_REGISTERED = "already-registered"


_NOTHING = _("Nothing was registered.")
_NEW_INVITE = _("Nothing was registered. Please ask the person who runs Bellringer for a new address.")
_AGAIN = _("Nothing was registered here. Close this window and begin again in your LMS.")
_LOOK = _(
    "Nothing was registered here. If your LMS lists Bellringer now, delete it there, then begin again with the same address."
)
_HAND = _(
    "Nothing was registered. Please give the code below to the person who runs Bellringer; the LMS can be registered by hand."
)

# obstacle → (HTTP status, what happened, what to do)
OBSTACLE_WORDS: dict[Obstacle, tuple[int, Promise, Promise]] = {
    Obstacle.TOO_MANY: (
        429,
        _("Too many registrations were tried from your network at once."),
        _("Nothing was registered. Please wait a minute, then begin again in your LMS."),
    ),
    Obstacle.INVITE_UNKNOWN: (404, _("This address does not belong to an invitation."), _NEW_INVITE),
    Obstacle.INVITE_EXPIRED: (410, _("This invitation is too old."), _NEW_INVITE),
    Obstacle.INVITE_USED: (
        410,
        _("This invitation has been used: an LMS was registered with it."),
        _(
            "Nothing else was registered. For another LMS, ask the person who runs Bellringer for another address."
        ),
    ),
    Obstacle.INVITE_IN_USE: (
        409,
        _("This invitation is being used in another window at this moment."),
        _("Nothing was registered from this window. Please look at the other one."),
    ),
    Obstacle.ADDRESS_UNUSABLE: (400, _("Your LMS named an address that Bellringer must not call."), _HAND),
    Obstacle.CONFIGURATION_UNREACHABLE: (
        424,
        _("Bellringer could not reach your LMS to read its configuration."),
        _(
            "Nothing was registered. Please see that your LMS can be reached from the internet, then begin again."
        ),
    ),
    Obstacle.CONFIGURATION_REFUSED: (
        424,
        _("Your LMS did not let Bellringer read its configuration."),
        _AGAIN,
    ),
    Obstacle.CONFIGURATION_UNREADABLE: (
        400,
        _("What your LMS sent as its configuration could not be read."),
        _HAND,
    ),
    Obstacle.CONFIGURATION_INCOMPLETE: (
        400,
        _("Something that is needed is missing in your LMS's configuration, or is not what it should be."),
        _HAND,
    ),
    Obstacle.ISSUER_FOREIGN: (
        400,
        _("Your LMS's configuration speaks for another LMS than the one it was read from."),
        _HAND,
    ),
    Obstacle.ENDPOINT_FOREIGN: (
        400,
        _("Your LMS's configuration names an address that does not belong to it."),
        _HAND,
    ),
    Obstacle.PLATFORM_INCAPABLE: (
        400,
        _("Your LMS does not offer what Bellringer needs to work with it."),
        _NOTHING,
    ),
    Obstacle.TOKEN_REFUSED: (
        424,
        _("Your LMS did not accept its own registration pass: it was used before, or is too old."),
        _AGAIN,
    ),
    Obstacle.PLATFORM_REFUSED: (424, _("Your LMS refused the registration."), _HAND),
    Obstacle.PLATFORM_UNREACHABLE: (424, _("Your LMS did not answer the registration."), _LOOK),
    Obstacle.PLATFORM_BROKEN: (424, _("Your LMS answered the registration with an error of its own."), _LOOK),
    Obstacle.ANSWER_UNREADABLE: (424, _("Your LMS's answer to the registration could not be read."), _LOOK),
    Obstacle.ALREADY_REGISTERED: (
        409,
        _("This LMS is registered with Bellringer already, under the same client id."),
        _(
            "Nothing was changed. To renew that registration, ask the person who runs Bellringer for an address that renews it."
        ),
    ),
}


class RegistrationRefused(LtiError):
    """A platform that is not registered. `said` holds the platform's words or our detail: never a token."""

    def __init__(self, obstacle: Obstacle, said: str = "") -> None:
        super().__init__(f"{obstacle.value} {said}".strip())
        self.obstacle = obstacle
        self.said = said

    @property
    def status(self) -> int:
        return OBSTACLE_WORDS[self.obstacle][0]

    @property
    def what_happened(self) -> Promise:
        return OBSTACLE_WORDS[self.obstacle][1]

    @property
    def what_to_do(self) -> Promise:
        return OBSTACLE_WORDS[self.obstacle][2]
