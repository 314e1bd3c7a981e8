"""A session on its day: orders to its clocks, announcements, calls for help, incidents."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.audit.recording import record
from assessments.marking.conflict import Conflict
from assessments.osce import master_clock, timetable
from assessments.osce.master_clock import Clock, Kind, NotNow, Order, State
from assessments.osce.models import (
    Announcement,
    Candidate,
    Circuit,
    ClockOrder,
    HelpRequest,
    Incident,
    Post,
    Session,
    Station,
)


def clocks(session: Session) -> dict[int, Clock]:
    """The clock of each circuit that has rounds, by circuit id, with all that was ordered by now."""
    rounds, pauses = timetable.rounds(session), timetable.pauses(session)
    orders: dict[int, list[Order]] = {}
    for row in session.clock_orders.all():
        orders.setdefault(row.circuit_id, []).append(Order(Kind(row.kind), row.at, row.seconds))
    circuits: dict[Any, None] = dict.fromkeys(row.circuit for row in rounds)
    return {
        circuit: master_clock.run(
            master_clock.planned(
                rounds,
                pauses,
                warning=session.exam.warning,
                circuit=circuit,
                starts_at=session.starts_at,
            ),
            orders.get(circuit, []),
        )
        for circuit in circuits
    }


def is_over(session: Session) -> bool:
    """Whether every clock of the session ran to its end."""
    if session.is_locked:
        return True
    now, found = timezone.now(), clocks(session)
    return bool(found) and all(clock.state(now) == State.OVER for clock in found.values())


def revision(session: Session) -> int:
    """Goes up with every order and every announcement: what screens compare."""
    return session.clock_orders.count() + session.announcements.count() + len(timetable.rounds(session))


@transaction.atomic
def order(
    *,
    session: Session,
    kind: Kind,
    by: Any,
    circuit: Circuit | None = None,
    seconds: int = 0,
    seen: int | None = None,
) -> list[ClockOrder]:
    """Give an order to the clock of one circuit, or of all for which it makes sense now.

    `seen` is the revision that whoever ordered had before their eyes; Conflict when somebody ordered something since.
    Raises ValidationError with the reason where it makes sense for none.
    """
    session = _locked(session)
    if seen is not None and seen != session.clock_orders.count():
        raise Conflict(
            _(
                "Somebody else has just changed the clock. Nothing of yours was done; look at it, then decide again."
            )
        )
    if not session.is_published or session.is_locked:
        raise ValidationError(
            _("The clock runs from when the session is published until it is locked."), code="state"
        )
    now = timezone.now()
    given, reasons = [], []
    for pk, clock in clocks(session).items():
        if circuit is not None and pk != circuit.pk:
            continue
        try:
            master_clock.apply(clock, Order(kind, now, seconds))
        except NotNow as reason:
            reasons.append(str(reason))
            continue
        row = ClockOrder(session=session, circuit_id=pk, kind=kind.value, at=now, seconds=seconds, by=by)
        row.save(force_insert=True)
        given.append(row)
    if not given:
        raise ValidationError(
            list(dict.fromkeys(reasons)) or [_("This circuit has no rounds.")], code="clock"
        )
    data = {"kind": kind.value, "seconds": seconds, "circuits": [row.circuit_id for row in given]}
    record("clock.ordered", by=by, on=session, data=data)
    return given


@transaction.atomic
def announce(*, session: Session, text: str, by: Any, circuit: Circuit | None = None) -> Announcement:
    """Show words on every screen of the session, or of one circuit."""
    session = _locked(session)
    row = Announcement(session=session, circuit=circuit, text=_words(text), by=by)
    row.full_clean(exclude=["session", "circuit", "by"])
    row.save()
    record("session.announced", by=by, on=session, data={"announcement": row.pk})
    return row


@transaction.atomic
def fire_alarm(*, session: Session, by: Any) -> None:
    """Stop every clock that runs, say so on every screen, and keep it as an incident."""
    try:
        with transaction.atomic():
            order(session=session, kind=Kind.PAUSE, by=by)
    except ValidationError:
        pass  # none of them runs
    announce(session=session, text=_("Fire alarm. Leave everything and follow the marshals."), by=by)
    report(session=session, kind=Incident.Kind.ALARM, narrative=_("All clocks were stopped."), by=by)


@transaction.atomic
def ask_for_help(
    *, session: Session, kind: str, by: Any, post: Post | None = None, text: str = ""
) -> HelpRequest:
    """The same person asking for the same while nobody came yet asks once."""
    session = _locked(session)
    open_ones = session.help_requests.filter(answered_at=None, kind=kind, post=post, by=by)
    if found := open_ones.first():
        return found
    row = HelpRequest(session=session, post=post, kind=kind, text=_words(text)[:300], by=by)
    row.full_clean(exclude=["session", "post", "by", "answered_by", "answered_at"])
    row.save()
    record("help.asked", by=by, on=row, data={"kind": kind})
    return row


@transaction.atomic
def answer_help(*, request: HelpRequest, by: Any) -> HelpRequest:
    request = (
        HelpRequest.objects.select_for_update(of=("self",))
        .select_related("session__exam__activity")
        .get(pk=request.pk)
    )
    if request.answered_at is None:
        request.answered_at, request.answered_by = timezone.now(), by
        request.save(update_fields=["answered_at", "answered_by"])
        record("help.answered", by=by, on=request)
    return request


@transaction.atomic
def report(
    *,
    session: Session,
    kind: str,
    narrative: str,
    by: Any,
    circuit: Circuit | None = None,
    station: Station | None = None,
    candidate: Candidate | None = None,
) -> Incident:
    """Keep what happened for the exam board. It changes no marks."""
    row = Incident(
        session=session,
        kind=kind,
        narrative=narrative.replace("\x00", "").strip(),
        circuit=circuit,
        station=station,
        candidate=candidate,
        by=by,
    )
    if not row.narrative:
        raise ValidationError({"narrative": _("Say what happened; the board has nothing else to go by.")})
    row.full_clean(exclude=["session", "circuit", "station", "candidate", "by"])
    row.save()
    record("incident.reported", by=by, on=row, data={"kind": kind})
    return row


def _locked(session: Session) -> Session:
    return Session.objects.select_for_update(of=("self",)).select_related("exam__activity").get(pk=session.pk)


def _words(text: str) -> str:
    return " ".join(text.replace("\x00", "").split())
