"""An exam as it is planned: stations and circuits, then sessions with rooms and people, then who meets whom when."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from assessments.marking.models import Mark, MarkSheet
from assessments.osce.master_clock import Kind as ClockKind
from lti_tool.port import Launch

TITLE_MAX = 100
CODE_MAX = 100  # as long as a criterion's competency
TEXT_MAX = 20_000
MOST_SECONDS = 24 * 3600


class ExamQuerySet(models.QuerySet["Exam"]):
    def visible_to(self, launch: Launch) -> "ExamQuerySet":
        """The exam of the one activity this launch opened. What its role may do is asked next."""
        return self.filter(activity__resource_link=launch.resource_link)


def _seconds(words: Any, default: int, **more: Any) -> Any:
    return models.PositiveIntegerField(
        words, default=default, validators=[MaxValueValidator(MOST_SECONDS)], **more
    )


class Exam(models.Model):
    """What an activity of the kind “osce” is. Times in seconds, as in rotations.circuits.Timing."""

    class ExtraTime(models.TextChoices):
        CIRCUIT = "circuit", _("in circuits of their own, with bells of their own")
        ROTATION = "rotation", _("in rotations of their own, in which every circuit keeps their time")

    activity = models.OneToOneField("activities.Activity", on_delete=models.CASCADE, related_name="exam")
    reading = _seconds(_("reading time"), 60)
    running = _seconds(_("time at the station"), 480)
    change_over = _seconds(_("change-over"), 60)
    warning = _seconds(_("warning before the end"), 60)
    turnover = _seconds(_("between two rotations"), 600)
    long_break_after = _seconds(_("a long break after, at the latest"), 150 * 60)
    long_break = _seconds(_("long break"), 1200)
    lunch_after = _seconds(_("lunch after, at the latest"), 360 * 60)
    lunch = _seconds(_("lunch"), 2700)
    extra_time_in = models.CharField(
        _("candidates with extra time"), max_length=10, choices=ExtraTime, default=ExtraTime.CIRCUIT
    )
    may_add_rounds = models.BooleanField(
        _("fill every start of linked and double stations, with more rounds if needed"), default=True
    )

    objects = ExamQuerySet.as_manager()

    def __str__(self) -> str:
        return str(self.activity)

    @property
    def context_id(self) -> int:
        return self.activity.context_id

    def clean(self) -> None:
        if self.running < 1:
            raise ValidationError({"running": _("Stations need some time.")})
        if self.warning >= self.running:
            raise ValidationError({"warning": _("The warning would come before the station starts.")})
        if not self.long_break <= self.lunch:
            raise ValidationError({"lunch": _("Lunch cannot be shorter than a long break.")})

    @property
    def round_length(self) -> int:
        return self.reading + self.running + self.change_over

    @property
    def has_begun(self) -> bool:
        """Whether sheets were given out, or have been: stations and rubrics are as they are from then on."""
        return self.sessions.filter(published_at__isnull=False).exists()


class Competency(models.Model):
    """A column of the blueprint. Criteria measure it that carry its code."""

    exam = models.ForeignKey(Exam, on_delete=models.CASCADE, related_name="competencies")
    place = models.PositiveIntegerField()
    code = models.CharField(max_length=CODE_MAX)
    title = models.CharField(max_length=TITLE_MAX, blank=True)

    class Meta:
        ordering = ["place", "pk"]
        constraints = [models.UniqueConstraint(fields=["exam", "code"], name="competency_once_per_exam")]

    def __str__(self) -> str:
        return self.title or self.code


class Station(models.Model):
    """One stop of every circuit. A rest has no examiner and no rubric; a pilot is marked and does not count."""

    class Kind(models.TextChoices):
        PATIENT = "patient", _("simulated patient")
        MANIKIN = "manikin", _("manikin")
        PROCEDURE = "procedure", _("procedure")
        WRITTEN = "written", _("data or written")
        REST = "rest", _("rest")

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    exam = models.ForeignKey(Exam, on_delete=models.CASCADE, related_name="stations")
    place = models.PositiveIntegerField()
    title = models.CharField(_("name"), max_length=TITLE_MAX)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.PATIENT)
    is_pilot = models.BooleanField(_("pilot: marked, not counted"), default=False)
    is_linked = models.BooleanField(_("comes directly after the station before it"), default=False)
    rounds = models.PositiveSmallIntegerField(
        _("rounds a candidate stays"), default=1, validators=[MinValueValidator(1), MaxValueValidator(4)]
    )
    rubric = models.ForeignKey(
        "rubrics.Rubric", null=True, blank=True, on_delete=models.RESTRICT, related_name="stations"
    )
    patient_rubric = models.ForeignKey(
        "rubrics.Rubric", null=True, blank=True, on_delete=models.RESTRICT, related_name="+"
    )
    asks_candidate = models.BooleanField(_("candidates rate themselves too"), default=False)
    is_must_pass = models.BooleanField(_("must be passed"), default=False)
    weight = models.DecimalField(
        _("weight"), max_digits=5, decimal_places=2, default=1, validators=[MinValueValidator(0)]
    )
    candidate_instructions = models.TextField(_("for the candidate"), max_length=TEXT_MAX, blank=True)
    examiner_instructions = models.TextField(_("for the examiner"), max_length=TEXT_MAX, blank=True)
    patient_script = models.TextField(_("for the simulated patient"), max_length=TEXT_MAX, blank=True)
    equipment = models.TextField(_("equipment"), max_length=TEXT_MAX, blank=True)
    competencies = models.ManyToManyField(Competency, related_name="stations", blank=True)

    class Meta:
        ordering = ["place", "pk"]

    def __str__(self) -> str:
        return self.title

    @property
    def context_id(self) -> int:
        return self.exam.context_id

    def clean(self) -> None:
        if self.is_rest and (
            self.is_pilot or self.is_linked or self.rounds > 1 or self.rubric or self.patient_rubric
        ):
            raise ValidationError(
                _("A rest lasts one round and is marked by nobody: no rubric, no pilot, no link.")
            )
        for name in ("rubric", "patient_rubric"):
            rubric = getattr(self, name)
            if rubric and rubric.context_id != self.context_id:
                raise ValidationError({name: _("This rubric belongs to another course.")})
            if rubric and rubric.is_draft:
                raise ValidationError({name: _("This rubric is still a draft. Publish it first.")})

    def papers(self, names: Sequence[str]) -> list[tuple[str, str]]:
        """Of these fields those that say something: whom it is for, and the text."""
        fields: list[Any] = [self._meta.get_field(name) for name in names]
        found = [(str(capfirst(field.verbose_name)), getattr(self, field.name).strip()) for field in fields]
        return [(title, text) for title, text in found if text]

    @property
    def is_rest(self) -> bool:
        return self.kind == self.Kind.REST

    @property
    def is_counted(self) -> bool:
        return not self.is_rest and not self.is_pilot


class Circuit(models.Model):
    """One full set of stations. Parallel circuits have other rooms and other people."""

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    exam = models.ForeignKey(Exam, on_delete=models.CASCADE, related_name="circuits")
    place = models.PositiveIntegerField()
    title = models.CharField(max_length=TITLE_MAX)

    class Meta:
        ordering = ["place", "pk"]

    def __str__(self) -> str:
        return self.title


class Session(models.Model):
    """A morning or an afternoon of an exam. `timetable` is written as a whole by timetable.make and read by timetable.read."""

    class State(models.TextChoices):
        PLANNING = "planning", _("being planned")
        PLANNED = "planned", _("has its timetable")
        PUBLISHED = "published", _("published")
        LOCKED = "locked", _("locked")

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    exam = models.ForeignKey(Exam, on_delete=models.CASCADE, related_name="sessions")
    title = models.CharField(_("name"), max_length=TITLE_MAX)
    starts_at = models.DateTimeField(_("starts"))
    most_rotations = models.PositiveSmallIntegerField(
        _("rotations at most"), default=4, validators=[MinValueValidator(1), MaxValueValidator(20)]
    )
    seed = models.BigIntegerField(default=0)
    timetable = models.JSONField(null=True, blank=True, editable=False)
    published_at = models.DateTimeField(null=True, blank=True)
    locked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["starts_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(published_at=None) | models.Q(timetable__isnull=False),
                name="session_published_has_a_timetable",
            ),
            models.CheckConstraint(
                condition=models.Q(locked_at=None) | models.Q(published_at__isnull=False),
                name="session_locked_was_published",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("osce:session", args=[self.exam.activity.key, self.key])

    @property
    def context_id(self) -> int:
        return self.exam.context_id

    @property
    def state(self) -> "Session.State":
        if self.locked_at:
            return self.State.LOCKED
        if self.published_at:
            return self.State.PUBLISHED
        return self.State.PLANNED if self.timetable else self.State.PLANNING

    @property
    def is_published(self) -> bool:
        return self.published_at is not None

    @property
    def is_locked(self) -> bool:
        return self.locked_at is not None

    def at(self, seconds: int) -> datetime:
        """The planned moment so many seconds after its start."""
        return self.starts_at + timedelta(seconds=seconds)


class StaffMember(models.Model):
    """Somebody who examines or plays in an exam: a member of the course, or somebody only named here."""

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    exam = models.ForeignKey(Exam, on_delete=models.CASCADE, related_name="staff")
    person = models.ForeignKey(
        "lti_tool.Person", null=True, blank=True, on_delete=models.RESTRICT, related_name="examines_in"
    )
    name = models.CharField(_("name"), max_length=TITLE_MAX, blank=True)
    most_rounds = models.PositiveSmallIntegerField(
        _("plays at most so many rounds without one off"), null=True, blank=True
    )

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["exam", "person"], name="staff_member_once_per_exam"),
            models.CheckConstraint(
                condition=models.Q(person__isnull=False) | ~models.Q(name=""), name="staff_member_is_somebody"
            ),
        ]

    def __str__(self) -> str:
        return self.display_name

    @property
    def context_id(self) -> int:
        return self.exam.context_id

    @property
    def display_name(self) -> str:
        return self.name or (self.person.display_name if self.person else "")


class Post(models.Model):
    """A station's room in one circuit of one session. A station of n rounds has n of them."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="posts")
    circuit = models.ForeignKey(Circuit, on_delete=models.CASCADE, related_name="posts")
    station = models.ForeignKey(Station, on_delete=models.CASCADE, related_name="posts")
    number = models.PositiveSmallIntegerField(default=1)
    room = models.CharField(_("room"), max_length=TITLE_MAX)

    class Meta:
        ordering = ["circuit__place", "station__place", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["session", "circuit", "station", "number"], name="post_once_per_session"
            )
        ]

    def __str__(self) -> str:
        return self.room


class SheetRole(models.TextChoices):
    """Who fills a sheet of an encounter."""

    EXAMINER = "examiner", _("examiner")
    SECOND = "second", _("second examiner")
    PATIENT = "patient", _("simulated patient")
    SELF = "self", _("candidate")


class Duty(models.Model):
    """Who works at a post: in one rotation, or without one in all of them. Several simulated patients take turns."""

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="duties")
    staff = models.ForeignKey(StaffMember, on_delete=models.CASCADE, related_name="duties")
    role = models.CharField(max_length=10, choices=SheetRole, default=SheetRole.EXAMINER)
    rotation = models.PositiveSmallIntegerField(null=True)
    place = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["place", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["post", "role", "rotation"],
                condition=~models.Q(role="patient"),
                name="duty_of_one_examiner_in_a_rotation",
            ),
            models.UniqueConstraint(
                fields=["post", "role"],
                condition=models.Q(rotation=None) & ~models.Q(role="patient"),
                name="duty_of_one_examiner_in_all_rotations",
            ),
            models.CheckConstraint(condition=~models.Q(role="self"), name="duty_is_never_the_candidates"),
        ]

    def __str__(self) -> str:
        return f"{self.post_id} {self.role}"


class CandidateQuerySet(models.QuerySet["Candidate"]):
    def present(self) -> "CandidateQuerySet":
        return self.filter(withdrawn_at=None)


class Candidate(models.Model):
    """A person's place in an exam. `number` is what rooms and tickets call them."""

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    exam = models.ForeignKey(Exam, on_delete=models.CASCADE, related_name="candidates")
    person = models.ForeignKey("lti_tool.Person", on_delete=models.RESTRICT, related_name="exams")
    number = models.PositiveIntegerField()
    extra_time = models.PositiveSmallIntegerField(
        _("extra time in per cent"), default=0, validators=[MaxValueValidator(100)]
    )
    session = models.ForeignKey(
        Session, null=True, blank=True, on_delete=models.SET_NULL, related_name="candidates"
    )
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = CandidateQuerySet.as_manager()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["exam", "person"], name="candidate_once_per_exam"),
            models.UniqueConstraint(fields=["exam", "number"], name="candidate_number_once_per_exam"),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def code(self) -> str:
        return f"C-{self.number:03d}"


class Conflict(models.Model):
    """Declared: these two must not meet in this exam."""

    exam = models.ForeignKey(Exam, on_delete=models.CASCADE, related_name="conflicts")
    staff = models.ForeignKey(StaffMember, on_delete=models.CASCADE, related_name="conflicts")
    candidate = models.ForeignKey(Candidate, on_delete=models.CASCADE, related_name="conflicts")
    note = models.CharField(max_length=500, blank=True)
    declared_at = models.DateTimeField(auto_now_add=True)
    declared_by = models.ForeignKey("lti_tool.Person", null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["staff", "candidate"], name="conflict_once")]

    def __str__(self) -> str:
        return f"{self.staff_id}–{self.candidate_id}"


class Encounter(models.Model):
    """A candidate at a station, from round `round` of a rotation, for `rounds` of them. At a rest there is no post."""

    class State(models.TextChoices):
        PLANNED = "planned", _("planned")
        ABSENT = "absent", _("absent")
        VOID = "void", _("void")

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="encounters")
    candidate = models.ForeignKey(Candidate, on_delete=models.CASCADE, related_name="encounters")
    station = models.ForeignKey(Station, on_delete=models.RESTRICT, related_name="encounters")
    circuit = models.ForeignKey(Circuit, on_delete=models.RESTRICT, related_name="encounters")
    post = models.ForeignKey(Post, null=True, on_delete=models.RESTRICT, related_name="encounters")
    rotation = models.PositiveSmallIntegerField()
    round = models.PositiveSmallIntegerField(null=True, help_text="None while it has no place.")
    rounds = models.PositiveSmallIntegerField(default=1)
    patient = models.ForeignKey(
        StaffMember, null=True, on_delete=models.RESTRICT, related_name="+", help_text="Who plays."
    )
    state = models.CharField(max_length=10, choices=State, default=State.PLANNED)
    reason = models.TextField(blank=True, help_text="Why it is absent or void.")

    class Meta:
        ordering = ["rotation", "round", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["candidate", "station"], name="encounter_once_per_station"),
            models.UniqueConstraint(fields=["post", "rotation", "round"], name="encounter_alone_at_its_post"),
            models.UniqueConstraint(
                fields=["candidate", "rotation", "round"], name="encounter_in_one_place_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return str(self.key)

    @property
    def context_id(self) -> int:
        return self.session.context_id


class EncounterSheetQuerySet(models.QuerySet["EncounterSheet"]):
    def marked(self) -> "EncounterSheetQuerySet":
        """Those that say that the candidate was there: handed in, or with an answer, by anybody but the candidate.

        A comment alone may say that nobody came.
        """
        answers = Mark.objects.filter(sheet=models.OuterRef("sheet")).answered()
        return self.exclude(role=SheetRole.SELF).filter(
            models.Q(models.Exists(answers)) | models.Q(sheet__state=MarkSheet.State.SUBMITTED)
        )


class EncounterSheet(models.Model):
    """One rater's sheet of an encounter. `staff` is who shall fill it; of the candidate's own there is none."""

    encounter = models.ForeignKey(Encounter, on_delete=models.CASCADE, related_name="sheets")
    role = models.CharField(max_length=10, choices=SheetRole)
    staff = models.ForeignKey(StaffMember, null=True, on_delete=models.RESTRICT, related_name="sheets")
    sheet = models.OneToOneField(
        "marking.MarkSheet", on_delete=models.RESTRICT, related_name="encounter_sheet"
    )

    objects = EncounterSheetQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["encounter", "role"], name="encounter_sheet_once_per_role")
        ]

    def __str__(self) -> str:
        return f"{self.encounter_id} {self.role}"


class ClockOrder(models.Model):
    """What was ordered of a circuit's clock on the day. Append-only: the database refuses to change one (migration 0003)."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="clock_orders")
    circuit = models.ForeignKey(Circuit, on_delete=models.RESTRICT, related_name="clock_orders")
    kind = models.CharField(max_length=20, choices=[(kind.value, kind.value) for kind in ClockKind])
    at = models.DateTimeField()
    seconds = models.PositiveIntegerField(default=0)
    by = models.ForeignKey("lti_tool.Person", null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.circuit_id} {self.kind}"


class Announcement(models.Model):
    """Words that every screen of a session shows, or of one circuit."""

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="announcements")
    circuit = models.ForeignKey(Circuit, null=True, on_delete=models.CASCADE, related_name="announcements")
    text = models.CharField(max_length=300)
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey("lti_tool.Person", null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.text


class HelpRequest(models.Model):
    """Somebody at a station asks the coordinator to come."""

    class Kind(models.TextChoices):
        UNWELL = "unwell", _("candidate unwell")
        EQUIPMENT = "equipment", _("equipment")
        PATIENT = "patient", _("simulated patient")
        TIMING = "timing", _("timing")
        TABLET = "tablet", _("tablet or network")
        COME = "come", _("please come")

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="help_requests")
    post = models.ForeignKey(Post, null=True, on_delete=models.SET_NULL, related_name="help_requests")
    kind = models.CharField(max_length=10, choices=Kind)
    text = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey("lti_tool.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey("lti_tool.Person", null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.session_id} {self.kind}"

    @property
    def context_id(self) -> int:
        return self.session.context_id


class Incident(models.Model):
    """Something that happened, for the exam board. It changes no marks."""

    class Kind(models.TextChoices):
        CANDIDATE = "candidate", _("a candidate's behaviour")
        PATIENT = "patient", _("simulated patient off script")
        NOISE = "noise", _("noise")
        EQUIPMENT = "equipment", _("equipment")
        LATE = "late", _("late start")
        ALARM = "alarm", _("fire alarm")
        OTHER = "other", _("something else")

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="incidents")
    kind = models.CharField(max_length=10, choices=Kind)
    narrative = models.TextField(max_length=TEXT_MAX)
    circuit = models.ForeignKey(Circuit, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    station = models.ForeignKey(Station, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    candidate = models.ForeignKey(
        Candidate, null=True, blank=True, on_delete=models.SET_NULL, related_name="incidents"
    )
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey("lti_tool.Person", null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.session_id} {self.kind}"

    @property
    def context_id(self) -> int:
        return self.session.context_id


class ExaminerLink(models.Model):
    """Opens one staff member's stations of one session on any device. This row says until when, whatever was printed."""

    class State(models.TextChoices):
        VALID = "valid", _("valid")
        EXPIRED = "expired", _("expired")
        WITHDRAWN = "withdrawn", _("withdrawn")

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="links")
    staff = models.ForeignKey(StaffMember, on_delete=models.CASCADE, related_name="links")
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    created_by = models.ForeignKey("lti_tool.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True)
    device = models.UUIDField(
        null=True, help_text="Which it was opened on last, as that browser calls itself."
    )

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["session", "staff"],
                condition=models.Q(revoked_at=None),
                name="examiner_link_one_at_a_time",
            )
        ]

    def __str__(self) -> str:
        return str(self.key)

    @property
    def context_id(self) -> int:
        return self.session.context_id

    @property
    def state(self) -> "ExaminerLink.State":
        if self.revoked_at:
            return self.State.WITHDRAWN
        return self.State.EXPIRED if self.expires_at <= timezone.now() else self.State.VALID

    @property
    def is_valid(self) -> bool:
        return self.state == self.State.VALID

    def is_open_elsewhere(self, device: uuid.UUID | None) -> bool:
        """Whether it was opened on another device before."""
        return self.last_used_at is not None and (device is None or device != self.device)
