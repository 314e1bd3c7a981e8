from django.db import models


class ResultQuerySet(models.QuerySet["Result"]):
    def released(self) -> "ResultQuerySet":
        return self.filter(released_at__isnull=False)

    def unreleased(self) -> "ResultQuerySet":
        return self.filter(released_at=None)


class Result(models.Model):
    """What a submitted sheet comes to, kept in step with it by recording.py. The candidate sees it once released."""

    activity = models.ForeignKey("activities.Activity", on_delete=models.CASCADE, related_name="results")
    candidate = models.ForeignKey("lti_tool.Person", on_delete=models.RESTRICT, related_name="results")
    sheet = models.OneToOneField("marking.MarkSheet", on_delete=models.RESTRICT, related_name="result")
    total = models.DecimalField(max_digits=9, decimal_places=3)
    maximum = models.DecimalField(max_digits=9, decimal_places=3)
    computed_at = models.DateTimeField()
    released_at = models.DateTimeField(null=True)
    released_by = models.ForeignKey("lti_tool.Person", null=True, on_delete=models.SET_NULL, related_name="+")

    objects = ResultQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["activity", "candidate"], name="result_once_per_candidate"),
            models.CheckConstraint(
                condition=models.Q(total__gte=0, total__lte=models.F("maximum"), maximum__gt=0),
                name="result_within_its_maximum",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.activity_id}/{self.candidate_id}"

    @property
    def is_released(self) -> bool:
        return self.released_at is not None
