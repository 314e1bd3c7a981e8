"""Who takes part: candidates from the course list, staff from it or by name, and whom nobody may examine."""

import unicodedata
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Max
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.audit.recording import record
from assessments.osce.models import TITLE_MAX, Candidate, Conflict, Exam, Session, StaffMember
from lti_tool.port import Role, end_guest_visits, make_guest, members


def not_yet_candidates(exam: Exam) -> list[Any]:
    """The learners of the course who are not candidates of the exam: here now, and real."""
    there = set(exam.candidates.values_list("person", flat=True))
    return [
        row.person
        for row in members(exam.activity.context, Role.LEARNER)
        if row.is_active and not row.is_test_student and row.person.pk not in there
    ]


@transaction.atomic
def take_candidates(*, exam: Exam, by: Any) -> list[Candidate]:
    """Everybody on the course list who is not a candidate yet, by name, each in the session with the fewest."""
    exam = Exam.objects.select_for_update(of=("self",)).select_related("activity__context").get(pk=exam.pk)
    number = exam.candidates.aggregate(last=Max("number"))["last"] or 0
    made = [
        Candidate(exam=exam, person=person, number=number + place)
        for place, person in enumerate(not_yet_candidates(exam), start=1)
    ]
    _spread(made, exam)
    Candidate.objects.bulk_create(made)
    if made:
        record("candidates.taken", by=by, on=exam, data={"candidates": [row.person_id for row in made]})
    return made


@transaction.atomic
def change_candidate(*, candidate: Candidate, by: Any, extra_time: int, session: Session | None) -> Candidate:
    """Their extra time in per cent and their session. Both stay once their session is published."""
    candidate = (
        Candidate.objects.select_for_update(of=("self",)).select_related("session").get(pk=candidate.pk)
    )
    change = (extra_time, session.pk if session else None)
    if change == (candidate.extra_time, candidate.session_id):
        return candidate
    if any(row is not None and row.is_published for row in (candidate.session, session)):
        raise ValidationError(
            _("%(code)s: the session is published, so extra time and session stay as they are.")
            % {"code": candidate.code},
            code="published",
        )
    candidate.extra_time, candidate.session = extra_time, session
    candidate.full_clean(exclude=["exam", "person"])
    candidate.save(update_fields=["extra_time", "session"])
    data = {"candidate": candidate.person_id, "extra_time": extra_time, "session": change[1]}
    record("candidate.changed", by=by, on=candidate.exam, data=data)
    return candidate


@transaction.atomic
def withdraw(*, candidate: Candidate, by: Any, is_withdrawn: bool = True) -> Candidate:
    """They do not take part, or do after all. What was marked stays."""
    candidate = Candidate.objects.select_for_update(of=("self",)).get(pk=candidate.pk)
    if (candidate.withdrawn_at is not None) == is_withdrawn:
        return candidate
    candidate.withdrawn_at = timezone.now() if is_withdrawn else None
    candidate.save(update_fields=["withdrawn_at"])
    verb = "candidate.withdrawn" if is_withdrawn else "candidate.returned"
    record(verb, by=by, on=candidate.exam, data={"candidate": candidate.person_id})
    return candidate


@transaction.atomic
def spread_candidates(*, exam: Exam, by: Any) -> int:
    """Put those without a session into the ones with the fewest candidates; gives how many."""
    exam = Exam.objects.select_for_update(of=("self",)).get(pk=exam.pk)
    loose = list(exam.candidates.present().filter(session=None))
    if not any(not session.is_published for session in exam.sessions.all()):
        raise ValidationError(_("There is no session that is still being planned."), code="session")
    _spread(loose, exam)
    Candidate.objects.bulk_update(loose, ["session"])
    if loose:
        record("candidates.spread", by=by, on=exam, data={"candidates": [row.person_id for row in loose]})
    return len(loose)


def possible_staff(exam: Exam) -> list[Any]:
    """Those of the course who teach in it and are not of the exam's staff yet."""
    there = set(exam.staff.exclude(person=None).values_list("person", flat=True))
    return [
        row.person
        for row in members(exam.activity.context)
        if row.is_active
        and row.role in (Role.INSTRUCTOR, Role.TEACHING_ASSISTANT)
        and row.person.pk not in there
    ]


@transaction.atomic
def add_staff(
    *, exam: Exam, by: Any, people: Iterable[Any] = (), names: Iterable[str] = ()
) -> list[StaffMember]:
    """Members of the course, and people who are only named: they get a link for the day."""
    exam = Exam.objects.select_for_update(of=("self",)).get(pk=exam.pk)
    made = [StaffMember(exam=exam, person=person, name=person.display_name[:TITLE_MAX]) for person in people]
    made += [StaffMember(exam=exam, name=_name(name)) for name in names if name.strip()]
    for row in made:
        row.save()
        record("staff.added", by=by, on=exam, data={"staff": row.pk})
    return made


@transaction.atomic
def add_called(*, exam: Exam, names: Iterable[str], by: Any) -> list[StaffMember]:
    """One for each name as it was typed, in that order: the member of the course who is called so, else somebody by name.

    Who marks from the course would not find their sheets, were they taken for somebody who only has the same name. Raises
    ValidationError where several members are called so.
    """
    members_called: dict[str, list[Any]] = {}
    for person in possible_staff(exam):
        members_called.setdefault(_alike(person.display_name), []).append(person)
    made = []
    for name in names:
        found = members_called.get(_alike(name), [])
        if len(found) > 1:
            raise ValidationError(
                _(
                    "Several members of the course are called %(name)s. Add the right one under "
                    "“Examiners and simulated patients”, then choose them here."
                )
                % {"name": name},
                code="name",
            )
        made += add_staff(exam=exam, by=by, people=found, names=[] if found else [name])
    return made


@transaction.atomic
def identify(*, staff: StaffMember, by: Any) -> Any:
    """The person behind a member of the staff; of somebody who is only named, a guest, made the first time.

    They stay the same from then on, whatever links are made: what a device keeps of their marks is kept by person.
    """
    row = StaffMember.objects.select_for_update(of=("self",)).get(pk=staff.pk)
    if row.person is None:
        row.person = make_guest(row.exam.activity.context, name=row.name)
        row.save(update_fields=["person"])
        record("staff.identified", by=by, on=row.exam, data={"staff": row.pk, "person": row.person.pk})
    staff.person = row.person
    return row.person


@transaction.atomic
def remove_staff(*, staff: StaffMember, by: Any) -> None:
    """Take somebody off the exam who has no duty and no sheet."""
    if staff.duties.exists() or staff.sheets.exists():
        raise ValidationError(
            _("%(name)s has a station. Give it to somebody else first.") % {"name": staff.display_name},
            code="duty",
        )
    for door in staff.links.values_list("key", flat=True):
        end_guest_visits(door=door)
    record("staff.removed", by=by, on=staff.exam, data={"staff": staff.pk})
    staff.delete()


@transaction.atomic
def declare_conflict(*, staff: StaffMember, candidate: Candidate, by: Any, note: str = "") -> Conflict:
    """These two must not meet. Timetables made before are outdated by it."""
    if staff.exam_id != candidate.exam_id:
        raise ValidationError(_("They are not in the same exam."), code="exam")
    conflict, is_new = Conflict.objects.get_or_create(
        exam=staff.exam,
        staff=staff,
        candidate=candidate,
        defaults={"note": note.strip()[:500], "declared_by": by},
    )
    if is_new:
        data = {"staff": staff.pk, "candidate": candidate.person_id}
        record("conflict.declared", by=by, on=staff.exam, data=data)
    return conflict


@transaction.atomic
def take_back_conflict(*, conflict: Conflict, by: Any) -> None:
    data = {"staff": conflict.staff_id, "candidate": conflict.candidate.person_id}
    record("conflict.taken_back", by=by, on=conflict.exam, data=data)
    conflict.delete()


def _spread(candidates: Iterable[Candidate], exam: Exam) -> None:
    """Into the session with the fewest that is still being planned, the earlier first; into none where there is none."""
    sessions = list(exam.sessions.filter(published_at=None).annotate(count=Count("candidates")))
    counts = {session.pk: session.count for session in sessions}
    for candidate in candidates:
        if sessions:
            fewest = min(sessions, key=lambda row: counts[row.pk])
            candidate.session = fewest
            counts[fewest.pk] += 1


def _alike(name: str) -> str:
    """As it is typed where names of one place have a slash between them."""
    return " ".join(name.replace("/", " ").split()).casefold()


def _name(typed: str) -> str:
    name = " ".join(
        "".join(sign for sign in typed if unicodedata.category(sign)[0] != "C" or sign == " ").split()
    )
    if not name or len(name) > TITLE_MAX:
        raise ValidationError({"names": _("Write a name of at most %(n)d characters.") % {"n": TITLE_MAX}})
    return name
