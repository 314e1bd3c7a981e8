"""One person's part of a session for their calendar (RFC 5545). It names nobody else."""

from collections.abc import Sequence
from datetime import UTC

from django.utils import timezone
from django.utils.formats import time_format
from icalendar import Calendar, Event

from assessments.osce.days import Stop, span
from assessments.osce.models import Candidate, Session, StaffMember


def calendar(session: Session, whose: Candidate | StaffMember, stops: Sequence[Stop]) -> bytes:
    """One event from the first to the last stop. Reading it again replaces it: the same session, the same person."""
    made = Calendar()
    made.add("prodid", "-//Bellringer//OSCE//EN")
    made.add("version", "2.0")
    if day := span(stops):
        event = Event()
        event.add("uid", f"{session.key}-{whose.key}@bellringer")
        event.add("dtstamp", timezone.now().astimezone(UTC))
        event.add("dtstart", day[0].astimezone(UTC))
        event.add("dtend", day[1].astimezone(UTC))
        event.add("summary", f"{session.exam.activity.title}: {session.title}")
        rooms = dict.fromkeys(stop.room for stop in stops if stop.room)
        event.add("location", ", ".join(rooms))
        event.add("description", "\n".join(_line(stop) for stop in stops))
        made.add_component(event)
    return made.to_ical()


def _line(stop: Stop) -> str:
    at = time_format(timezone.localtime(stop.starts_at))
    return ", ".join(filter(None, [f"{at} {stop.what}", stop.room]))
