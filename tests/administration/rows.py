"""One row of everything that the administration lists, with the secrets that no page may show."""

from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

from lti_tool import problems
from lti_tool.digests import digest
from lti_tool.models import Invite, LineItem, Notice, Problem, Score, ScorePost, ToolKey
from tests import factories

SECRETS = [
    "Cara Candidate",
    "cara@school.example",
    "sub-of-cara",
    "PRIVATE KEY",
    digest("the-code"),
    "the-code",
    "An embarrassing comment",
    "73.125",
    "a body that names people",
    "what was sent, hashed",
]


def make(name="A school"):
    """The rows by the name of their admin page; one more of each at every call."""
    link = factories.ResourceLinkFactory(context__deployment__registration__name=name)
    deployment = link.context.deployment
    registration = deployment.registration
    person = factories.PersonFactory(
        registration=registration, name="Cara Candidate", email="cara@school.example", sub="sub-of-cara"
    )
    column = LineItem.objects.create(resource_link=link, tag="result", label="OSCE", score_maximum=100)
    score = Score.objects.create(
        line_item=column,
        person=person,
        given=Decimal("73.125"),
        maximum=100,
        comment="An embarrassing comment",
        graded_at=timezone.now(),
        lms_shows="73.125",
        platform_said="no such user sub-of-cara",
    )
    post = ScorePost.objects.create(
        score=score,
        revision=1,
        given=Decimal("73.125"),
        maximum=100,
        timestamp=timezone.now(),
        body_sha256="what was sent, hashed",
        status=200,
        outcome="ok",
        read_back="73.125",
    )
    count = ToolKey.objects.count()
    key = ToolKey.objects.create(
        kid=f"kid-{count}",
        private_pem="-----BEGIN PRIVATE KEY-----",
        state="retiring" if count else "current",
    )
    invite = Invite.objects.create(
        code_sha256=digest(f"the-code{count or ''}"),
        label=f"For {name}",
        expires_at=timezone.now() + timedelta(hours=1),
    )
    problems.note(registration, area=Problem.Area.GRADES, code="needs_admin", said="inactive developer key")
    notice = Notice.objects.create(
        deployment=deployment,
        notice_id=f"n-{count}",
        notice_type="LtiContextCopyNotice",
        body={"said": "a body that names people"},
    )
    return {
        "registration": registration,
        "deployment": deployment,
        "toolkey": key,
        "invite": invite,
        "score": score,
        "scorepost": post,
        "problem": registration.problems.get(),
        "notice": notice,
    }
