"""What an exam still needs, step by step, for those who plan it."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessments.marking.models import MarkSheet
from assessments.osce import timetable
from assessments.osce.blueprint import blueprint
from assessments.osce.models import Encounter, EncounterSheet, Exam, Session, Station
from assessments.osce.publishing import EXPECTED
from assessments.results.models import Moderation, Result


@dataclass(frozen=True)
class Step:
    title: str
    url: str
    sentence: str
    is_done: bool


@dataclass(frozen=True)
class NextStep:
    """What is best done next, and the words on the button that leads there."""

    sentence: str
    url: str
    words: str


@dataclass(frozen=True)
class SessionRow:
    session: Session
    candidates: int
    is_outdated: bool

    @property
    def sentence(self) -> str:
        n = ngettext("%(n)d candidate", "%(n)d candidates", self.candidates) % {"n": self.candidates}
        state = str(self.session.state.label)
        return f"{n}, {_('timetable out of date') if self.is_outdated else state}"


def steps(exam: Exam) -> list[Step]:
    """Those about what is examined: stations, blueprint, times, circuits; they need nobody."""
    return [_stations(exam), _blueprint(exam), _timing(exam), _circuits(exam)]


def people_steps(exam: Exam) -> list[Step]:
    return [_candidates(exam), _staff(exam)]


def next_step(exam: Exam, *, with_people: bool) -> NextStep | None:
    """The first thing without which there is no exam; None where each session says what it still needs."""
    stations = exam.stations.exclude(kind=Station.Kind.REST)
    if not stations:
        said = _("Begin with the stations: each has a task and a rubric.")
        return NextStep(said, _url("new_station", exam), _("Add the first station"))
    if any(row.rubric_id is None for row in stations):
        return NextStep(_("A station has no rubric yet."), _url("stations", exam), _("Look at the stations"))
    if not with_people:
        return None
    if not exam.sessions.exists():
        said = _("Stations are there. Next: a session, which is a morning or an afternoon.")
        return NextStep(said, _url("new_session", exam), _("Add a session"))
    if not exam.candidates.present().exists():
        return NextStep(_("Nobody is examined yet."), _url("candidates", exam), _("Choose the candidates"))
    return _on_the_day(exam) or _after_the_day(exam)


def _on_the_day(exam: Exam) -> NextStep | None:
    """From when a session is published until it is locked: its board."""
    session = exam.sessions.filter(published_at__isnull=False, locked_at=None).first()
    if session is None:
        return None
    sheets = EncounterSheet.objects.filter(
        encounter__session=session, encounter__state=Encounter.State.PLANNED, role__in=EXPECTED
    )
    done = sheets.filter(sheet__state=MarkSheet.State.SUBMITTED).count()
    said = _("“%(session)s” is published: %(done)d of %(all)d sheets submitted.")
    url = reverse("osce:board", args=[exam.activity.key, session.key])
    return NextStep(
        said % {"session": session, "done": done, "all": sheets.count()}, url, _("Open the board")
    )


def _after_the_day(exam: Exam) -> NextStep | None:
    """Once every session is locked: the decision, then the release."""
    if exam.sessions.filter(locked_at=None).exists():
        return None
    moderation = Moderation.objects.filter(activity=exam.activity).first()
    if moderation is None or not moderation.is_signed:
        url = reverse("results:moderation", args=[exam.activity.key])
        return NextStep(_("Every session is locked. Next: the decision."), url, _("Decide on the results"))
    if Result.objects.unreleased().filter(activity=exam.activity).exists():
        url = reverse("results:exam", args=[exam.activity.key])
        return NextStep(_("The decision is signed. Next: the release."), url, _("Look at the results"))
    return None


def sessions(exam: Exam) -> Iterator[SessionRow]:
    for session in exam.sessions.all():
        yield SessionRow(session, session.candidates.present().count(), timetable.is_outdated(session))


def _url(name: str, exam: Exam) -> str:
    return reverse(f"osce:{name}", args=[exam.activity.key])


def _stations(exam: Exam) -> Step:
    stations = list(exam.stations.all())
    marked = [row for row in stations if not row.is_rest]
    rests = len(stations) - len(marked)
    bare = sum(row.rubric_id is None for row in marked)
    said = ngettext("%(n)d station", "%(n)d stations", len(marked)) % {"n": len(marked)}
    if rests:
        said += ngettext(", %(n)d rest", ", %(n)d rests", rests) % {"n": rests}
    if bare:
        said += ngettext("; %(n)d has no rubric yet", "; %(n)d have no rubric yet", bare) % {"n": bare}
    return Step(_("Stations"), _url("stations", exam), f"{said}.", bool(marked) and not bare)


def _blueprint(exam: Exam) -> Step:
    seen = blueprint(exam)
    if not seen.columns:
        return Step(
            _("Blueprint"), _url("blueprint", exam), _("No competencies yet; it works without."), False
        )
    n = len(seen.columns)
    said = ngettext("%(n)d competency", "%(n)d competencies", n) % {"n": n}
    if gaps := len(seen.gaps):
        said += ngettext(", %(n)d that nothing measures", ", %(n)d that nothing measures", gaps) % {"n": gaps}
    return Step(_("Blueprint"), _url("blueprint", exam), f"{said}.", not gaps)


def _timing(exam: Exam) -> Step:
    minutes, seconds = divmod(exam.round_length, 60)
    said = ngettext("A round takes %(n)d minute", "A round takes %(n)d minutes", minutes) % {"n": minutes}
    if seconds:
        said += ngettext(" and %(n)d second", " and %(n)d seconds", seconds) % {"n": seconds}
    return Step(_("Times"), _url("timing", exam), f"{said}.", True)


def _circuits(exam: Exam) -> Step:
    n = exam.circuits.count()
    said = ngettext("%(n)d circuit.", "%(n)d circuits side by side.", n) % {"n": n}
    return Step(_("Circuits"), _url("circuits", exam), said, n > 0)


def _candidates(exam: Exam) -> Step:
    n = exam.candidates.present().count()
    loose = exam.candidates.present().filter(session=None).count()
    said = ngettext("%(n)d candidate", "%(n)d candidates", n) % {"n": n}
    if loose:
        said += ngettext(", %(n)d in no session", ", %(n)d in no session", loose) % {"n": loose}
    return Step(_("Candidates"), _url("candidates", exam), f"{said}.", n > 0 and not loose)


def _staff(exam: Exam) -> Step:
    n, conflicts = exam.staff.count(), exam.conflicts.count()
    said = ngettext("%(n)d person", "%(n)d people", n) % {"n": n}
    if conflicts:
        said += ngettext(", %(n)d declared conflict", ", %(n)d declared conflicts", conflicts) % {
            "n": conflicts
        }
    return Step(_("Examiners and simulated patients"), _url("staff", exam), f"{said}.", n > 0)
