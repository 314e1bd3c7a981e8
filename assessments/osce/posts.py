"""Rooms and duties of a session, as they are written: names, with a slash between those of one place."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from assessments.audit.recording import record
from assessments.osce import staffing
from assessments.osce.models import TITLE_MAX, Circuit, Duty, Exam, Post, Session, SheetRole, StaffMember

SEPARATOR = "/"
MOST_NAMES = 20
ROLES = (SheetRole.EXAMINER, SheetRole.SECOND, SheetRole.PATIENT)


@dataclass(frozen=True)
class PostWording:
    """As typed. `names`, by role: one examiner, or one for each rotation; simulated patients who take turns."""

    room: str
    names: Mapping[SheetRole, str]


def labels(exam: Exam) -> dict[int, str]:
    """What each of the staff is called in a form, by id: their name, and who they are where two have the same."""
    found: dict[int, str] = {}
    for row in exam.staff.select_related("person"):
        name = row.display_name.replace(SEPARATOR, " ")
        found[row.pk] = f"{name} ({str(row.key)[:4]})" if name in found.values() else name
    return found


def offered(exam: Exam) -> list[str]:
    """The names to choose from: the staff, and whoever of the course could be of it."""
    names = [person.display_name.replace(SEPARATOR, " ") for person in staffing.possible_staff(exam)]
    return list(dict.fromkeys([*labels(exam).values(), *names]))


def wording(session: Session, circuit: Circuit) -> list[tuple[Post, PostWording]]:
    """The circuit's posts as they would be typed, in the order of stations."""
    called = labels(session.exam)
    posts = session.posts.filter(circuit=circuit).select_related("station").prefetch_related("duties")
    return [
        (post, PostWording(post.room, {role: _typed(post, role, called) for role in ROLES})) for post in posts
    ]


@transaction.atomic
def write(
    *, session: Session, circuit: Circuit, rows: Mapping[int, PostWording], by: Any
) -> list[StaffMember]:
    """Keep rooms and duties of a circuit's posts, by post id. Gives those of the staff whose names were new.

    Raises ValidationError by field: `room_<id>` and `<role>_<id>`.
    """
    session = Session.objects.select_for_update(of=("self",)).select_related("exam").get(pk=session.pk)
    _check_unpublished(session)
    known = {name.casefold(): pk for pk, name in labels(session.exam).items()}
    new: dict[str, str] = {}
    duties: list[tuple[Post, SheetRole, int | None, int, str]] = []
    problems: dict[str, list[str]] = {}
    posts = [post for post in session.posts.filter(circuit=circuit) if post.pk in rows]
    for post in posts:
        typed = rows[post.pk]
        post.room = " ".join(typed.room.replace("\x00", "").split())
        if not post.room or len(post.room) > TITLE_MAX:
            problems[f"room_{post.pk}"] = [
                _("Give the room a name of at most %(n)d characters.") % {"n": TITLE_MAX}
            ]
        for role in ROLES:
            names = _names(typed.names.get(role, ""))
            if problem := _problem(names, role, session):
                problems[f"{role}_{post.pk}"] = [problem]
            for place, name in enumerate(names):
                rotation = place + 1 if role != SheetRole.PATIENT and len(names) > 1 else None
                duties.append((post, role, rotation, place, name.casefold()))
                if name.casefold() not in known:
                    new.setdefault(name.casefold(), name)
    if problems:
        raise ValidationError(problems)
    added = staffing.add_called(exam=session.exam, by=by, names=new.values())
    known |= {name: row.pk for name, row in zip(new, added, strict=True)}
    Post.objects.bulk_update(posts, ["room"])
    Duty.objects.filter(post__in=posts).delete()
    Duty.objects.bulk_create(
        Duty(post=post, role=role, rotation=rotation, place=place, staff_id=known[name])
        for post, role, rotation, place, name in duties
    )
    record("session.staffed", by=by, on=session, data={"circuit": circuit.pk, "duties": len(duties)})
    return added


@transaction.atomic
def copy(*, session: Session, source: Session, by: Any) -> None:
    """The same rooms and people as in another session of the exam."""
    session = Session.objects.select_for_update(of=("self",)).get(pk=session.pk)
    _check_unpublished(session)
    if source.exam_id != session.exam_id:
        raise ValidationError(_("That session belongs to another exam."), code="exam")
    there = {(row.circuit_id, row.station_id, row.number): row for row in session.posts.all()}
    Duty.objects.filter(post__session=session).delete()
    for given in source.posts.prefetch_related("duties"):
        post = there.get((given.circuit_id, given.station_id, given.number))
        if post is None:
            continue
        post.room = given.room
        post.save(update_fields=["room"])
        for duty in given.duties.all():
            if duty.rotation is None or duty.rotation <= session.most_rotations:
                Duty.objects.create(
                    post=post,
                    staff_id=duty.staff_id,
                    role=duty.role,
                    rotation=duty.rotation,
                    place=duty.place,
                )
    record("session.staffed", by=by, on=session, data={"like": source.pk})


def _check_unpublished(session: Session) -> None:
    if session.is_published:
        raise ValidationError(
            _("This session is published. Replace people from the exam-day board, so that nothing is lost."),
            code="published",
        )


def _typed(post: Post, role: SheetRole, called: Mapping[int, str]) -> str:
    names = [called[duty.staff_id] for duty in post.duties.all() if duty.role == role]
    return f" {SEPARATOR} ".join(names)


def _names(typed: str) -> list[str]:
    return list(filter(None, (" ".join(name.split()) for name in typed.replace("\x00", "").split(SEPARATOR))))


def _problem(names: list[str], role: SheetRole, session: Session) -> str:
    if len(names) > MOST_NAMES:
        return _("More than %(most)d are not possible.") % {"most": MOST_NAMES}
    if any(len(name) > TITLE_MAX for name in names):
        return _("Write a name of at most %(n)d characters.") % {"n": TITLE_MAX}
    if role != SheetRole.PATIENT and len(names) not in (0, 1, session.most_rotations):
        return _(
            "Write one name, or one for each of the %(n)d rotations that there may be, with “/” between."
        ) % {"n": session.most_rotations}
    if len({name.casefold() for name in names}) < len(names) and role == SheetRole.PATIENT:
        return _("The same name is there twice.")
    return ""


def unstaffed(session: Session) -> Iterator[Post]:
    """Posts where nobody examines."""
    for post in session.posts.select_related("station", "circuit").prefetch_related("duties"):
        if not any(duty.role == SheetRole.EXAMINER for duty in post.duties.all()):
            yield post
