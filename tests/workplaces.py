"""Workplace-based assessments with everything in them, without clicking them together."""

from uuid import uuid4

from django.utils import timezone

from assessments.activities import activities
from assessments.marking import marking
from assessments.workplace import asking, assessors
from assessments.workplace.models import Workplace
from lti_tool.models import Role
from tests import factories


def workplace(resource_link=None, *, by=None, form=None, **settings):
    """An activity with the form for supervision, unless `form` names another."""
    link = resource_link or factories.ResourceLinkFactory()
    made = activities.begin(resource_link=link, kind="workplace", form=form or {}, by=by)
    Workplace.objects.filter(activity=made).update(**settings)
    return Workplace.objects.get(activity=made)


def member(workplace, role=Role.TEACHING_ASSISTANT, name="Mo Member"):
    """Somebody of the course, as an assessor."""
    person = factories.member(workplace.activity.context, role, name=name)
    return assessors.of_member(workplace=workplace, person=person, by=person)


def guest(workplace, name="Gwen Guest", *, by=None):
    return assessors.add_guests(workplace=workplace, names=[name], by=by)[0]


def request(workplace, *, learner=None, assessor=None, situation="Chest pain", observed_on=None, by=None):
    learner = learner or factories.member(workplace.activity.context, name="Lea Learner")
    return asking.ask(
        workplace=workplace,
        key=uuid4(),
        learner=learner,
        assessor=assessor or guest(workplace),
        situation=situation,
        observed_on=observed_on or timezone.localdate(),
        by=by or learner,
    )


def handed_in(request, *, comment="Keep examining as you did.", place=-1):
    person = request.assessor.person
    sheet = asking.begin(request=request, by=person)
    sheet = marking.comment_overall(sheet=sheet, comment=comment, by=person)
    sheet = factories.fill(sheet, person, place=place)
    marking.submit(sheet=sheet, by=person, revision=sheet.revision)
    request.refresh_from_db()
    return request
