import uuid
from datetime import timedelta
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from assessments.marking.models import MarkSheet
from lti_tool.port import Launch

SITUATION_MAX = 200
MOST_DAYS = 60
# Of one assessor, in a row: then a pause, then no more until there is a new PIN.
WRONG_PINS_TO_A_PAUSE = 5
WRONG_PINS_TO_THE_END = 20
PAUSE = timedelta(minutes=15)
# What was begun in time can be handed in after it: a tap that waits on a phone is not lost.
GRACE = timedelta(days=7)


class WorkplaceQuerySet(models.QuerySet["Workplace"]):
    def visible_to(self, launch: Launch) -> "WorkplaceQuerySet":
        return self.filter(activity__resource_link=launch.resource_link)


class Workplace(models.Model):
    """The set-up of an activity in which learners are observed at work. Its form is the activity's rubric."""

    activity = models.OneToOneField("activities.Activity", on_delete=models.CASCADE, related_name="workplace")
    days_to_ask = models.PositiveSmallIntegerField(
        _("Days to ask in"),
        default=7,
        validators=[MaxValueValidator(MOST_DAYS)],
        help_text=_(
            "How long after the observed work somebody may still be asked. What is long ago is misremembered."
        ),
    )
    days_to_answer = models.PositiveSmallIntegerField(
        _("Days to answer in"),
        default=14,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_DAYS)],
        help_text=_("Then the request expires, and the learner may ask anew."),
    )
    wanted = models.PositiveSmallIntegerField(
        _("Assessments each learner collects"),
        default=0,
        validators=[MaxValueValidator(200)],
        help_text=_("Shown as a goal. 0: none is set."),
    )
    takes_anybody = models.BooleanField(
        _("Learners may ask people who are not on the list"),
        default=False,
        help_text=_("By name, without a PIN: their assessments are marked as “identity not checked”."),
    )

    objects = WorkplaceQuerySet.as_manager()

    def __str__(self) -> str:
        return str(self.activity)

    @property
    def context_id(self) -> int:
        return self.activity.context_id


class Assessor(models.Model):
    """Somebody who is asked: a member of the course, or a guest. A PIN shows on a learner's phone that it is them."""

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    workplace = models.ForeignKey(Workplace, on_delete=models.CASCADE, related_name="assessors")
    person = models.ForeignKey("lti_tool.Person", on_delete=models.RESTRICT, related_name="+")
    is_guest = models.BooleanField(help_text="Whether the list of the course does not have them.")
    named_by = models.ForeignKey(
        "lti_tool.Person",
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="The learner who named them, and is the only one who may ask them; null: on the list.",
    )
    pin = models.CharField(max_length=128, blank=True, help_text="Hashed.")
    wrong_pins = models.PositiveSmallIntegerField(default=0, help_text="In a row.")
    paused_until = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True, help_text="Nobody asks them from then on.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workplace", "person"], name="assessor_once_per_person"),
            models.CheckConstraint(
                condition=models.Q(named_by=None) | models.Q(is_guest=True), name="assessor_named_is_a_guest"
            ),
        ]

    def __str__(self) -> str:
        return str(self.key)

    @property
    def context_id(self) -> int:
        return self.workplace.context_id

    @property
    def display_name(self) -> str:
        return str(self.person.display_name)

    @property
    def is_checked(self) -> bool:
        """Whether somebody who runs the course knows who they are."""
        return self.named_by_id is None

    @property
    def needs_new_pin(self) -> bool:
        return self.wrong_pins >= WRONG_PINS_TO_THE_END


class AssessmentRequestQuerySet(models.QuerySet["AssessmentRequest"]):
    def whole(self) -> "AssessmentRequestQuerySet":
        return self.select_related(
            "workplace__activity__context__deployment",
            "workplace__activity__resource_link",
            "workplace__activity__rubric",
            "learner",
            "assessor__person",
            "sheet",
        )

    def waiting(self) -> "AssessmentRequestQuerySet":
        """Those that can still be handed in."""
        now = timezone.now()
        in_time = models.Q(expires_at__gt=now) | models.Q(sheet__isnull=False, expires_at__gt=now - GRACE)
        return self.filter(in_time, ending="").exclude(sheet__state=MarkSheet.State.SUBMITTED)

    def submitted(self) -> "AssessmentRequestQuerySet":
        return self.filter(sheet__state=MarkSheet.State.SUBMITTED)


class AssessmentRequest(models.Model):
    """A learner asks one person to assess one piece of real work, or is asked by them. Its sheet begins when it is opened."""

    class Ending(models.TextChoices):
        WITHDRAWN = "withdrawn", _("withdrawn")
        DECLINED = "declined", _("declined")

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        BEGUN = "begun", _("begun")
        SUBMITTED = "submitted", _("done")
        WITHDRAWN = "withdrawn", _("withdrawn")
        DECLINED = "declined", _("declined")
        EXPIRED = "expired", _("expired")

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    workplace = models.ForeignKey(Workplace, on_delete=models.CASCADE, related_name="requests")
    learner = models.ForeignKey("lti_tool.Person", on_delete=models.RESTRICT, related_name="+")
    assessor = models.ForeignKey(Assessor, on_delete=models.RESTRICT, related_name="requests")
    situation = models.CharField(max_length=SITUATION_MAX)
    observed_on = models.DateField()
    asked_at = models.DateTimeField(default=timezone.now)
    asked_by = models.ForeignKey("lti_tool.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    expires_at = models.DateTimeField()
    sheet = models.OneToOneField(
        "marking.MarkSheet", null=True, on_delete=models.RESTRICT, related_name="assessment_request"
    )
    ending = models.CharField(max_length=10, choices=Ending, blank=True)
    ended_at = models.DateTimeField(null=True)
    reason = models.TextField(blank=True, help_text="Of whoever declined, for the learner.")

    objects = AssessmentRequestQuerySet.as_manager()

    class Meta:
        ordering = ["-observed_on", "-pk"]
        indexes = [models.Index(fields=["workplace", "learner"], name="request_of_learner")]

    def __str__(self) -> str:
        return str(self.key)

    def get_absolute_url(self) -> str:
        return reverse("workplace:request", args=[self.workplace.activity.key, self.key])

    @property
    def context_id(self) -> int:
        return self.workplace.context_id

    @property
    def state(self) -> "AssessmentRequest.State":
        State = AssessmentRequest.State
        sheet: Any = self.sheet
        if sheet is not None and sheet.is_submitted:
            return State.SUBMITTED
        if self.ending:
            return State(self.ending)
        if timezone.now() >= self.closes_at:
            return State.EXPIRED
        return State.WAITING if sheet is None else State.BEGUN

    @property
    def closes_at(self) -> Any:
        """When it expires; what was begun may still be handed in for some days."""
        return self.expires_at if self.sheet_id is None else self.expires_at + GRACE

    @property
    def is_waiting(self) -> bool:
        """Whether it can still be handed in."""
        return self.state in (self.State.WAITING, self.State.BEGUN)
