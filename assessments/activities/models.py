import uuid

from django.db import models
from django.urls import reverse

from lti_tool.port import Launch

TITLE_MAX = 200


class ActivityQuerySet(models.QuerySet["Activity"]):
    def visible_to(self, launch: Launch) -> "ActivityQuerySet":
        """The one activity this launch opened. Another link of the same course is another launch."""
        return self.filter(resource_link=launch.resource_link)


class Activity(models.Model):
    """What a resource link opens: candidates of one course, assessed with one published rubric."""

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    resource_link = models.OneToOneField(
        "lti_tool.ResourceLink", on_delete=models.CASCADE, related_name="activity"
    )
    context = models.ForeignKey("lti_tool.Context", on_delete=models.CASCADE, related_name="activities")
    title = models.CharField(max_length=TITLE_MAX)
    rubric = models.ForeignKey(
        "rubrics.Rubric", null=True, on_delete=models.RESTRICT, related_name="activities"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey("lti_tool.Person", null=True, on_delete=models.SET_NULL, related_name="+")

    objects = ActivityQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "activities"

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("results:home", args=[self.key])


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
