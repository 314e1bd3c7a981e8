"""Looks at one place of a platform from end to end and says in plain words what is wrong and whose job it is.

It only reads: no score is sent, no column made, nobody added. Findings name no person and hold no token and no mark.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from django.conf import settings
from django.db.models import Count
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lti_tool import claims, http, keys, nrps
from lti_tool.ags import RESULTS, Gradebook
from lti_tool.connector import PlatformConnector, check, said
from lti_tool.errors import Kind, ServiceError
from lti_tool.models import (
    Context,
    Deployment,
    Membership,
    Person,
    Problem,
    ResourceLink,
    Score,
    Status,
)

OK, NOTICE, WRONG, UNTRIED = "ok", "notice", "wrong", "untried"
OPERATOR = gettext_lazy("whoever runs Bellringer")
LMS_ADMINISTRATOR = gettext_lazy("the LMS administrator")
TEACHER = gettext_lazy("the course's teacher")

# The services we use, the scopes they need, and what does not work without them.
SERVICES: list[tuple[str, list[str], Promise]] = [
    ("roster", [claims.SCOPE_NRPS], gettext_lazy("Course members appear only once they open an activity.")),
    ("scores", [claims.SCOPE_SCORE], gettext_lazy("No grade can be sent.")),
    (
        "results",
        [claims.SCOPE_RESULT],
        gettext_lazy("No grade is sent, because a typed one could not be told from ours."),
    ),
    (
        "columns",
        [claims.SCOPE_LINEITEM],
        gettext_lazy("Grades go only to columns that the LMS made together with the activity."),
    ),
]
SMALL_SKEW, LARGE_SKEW = 5.0, 60.0
OVERDUE = timedelta(minutes=5)
RECENT = timedelta(days=30)


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: how it is, in a sentence, and who can mend it where somebody has to."""

    check: str
    level: str
    sentence: str
    who: str = ""


def examine(deployment: Deployment) -> list[Finding]:
    """Every check in turn, each with its own time limit. What depends on something that failed is marked as not tried."""
    findings: list[Finding] = []
    for look in CHECKS:
        findings += look(deployment, findings)
    return findings


def is_well(findings: list[Finding]) -> bool:
    return all(finding.level in (OK, NOTICE) for finding in findings)


# --- our own side ---------------------------------------------------------------------------------


def _our_address(deployment: Deployment, before: list[Finding]) -> Iterator[Finding]:
    if not settings.TOOL_URL.startswith("https://"):
        yield Finding(
            "address",
            NOTICE if settings.DEVELOPMENT else WRONG,
            _("TOOL_URL is not an https address: an LMS elsewhere will refuse to open it."),
            str(OPERATOR),
        )
    url = settings.TOOL_URL + reverse("lti_tool:jwks")
    try:
        published = http.request("GET", url, within=10).json()
        found = {str(key.get("kid")) for key in published["keys"]}
    except ServiceError as error:
        yield Finding("address", UNTRIED, _cannot_see_ourselves(error))
        return
    except (TypeError, KeyError, AttributeError):
        found = set()
    ours = {key["kid"] for key in keys.key_set()["keys"]}
    if found == ours:
        yield Finding("address", OK, _("Our public keys are where platforms look for them."))
    else:
        yield Finding(
            "address",
            WRONG,
            _("What %(url)s answers is not our key set: the address leads to something else.") % {"url": url},
            str(OPERATOR),
        )


def _cannot_see_ourselves(error: ServiceError) -> str:
    return _(
        "We could not look at our own public address from here (%(said)s). That may be right on your network; "
        "whether the LMS can, the token check below tells."
    ) % {"said": error.said}


def _worker(deployment: Deployment, before: list[Finding]) -> Iterator[Finding]:
    overdue = Score.objects.filter(
        state=Score.State.WAITING, reason="", not_before__lt=timezone.now() - OVERDUE
    ).count()
    if overdue:
        yield Finding(
            "worker",
            WRONG,
            _("%(count)s grades have waited for more than five minutes: is the worker running?")
            % {"count": overdue},
            str(OPERATOR),
        )
    else:
        yield Finding("worker", OK, _("No grade waits for the worker."))


# --- the platform ---------------------------------------------------------------------------------


def _approval(deployment: Deployment, before: list[Finding]) -> Iterator[Finding]:
    registration = deployment.registration
    for name, status in (
        (_("The registration"), registration.status),
        (_("This deployment"), deployment.status),
    ):
        if status != Status.ACTIVE:
            yield Finding(
                "approval",
                WRONG,
                _("%(what)s is %(status)s: nobody can open the tool from there.")
                % {"what": name, "status": Status(status).label},
                str(OPERATOR),
            )
    if registration.status == deployment.status == Status.ACTIVE:
        yield Finding("approval", OK, _("Registration and deployment are approved."))
    pending = registration.deployments.filter(status=Status.PENDING).exclude(pk=deployment.pk).count()
    if pending:
        yield Finding(
            "approval",
            NOTICE,
            _("%(count)s more deployments of this registration wait for approval.") % {"count": pending},
            str(OPERATOR),
        )
    if deployment.paused_until and deployment.paused_until > timezone.now():
        yield Finding(
            "approval",
            NOTICE,
            _("Grades of this deployment rest for now, because of an earlier answer (%(reason)s).")
            % {"reason": deployment.pause_reason},
            str(LMS_ADMINISTRATOR),
        )


def _platform_keys(deployment: Deployment, before: list[Finding]) -> Iterator[Finding]:
    """Reads the platform's key set, and its clock from the same answer."""
    url = deployment.registration.jwks_url
    try:
        answer = http.request("GET", url, headers={"Accept": "application/json"}, within=10)
        document = answer.json() if answer.status == 200 else None
    except ServiceError as error:
        yield Finding("keys", WRONG, _no_keys(url, error.said), str(LMS_ADMINISTRATOR))
        return
    entries = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(entries, list) or not entries:
        yield Finding("keys", WRONG, _no_keys(url, said(answer)), str(LMS_ADMINISTRATOR))
        return
    yield Finding("keys", OK, _("The LMS publishes %(count)s keys.") % {"count": len(entries)})
    yield from _clock(answer.headers.get("Date", ""))


def _no_keys(url: str, words: str) -> str:
    return _("The LMS's keys could not be read at %(url)s (%(said)s): nobody can open the tool.") % {
        "url": url,
        "said": words,
    }


def _clock(date: str) -> Iterator[Finding]:
    try:
        skew = abs((parsedate_to_datetime(date) - timezone.now()).total_seconds())
    except (TypeError, ValueError):
        yield Finding("clock", UNTRIED, _("The LMS does not say what time it is there."))
        return
    if skew <= SMALL_SKEW:
        yield Finding("clock", OK, _("Both clocks agree."))
    else:
        yield Finding(
            "clock",
            WRONG if skew > LARGE_SKEW else NOTICE,
            _("The clocks of the LMS and of Bellringer differ by %(seconds)d seconds.") % {"seconds": skew},
            str(OPERATOR),
        )


def _token(deployment: Deployment, before: list[Finding]) -> Iterator[Finding]:
    """A fresh token for everything at once; one for each service only where the LMS refuses all for the sake of one."""
    platform = PlatformConnector(deployment)
    try:
        granted = platform.fetch_token(
            [scope for _name, scopes, _without in SERVICES for scope in scopes]
        ).scopes
    except ServiceError:
        granted = None
    for service, scopes, without in SERVICES:
        try:
            yield _granted(
                service, scopes, without, platform.fetch_token(scopes).scopes if granted is None else granted
            )
        except ServiceError as error:
            yield Finding(f"token.{service}", WRONG, _refused(error, without), str(LMS_ADMINISTRATOR))


def _granted(service: str, scopes: list[str], without: Promise, granted: frozenset[str]) -> Finding:
    if granted.issuperset(scopes):
        return Finding(
            f"token.{service}", OK, _("The LMS grants us “%(scope)s”.") % {"scope": _short(scopes[0])}
        )
    return Finding(
        f"token.{service}",
        WRONG,
        _("The LMS does not grant us “%(scope)s”. %(without)s")
        % {"scope": _short(scopes[0]), "without": without},
        str(LMS_ADMINISTRATOR),
    )


def _refused(error: ServiceError, without: Promise) -> str:
    if error.kind == Kind.NEEDS_ADMIN:
        sentence = _(
            "The LMS gave us no token (%(said)s). %(without)s Its administrator can look whether the tool is "
            "switched on there, knows our key set address, and has this service switched on."
        )
    else:
        sentence = _("The LMS's token address did not answer as it should (%(said)s). %(without)s")
    return sentence % {"said": error.said, "without": without}


def _short(scope: str) -> str:
    return scope.rpartition("/scope/")[2]


# --- what launches brought ------------------------------------------------------------------------


def _launches(deployment: Deployment, before: list[Finding]) -> Iterator[Finding]:
    newest = (
        Membership.objects.filter(context__deployment=deployment, launched_at__isnull=False)
        .order_by("-launched_at")
        .values_list("launched_at", flat=True)
        .first()
    )
    if newest is None:
        yield Finding("launches", NOTICE, _("Nobody has opened the tool from here yet."), str(TEACHER))
        return
    yield Finding("launches", OK, _("Last opened %(when)s.") % {"when": _date(newest)})
    people = Person.objects.filter(
        memberships__context__deployment=deployment, memberships__launched_at__gte=newest - RECENT
    ).distinct()
    total = people.count()
    named = people.exclude(name="", given_name="", family_name="").count()
    mailed = people.exclude(email="").count()
    level = OK if named == total else NOTICE
    yield Finding(
        "personal_data",
        level,
        _(
            "Of %(total)s people who opened it lately, names came for %(named)s and e-mail addresses for %(mailed)s."
        )
        % {"total": total, "named": named, "mailed": mailed}
        + (
            ""
            if level == OK
            else " " + _("The others are shown by a code; the LMS's privacy setting for the tool decides.")
        ),
        "" if level == OK else str(LMS_ADMINISTRATOR),
    )


def _roster(deployment: Deployment, before: list[Finding]) -> Iterator[Finding]:
    context = _newest_context(deployment)
    if context is None or not context.memberships_url:
        yield Finding("roster", UNTRIED, _("No course has told us where its list of members is."))
        return
    if _failed(before, "token.roster"):
        yield Finding("roster", UNTRIED, _("Not tried: there is no token for it."))
        return
    try:
        members = next(nrps.pages(context)).entries
    except ServiceError as error:
        yield Finding(
            "roster",
            WRONG,
            _("The list of course members could not be read (%(said)s).") % {"said": error.said},
            str(LMS_ADMINISTRATOR),
        )
        return
    named = sum(member.has_name for member in members)
    yield Finding(
        "roster",
        OK,
        _("The newest course's first page of members has %(count)s people, %(named)s of them with names.")
        % {"count": len(members), "named": named},
    )


def _gradebook(deployment: Deployment, before: list[Finding]) -> Iterator[Finding]:
    """A dry run: everything that delivering a grade does, except sending it."""
    link = _newest_link(deployment)
    if link is None:
        yield Finding(
            "gradebook",
            UNTRIED,
            _(
                "No activity has told us about a gradebook: none was opened, or grades are switched off for the tool."
            ),
            str(LMS_ADMINISTRATOR),
        )
        return
    missing = [
        scope for _name, scopes, _without in SERVICES[1:3] for scope in scopes if scope not in link.ags_scopes
    ]
    if missing:
        yield Finding(
            "gradebook",
            WRONG,
            _("The newest activity may not use “%(scope)s”: its grades cannot be sent.")
            % {"scope": _short(missing[0])},
            str(LMS_ADMINISTRATOR),
        )
        return
    if _failed(before, "token.results"):
        yield Finding("gradebook", UNTRIED, _("Not tried: there is no token for it."))
        return
    item = link.line_items.exclude(url="").first()
    url = (item.url if item else "") or link.lineitem_url
    if not url:
        yield Finding(
            "gradebook",
            OK,
            _("The newest activity has no column of its own; one is made when its first grade is released."),
        )
        return
    yield _dry_run(link, url)


def _dry_run(link: ResourceLink, url: str) -> Finding:
    gradebook = Gradebook(link)
    try:
        answer = gradebook.connector.call(
            "GET", gradebook._add_url_path_ending(url, "results"), link.ags_scopes, accept=RESULTS
        )
        check(answer)
        answer.json()
    except ServiceError as error:
        who = TEACHER if error.kind in (Kind.GONE_ITEM, Kind.GONE_COURSE) else LMS_ADMINISTRATOR
        return Finding(
            "gradebook",
            WRONG,
            _("The newest activity's column could not be read (%(said)s).") % {"said": error.said},
            str(who),
        )
    return Finding("gradebook", OK, _("The newest activity's column can be read. Nothing was sent."))


def _grades(deployment: Deployment, before: list[Finding]) -> Iterator[Finding]:
    rows = Score.objects.filter(line_item__resource_link__deployment=deployment)
    counted = {row["state"]: row["n"] for row in rows.values("state").annotate(n=Count("pk"))}
    if not counted:
        yield Finding("grades", OK, _("No grades were released here yet."))
        return
    stuck = counted.get(Score.State.REFUSED, 0) + counted.get(Score.State.CONFLICT, 0)
    counts = ", ".join(f"{Score.State(state).label}: {n}" for state, n in sorted(counted.items()))
    yield Finding(
        "grades",
        NOTICE if stuck else OK,
        _("Grades by state: %(counts)s.") % {"counts": counts},
        str(TEACHER) if stuck else "",
    )


def _problems(deployment: Deployment, before: list[Finding]) -> Iterator[Finding]:
    rows = problems_of(deployment).filter(last_at__gte=timezone.now() - timedelta(days=7))
    for row in rows[:20]:
        yield Finding(
            "problems",
            NOTICE,
            _("%(area)s: %(code)s (%(said)s), %(times)s times, last %(when)s.")
            % {
                "area": row.get_area_display(),
                "code": row.code,
                "said": words(row) or "–",
                "times": row.times,
                "when": _date(row.last_at),
            },
        )


def words(row: Problem) -> str:
    """The platform's own words, except about people: what it says of one may name them."""
    return "" if row.area in (Problem.Area.GRADES, Problem.Area.ROSTER) else row.said


Look = Callable[[Deployment, list[Finding]], Iterator[Finding]]
CHECKS: list[Look] = [
    _our_address,
    _worker,
    _approval,
    _platform_keys,
    _token,
    _launches,
    _roster,
    _gradebook,
    _grades,
    _problems,
]


def problems_of(deployment: Deployment) -> Any:
    """What went wrong here, and what went wrong with the registration as a whole; newest first."""
    mine = Problem.objects.filter(registration=deployment.registration)
    return mine.filter(deployment=deployment) | mine.filter(deployment=None)


def _failed(findings: list[Finding], check: str) -> bool:
    return any(finding.check == check and finding.level == WRONG for finding in findings)


def _newest_context(deployment: Deployment) -> Context | None:
    launched = Membership.objects.filter(context__deployment=deployment, launched_at__isnull=False)
    newest = launched.select_related("context__deployment__registration").order_by("-launched_at").first()
    return newest.context if newest else None


def _newest_link(deployment: Deployment) -> ResourceLink | None:
    links = deployment.resource_links.exclude(lineitems_url="", lineitem_url="")
    return links.select_related("deployment__registration").order_by("-pk").first()


def _date(when: datetime) -> str:
    return timezone.localtime(when).strftime("%Y-%m-%d %H:%M")
