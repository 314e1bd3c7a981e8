"""Platform Notification Service 1.0: asking platforms to tell us of copied courses, and keeping what they tell.

A notice is a hint: it may be lost (Canvas tries once), come twice or late. What counts is the course's history in the launches;
a notice lets us know it before the first launch, and on launches that do not say it.
"""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from lti_tool import claims as names
from lti_tool import problems
from lti_tool.connector import PlatformConnector, check
from lti_tool.errors import LaunchRejected, ServiceError
from lti_tool.models import Context, Deployment, Notice, Problem, in_service
from lti_tool.verification import VerifiedNotice, verify_notice

log = structlog.get_logger(__name__)

WANTED = (names.CONTEXT_COPY_NOTICE,)
MOST_AT_ONCE = 50
LEASE = timedelta(minutes=10)
AGAIN = timedelta(days=7)
AFTER_TROUBLE = timedelta(hours=6)

# --- what comes in ---


def read(body: bytes) -> list[str] | None:
    """The tokens of `{"notices": [{"jwt": …}]}`; None for anything else."""
    try:
        sent = json.loads(body)
    except (ValueError, RecursionError):
        return None
    notices = sent.get("notices") if isinstance(sent, dict) else None
    if not isinstance(notices, list) or not 0 < len(notices) <= MOST_AT_ONCE:
        return None
    tokens = [notice.get("jwt") if isinstance(notice, dict) else None for notice in notices]
    return [token if isinstance(token, str) else "" for token in tokens]


def receive(tokens: Sequence[str]) -> dict[int, LaunchRejected]:
    """Keep each genuine notice once; gives those that were refused, by their place."""
    refused: dict[int, LaunchRejected] = {}
    for place, token in enumerate(tokens):
        try:
            _keep(verify_notice(token))
        except LaunchRejected as rejection:
            log.warning("notice refused", reason=rejection.reason.value)
            _note(rejection)
            refused[place] = rejection
    return refused


def _keep(verified: VerifiedNotice) -> None:
    with transaction.atomic():
        Notice.objects.get_or_create(
            deployment=verified.deployment,
            notice_id=verified.notice_id,
            defaults={"notice_type": verified.notice_type, "body": _worth_keeping(verified)},
        )


def _worth_keeping(verified: VerifiedNotice) -> dict[str, object]:
    """Of a copied course which it is and what it was copied from; of anything else nothing."""
    if verified.notice_type != names.CONTEXT_COPY_NOTICE:
        return {}
    context = verified.body[names.CONTEXT]
    return {
        "context_id": context["id"],
        "label": names.text(context.get("label"), 255),
        "title": names.text(context.get("title")),
        "origins": names.ids(verified.body[names.ORIGIN_CONTEXTS]),
    }


def _note(rejection: LaunchRejected) -> None:
    """For the administrator, where a registered platform was named. Anybody may name one: the words are ours alone."""
    if rejection.registration:
        problems.note(
            rejection.registration,
            area=Problem.Area.NOTICES,
            code=rejection.reason.value,
            said=rejection.detail,
        )


# --- what the worker does with it ---


def work_on_next() -> bool:
    """The oldest notice that nobody has worked on; False where there is none."""
    with transaction.atomic():
        waiting = Notice.objects.select_for_update(skip_locked=True).filter(handled_at=None)
        notice = waiting.order_by("pk").first()
        if notice is None:
            return False
        if notice.notice_type == names.CONTEXT_COPY_NOTICE:
            _remember_origin(notice)
        notice.handled_at = timezone.now()
        notice.save(update_fields=["handled_at"])
    return True


def _remember_origin(notice: Notice) -> None:
    """The new course's history, nearest first: what was copied now, then what the launches of that course said of itself."""
    body = notice.body
    known = Context.objects.select_for_update()
    course, _is_new = known.get_or_create(
        deployment_id=notice.deployment_id,
        context_id=body["context_id"],
        defaults={"label": body["label"], "title": body["title"]},
    )
    if course.history:
        return  # a launch has said it, and says it whole
    origins = Context.objects.filter(deployment_id=notice.deployment_id, context_id__in=body["origins"])
    older = [entry for origin in origins for entry in origin.history]
    course.history = names.ids([*body["origins"], *older])
    course.save(update_fields=["history"])


def claim() -> Deployment | None:
    """A deployment that is due to be asked for its notices, and is nobody else's for a while."""
    now = timezone.now()
    due = Deployment.objects.select_related("registration").filter(in_service(), notices_ask_at__lte=now)
    for deployment in due.exclude(notices_url="").order_by("notices_ask_at")[:5]:
        mine = Deployment.objects.filter(pk=deployment.pk, notices_ask_at=deployment.notices_ask_at)
        if mine.update(notices_ask_at=now + LEASE):
            return deployment
    return None


def ask(deployment: Deployment) -> None:
    """Tell the platform where we want its notices: one handler for each type. Again each week, in case it forgot."""
    handler = settings.TOOL_URL + reverse("lti_tool:notices")
    connector = PlatformConnector(deployment)
    try:
        for notice_type in WANTED:
            body = json.dumps({"notice_type": notice_type, "handler": handler}).encode()
            answer = connector.call(
                "PUT",
                deployment.notices_url,
                [names.SCOPE_NOTICES],
                content_type="application/json",
                body=body,
            )
            check(answer)
    except ServiceError as error:
        log.warning("notices not asked for", deployment=deployment.pk, kind=error.kind.value)
        problems.note(
            deployment.registration,
            deployment=deployment,
            area=Problem.Area.NOTICES,
            code=error.kind.value,
            said=error.said,
        )
        _ask_again(deployment, timezone.now() + AFTER_TROUBLE)
    else:
        _ask_again(deployment, timezone.now() + AGAIN)


def _ask_again(deployment: Deployment, when: datetime) -> None:
    Deployment.objects.filter(pk=deployment.pk).update(notices_ask_at=when)
