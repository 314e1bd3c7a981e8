import uuid
from typing import Any

from django.db import models
from django.urls import reverse

from assessments.activities import kinds
from lti_tool.port import DeepLinking, Launch

TITLE_MAX = 200


class ActivityQuerySet(models.QuerySet["Activity"]):
    def visible_to(self, launch: Launch) -> "ActivityQuerySet":
        """The one activity this launch opened. Another link of the same course is another launch."""
        return self.filter(resource_link=launch.resource_link)

    def choosable_in(self, visit: DeepLinking) -> "ActivityQuerySet":
        """Those of the course that somebody chooses for; linked already or not."""
        return self.set_up().filter(context=visit.context)

    def set_up(self) -> "ActivityQuerySet":
        """Those that can be opened; the others still wait for a teacher."""
        return self.filter(is_set_up=True)

    def of_kind(self, slug: str) -> "ActivityQuerySet":
        return self.filter(kind=slug)

    def called(self, key: uuid.UUID) -> "ActivityQuerySet":
        """The one whose links carry this key, and its copies: their links still carry it."""
        return self.filter(models.Q(key=key) | models.Q(root=key))


class Activity(models.Model):
    """What a resource link opens, for the candidates of one course. What it is made of belongs to its kind.

    One that was made while choosing has no link until somebody opens it for the first time.
    """

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=20, default="assessment", help_text="A slug of activities.kinds.")
    resource_link = models.OneToOneField(
        "lti_tool.ResourceLink", null=True, on_delete=models.CASCADE, related_name="activity"
    )
    context = models.ForeignKey("lti_tool.Context", on_delete=models.CASCADE, related_name="activities")
    title = models.CharField(max_length=TITLE_MAX)
    is_set_up = models.BooleanField(default=False, help_text="Whether it can be opened; its kind knows when.")
    rubric = models.ForeignKey(
        "rubrics.Rubric",
        null=True,
        on_delete=models.RESTRICT,
        related_name="activities",
        help_text="Of the kind “assessment”.",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey("lti_tool.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    copied_from = models.ForeignKey(
        "self", null=True, on_delete=models.SET_NULL, related_name="copies", help_text="Its set-up."
    )
    root = models.UUIDField(
        null=True,
        db_index=True,
        help_text="The key that links of a copy carry: that of the first of the line.",
    )

    objects = ActivityQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "activities"

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse(kinds.find(self.kind).home, args=[self.key])

    @property
    def link_key(self) -> uuid.UUID:
        """What a link to this activity carries, and the links of copies of its course will."""
        return self.root or self.key

    @property
    def link(self) -> Any:
        """The resource link that opens it. Nobody marks in an activity without one, so nothing is sent for it either."""
        assert self.resource_link is not None
        return self.resource_link

    @property
    def has_begun(self) -> bool:
        """Whether somebody is being assessed, or has been."""
        return kinds.find(self.kind).has_begun(self)

    @property
    def description(self) -> str:
        return kinds.find(self.kind).describe(self)


class Assessment(models.Model):
    """One candidate's place in an activity, and the sheet they are marked on."""

    activity = models.ForeignKey(Activity, on_delete=models.CASCADE, related_name="assessments")
    candidate = models.ForeignKey("lti_tool.Person", on_delete=models.RESTRICT, related_name="assessments")
    sheet = models.OneToOneField("marking.MarkSheet", on_delete=models.RESTRICT, related_name="assessment")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["activity", "candidate"], name="assessment_once_per_candidate")
        ]

    def __str__(self) -> str:
        return f"{self.activity_id}/{self.candidate_id}"
