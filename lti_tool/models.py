"""What we keep of the conversation with a platform: who registered, who launched what, which grades are on their way."""

import uuid
from typing import TypeVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from lti_tool.fields import EncryptedTextField

ID_LENGTH = 255  # LTI Core 1.3: identifiers are at most 255 ASCII characters, case-sensitive.
URL_LENGTH = 2000

_Row = TypeVar("_Row", bound=models.Model)


def one(rows: models.QuerySet[_Row]) -> _Row | None:
    """The only row of a set that has one at most, or None; spares the ordering that `first` adds."""
    return next(iter(rows[:1]), None)


class Status(models.TextChoices):
    """Whether a platform, or one place of it, may launch and be served. An administrator decides."""

    PENDING = "pending", _("waiting for approval")
    ACTIVE = "active", _("active")
    BLOCKED = "blocked", _("blocked")


class Registration(models.Model):
    """One platform's agreement with us: an issuer and the client id it gave us. Many schools share one issuer."""

    class Family(models.TextChoices):
        CANVAS = "canvas", "Canvas"
        MOODLE = "moodle", "Moodle"
        OTHER = "other", _("another platform")

    Status = Status

    name = models.CharField(max_length=200)
    issuer = models.CharField(max_length=ID_LENGTH)
    client_id = models.CharField(max_length=ID_LENGTH)
    auth_url = models.URLField(max_length=URL_LENGTH)
    token_url = models.URLField(max_length=URL_LENGTH)
    token_audience = models.CharField(max_length=URL_LENGTH, blank=True)
    jwks_url = models.URLField(max_length=URL_LENGTH)
    allowed_origins = models.JSONField(
        default=list, help_text="Further origins of this platform, https://host[:port]."
    )
    platform_family = models.CharField(max_length=20, choices=Family, default=Family.OTHER)
    status = models.CharField(max_length=10, choices=Status, default=Status.ACTIVE)
    platform_guid = models.CharField(
        max_length=ID_LENGTH, blank=True, help_text="The school, where many share one issuer."
    )
    configuration_url = models.CharField(
        max_length=URL_LENGTH, blank=True, help_text="Where the platform shows what it keeps about us."
    )
    configuration = models.JSONField(default=dict, help_text="What the platform confirmed at registration.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["issuer", "client_id"], name="registration_issuer_client")
        ]

    def __str__(self) -> str:
        return self.name


class Deployment(models.Model):
    """One place a platform put the tool: an account or a course. Unknown ones wait here until an administrator decides."""

    Status = Status

    registration = models.ForeignKey(Registration, on_delete=models.CASCADE, related_name="deployments")
    deployment_id = models.CharField(max_length=ID_LENGTH)
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    origins = models.JSONField(
        default=list, help_text="Origins named in verified launches: they frame us and serve us."
    )
    first_seen_at = models.DateTimeField(auto_now_add=True)
    # Grades and rosters of this place rest until then: no person is at fault, an administrator or time has to help.
    paused_until = models.DateTimeField(null=True)
    pause_reason = models.CharField(max_length=30, blank=True, help_text="An errors.Kind.")
    notices_url = models.CharField(
        max_length=URL_LENGTH, blank=True, help_text="Platform Notification Service."
    )
    notices_ask_at = models.DateTimeField(
        null=True, help_text="When the platform is asked, next or again, to send us its notices."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["registration", "deployment_id"], name="deployment_once_per_registration"
            )
        ]

    def __str__(self) -> str:
        return f"{self.registration} · {self.deployment_id}"


class Invite(models.Model):
    """A one-time address that lets whoever opens it inside an LMS register that LMS (Dynamic Registration)."""

    code_sha256 = models.CharField(max_length=64, unique=True)
    label = models.CharField(max_length=200, help_text="Who it is for.")
    privacy_level = models.CharField(
        max_length=10, blank=True, help_text="What Canvas is asked to tell us of people."
    )
    approves = models.BooleanField(
        default=False, help_text="The registration works at once; else it waits for approval here."
    )
    renews = models.ForeignKey(
        Registration,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
        help_text="The registration that this invitation renews.",
    )
    created_by = models.CharField(max_length=150, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    registration = models.ForeignKey(
        Registration,
        null=True,
        on_delete=models.SET_NULL,
        related_name="invites",
        help_text="What came of it.",
    )
    # The last time that it came to nothing: an errors.Obstacle, and the platform's words.
    refused_code = models.CharField(max_length=40, blank=True)
    refused_said = models.CharField(max_length=500, blank=True)
    refused_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.label


def in_service(deployment: str = "") -> models.Q:
    """Rows whose deployment may launch and be served: it is approved, and so is its registration.

    `deployment` is the path that leads there, `resource_link__deployment` for one; empty for deployments themselves.
    """
    path = f"{deployment}__" if deployment else ""
    active = {f"{path}status": Status.ACTIVE, f"{path}registration__status": Status.ACTIVE}
    return models.Q(**active)


class Context(models.Model):
    """A course. Where a launch names none, the resource link stands in for it (`is_implied`)."""

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    deployment = models.ForeignKey(Deployment, on_delete=models.CASCADE, related_name="contexts")
    context_id = models.CharField(max_length=ID_LENGTH + 20)
    is_implied = models.BooleanField(default=False)
    label = models.CharField(max_length=255, blank=True)
    title = models.CharField(max_length=500, blank=True)
    memberships_url = models.CharField(max_length=URL_LENGTH, blank=True)
    history = models.JSONField(default=list, help_text="The courses this one was copied from, nearest first.")
    roster_wanted_at = models.DateTimeField(null=True)
    roster_swept_at = models.DateTimeField(null=True)
    roster_problem = models.CharField(max_length=30, blank=True)
    roster_lease_expires_at = models.DateTimeField(null=True)
    roster_failures = models.PositiveSmallIntegerField(default=0, help_text="Times in a row.")
    roster_read = models.PositiveIntegerField(
        null=True, help_text="How many people the reading under way has brought so far."
    )
    roster_names_people = models.BooleanField(
        null=True, help_text="Whether the last complete roster had a name for anybody."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["deployment", "context_id"], name="context_once_per_deployment")
        ]

    def __str__(self) -> str:
        return self.title or self.label or str(_("Course without a name"))

    @property
    def registration(self) -> Registration:
        return self.deployment.registration


class ResourceLink(models.Model):
    """One link in a course that opens the tool."""

    context = models.ForeignKey(Context, on_delete=models.CASCADE, related_name="resource_links")
    deployment = models.ForeignKey(Deployment, on_delete=models.CASCADE, related_name="resource_links")
    link_id = models.CharField(max_length=ID_LENGTH)
    title = models.CharField(max_length=500, blank=True)
    custom = models.JSONField(default=dict)
    lineitems_url = models.CharField(max_length=URL_LENGTH, blank=True)
    lineitem_url = models.CharField(max_length=URL_LENGTH, blank=True)
    ags_scopes = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["deployment", "link_id"], name="resource_link_once_per_deployment"
            )
        ]

    def __str__(self) -> str:
        return self.title or self.link_id


class Person(models.Model):
    """A user of one platform. Names come only from the platform and may all be absent.

    Or a guest, whom no platform knows: they have no `sub`, so that nothing a platform sends can be about them.
    """

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    registration = models.ForeignKey(Registration, on_delete=models.CASCADE, related_name="people")
    sub = models.CharField(max_length=ID_LENGTH, null=True, help_text="The platform's id; null for guests.")
    name = models.CharField(max_length=500, blank=True)
    given_name = models.CharField(max_length=255, blank=True)
    family_name = models.CharField(max_length=255, blank=True)
    email = models.CharField(max_length=320, blank=True)
    locale = models.CharField(max_length=35, blank=True)
    is_test_student = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["registration", "sub"], name="person_once_per_registration"),
            models.CheckConstraint(
                condition=models.Q(sub__isnull=False) | ~models.Q(name=""), name="person_guest_has_a_name"
            ),
        ]

    def __str__(self) -> str:
        return self.display_name

    @property
    def is_guest(self) -> bool:
        return self.sub is None

    @property
    def user_id(self) -> str:
        """What the platform calls this person. Raises ValueError for a guest."""
        if self.sub is None:
            raise ValueError("No platform knows a guest.")
        return self.sub

    @property
    def display_name(self) -> str:
        """The name to show: the full name, else what there is of it, else the e-mail address, else a pseudonym."""
        parts = " ".join(part for part in (self.given_name, self.family_name) if part)
        return (
            self.name
            or parts
            or self.email
            or str(_("Person %(code)s") % {"code": str(self.key)[:6].upper()})
        )


class Role(models.TextChoices):
    """What a person may do in one course, decided from the context roles of the launch (lti_tool.claims)."""

    INSTRUCTOR = "instructor", _("instructor")
    TEACHING_ASSISTANT = "teaching_assistant", _("teaching assistant")
    DESIGNER = "designer", _("course designer")
    LEARNER = "learner", _("student")
    OBSERVER = "observer", _("observer")
    VISITOR = "visitor", _("visitor")
    # Somebody let in by a link of ours: never the result of claims, and never a member (lti_tool.guests).
    GUEST = "guest", _("guest")


TEACHING = (Role.INSTRUCTOR, Role.TEACHING_ASSISTANT, Role.DESIGNER)


class MembershipQuerySet(models.QuerySet["Membership"]):
    def candidates(self) -> "MembershipQuerySet":
        """Those who count as candidates: by their teacher's decision, else as students of the course."""
        return self.filter(models.Q(counts=True) | models.Q(counts=None, is_learner=True))


class Membership(models.Model):
    """One person's place in one course. What a launch shows wins over the roster (`settled`); the roster tells the rest."""

    context = models.ForeignKey(Context, on_delete=models.CASCADE, related_name="memberships")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role)
    is_learner = models.BooleanField(
        default=False, help_text="Also true for someone who teaches and learns here."
    )
    is_active = models.BooleanField(default=True)
    launched_at = models.DateTimeField(null=True)
    launched_role = models.CharField(max_length=20, choices=Role, blank=True, help_text="Of the last launch.")
    launched_learns = models.BooleanField(default=False)
    on_roster_at = models.DateTimeField(null=True)
    roster_role = models.CharField(max_length=20, choices=Role, blank=True, help_text="On the last roster.")
    roster_learns = models.BooleanField(default=False)
    counts = models.BooleanField(
        null=True, help_text="A teacher's decision whether this person is a candidate; null: as the LMS says."
    )
    left_at = models.DateTimeField(null=True, help_text="Missing from complete rosters since.")
    sections = models.JSONField(default=list, help_text="Names of the course's sections they are in.")
    groups = models.JSONField(default=list, help_text="Names or ids of the LMS groups they are in.")

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["context", "person"], name="membership_once_per_context"),
            models.CheckConstraint(
                condition=~models.Q(role="guest")
                & ~models.Q(launched_role="guest")
                & ~models.Q(roster_role="guest"),
                name="membership_is_never_a_guests",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.role}"

    @property
    def is_preview(self) -> bool:
        """Whether somebody who teaches here looked at the course as a student (Moodle's “switch role to”)."""
        return self.launched_role == Role.LEARNER and self.roster_role in TEACHING

    @property
    def settled(self) -> tuple[str, bool]:
        """Role and is_learner, from the last launch and the last roster."""
        return settle((self.launched_role, self.launched_learns), (self.roster_role, self.roster_learns))


def settle(launched: tuple[str, bool], listed: tuple[str, bool]) -> tuple[str, bool]:
    """Role and whether they learn, from what a launch showed and what the roster says: docs/decisions/0011.

    The launch wins, because Moodle lists its non-editing teachers as students; unless it showed no role, or was a
    teacher's preview. An empty role means that there was no launch, or no roster.
    """
    shows_a_role = launched[0] not in ("", Role.VISITOR)
    is_preview = launched[0] == Role.LEARNER and listed[0] in TEACHING
    return listed if listed[0] and (not shows_a_role or is_preview) else launched


class LineItem(models.Model):
    """One column of the LMS gradebook that we fill. Its URL is unknown until the worker has found or made it."""

    resource_link = models.ForeignKey(ResourceLink, on_delete=models.CASCADE, related_name="line_items")
    tag = models.CharField(max_length=100)
    label = models.CharField(max_length=255)
    score_maximum = models.DecimalField(max_digits=9, decimal_places=3)
    url = models.CharField(max_length=URL_LENGTH, blank=True)
    lease_expires_at = models.DateTimeField(null=True)
    review_offered_at = models.DateTimeField(
        null=True, help_text="When the platform was told where its gradebook finds a person's sheet."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["resource_link", "tag"], name="line_item_once_per_link_and_tag"),
            models.CheckConstraint(
                condition=models.Q(score_maximum__gt=0), name="line_item_maximum_is_positive"
            ),
        ]

    def __str__(self) -> str:
        return self.label


class Score(models.Model):
    """The grade the LMS should show for one person in one column, and how far it has got. This row is the outbox."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        DELIVERED = "delivered", _("delivered")
        REFUSED = "refused", _("refused")
        CONFLICT = "conflict", _("changed in the LMS")
        KEPT = "kept", _("left as it is in the LMS")

    line_item = models.ForeignKey(LineItem, on_delete=models.CASCADE, related_name="scores")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="scores")
    # What we want the LMS to show. `given` is null after a withdrawal.
    given = models.DecimalField(max_digits=9, decimal_places=3, null=True)
    maximum = models.DecimalField(max_digits=9, decimal_places=3)
    comment = models.TextField(blank=True)
    graded_at = models.DateTimeField()
    revision = models.PositiveIntegerField(default=1)
    # How far it has got.
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    reason = models.CharField(
        max_length=30, blank=True, help_text="An errors.Kind: why it waits or was refused."
    )
    platform_said = models.CharField(max_length=500, blank=True)
    lms_shows = models.CharField(
        max_length=60, blank=True, help_text="What the last read-back found, as text."
    )
    attempts = models.PositiveIntegerField(default=0, help_text="Failures in a row.")
    not_before = models.DateTimeField(default=timezone.now)
    lease = models.UUIDField(null=True)
    lease_expires_at = models.DateTimeField(null=True)
    last_timestamp = models.DateTimeField(
        null=True, help_text="The newest timestamp ever sent; only goes up."
    )
    may_fill_blank = models.BooleanField(
        default=True, help_text="False once delivered: a blank cell is then a choice."
    )
    may_replace = models.CharField(
        max_length=60, blank=True, help_text="The grade in the LMS that somebody chose to replace with ours."
    )
    delivered_at = models.DateTimeField(null=True)
    delivered_given = models.DecimalField(max_digits=9, decimal_places=3, null=True)
    delivered_maximum = models.DecimalField(max_digits=9, decimal_places=3, null=True)
    delivered_comment = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["line_item", "person"], name="score_once_per_column_and_person"),
            models.CheckConstraint(
                condition=models.Q(given__isnull=True)
                | models.Q(given__gte=0, given__lte=models.F("maximum")),
                name="score_within_its_maximum",
            ),
        ]
        indexes = [models.Index(fields=["state", "not_before"], name="score_due")]

    def __str__(self) -> str:
        return f"{self.line_item_id}/{self.person_id} {self.state}"


class ScorePost(models.Model):
    """The ledger: one row for each score we sent or were about to send. Written before the request leaves."""

    score = models.ForeignKey(Score, on_delete=models.CASCADE, related_name="posts")
    revision = models.PositiveIntegerField()
    given = models.DecimalField(max_digits=9, decimal_places=3, null=True)
    maximum = models.DecimalField(max_digits=9, decimal_places=3)
    timestamp = models.DateTimeField()
    body_sha256 = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(
        null=True, help_text="The HTTP status; null while no answer is known."
    )
    outcome = models.CharField(max_length=30, blank=True)
    read_back = models.CharField(max_length=60, blank=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.score_id} r{self.revision} {self.status}"


class SendingLane(models.Model):
    """The right to have one request about grades under way to a platform. As many lanes, as many at once, whoever works."""

    registration = models.ForeignKey(Registration, on_delete=models.CASCADE, related_name="lanes")
    number = models.PositiveSmallIntegerField()
    lease = models.UUIDField(null=True)
    lease_expires_at = models.DateTimeField(null=True)
    taken_at = models.DateTimeField(null=True, help_text="Last: whoever waited longest goes first.")
    rests_until = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0, help_text="Times in a row that nobody answered.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["registration", "number"], name="sending_lane_once")]

    def __str__(self) -> str:
        return f"{self.registration_id}/{self.number}"


class ToolKey(models.Model):
    """One of our RSA key pairs. The private half is encrypted at rest."""

    class State(models.TextChoices):
        NEXT = "next", _("next")
        CURRENT = "current", _("current")
        RETIRING = "retiring", _("retiring")

    kid = models.CharField(max_length=64, unique=True)
    private_pem = EncryptedTextField()
    state = models.CharField(max_length=10, choices=State, default=State.CURRENT)
    created_at = models.DateTimeField(default=timezone.now, help_text="Published since.")
    current_at = models.DateTimeField(null=True, help_text="Signs since.")
    retiring_at = models.DateTimeField(null=True, help_text="Signs no more since.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["state"], condition=models.Q(state="current"), name="one_current_tool_key"
            ),
            models.UniqueConstraint(
                fields=["state"], condition=models.Q(state="next"), name="one_next_tool_key"
            ),
        ]

    def __str__(self) -> str:
        return self.kid


class DeepLinkingRequest(models.Model):
    """A platform asked somebody to choose what a new link shall open; kept until the choice has gone back."""

    context = models.ForeignKey(Context, on_delete=models.CASCADE, related_name="deep_linking_requests")
    return_url = models.CharField(max_length=URL_LENGTH)
    data = models.TextField(null=True, help_text="Sent back letter for letter; null where none was sent.")
    settings = models.JSONField(default=dict, help_text="What the platform takes, as it said it.")
    answered_at = models.DateTimeField(null=True)
    answer = models.JSONField(null=True, help_text="What went back, as claims: items and messages.")

    def __str__(self) -> str:
        return f"{self.context_id} {self.pk}"


class LaunchToken(models.Model):
    """What a verified launch leaves: who, where, with which role, until when. The token itself is only hashed here.

    It opens either a resource link or, for deep linking, the choice of one.
    """

    token_sha256 = models.CharField(max_length=64, unique=True)
    state_sha256 = models.CharField(
        max_length=64, null=True, unique=True, help_text="Of the login that it used up; null for a copy."
    )
    id_token_sha256 = models.CharField(max_length=64, blank=True)
    person = models.ForeignKey(Person, on_delete=models.CASCADE)
    context = models.ForeignKey(Context, on_delete=models.CASCADE, related_name="+")
    resource_link = models.ForeignKey(ResourceLink, null=True, on_delete=models.CASCADE)
    deep_linking = models.ForeignKey(DeepLinkingRequest, null=True, on_delete=models.CASCADE)
    for_person = models.ForeignKey(
        Person,
        null=True,
        on_delete=models.CASCADE,
        related_name="+",
        help_text="Whose work the LMS's gradebook asked for. Says what to show, never who may see it.",
    )
    role = models.CharField(max_length=20, choices=Role)
    is_learner = models.BooleanField(default=False)
    return_url = models.CharField(max_length=URL_LENGTH, blank=True)
    locale = models.CharField(max_length=35, blank=True)
    high_contrast = models.BooleanField(default=False)
    theme = models.JSONField(default=dict, help_text="The school's colours that our pages are readable in.")
    visit = models.UUIDField(default=uuid.uuid4, help_text="The same for all tabs that it was handed on to.")
    door = models.UUIDField(
        null=True, db_index=True, help_text="What let a guest in; null for a launch of the platform."
    )
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(resource_link__isnull=False) ^ models.Q(deep_linking__isnull=False),
                name="launch_opens_a_link_or_chooses_one",
            ),
            models.CheckConstraint(
                condition=models.Q(role="guest", door__isnull=False, is_learner=False)
                | (~models.Q(role="guest") & models.Q(door=None)),
                name="launch_of_a_guest_has_its_door",
            ),
        ]


class OneTimeCode(models.Model):
    """Hands a launch over to a new tab or a download: once, within a minute, for one path."""

    code_sha256 = models.CharField(max_length=64, unique=True)
    launch = models.ForeignKey(LaunchToken, on_delete=models.CASCADE)
    path = models.CharField(max_length=URL_LENGTH)
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True)


class Notice(models.Model):
    """A message of the Platform Notification Service: verified, kept once, worked on by the worker."""

    deployment = models.ForeignKey(Deployment, on_delete=models.CASCADE, related_name="notices")
    notice_id = models.CharField(max_length=ID_LENGTH)
    notice_type = models.CharField(max_length=100)
    body = models.JSONField(default=dict)
    received_at = models.DateTimeField(default=timezone.now)
    handled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["deployment", "notice_id"], name="notice_once_per_deployment")
        ]

    def __str__(self) -> str:
        return f"{self.notice_type} {self.notice_id}"


class Problem(models.Model):
    """Something a platform did that we could not go on with, for the administrator: one row a kind, counted.

    It names no person and carries no token: `said` is the platform's own text, shortened, or a detail of ours.
    """

    class Area(models.TextChoices):
        LAUNCH = "launch", _("opening the tool")
        REGISTRATION = "registration", _("registration")
        DEEP_LINKING = "deep_linking", _("adding activities")
        ROSTER = "roster", _("course members")
        GRADES = "grades", _("grades")
        NOTICES = "notices", _("notices")

    registration = models.ForeignKey(Registration, on_delete=models.CASCADE, related_name="problems")
    deployment = models.ForeignKey(Deployment, null=True, on_delete=models.CASCADE, related_name="problems")
    area = models.CharField(max_length=20, choices=Area)
    code = models.CharField(max_length=40, help_text="An errors.Reason or errors.Kind.")
    said = models.CharField(max_length=500, blank=True)
    times = models.PositiveIntegerField(default=1)
    first_at = models.DateTimeField(default=timezone.now)
    last_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-last_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["registration", "area", "code"],
                condition=models.Q(deployment=None),
                name="problem_once_per_registration_and_kind",
            ),
            models.UniqueConstraint(
                fields=["deployment", "area", "code"], name="problem_once_per_deployment_and_kind"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.area} {self.code}"
