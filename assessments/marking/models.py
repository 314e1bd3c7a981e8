import uuid
from datetime import datetime
from decimal import Decimal

from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from assessments.rubrics.models import Criterion
from lti_tool.port import Launch


class MarkSheetQuerySet(models.QuerySet["MarkSheet"]):
    def visible_to(self, launch: Launch) -> "MarkSheetQuerySet":
        """Those of the launch's own course; any other does not exist for it. What its role may do is asked next."""
        return self.filter(context=launch.context)

    def submitted(self) -> "MarkSheetQuerySet":
        return self.filter(state=MarkSheet.State.SUBMITTED)

    def whole(self) -> "MarkSheetQuerySet":
        """With everything its page and its facts need, in the same number of queries however many sheets."""
        return self.select_related(
            "candidate", "assigned_to", "rater", "submitted_by", "rubric"
        ).prefetch_related("rubric__criteria__levels", "rubric__statements", "marks__level", "statements")


class MarkSheet(models.Model):
    """One rater's filled rubric, whoever the rater is. What it is for points at it: an assessment, later a review."""

    class State(models.TextChoices):
        DRAFT = "draft", _("not submitted")
        SUBMITTED = "submitted", _("submitted")

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    context = models.ForeignKey("lti_tool.Context", on_delete=models.CASCADE, related_name="mark_sheets")
    # RESTRICT, not CASCADE: a course can be deleted as a whole, but nobody loses a sheet with a rubric or a person.
    rubric = models.ForeignKey("rubrics.Rubric", on_delete=models.RESTRICT, related_name="mark_sheets")
    candidate = models.ForeignKey("lti_tool.Person", on_delete=models.RESTRICT, related_name="mark_sheets")
    # RESTRICT here too: a sheet that belongs to nobody any more would open to everybody who marks.
    assigned_to = models.ForeignKey(
        "lti_tool.Person",
        null=True,
        on_delete=models.RESTRICT,
        related_name="assigned_sheets",
        help_text="Whose it is to mark; null: anybody's who marks in the course.",
    )
    rater = models.ForeignKey(
        "lti_tool.Person",
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Who marked last.",
    )
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    submitted_at = models.DateTimeField(null=True)
    submitted_by = models.ForeignKey(
        "lti_tool.Person", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    overall_comment = models.TextField(blank=True)
    concern = models.TextField(
        blank=True, help_text="For those who run the course, never for the candidate. Changes no marks."
    )
    statements = models.ManyToManyField("rubrics.Statement", related_name="+")
    accepts_corrections = models.BooleanField(
        default=False, help_text="Whether its rater may still change it after handing it in."
    )
    comment_first = models.BooleanField(
        default=False, help_text="Whether the overall comment comes before the marks and is asked for."
    )
    is_closed = models.BooleanField(
        default=False, help_text="Nothing changes on it any more, until whoever closed it opens it again."
    )
    revision = models.PositiveIntegerField(default=0, help_text="Goes up with every change.")

    objects = MarkSheetQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state="draft", submitted_at=None)
                | models.Q(state="submitted", submitted_at__isnull=False),
                name="mark_sheet_submitted_has_its_time",
            )
        ]

    def __str__(self) -> str:
        return str(self.key)

    def get_absolute_url(self) -> str:
        return reverse("marking:sheet", args=[self.key])

    @property
    def is_submitted(self) -> bool:
        return self.state == self.State.SUBMITTED

    @property
    def is_self_assessment(self) -> bool:
        return self.assigned_to_id == self.candidate_id

    @property
    def is_open(self) -> bool:
        """Whether its rater can mark on it: until it is handed in, or for as long as corrections are accepted."""
        return not self.is_closed and (not self.is_submitted or self.accepts_corrections)

    @property
    def total(self) -> Decimal:
        """The points given so far, exact."""
        criteria = {row.pk: row for row in self.rubric.criteria.all()}
        return sum(
            (criteria[mark.criterion_id].points_for(mark.level) for mark in self.marks.all() if mark.level),
            Decimal(0),
        )

    @property
    def maximum(self) -> Decimal:
        """The most points this candidate could get: without what was not applicable to them."""
        left_out = {mark.criterion_id for mark in self.marks.all() if mark.is_not_applicable}
        criteria = self.rubric.criteria.all()
        return sum((row.maximum for row in criteria if row.pk not in left_out), Decimal(0))

    def unanswered(self) -> list[Criterion]:
        """The criteria with neither a level nor “not applicable”, in the rubric's order."""
        answered = {mark.criterion_id for mark in self.marks.all() if mark.is_answered}
        return [criterion for criterion in self.rubric.criteria.all() if criterion.pk not in answered]

    def missing(self) -> list[Criterion]:
        """What keeps it from being submitted: the unanswered criteria that must be answered."""
        return [criterion for criterion in self.unanswered() if criterion.is_mandatory]

    def missed_critical(self) -> list[Criterion]:
        """The critical criteria with the lowest level chosen, in the rubric's order."""
        chosen = {mark.criterion_id: mark.level for mark in self.marks.all() if mark.level}
        return [
            row
            for row in self.rubric.criteria.all()
            if row.pk in chosen and row.is_missed_with(chosen[row.pk])
        ]


class MarkQuerySet(models.QuerySet["Mark"]):
    def answered(self) -> "MarkQuerySet":
        return self.filter(models.Q(level__isnull=False) | models.Q(is_not_applicable=True))


class Mark(models.Model):
    """The level a rater chose for one criterion, or that it was not applicable, and what they wrote beside it."""

    sheet = models.ForeignKey(MarkSheet, on_delete=models.CASCADE, related_name="marks")
    criterion = models.ForeignKey("rubrics.Criterion", on_delete=models.RESTRICT, related_name="+")
    level = models.ForeignKey("rubrics.Level", null=True, on_delete=models.RESTRICT, related_name="+")
    is_not_applicable = models.BooleanField(default=False)
    comment = models.TextField(blank=True)

    objects = MarkQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sheet", "criterion"], name="mark_once_per_criterion"),
            models.CheckConstraint(
                condition=models.Q(is_not_applicable=False) | models.Q(level=None),
                name="mark_has_a_level_or_is_not_applicable",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.criterion_id}: {self.level_id}"

    @property
    def is_answered(self) -> bool:
        return self.level_id is not None or self.is_not_applicable


class Amendment(models.Model):
    """One change of a submitted sheet: who, when, why, and the sheet's answers before and after."""

    sheet = models.ForeignKey(MarkSheet, on_delete=models.CASCADE, related_name="amendments")
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey("lti_tool.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    reason = models.TextField()
    before = models.JSONField()
    after = models.JSONField()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.sheet_id} {self.at:%Y-%m-%d}"


class Reassignment(models.Model):
    """A sheet was given to somebody else: who did it, when, why."""

    sheet = models.ForeignKey(MarkSheet, on_delete=models.CASCADE, related_name="reassignments")
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey("lti_tool.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    before = models.ForeignKey("lti_tool.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    after = models.ForeignKey("lti_tool.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    reason = models.TextField()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.sheet_id} {self.at:%Y-%m-%d}"


class Tap(models.Model):
    """One thing that a rater did on a device, as the device told it. Append-only: the database refuses to change one.

    A page that marks writes a log of its own, counted from 1, so that a tap which is sent twice is kept once. `seen` is the
    sheet's revision that the page knew; what became of the tap is told by `outcome`.
    """

    class Outcome(models.TextChoices):
        APPLIED = "applied", _("applied")
        SUPERSEDED = "superseded", _("a later one of the same page was here first")
        LATE = "late", _("another device had changed this meanwhile, so it was not applied")
        REFUSED = "refused", _("not possible")

    sheet = models.ForeignKey(MarkSheet, on_delete=models.CASCADE, related_name="taps")
    log = models.UUIDField()
    sequence = models.PositiveIntegerField()
    field = models.CharField(max_length=40, help_text="What it is about: level, comment… and of what.")
    value = models.JSONField(null=True)
    seen = models.PositiveIntegerField()
    by = models.ForeignKey("lti_tool.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    at_device = models.DateTimeField(null=True, help_text="By the device's clock: evidence, nothing more.")
    received_at = models.DateTimeField(default=timezone.now)
    outcome = models.CharField(max_length=10, choices=Outcome)
    reason = models.TextField(blank=True)
    revision = models.PositiveIntegerField(help_text="The sheet's, after it.")

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["sheet", "log", "sequence"], name="tap_once_per_log")]
        indexes = [models.Index(fields=["sheet", "field", "id"], name="tap_of_field")]

    def __str__(self) -> str:
        return f"{self.sheet_id} {self.field}"


class PresenceQuerySet(models.QuerySet["Presence"]):
    def doubtful(self) -> "PresenceQuerySet":
        """Those of which marks may wait somewhere; the rule is presence.may_hold_marks."""
        return self.filter(models.Q(waiting__gt=0) | models.Q(open_at__isnull=False))

    def retired(self, *, before: datetime) -> "PresenceQuerySet":
        """Those that nobody needs to know of any more: nothing waits, and the sheet was left in order."""
        return self.filter(waiting=0, open_at=None, heard_at__lt=before)


class Presence(models.Model):
    """What a device of somebody's last said about one sheet: how much of it waits there, and whether it was open."""

    sheet = models.ForeignKey(MarkSheet, on_delete=models.CASCADE, related_name="presences")
    log = models.UUIDField(help_text="The device's log of taps.")
    by = models.ForeignKey("lti_tool.Person", on_delete=models.CASCADE, related_name="+")
    opened_at = models.DateTimeField(default=timezone.now)
    open_at = models.DateTimeField(null=True, help_text="When it was last open there; null once it was left.")
    heard_at = models.DateTimeField()
    waiting = models.PositiveIntegerField()
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey("lti_tool.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    settled_reason = models.TextField(blank=True)

    objects = PresenceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sheet", "log", "by"], name="presence_once_per_device")
        ]
        indexes = [models.Index(fields=["log", "by"], name="presence_of_device")]

    def __str__(self) -> str:
        return f"{self.sheet_id} {self.waiting}"


class PaperEntry(models.Model):
    """A sheet that was filled on paper, as one person typed it in. Two of them are compared before anything counts."""

    sheet = models.ForeignKey(MarkSheet, on_delete=models.CASCADE, related_name="paper_entries")
    number = models.PositiveSmallIntegerField(help_text="1 or 2.")
    answers = models.JSONField(help_text="By the fields that taps have.")
    by = models.ForeignKey("lti_tool.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    taken_at = models.DateTimeField(null=True, help_text="When it became the sheet's.")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["sheet", "number"],
                condition=models.Q(taken_at=None),
                name="paper_entered_twice_at_most",
            )
        ]

    def __str__(self) -> str:
        return f"{self.sheet_id} {self.number}"
