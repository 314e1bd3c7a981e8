import uuid
from decimal import Decimal

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from assessments.rubrics.points import MAX_DIGITS, PLACES, WEIGHT_PLACES
from assessments.rubrics.wording import (
    CriterionWording,
    Kind,
    LevelWording,
    RubricWording,
    StatementKind,
    StatementWording,
)
from lti_tool.port import Launch

TITLE_MAX = 200
TEXT_MAX = 2000
NAME_MAX = 100


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
        """With criteria, levels and statements, in four queries however many there are."""
        return self.prefetch_related("criteria__levels", "statements")


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
        """The most points a candidate can get: the best level of every criterion that counts."""
        return sum((criterion.maximum for criterion in self.criteria.all()), Decimal(0))

    @property
    def global_rating(self) -> "Criterion | None":
        return next((row for row in self.criteria.all() if row.is_global_rating), None)

    def wording(self) -> RubricWording:
        """The rubric's text as plain values, for the lint, files and copies."""
        return RubricWording(
            self.title,
            self.description,
            tuple(criterion.wording() for criterion in self.criteria.all()),
            tuple(StatementWording(row.text, row.kind) for row in self.statements.all()),
        )


class Criterion(models.Model):
    """One thing that is judged. The global rating is one too; it has grades instead of points."""

    rubric = models.ForeignKey(Rubric, on_delete=models.CASCADE, related_name="criteria")
    position = models.PositiveIntegerField()
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.CHECKLIST)
    title = models.CharField(_("criterion"), max_length=TITLE_MAX)
    description = models.TextField(_("what to look for"), max_length=TEXT_MAX, blank=True)
    section = models.CharField(
        _("section"), max_length=NAME_MAX, blank=True, help_text="Heading on the sheet."
    )
    domain = models.CharField(_("domain"), max_length=NAME_MAX, blank=True)
    competency = models.CharField(_("competency"), max_length=NAME_MAX, blank=True, help_text="A code.")
    weight = models.DecimalField(
        _("weight"), max_digits=5, decimal_places=WEIGHT_PLACES, default=1, help_text="Raters never see it."
    )
    is_mandatory = models.BooleanField(_("must be answered"), default=True)
    is_critical = models.BooleanField(
        _("critical"), default=False, help_text="With its lowest level the station cannot be passed."
    )
    allows_not_applicable = models.BooleanField(_("may be not applicable"), default=False)
    is_shown_to_student = models.BooleanField(_("shown in the feedback"), default=True)

    class Meta:
        ordering = ["position", "id"]
        verbose_name_plural = "criteria"
        constraints = [
            models.UniqueConstraint(
                fields=["rubric"], condition=models.Q(kind="global"), name="one_global_rating_per_rubric"
            ),
            models.CheckConstraint(condition=models.Q(weight__gte=0), name="criterion_weight_not_negative"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_global_rating(self) -> bool:
        return self.kind == Kind.GLOBAL

    @property
    def maximum(self) -> Decimal:
        return max((self.points_for(level) for level in self.levels.all()), default=Decimal(0))

    def points_for(self, level: "Level") -> Decimal:
        """What choosing this level of it adds to the total, exact. A global rating adds nothing."""
        return Decimal(0) if self.is_global_rating else level.points * self.weight

    def is_missed_with(self, level: "Level") -> bool:
        """Whether this is a critical criterion, and `level` gives the fewest points that it has."""
        return self.is_critical and level.points == min(row.points for row in self.levels.all())

    def wording(self) -> CriterionWording:
        return CriterionWording(
            title=self.title,
            levels=tuple(
                LevelWording(level.title, level.points, level.description, level.is_borderline)
                for level in self.levels.all()
            ),
            **{field: getattr(self, field) for field in WRITTEN},
        )


# The fields of a criterion's wording beside its title and levels, alike in the row and in the plain value.
WRITTEN = (
    "description",
    "kind",
    "section",
    "domain",
    "competency",
    "weight",
    "is_mandatory",
    "is_critical",
    "allows_not_applicable",
    "is_shown_to_student",
)


class Level(models.Model):
    criterion = models.ForeignKey(Criterion, on_delete=models.CASCADE, related_name="levels")
    position = models.PositiveIntegerField()
    title = models.CharField(_("level"), max_length=TITLE_MAX)
    description = models.TextField(_("what it looks like"), max_length=TEXT_MAX, blank=True)
    points = models.DecimalField(_("points"), max_digits=MAX_DIGITS, decimal_places=PLACES)
    is_borderline = models.BooleanField(
        _("borderline"), default=False, help_text="The anchor of standard setting, in a global rating."
    )

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(points__gte=0), name="level_points_not_negative")
        ]

    def __str__(self) -> str:
        return self.title


class Statement(models.Model):
    """Feedback that raters of this rubric give with one tap."""

    rubric = models.ForeignKey(Rubric, on_delete=models.CASCADE, related_name="statements")
    position = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=StatementKind)
    text = models.CharField(_("statement"), max_length=TITLE_MAX)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.text
