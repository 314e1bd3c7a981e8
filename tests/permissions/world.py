"""One course with everything in it, so that every URL has something to show or to refuse."""

from dataclasses import dataclass
from typing import Any

from assessments.results import releasing
from assessments.results.models import Result
from lti_tool.models import Role
from lti_tool.session import DeepLinking, Launch, issue_code
from tests import factories

ROLES = [*Role.values, "nobody"]


@dataclass
class World:
    """`keys` fills the URL patterns; `launches` holds one launch for each role."""

    keys: dict[str, Any]
    launches: dict[str, Launch]
    code: str
    # One for each role that chooses in the LMS what a new link shall open.
    choices: dict[str, DeepLinking]


def make() -> World:
    link = factories.ResourceLinkFactory()
    people = {role: factories.member(link.context, Role(role)) for role in Role.values}
    teacher = people[Role.INSTRUCTOR]
    activity = factories.activity(link, by=teacher)
    candidate = factories.member(link.context, name="Cara Candidate")
    waiting = factories.member(link.context, name="Will Waiting")
    draft = factories.draft(link.context, by=teacher, title="Cannulation")
    open_sheet = factories.sheet(activity, candidate, teacher)
    factories.marked(activity, people[Role.LEARNER], teacher, comment="A secret comment")
    releasing.release(activity=activity, by=teacher, seen=_seen(activity))
    submitted = factories.marked(activity, waiting, teacher)
    launches = {role: factories.launch(person, link) for role, person in people.items()}
    criterion = draft.criteria.first()
    keys = {
        "activity": activity.key,
        "person": candidate.key,
        "link": link.pk,
        "learner": people[Role.LEARNER].key,
        "draft": draft.key,
        "published": activity.rubric.key,
        "criterion": criterion.pk,
        "csv": "csv",
        "sheet": open_sheet.key,
        "submitted": submitted.key,
        "submitted_revision": submitted.revision,
    }
    code = issue_code(launches[Role.INSTRUCTOR], f"/activities/{activity.key}/")
    choices = {role: factories.choice(person, link.context, Role(role)) for role, person in people.items()}
    return World(keys, launches, code, choices)


def _seen(activity) -> str:
    return releasing.fingerprint(list(Result.objects.unreleased().filter(activity=activity)))
