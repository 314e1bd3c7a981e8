"""What the sandbox LMS knows: schools, their people and courses, the tool's links, columns and grades.

Everything belongs to a school; two schools never see each other, as two customers of one LMS never do.
Times that are compared are seconds since 1970 in floats: the rules of the platforms are about seconds and fractions.
"""

from typing import Any

from django.db import models


class School(models.Model):
    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=200)
    profile = models.CharField(max_length=10)
    issuer = models.CharField(max_length=255)
    # Which Canvas a school like Canvas is: a name of profiles.CANVASES.
    environment = models.CharField(max_length=20, default="production")
    # Platform storage, where the profile has it: ok, full or silent.
    storage = models.CharField(max_length=10, default="ok")
    # Canvas: the colours of its theme editor, by its names for them.
    brand = models.JSONField(default=dict)
    # What the school tells the tool about people: none, email, names or all.
    privacy = models.CharField(max_length=10, default="all")
    rotation = models.PositiveIntegerField(default=0)
    keeps_old_key = models.BooleanField(default=True)
    jwks_mode = models.JSONField(default=dict)
    next_number = models.PositiveIntegerField(default=2)


class Tool(models.Model):
    school = models.OneToOneField(School, models.CASCADE)
    client_id = models.CharField(max_length=255)
    deployment_id = models.CharField(max_length=255)
    login_url = models.CharField(max_length=500)
    launch_urls = models.JSONField(default=list)
    target_link_uri = models.CharField(max_length=500)
    jwks_url = models.CharField(max_length=500, blank=True)
    public_jwks = models.JSONField(null=True)
    scopes = models.JSONField(default=list)
    # Canvas: the key itself, and the switch beside it in the account.
    is_on = models.BooleanField(default=True)
    is_on_in_account = models.BooleanField(default=True)
    name = models.CharField(max_length=200, default="Bellringer")
    # Custom parameters that come with every launch of the tool.
    custom = models.JSONField(default=dict)


class ToolRegistration(models.Model):
    """What a tool asked for when it registered itself, as far as the school confirmed it, and how far it has got since."""

    tool = models.OneToOneField(Tool, models.CASCADE, related_name="registration")
    stage = models.CharField(max_length=10, default="pending")
    body = models.JSONField(default=dict)


class RegistrationPass(models.Model):
    """Lets one tool register once, or renew its registration (`reg-update`)."""

    school = models.ForeignKey(School, models.CASCADE)
    token = models.TextField(unique=True)
    scope = models.CharField(max_length=20, default="reg")
    client_id = models.CharField(max_length=255)
    used = models.BooleanField(default=False)
    expires_at = models.FloatField()


class Person(models.Model):
    school = models.ForeignKey(School, models.CASCADE, related_name="people")
    # The person in the sandbox's own URLs; `sub` is the person towards the tool.
    handle = models.SlugField()
    sub = models.CharField(max_length=255)
    name = models.CharField(max_length=200)
    given_name = models.CharField(max_length=100, blank=True)
    family_name = models.CharField(max_length=100, blank=True)
    email = models.CharField(max_length=200, blank=True)
    locale = models.CharField(max_length=20, default="en")
    # Canvas: roles held elsewhere in the school; ids from before accounts were merged; whether there is a SIS id.
    extra_roles = models.JSONField(default=list)
    past_subs = models.JSONField(default=list)
    has_sis_id = models.BooleanField(default=True)
    picture = models.CharField(max_length=500, blank=True)
    high_contrast = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["school", "handle"], name="one_handle_per_school"),
            models.UniqueConstraint(fields=["school", "sub"], name="one_sub_per_school"),
        ]


class Course(models.Model):
    school = models.ForeignKey(School, models.CASCADE, related_name="courses")
    context_id = models.CharField(max_length=255)
    label = models.CharField(max_length=100)
    title = models.CharField(max_length=200)
    concluded = models.BooleanField(default=False)
    # Canvas: registered and switched on, and still not in this course.
    has_tool = models.BooleanField(default=True)
    has_sis_id = models.BooleanField(default=True)
    history = models.TextField(blank=True)


class Enrolment(models.Model):
    course = models.ForeignKey(Course, models.CASCADE, related_name="enrolments")
    person = models.ForeignKey(Person, models.CASCADE, related_name="enrolments")
    role = models.CharField(max_length=20)
    suspended = models.BooleanField(default=False)
    concluded = models.BooleanField(default=False)
    sections = models.JSONField(default=list)
    groups = models.JSONField(default=list)


class Link(models.Model):
    course = models.ForeignKey(Course, models.CASCADE, related_name="links")
    resource_link_id = models.CharField(max_length=255)
    title = models.CharField(max_length=300)
    description = models.TextField(blank=True)
    custom = models.JSONField(default=dict)
    url = models.CharField(max_length=500, blank=True)
    published = models.BooleanField(default=True)
    deleted = models.BooleanField(default=False)
    # Another tool of the same course: there to be kept away from.
    of_other_tool = models.BooleanField(default=False)
    # Handles of the students the assignment is for; null: all of them.
    assigned = models.JSONField(null=True)
    # As Canvas calls them: unlock_at, lock_at, due_at. Moodle takes none from a tool.
    dates = models.JSONField(default=dict)
    # Ids of the links that this one was copied from, nearest first, with commas.
    history = models.TextField(blank=True)


class NoticeHandler(models.Model):
    """Where a tool wants to hear of what happens: one for each type of notice."""

    school = models.ForeignKey(School, models.CASCADE, related_name="notice_handlers")
    notice_type = models.CharField(max_length=100)
    handler = models.CharField(max_length=500)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["school", "notice_type"], name="one_handler_per_type")]


class Dialogue(models.Model):
    """One time that somebody was sent to the tool to choose, and what came of it."""

    school = models.ForeignKey(School, models.CASCADE, related_name="dialogues")
    course = models.ForeignKey(Course, models.CASCADE)
    person = models.ForeignKey(Person, models.CASCADE)
    placement = models.CharField(max_length=40)
    # In the return URL, as Moodle's sesskey and Canvas's data are.
    token = models.CharField(max_length=64, unique=True)
    # open, then filled (a form waits for Save) or closed.
    state = models.CharField(max_length=10, default="open")
    items = models.JSONField(default=list)
    errors = models.JSONField(default=list)
    message = models.TextField(blank=True)
    error_message = models.TextField(blank=True)
    module_name = models.CharField(max_length=200, blank=True)
    answers = models.PositiveIntegerField(default=0)
    made = models.JSONField(default=list)


class LineItem(models.Model):
    course = models.ForeignKey(Course, models.CASCADE, related_name="line_items")
    link = models.ForeignKey(Link, models.SET_NULL, null=True, related_name="line_items")
    # Made by the LMS for the activity itself, not by the tool.
    coupled = models.BooleanField(default=False)
    label = models.TextField()
    score_maximum = models.FloatField()
    resource_id = models.CharField(max_length=255, blank=True)
    tag = models.CharField(max_length=255, blank=True)
    extra = models.JSONField(default=dict)
    locked = models.BooleanField(default=False)
    deleted = models.BooleanField(default=False)
    allowed_attempts = models.IntegerField(null=True)
    of_other_tool = models.BooleanField(default=False)
    # Canvas: an assignment that is complete or not; and what its gradebook refuses with, if it refuses.
    pass_fail = models.BooleanField(default=False)
    grade_error = models.CharField(max_length=200, blank=True)

    def is_first_of_link(self) -> bool:
        """Canvas shows only the first column of a resource link in its gradebook."""
        if self.link_id is None:
            return True
        return not self.link.line_items.filter(deleted=False, pk__lt=self.pk).exists()

    def is_published(self) -> bool:
        return self.link is None or self.link.published


class Grade(models.Model):
    line_item = models.ForeignKey(LineItem, models.CASCADE, related_name="grades")
    person = models.ForeignKey(Person, models.CASCADE, related_name="grades")
    # What the gradebook shows, in points of the line item. Empty is None, never zero.
    score = models.FloatField(null=True)
    given = models.FloatField(null=True)
    given_maximum = models.FloatField(null=True)
    comments = models.JSONField(default=list)
    state = models.CharField(max_length=20, blank=True)
    graded_by = models.CharField(max_length=10, blank=True)
    overridden = models.BooleanField(default=False)
    # Set once the tool has posted: Canvas shows results only from then on.
    posted = models.BooleanField(default=False)
    tool_timestamp = models.CharField(max_length=50, blank=True)
    tool_time = models.FloatField(null=True)
    changed_at = models.FloatField(default=0)
    attempts = models.PositiveIntegerField(default=0)
    submission = models.JSONField(default=dict)
    # Canvas: the extension of the last post comes back in results.
    extension = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["line_item", "person"], name="one_grade_per_person_and_column")
        ]


class ScorePost(models.Model):
    """One score as the tool sent it, and what it was answered. Rows are only ever added."""

    school = models.ForeignKey(School, models.CASCADE, related_name="posts")
    line_item_number = models.BigIntegerField()
    text = models.TextField()
    status = models.PositiveIntegerField()
    answer = models.TextField(blank=True)
    at = models.FloatField()


class AccessToken(models.Model):
    school = models.ForeignKey(School, models.CASCADE)
    token = models.CharField(max_length=2000, unique=True)
    scopes = models.JSONField(default=list)
    expires_at = models.FloatField()


class LaunchHint(models.Model):
    """A launch that has begun: whoever comes to the authentication endpoint with the hint gets its id_token."""

    school = models.ForeignKey(School, models.CASCADE)
    message_hint = models.CharField(max_length=500, unique=True)
    login_hint = models.CharField(max_length=255)
    person = models.ForeignKey(Person, models.CASCADE)
    course = models.ForeignKey(Course, models.CASCADE)
    link = models.ForeignKey(Link, models.CASCADE, null=True)
    mutations = models.JSONField(default=dict)
    document_target = models.CharField(max_length=10, default="iframe")
    begun_at = models.FloatField()
    used = models.BooleanField(default=False)


class SigningKey(models.Model):
    """A key pair of the sandbox, shared by its schools: making one takes longer than a whole launch."""

    number = models.PositiveIntegerField(unique=True)
    pem = models.TextField()


def as_number(value: float | None) -> Any:
    """40 rather than 40.0, as most platforms write it."""
    return int(value) if value is not None and float(value).is_integer() else value
