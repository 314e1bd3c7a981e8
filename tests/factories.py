"""Plain rows for tests: a course with its people, a rubric, an activity. Nothing here talks to a platform."""

from datetime import timedelta
from uuid import uuid4

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from assessments.activities import activities
from assessments.marking import marking
from assessments.rubrics import drafting, publishing
from assessments.rubrics.wording import CriterionWording, Kind, LevelWording, RubricWording
from lti_tool import models as lti
from lti_tool import port, session
from lti_tool.models import Role


class RegistrationFactory(DjangoModelFactory):
    class Meta:
        model = lti.Registration

    name = "A school"
    issuer = "https://lms.example"
    client_id = factory.Sequence(lambda n: f"client-{n}")
    auth_url = "https://lms.example/auth"
    token_url = "https://lms.example/token"
    jwks_url = "https://lms.example/jwks"


class DeploymentFactory(DjangoModelFactory):
    class Meta:
        model = lti.Deployment

    registration = factory.SubFactory(RegistrationFactory)
    deployment_id = factory.Sequence(lambda n: f"deployment-{n}")
    status = lti.Deployment.Status.ACTIVE


class ContextFactory(DjangoModelFactory):
    class Meta:
        model = lti.Context

    deployment = factory.SubFactory(DeploymentFactory)
    context_id = factory.Sequence(lambda n: f"course-{n}")
    title = "Clinical skills"


class ResourceLinkFactory(DjangoModelFactory):
    class Meta:
        model = lti.ResourceLink

    context = factory.SubFactory(ContextFactory)
    deployment = factory.SelfAttribute("context.deployment")
    link_id = factory.Sequence(lambda n: f"link-{n}")
    title = "Chest pain history"


class PersonFactory(DjangoModelFactory):
    class Meta:
        model = lti.Person

    registration = factory.SubFactory(RegistrationFactory)
    sub = factory.Sequence(lambda n: f"person-{n}")
    name = factory.Sequence(lambda n: f"Person {n:02d}")


# The roles that the course list and launches know.
MEMBERS = [role for role in Role if role != Role.GUEST]


def member(context, role=Role.LEARNER, *, name=None, is_learner=None, is_active=True, is_test_student=False):
    """A person with a place in the course."""
    named = {"name": name} if name else {}
    person = PersonFactory(
        registration=context.deployment.registration, is_test_student=is_test_student, **named
    )
    lti.Membership.objects.create(
        context=context,
        person=person,
        role=role,
        is_learner=role == Role.LEARNER if is_learner is None else is_learner,
        is_active=is_active,
    )
    return person


def guest(context, name="Gwen Guest"):
    """Somebody whom no platform knows."""
    return port.make_guest(context, name=name)


def guest_visit(person, resource_link, *, door=None, hours=1):
    """A real visit without a launch."""
    until = timezone.now() + timedelta(hours=hours)
    return port.open_guest_visit(person, resource_link, door=door or uuid4(), until=until)


def launch(person, resource_link, role=None, *, is_learner=None, **more):
    """A real launch session of this person; the role is that of their membership unless given."""
    row = lti.Membership.objects.filter(context=resource_link.context, person=person).first()
    return session.begin(
        resource_link,
        person=person,
        role=Role(role or row.role),
        is_learner=(row.is_learner if row else False) if is_learner is None else is_learner,
        **more,
    )


def choice(person, context, role=Role.INSTRUCTOR, **settings):
    """A real session of somebody who chooses in the LMS what a new link shall open."""
    asked = lti.DeepLinkingRequest.objects.create(
        context=context,
        return_url="https://lms.example/return",
        settings={"accept_types": ["ltiResourceLink"], "accept_multiple": True, **settings},
    )
    return session.begin(asked, person=person, role=role)


def criterion(title="Introduces self", *levels, **more):
    levels = levels or (("Not done", "0"), ("Partly", "1"), ("Fully", "2"))
    return CriterionWording(title, tuple(LevelWording(*level) for level in levels), **more)


def global_rating(title="Global rating"):
    grades = (("Clear fail", "0"), ("Borderline", "1", "", True), ("Pass", "2"), ("Excellent", "3"))
    return criterion(title, *grades, kind=Kind.GLOBAL)


def draft(context, *criteria, by=None, title="History taking"):
    wording = RubricWording(title, criteria=criteria or (criterion(), criterion("Asks openly")))
    return drafting.start(context=context, by=by, wording=wording)


def published(context, *criteria, by=None, title="History taking"):
    return publishing.publish(rubric=draft(context, *criteria, by=by, title=title), by=by)


def activity(resource_link=None, *criteria, by=None):
    link = resource_link or ResourceLinkFactory()
    return activities.set_up(resource_link=link, rubric=published(link.context, *criteria, by=by), by=by)


def sheet(activity, candidate, by):
    return activities.assess(activity=activity, candidate=candidate, by=by).sheet


def fill(sheet, by, *, comment="", place=-1):
    """Answer every criterion with its last level, or the one at `place`."""
    for row in sheet.rubric.criteria.all():
        level = list(row.levels.all())[place]
        sheet = marking.mark(sheet=sheet, criterion=row, level=level, comment="", by=by)
    if comment:
        sheet = marking.comment_overall(sheet=sheet, comment=comment, by=by)
    return sheet


def marked(activity, candidate, by, *, comment="", place=-1):
    """A submitted sheet."""
    filled = fill(sheet(activity, candidate, by), by, comment=comment, place=place)
    return marking.submit(sheet=filled, by=by, revision=filled.revision)
