import uuid
from decimal import Decimal

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from assessments.rubrics.points import MAX_DIGITS, PLACES
from assessments.rubrics.wording import CriterionWording, LevelWording
from lti_tool.port import Launch

TITLE_MAX = 200
TEXT_MAX = 2000


class RubricQuerySet(models.QuerySet["Rubric"]):
    def visible_to(self, launch: Launch) -> "RubricQuerySet":
        """Those of the launch's own course; any other does not exist for it. What its role may do is asked next."""
        return self.filter(context=launch.context)

    def drafts(self) -> "RubricQuerySet":
        return self.filter(state=Rubric.State.DRAFT)

    def published(self) -> "RubricQuerySet":
        return self.filter(state=Rubric.State.PUBLISHED)

    def newest(self) -> "RubricQuerySet":
        """Of each family the highest version in this set's course, in whatever state it is."""
        newer = Rubric.objects.filter(
            family=models.OuterRef("family"), version__gt=models.OuterRef("version")
        )
        return self.filter(~models.Exists(newer))

    def newest_published(self) -> "RubricQuerySet":
        newer = Rubric.objects.published().filter(
            family=models.OuterRef("family"), version__gt=models.OuterRef("version")
        )
        return self.published().filter(~models.Exists(newer))

    def whole(self) -> "RubricQuerySet":
        """With criteria and levels, in three queries however many there are."""
        return self.prefetch_related("criteria__levels")


class Rubric(models.Model):
    """One version of a rubric. Once published it never changes; `revise` starts the next version of its family."""

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        PUBLISHED = "published", _("published")

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    family = models.UUIDField(default=uuid.uuid4, editable=False)
    version = models.PositiveIntegerField(default=1)
    context = models.ForeignKey("lti_tool.Context", on_delete=models.CASCADE, related_name="rubrics")
    title = models.CharField(_("title"), max_length=TITLE_MAX)
    description = models.TextField(_("what it is for"), max_length=TEXT_MAX, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey("lti_tool.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    published_at = models.DateTimeField(null=True)
    published_by = models.ForeignKey(
        "lti_tool.Person", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    copied_from = models.ForeignKey(
        "self", null=True, on_delete=models.SET_NULL, related_name="copies", help_text="In another course."
    )

    objects = RubricQuerySet.as_manager()

    class Meta:
        ordering = ["title", "family", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["family", "version"], name="rubric_version_once_per_family"),
            models.UniqueConstraint(
                fields=["family"], condition=models.Q(state="draft"), name="one_rubric_draft_per_family"
            ),
            models.CheckConstraint(
                condition=models.Q(state="draft", published_at=None)
                | models.Q(state="published", published_at__isnull=False),
                name="rubric_published_has_its_time",
            ),
            models.UniqueConstraint(fields=["context", "copied_from"], name="rubric_copied_once_per_course"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("rubrics:rubric", args=[self.key])

    @property
    def is_draft(self) -> bool:
        return self.state == self.State.DRAFT

    @property
    def maximum(self) -> Decimal:
        """The most points a candidate can get: the best level of every criterion."""
        return sum((criterion.maximum for criterion in self.criteria.all()), Decimal(0))

    def wording(self) -> list[CriterionWording]:
        """The rubric's text as plain values, for the lint and for copies."""
        return [criterion.wording() for criterion in self.criteria.all()]


class Criterion(models.Model):
    rubric = models.ForeignKey(Rubric, on_delete=models.CASCADE, related_name="criteria")
    position = models.PositiveIntegerField()
    title = models.CharField(_("criterion"), max_length=TITLE_MAX)
    description = models.TextField(_("what to look for"), max_length=TEXT_MAX, blank=True)

    class Meta:
        ordering = ["position", "id"]
        verbose_name_plural = "criteria"

    def __str__(self) -> str:
        return self.title

    @property
    def maximum(self) -> Decimal:
        return max((level.points for level in self.levels.all()), default=Decimal(0))

    def wording(self) -> CriterionWording:
        levels = tuple(
            LevelWording(level.title, level.points, level.description) for level in self.levels.all()
        )
        return CriterionWording(self.title, levels, self.description)


class Level(models.Model):
    criterion = models.ForeignKey(Criterion, on_delete=models.CASCADE, related_name="levels")
    position = models.PositiveIntegerField()
    title = models.CharField(_("level"), max_length=TITLE_MAX)
    description = models.TextField(_("what it looks like"), max_length=TEXT_MAX, blank=True)
    points = models.DecimalField(_("points"), max_digits=MAX_DIGITS, decimal_places=PLACES)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(points__gte=0), name="level_points_not_negative")
        ]

    def __str__(self) -> str:
        return self.title
