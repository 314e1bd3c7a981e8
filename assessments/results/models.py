import uuid
from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

REASON_MAX = 2_000
PANEL_MAX = 20_000


class ResultQuerySet(models.QuerySet["Result"]):
    def released(self) -> "ResultQuerySet":
        return self.filter(released_at__lte=timezone.now())

    def scheduled(self) -> "ResultQuerySet":
        """To be released at a time that has not come yet."""
        return self.filter(released_at__gt=timezone.now())

    def unreleased(self) -> "ResultQuerySet":
        return self.filter(released_at=None)

    def to_hand_over(self) -> "ResultQuerySet":
        """Whose grade is still to go to the gradebook, or to be taken out of it."""
        return self.filter(
            models.Q(released_at__lte=timezone.now(), handed_over_at=None)
            | models.Q(released_at=None, handed_over_at__isnull=False)
        )


class Result(models.Model):
    """What a candidate's marks come to. The candidate sees it once released.

    Of one sheet, kept in step with it by recording.py; of a whole exam, then with the `outcome` that was signed; or `computed`
    by the activity's own kind from several sheets. `total` is None where nothing could be decided: never a zero, and nothing is
    sent.
    """

    activity = models.ForeignKey("activities.Activity", on_delete=models.CASCADE, related_name="results")
    candidate = models.ForeignKey("lti_tool.Person", on_delete=models.RESTRICT, related_name="results")
    sheet = models.OneToOneField(
        "marking.MarkSheet", null=True, on_delete=models.RESTRICT, related_name="result"
    )
    outcome = models.OneToOneField("Outcome", null=True, on_delete=models.RESTRICT, related_name="result")
    computed = models.JSONField(
        null=True, help_text="What its columns are made of, where its kind computes it."
    )
    total = models.DecimalField(max_digits=9, decimal_places=3, null=True)
    maximum = models.DecimalField(max_digits=9, decimal_places=3)
    computed_at = models.DateTimeField()
    released_at = models.DateTimeField(
        null=True, help_text="May lie ahead: then it is shown and sent from then on."
    )
    handed_over_at = models.DateTimeField(null=True, help_text="When its grade went to the outbox.")
    released_by = models.ForeignKey("lti_tool.Person", null=True, on_delete=models.SET_NULL, related_name="+")

    objects = ResultQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["activity", "candidate"], name="result_once_per_candidate"),
            models.CheckConstraint(
                condition=models.Q(total=None) | models.Q(total__gte=0, total__lte=models.F("maximum")),
                name="result_within_its_maximum",
            ),
            models.CheckConstraint(condition=models.Q(maximum__gt=0), name="result_has_a_maximum"),
            models.CheckConstraint(
                condition=models.Q(sheet__isnull=False, outcome=None, computed=None)
                | models.Q(sheet=None, outcome__isnull=False, computed=None)
                | models.Q(sheet=None, outcome=None, computed__isnull=False),
                name="result_of_one_thing",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.activity_id}/{self.candidate_id}"

    @property
    def is_released(self) -> bool:
        return self.released_at is not None and self.released_at <= timezone.now()


class Moderation(models.Model):
    """How the results of an activity of several parts are decided: the rule, and how far the decision has got."""

    class Resolving(models.TextChoices):
        """What counts where two examiners are further apart than allowed."""

        MEAN = "mean", _("the mean of both counts")
        SENIOR = "senior", _("the first examiner's mark counts")
        THIRD = "third", _("a third marker decides")
        CONSENSUS = "consensus", _("the two agree on a mark")

    class State(models.TextChoices):
        OPEN = "open", _("open")
        PROPOSED = "proposed", _("waits for the second person")
        SIGNED = "signed", _("signed")

    activity = models.OneToOneField(
        "activities.Activity", on_delete=models.CASCADE, related_name="moderation"
    )
    z = models.DecimalField(
        _("standard errors above the sum of cuts"),
        max_digits=4,
        decimal_places=2,
        default=Decimal(1),
        validators=[MinValueValidator(0), MaxValueValidator(3)],
        help_text=_("1 is common: fewer pass by luck, more fail by bad luck."),
    )
    least_parts = models.PositiveSmallIntegerField(
        _("stations that have to be passed, at least"), default=0, validators=[MaxValueValidator(100)]
    )
    threshold = models.DecimalField(
        _("how far two examiners may be apart, in per cent of the station"),
        max_digits=5,
        decimal_places=2,
        default=Decimal(20),
        validators=[MinValueValidator(0), MaxValueValidator(100)],
        help_text=_("Up to this the mean counts. Beyond it:"),
    )
    resolving = models.CharField(
        _("what counts where they are further apart"),
        max_length=10,
        choices=Resolving,
        default=Resolving.CONSENSUS,
    )
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    sends_parts = models.BooleanField(default=False, help_text="Whether each part has a column of its own.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(z__gte=0, z__lte=3, threshold__gte=0, threshold__lte=100),
                name="moderation_rule_within_bounds",
            )
        ]

    def __str__(self) -> str:
        return f"{self.activity_id}: {self.state}"

    @property
    def context_id(self) -> int:
        return self.activity.context_id

    @property
    def is_open(self) -> bool:
        return self.state == self.State.OPEN

    @property
    def is_signed(self) -> bool:
        return self.state == self.State.SIGNED


class Ruling(models.Model):
    """Something that people decided, with their reason. A later one takes an earlier one's place; the Events keep both."""

    reason = models.TextField(_("reason"), max_length=REASON_MAX)
    by = models.ForeignKey("lti_tool.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        abstract = True


class PartRuling(Ruling):
    """What the board decided on one part: its cut, whether it counts, what is added to its marks."""

    class Method(models.TextChoices):
        REGRESSION = "regression", _("borderline regression")
        GROUP = "group", _("borderline group")
        CONTRASTING = "contrasting", _("contrasting groups")
        COHEN = "cohen", _("Cohen")
        ANGOFF = "angoff", _("modified Angoff")
        EBEL = "ebel", _("Ebel")
        HOFSTEE = "hofstee", _("Hofstee")
        FIXED = "fixed", _("fixed")

    moderation = models.ForeignKey(Moderation, on_delete=models.CASCADE, related_name="part_rulings")
    part = models.UUIDField()
    method = models.CharField(_("cut by"), max_length=12, choices=Method, default=Method.REGRESSION)
    cut = models.DecimalField(
        _("fixed cut, in per cent"), max_digits=6, decimal_places=3, null=True, blank=True
    )
    panel = models.TextField(_("the panel's numbers"), max_length=PANEL_MAX, blank=True)
    is_dropped = models.BooleanField(_("drop the station: it counts for nobody"), default=False)
    adjustment = models.DecimalField(
        _("add to every mark, in per cent of the station"),
        max_digits=5,
        decimal_places=2,
        default=Decimal(0),
        validators=[MinValueValidator(-50), MaxValueValidator(50)],
        help_text=_(
            "For everybody alike, never below 0 or above 100. The cut stays as computed from the marks that were given."
        ),
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["moderation", "part"], name="one_ruling_a_part"),
        ]

    def __str__(self) -> str:
        return f"{self.moderation_id}/{self.part}: {self.method}"


class Resolution(Ruling):
    """Which mark counts where two examiners were too far apart."""

    moderation = models.ForeignKey(Moderation, on_delete=models.CASCADE, related_name="resolutions")
    part = models.UUIDField()
    candidate = models.ForeignKey("lti_tool.Person", on_delete=models.RESTRICT, related_name="+")
    mark = models.DecimalField(_("the mark that counts, in per cent"), max_digits=6, decimal_places=3)
    seen = models.JSONField(help_text="The examiners' marks that it was decided on.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["moderation", "part", "candidate"], name="one_resolution_a_place"
            ),
            models.CheckConstraint(
                condition=models.Q(mark__gte=0, mark__lte=100), name="resolution_is_in_per_cent"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.moderation_id}/{self.part}/{self.candidate_id}"


class Excuse(Ruling):
    """A part that is left out for one candidate: what remains counts for the whole."""

    moderation = models.ForeignKey(Moderation, on_delete=models.CASCADE, related_name="excuses")
    part = models.UUIDField()
    candidate = models.ForeignKey("lti_tool.Person", on_delete=models.RESTRICT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["moderation", "part", "candidate"], name="one_excuse_a_place")
        ]

    def __str__(self) -> str:
        return f"{self.moderation_id}/{self.part}/{self.candidate_id}"


class CandidateRuling(Ruling):
    """The board's own word on one candidate, in place of what the rule gives."""

    class Verdict(models.TextChoices):
        PASS = "pass", _("passed")
        FAIL = "fail", _("not passed")
        NONE = "none", _("not decided")

    moderation = models.ForeignKey(Moderation, on_delete=models.CASCADE, related_name="candidate_rulings")
    candidate = models.ForeignKey("lti_tool.Person", on_delete=models.RESTRICT, related_name="+")
    verdict = models.CharField(_("the board decides"), max_length=5, choices=Verdict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["moderation", "candidate"], name="one_ruling_a_candidate")
        ]

    def __str__(self) -> str:
        return f"{self.moderation_id}/{self.candidate_id}: {self.verdict}"


class ConcernNote(Ruling):
    """What the board made of an examiner's concern; `reason` holds it. It changes no mark."""

    moderation = models.ForeignKey(Moderation, on_delete=models.CASCADE, related_name="concern_notes")
    sheet = models.OneToOneField("marking.MarkSheet", on_delete=models.RESTRICT, related_name="concern_note")
    concern = models.TextField(help_text="As it was when it was read.")

    def __str__(self) -> str:
        return f"{self.moderation_id}/{self.sheet_id}"


class Proposal(models.Model):
    """The decision on every candidate as one person put it forward. It is never changed; a later one takes its place."""

    moderation = models.ForeignKey(Moderation, on_delete=models.CASCADE, related_name="proposals")
    number = models.PositiveIntegerField()
    rule = models.JSONField(help_text="The whole rule and every ruling that it was made from.")
    cohort = models.JSONField(
        default=dict, help_text="Quartiles of the marks by part, where enough have one."
    )
    summary = models.JSONField(default=dict, help_text="What the exam came to, to set beside other years.")
    fingerprint = models.CharField(max_length=64)
    by = models.ForeignKey("lti_tool.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    signed_by = models.ForeignKey("lti_tool.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    signed_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(
        "lti_tool.Person", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_reason = models.TextField(max_length=REASON_MAX, blank=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["moderation", "number"], name="proposal_numbered_once"),
        ]

    def __str__(self) -> str:
        return f"{self.moderation_id}, {self.number}"


class Outcome(models.Model):
    """What a proposal says of one candidate: the decision, and the chain of what led to it, in `trace`."""

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    proposal = models.ForeignKey(Proposal, on_delete=models.CASCADE, related_name="outcomes")
    candidate = models.ForeignKey("lti_tool.Person", on_delete=models.RESTRICT, related_name="outcomes")
    verdict = models.CharField(max_length=5, choices=CandidateRuling.Verdict)
    total = models.DecimalField(max_digits=9, decimal_places=3, null=True)
    trace = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["proposal", "candidate"], name="outcome_once_per_candidate"),
        ]

    def __str__(self) -> str:
        return f"{self.proposal_id}/{self.candidate_id}: {self.verdict}"


class Withheld(Ruling):
    """The words of a sheet that its candidate does not get to read, such as a name in them. Marks are shown all the same."""

    moderation = models.ForeignKey(Moderation, on_delete=models.CASCADE, related_name="withheld")
    sheet = models.OneToOneField("marking.MarkSheet", on_delete=models.RESTRICT, related_name="withheld")

    def __str__(self) -> str:
        return f"{self.moderation_id}/{self.sheet_id}"


class Reply(models.Model):
    """What a candidate answers to a released result: that they read it, a question, an appeal; and what staff says to it."""

    class Kind(models.TextChoices):
        READ = "read", _("read")
        QUESTION = "question", _("question")
        APPEAL = "appeal", _("appeal")

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    result = models.ForeignKey(Result, on_delete=models.CASCADE, related_name="replies")
    outcome = models.ForeignKey(Outcome, null=True, on_delete=models.RESTRICT, related_name="replies")
    kind = models.CharField(max_length=10, choices=Kind)
    text = models.TextField(max_length=REASON_MAX, blank=True)
    at = models.DateTimeField(default=timezone.now)
    answer = models.TextField(max_length=REASON_MAX, blank=True)
    answered_by = models.ForeignKey("lti_tool.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    answered_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["result", "outcome"], condition=models.Q(kind="read"), name="read_once"
            ),
            models.CheckConstraint(
                condition=models.Q(kind="read") | ~models.Q(text=""), name="question_has_words"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.result_id}: {self.kind}"

    @property
    def is_open(self) -> bool:
        return self.kind != self.Kind.READ and self.answered_at is None
