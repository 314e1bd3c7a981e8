import random
import secrets
import uuid
from decimal import Decimal
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from lti_tool.port import Launch

TEXT_MAX = 100_000
REASON_MAX = 2_000
MOST_REVIEWS = 20
MOST_ACTIONS = 3
PERSON: dict[str, Any] = {
    "to": "lti_tool.Person",
    "null": True,
    "on_delete": models.SET_NULL,
    "related_name": "+",
}
PER_CENT = [MinValueValidator(0), MaxValueValidator(100)]


def new_secret() -> str:
    return secrets.token_hex(32)


def new_lot() -> float:
    return random.random()


class PeerActivityQuerySet(models.QuerySet["PeerActivity"]):
    def visible_to(self, launch: Launch) -> "PeerActivityQuerySet":
        return self.filter(activity__resource_link=launch.resource_link)

    def whole(self) -> "PeerActivityQuerySet":
        return self.select_related(
            "activity__context__deployment__registration", "activity__resource_link", "activity__rubric"
        )


class PeerActivity(models.Model):
    """The set-up of an activity in which learners give each other feedback. Its form is the activity's rubric.

    What a phase is, when it ends and who may act in it: phases.py. Who reads whose name: names.py.
    """

    class Mode(models.TextChoices):
        WORK = "work", _("work that is handed in")
        PERFORMANCE = "performance", _("a performance that is seen live")
        TEAM = "team", _("contribution to a team")
        MULTI_SOURCE = "sources", _("multi-source feedback")

    class Phase(models.TextChoices):
        SETUP = "setup", _("set-up")
        SUBMIT = "submit", _("hand in")
        SELF = "self", _("assess oneself")
        REVIEW = "review", _("review")
        RESPOND = "respond", _("respond")
        ACT = "act", _("act")
        CLOSED = "closed", _("closed")

    class Anonymity(models.TextChoices):
        NAMED = "named", _("everybody reads names")
        AUTHOR_BLIND = "authors", _("reviewers do not read whose work it is")
        REVIEWER_BLIND = "reviewers", _("authors do not read who reviewed")
        DOUBLE_BLIND = "both", _("neither reads the other's name")

    class Allocating(models.TextChoices):
        AT_ONCE = "at_once", _("everybody's reviews are drawn at once")
        PULL = "pull", _("each takes the next work when they are ready")

    class Grouping(models.TextChoices):
        ANY = "any", _("groups do not matter")
        NEVER_SAME = "never_same", _("never in one's own group")
        ONLY_SAME = "only_same", _("only in one's own group")

    class Releasing(models.TextChoices):
        AT_ONCE = "at_once", _("as soon as a review is handed in")
        AFTER_K = "after_k", _("once enough reviews of the work are handed in")
        AT_DATE = "at_date", _("when reviewing ends")
        APPROVED = "approved", _("after a teacher has approved it")

    class Scoring(models.TextChoices):
        MEAN = "mean", _("mean")
        MEDIAN = "median", _("median")
        TRIMMED = "trimmed", _("trimmed mean, without the highest and the lowest fifth")
        STAFF = "staff", _("mean in which a teacher's review counts several times")

    activity = models.OneToOneField("activities.Activity", on_delete=models.CASCADE, related_name="peer")
    mode = models.CharField(_("what is looked at"), max_length=12, choices=Mode, default=Mode.WORK)
    phase = models.CharField(max_length=8, choices=Phase, default=Phase.SETUP)
    phase_since = models.DateTimeField(default=timezone.now)
    switches_itself = models.BooleanField(_("go on by itself when a phase's time is over"), default=True)
    problem = models.TextField(blank=True, help_text="Why it did not go on by itself, for its teachers.")
    submit_until = models.DateTimeField(_("hand in until"), null=True, blank=True)
    self_until = models.DateTimeField(_("assess oneself until"), null=True, blank=True)
    review_until = models.DateTimeField(_("review until"), null=True, blank=True)
    respond_until = models.DateTimeField(_("respond until"), null=True, blank=True)
    act_until = models.DateTimeField(_("write actions until"), null=True, blank=True)
    anonymity = models.CharField(
        _("who reads whose name"), max_length=10, choices=Anonymity, default=Anonymity.DOUBLE_BLIND
    )
    anonymity_locked_at = models.DateTimeField(null=True, help_text="With the first submission.")
    secret = models.CharField(max_length=64, default=new_secret, help_text="Key of the pseudonyms.")

    takes_text = models.BooleanField(_("text"), default=True)
    takes_files = models.BooleanField(_("files"), default=True)
    takes_link = models.BooleanField(_("a link to a video"), default=False)
    instructions = models.TextField(_("instructions"), blank=True, max_length=TEXT_MAX)
    takes_late = models.BooleanField(_("work may come late"), default=True)
    is_group_work = models.BooleanField(_("groups hand in together"), default=False)
    groups_review = models.BooleanField(_("groups review together"), default=False)

    reviews_each = models.PositiveSmallIntegerField(
        _("reviews each gives"),
        default=3,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_REVIEWS)],
    )
    least_reviews = models.PositiveSmallIntegerField(
        _("reviews each work needs, at least"),
        default=2,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_REVIEWS)],
    )
    allocating = models.CharField(
        _("how reviews are given out"), max_length=10, choices=Allocating, default=Allocating.AT_ONCE
    )
    grouping = models.CharField(_("groups"), max_length=10, choices=Grouping, default=Grouping.ANY)
    forbids_pairs = models.BooleanField(_("two people never review each other"), default=True)
    mixes_strata = models.BooleanField(_("mix professions or sites evenly"), default=False)
    lease_hours = models.PositiveSmallIntegerField(
        _("hours to hand in a review that was taken"),
        default=24,
        validators=[MinValueValidator(1), MaxValueValidator(24 * 14)],
    )

    self_assesses = models.BooleanField(_("everybody assesses their own first"), default=True)
    responds = models.BooleanField(_("authors answer each review"), default=True)
    plans_actions = models.BooleanField(_("authors write down what they will do"), default=True)
    format = models.CharField(
        _("how the words are asked for"),
        max_length=20,
        default="strength_next_step",
        help_text="Of formats.py.",
    )
    releasing = models.CharField(
        _("when authors read a review"), max_length=10, choices=Releasing, default=Releasing.AT_DATE
    )
    least_sources = models.PositiveSmallIntegerField(
        _("people who must have answered before anything is shown"),
        default=5,
        validators=[MinValueValidator(3), MaxValueValidator(50)],
    )
    lead = models.ForeignKey(
        **PERSON, help_text="Who hears of concerns about professional conduct; they are never a grade."
    )

    counts = models.BooleanField(_("peers' marks count"), default=False)
    scoring = models.CharField(
        _("the grade for the work"), max_length=10, choices=Scoring, default=Scoring.MEAN
    )
    staff_weight = models.PositiveSmallIntegerField(
        _("how often a teacher's review counts"),
        default=3,
        validators=[MinValueValidator(1), MaxValueValidator(20)],
    )
    completion_share = models.PositiveSmallIntegerField(
        _("how much of the grade for reviewing is that it was done, in per cent"),
        default=60,
        validators=PER_CENT,
    )
    contribution_weight = models.PositiveSmallIntegerField(
        _("how much of a team's mark goes by contribution, in per cent"), default=50, validators=PER_CENT
    )
    drops_answers = models.BooleanField(
        default=False,
        help_text="Authors' answers follow the score they were given, so they stay out of grades.",
    )
    spread_limit = models.DecimalField(
        _("spread of the reviews from which a teacher looks, in per cent"),
        max_digits=5,
        decimal_places=2,
        default=Decimal(15),
        validators=PER_CENT,
    )
    pass_mark = models.DecimalField(
        _("pass mark, in per cent"),
        max_digits=5,
        decimal_places=2,
        null=True,
        blank=True,
        validators=PER_CENT,
    )

    objects = PeerActivityQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "peer activities"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(reviews_each__gte=1, reviews_each__lte=MOST_REVIEWS, least_reviews__gte=1),
                name="peer_reviews_within_bounds",
            )
        ]

    def __str__(self) -> str:
        return str(self.activity)

    def get_absolute_url(self) -> str:
        return reverse("peer:home", args=[self.activity.key])

    @property
    def context_id(self) -> int:
        return self.activity.context_id

    @property
    def hides_authors(self) -> bool:
        """Whether reviewers do not read whose work they review. Who looks at people themselves knows whom."""
        blind = (self.Anonymity.AUTHOR_BLIND, self.Anonymity.DOUBLE_BLIND)
        return self.has_submissions and self.anonymity in blind

    @property
    def hides_reviewers(self) -> bool:
        """Whether authors do not read who reviewed. What teams and sources say is never shown with a name."""
        by_mode = self.mode in (self.Mode.TEAM, self.Mode.MULTI_SOURCE)
        return by_mode or self.anonymity in (self.Anonymity.REVIEWER_BLIND, self.Anonymity.DOUBLE_BLIND)

    @property
    def is_masked(self) -> bool:
        """Whether teachers, too, read who reviewed whose work only after they said why."""
        return self.hides_authors or self.hides_reviewers

    @property
    def is_pull(self) -> bool:
        """Whether everybody takes the next work when they are ready. In a team there is nothing to choose from."""
        return self.allocating == self.Allocating.PULL and self.mode != self.Mode.TEAM

    @property
    def has_submissions(self) -> bool:
        """Whether something is handed in. Else people themselves are looked at."""
        return self.mode == self.Mode.WORK


class PeerGroup(models.Model):
    peer = models.ForeignKey(PeerActivity, on_delete=models.CASCADE, related_name="groups")
    name = models.CharField(max_length=200)
    mark = models.DecimalField(
        _("mark of the team's work, in per cent"),
        max_digits=5,
        decimal_places=2,
        null=True,
        validators=PER_CENT,
        help_text="By a teacher; each member's part of it comes from the team.",
    )

    class Meta:
        ordering = ["name", "pk"]
        constraints = [models.UniqueConstraint(fields=["peer", "name"], name="peer_group_once_by_name")]

    def __str__(self) -> str:
        return self.name


class ParticipantQuerySet(models.QuerySet["Participant"]):
    def taking_part(self) -> "ParticipantQuerySet":
        return self.filter(dropped_at=None)


class Participant(models.Model):
    """Somebody's place in a round: whether they hand in, whether they review, with whom, and until when."""

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    peer = models.ForeignKey(PeerActivity, on_delete=models.CASCADE, related_name="participants")
    person = models.ForeignKey("lti_tool.Person", on_delete=models.RESTRICT, related_name="+")
    group = models.ForeignKey(PeerGroup, null=True, on_delete=models.SET_NULL, related_name="participants")
    stratum = models.CharField(
        max_length=100, blank=True, help_text="Profession or site, to be mixed evenly."
    )
    hands_in = models.BooleanField(default=True, help_text="False: reviews without work of their own.")
    reviews = models.BooleanField(default=True)
    submit_until = models.DateTimeField(null=True, help_text="Their own, later than the others'.")
    review_until = models.DateTimeField(null=True, help_text="Their own, later than the others'.")
    dropped_at = models.DateTimeField(null=True, help_text="They left, or take no part any more.")
    acknowledged_at = models.DateTimeField(null=True, help_text="When they first read their feedback.")
    nudged_at = models.DateTimeField(null=True)

    objects = ParticipantQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["peer", "person"], name="participant_once_per_person")]

    def __str__(self) -> str:
        return str(self.key)

    @property
    def context_id(self) -> int:
        return self.peer.context_id

    @property
    def display_name(self) -> str:
        return str(self.person.display_name)


class PairRule(models.Model):
    """Two people of whom one must, or must not, review the other."""

    class Kind(models.TextChoices):
        MUST = "must", _("must review")
        MUST_NOT = "must_not", _("must not review")

    peer = models.ForeignKey(PeerActivity, on_delete=models.CASCADE, related_name="pair_rules")
    reviewer = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="+")
    author = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=8, choices=Kind)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["peer", "reviewer", "author"], name="pair_rule_once_per_pair"),
            models.CheckConstraint(condition=~models.Q(reviewer=models.F("author")), name="pair_rule_of_two"),
        ]

    def __str__(self) -> str:
        return f"{self.reviewer_id} {self.kind} {self.author_id}"


class SubmissionQuerySet(models.QuerySet["Submission"]):
    def handed_in(self) -> "SubmissionQuerySet":
        return self.filter(state=Submission.State.HANDED_IN)


class Submission(models.Model):
    """What is reviewed: work that was handed in, or, without any, the person or team itself."""

    class State(models.TextChoices):
        DRAFT = "draft", _("not handed in")
        HANDED_IN = "handed_in", _("handed in")
        WITHDRAWN = "withdrawn", _("withdrawn")

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    peer = models.ForeignKey(PeerActivity, on_delete=models.CASCADE, related_name="submissions")
    group = models.ForeignKey(PeerGroup, null=True, on_delete=models.SET_NULL, related_name="submissions")
    authors = models.ManyToManyField(Participant, related_name="submissions")
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    text = models.TextField(blank=True)
    link = models.URLField(max_length=2_000, blank=True)
    attested_at = models.DateTimeField(null=True, help_text="They said that nobody is identified in it.")
    handed_in_at = models.DateTimeField(null=True)
    handed_in_by = models.ForeignKey(**PERSON)
    is_late = models.BooleanField(default=False)
    hidden_at = models.DateTimeField(null=True, help_text="From its reviewers, until staff has looked.")
    revision = models.PositiveIntegerField(default=0)
    # Kept by assigning.py, so that whoever asks for the next work finds it by an index.
    live_reviews = models.PositiveIntegerField(default=0, help_text="Peers' reviews on their way or done.")
    lot = models.FloatField(default=new_lot, help_text="Decides among those with as many reviews.")

    objects = SubmissionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state="draft") | models.Q(handed_in_at__isnull=False),
                name="submission_handed_in_has_its_time",
            )
        ]
        indexes = [
            models.Index(fields=["peer", "state", "live_reviews", "lot"], name="submission_next_to_review")
        ]

    def __str__(self) -> str:
        return str(self.key)

    @property
    def context_id(self) -> int:
        return self.peer.context_id

    @property
    def is_handed_in(self) -> bool:
        return self.state == self.State.HANDED_IN


def opaque_place(file: "WorkFile", _name: str) -> str:
    """Where a file is kept: nothing of its name, its author or its activity is in it."""
    return f"work/{uuid.uuid4().hex}"


class WorkFile(models.Model):
    """A file of a submission, scrubbed of what would name somebody. Its own name is kept, and shown to nobody."""

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    submission = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="files")
    place = models.PositiveSmallIntegerField()
    content = models.FileField(upload_to=opaque_place, max_length=100)
    extension = models.CharField(max_length=10)
    media_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField()
    original_name = models.CharField(max_length=255)
    scrubbed = models.JSONField(default=list, help_text="What was taken out, in sentences.")
    added_at = models.DateTimeField(default=timezone.now)
    removed_at = models.DateTimeField(null=True)
    removed_by = models.ForeignKey(**PERSON)

    class Meta:
        ordering = ["place"]
        constraints = [
            models.UniqueConstraint(fields=["submission", "place"], name="work_file_once_per_place")
        ]

    def __str__(self) -> str:
        return str(self.key)

    @property
    def public_name(self) -> str:
        return f"work-{self.place}.{self.extension}"


class ReviewQuerySet(models.QuerySet["Review"]):
    def of_peers(self) -> "ReviewQuerySet":
        return self.filter(is_self=False)

    def live(self) -> "ReviewQuerySet":
        """Those that are expected or done."""
        return self.filter(state__in=[Review.State.PLANNED, Review.State.STARTED, Review.State.DONE])

    def done(self) -> "ReviewQuerySet":
        return self.filter(state=Review.State.DONE)

    def whole(self) -> "ReviewQuerySet":
        return self.select_related(
            "peer__activity__context", "submission", "reviewer__person", "group", "sheet__rubric"
        )


class Review(models.Model):
    """One reviewer looks at one submission: their words, and the sheet they mark. Also an author's look at their own."""

    class State(models.TextChoices):
        PLANNED = "planned", _("not begun")
        STARTED = "started", _("begun")
        DONE = "done", _("handed in")
        DECLINED = "declined", _("declined")
        CANCELLED = "cancelled", _("taken back")
        EXPIRED = "expired", _("not handed in in time")

    class Source(models.TextChoices):
        ALLOCATION = "allocation", _("drawn")
        REPAIR = "repair", _("drawn later")
        PULL = "pull", _("taken")
        MANUAL = "manual", _("given by a teacher")
        SELF = "self", _("own work")
        STAFF = "staff", _("by a teacher")

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    # Written by the ten thousand: only the indexes that are asked for, so no own one for what `Meta` indexes or nobody looks up.
    peer = models.ForeignKey(PeerActivity, on_delete=models.CASCADE, related_name="reviews", db_index=False)
    submission = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="reviews")
    reviewer = models.ForeignKey(
        Participant,
        null=True,
        on_delete=models.RESTRICT,
        related_name="given",
        help_text="Null: of a group of whom nobody has begun, or a teacher's.",
    )
    group = models.ForeignKey(
        PeerGroup,
        null=True,
        on_delete=models.SET_NULL,
        related_name="given",
        db_index=False,
        help_text="That reviews together.",
    )
    staff = models.ForeignKey(**PERSON, db_index=False, help_text="A teacher who reviews.")
    is_self = models.BooleanField(default=False)
    source = models.CharField(max_length=10, choices=Source)
    state = models.CharField(max_length=10, choices=State, default=State.PLANNED)
    sheet = models.OneToOneField(
        "marking.MarkSheet", null=True, on_delete=models.RESTRICT, related_name="peer_review"
    )
    words = models.JSONField(default=dict, help_text="By the steps of the activity's format.")
    lease_until = models.DateTimeField(
        null=True, help_text="Of a review that was taken: then it is free again."
    )
    made_at = models.DateTimeField(default=timezone.now)
    done_at = models.DateTimeField(null=True)
    per_cent = models.FloatField(
        null=True,
        help_text="What its sheet comes to, of what it could give; null where nothing was applicable.",
    )
    ended_reason = models.TextField(blank=True, max_length=REASON_MAX)
    approved_at = models.DateTimeField(null=True)
    approved_by = models.ForeignKey(**PERSON, db_index=False)
    hidden_at = models.DateTimeField(null=True, help_text="From its author, until staff has looked.")
    excluded_at = models.DateTimeField(null=True, help_text="From the grade, with a reason.")
    excluded_reason = models.TextField(blank=True, max_length=REASON_MAX)

    objects = ReviewQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["submission", "reviewer"],
                condition=models.Q(state__in=["planned", "started", "done"], reviewer__isnull=False),
                name="review_once_per_reviewer",
            ),
            models.UniqueConstraint(
                fields=["submission", "group"],
                condition=models.Q(state__in=["planned", "started", "done"], group__isnull=False),
                name="review_once_per_group",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="done") | models.Q(done_at__isnull=False, sheet__isnull=False),
                name="review_done_has_its_sheet",
            ),
        ]
        indexes = [
            models.Index(fields=["peer", "state"], name="review_of_activity"),
            models.Index(
                fields=["lease_until"],
                condition=models.Q(lease_until__isnull=False),
                name="review_taken_until",
            ),
        ]

    def __str__(self) -> str:
        return str(self.key)

    def get_absolute_url(self) -> str:
        return reverse("peer:review", args=[self.peer.activity.key, self.key])

    @property
    def context_id(self) -> int:
        return self.peer.context_id

    @property
    def is_open(self) -> bool:
        return self.state in (self.State.PLANNED, self.State.STARTED)


class Response(models.Model):
    """What an author answers to a review. Whether it helped is asked before any score is shown."""

    class Acting(models.TextChoices):
        WILL = "will", _("I will act on it")
        WILL_NOT = "will_not", _("I will not, because")

    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="responses")
    author = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="responses")
    is_specific = models.BooleanField()
    is_actionable = models.BooleanField()
    is_kind = models.BooleanField()
    acting = models.CharField(max_length=8, choices=Acting, blank=True)
    text = models.TextField(blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["review", "author"], name="response_once_per_author")]

    def __str__(self) -> str:
        return f"{self.review_id}/{self.author_id}"

    @property
    def helpfulness(self) -> float:
        """0 to 1: the share of the three that the author ticked."""
        return (self.is_specific + self.is_actionable + self.is_kind) / 3


class Action(models.Model):
    """What somebody will do after reading their feedback. It comes back in the next activity, until it is done."""

    peer = models.ForeignKey(PeerActivity, on_delete=models.CASCADE, related_name="actions")
    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="actions")
    text = models.CharField(max_length=500)
    until = models.DateField(null=True, blank=True)
    made_at = models.DateTimeField(default=timezone.now)
    done_at = models.DateTimeField(null=True)
    evidence = models.TextField(blank=True, max_length=REASON_MAX)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return str(self.pk)


class Report(models.Model):
    """Somebody says that a review or a piece of work should not be read as it is."""

    class Kind(models.TextChoices):
        UNKIND = "unkind", _("unkind")
        UNSAFE = "unsafe", _("unsafe advice")
        CONFIDENTIALITY = "confidentiality", _("breach of confidentiality")
        MISCONDUCT = "misconduct", _("misconduct")
        OTHER = "other", _("other")

    class Outcome(models.TextChoices):
        SHOWN = "shown", _("it stays as it is")
        WITHHELD = "withheld", _("it is withheld")
        REMOVED = "removed", _("it is removed")

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    peer = models.ForeignKey(PeerActivity, on_delete=models.CASCADE, related_name="reports")
    review = models.ForeignKey(Review, null=True, on_delete=models.CASCADE, related_name="reports")
    submission = models.ForeignKey(Submission, null=True, on_delete=models.CASCADE, related_name="reports")
    by = models.ForeignKey(Participant, null=True, on_delete=models.SET_NULL, related_name="reports")
    kind = models.CharField(max_length=16, choices=Kind)
    text = models.TextField(blank=True, max_length=REASON_MAX)
    at = models.DateTimeField(default=timezone.now)
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(**PERSON)
    settled_reason = models.TextField(blank=True, max_length=REASON_MAX)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(review=None) ^ models.Q(submission=None), name="report_of_one_thing"
            )
        ]

    def __str__(self) -> str:
        return str(self.key)

    @property
    def context_id(self) -> int:
        return self.peer.context_id


class ConductConcern(models.Model):
    """A concern about somebody's professional conduct, for the activity's lead alone. It is never a grade."""

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    peer = models.ForeignKey(PeerActivity, on_delete=models.CASCADE, related_name="concerns")
    review = models.ForeignKey(Review, null=True, on_delete=models.SET_NULL, related_name="concerns")
    submission = models.ForeignKey(Submission, null=True, on_delete=models.SET_NULL, related_name="concerns")
    by = models.ForeignKey(Participant, null=True, on_delete=models.SET_NULL, related_name="+")
    text = models.TextField(max_length=REASON_MAX)
    at = models.DateTimeField(default=timezone.now)
    settled_at = models.DateTimeField(null=True)
    settled_reason = models.TextField(blank=True, max_length=REASON_MAX)

    def __str__(self) -> str:
        return str(self.key)

    @property
    def context_id(self) -> int:
        return self.peer.context_id


class Unmasking(models.Model):
    """A teacher read who reviewed whose work: who did, and why."""

    peer = models.ForeignKey(PeerActivity, on_delete=models.CASCADE, related_name="unmaskings")
    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="unmaskings")
    by = models.ForeignKey("lti_tool.Person", on_delete=models.RESTRICT, related_name="+")
    reason = models.TextField(max_length=REASON_MAX)
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.review_id} {self.by_id}"


class Allocation(models.Model):
    """A drawing of reviews, or a change of one: how it was drawn, and what was shown to hold of it."""

    class Kind(models.TextChoices):
        DRAWN = "drawn", _("drawn")
        REPAIRED = "repaired", _("repaired")
        EDITED = "edited", _("changed by hand")

    peer = models.ForeignKey(PeerActivity, on_delete=models.CASCADE, related_name="allocations")
    kind = models.CharField(max_length=10, choices=Kind)
    seed = models.PositiveBigIntegerField()
    certificate = models.JSONField()
    changes = models.JSONField(default=dict, help_text="How many reviews were added and taken back.")
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(**PERSON)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.peer_id} {self.kind}"

    @property
    def context_id(self) -> int:
        return self.peer.context_id


class GradeOverride(models.Model):
    """A teacher's own grade for somebody's work or reviewing, with the reason. A later one takes its place."""

    class Part(models.TextChoices):
        WORK = "work", _("work")
        REVIEWING = "reviewing", _("reviewing")

    peer = models.ForeignKey(PeerActivity, on_delete=models.CASCADE, related_name="overrides")
    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="overrides")
    part = models.CharField(max_length=10, choices=Part)
    per_cent = models.DecimalField(max_digits=6, decimal_places=3, validators=PER_CENT)
    reason = models.TextField(max_length=REASON_MAX)
    by = models.ForeignKey(**PERSON)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["participant", "part"], name="override_once_per_part"),
            models.CheckConstraint(
                condition=models.Q(per_cent__gte=0, per_cent__lte=100), name="override_within_bounds"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.participant_id} {self.part}"


class QualitySample(models.Model):
    """How a teacher judged a review's words by QuAL (Chan 2020): evidence 0 to 3, suggestion and connection 0 or 1."""

    review = models.OneToOneField(Review, on_delete=models.CASCADE, related_name="sample")
    evidence = models.PositiveSmallIntegerField(validators=[MaxValueValidator(3)])
    suggestion = models.BooleanField()
    connection = models.BooleanField()
    by = models.ForeignKey(**PERSON)
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return str(self.review_id)

    @property
    def share(self) -> float:
        """0 to 1 of QuAL's five points."""
        return (self.evidence + self.suggestion + self.connection) / 5
