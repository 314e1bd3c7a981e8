"""One course with everything in it, so that every URL has something to show or to refuse."""

import io
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

from assessments.marking import marking, presence
from assessments.osce import publishing, running, timetable
from assessments.osce.models import Conflict, Exam
from assessments.peer import assigning, submitting
from assessments.peer import moderating as peer_moderating
from assessments.peer.models import PairRule, PeerActivity, Review
from assessments.results import moderating, releasing
from assessments.results.models import Result
from assessments.workplace import assessors
from assessments.workplace.models import Assessor, Workplace
from lti_tool.models import Role
from lti_tool.session import DeepLinking, Launch, issue_code
from tests import exams, factories, peers, workplaces

ROLES = [*Role.values, "nobody"]


@dataclass
class World:
    """`keys` fills the URL patterns; `launches` holds one launch for each role."""

    keys: dict[str, Any]
    launches: dict[str, Launch]
    code: str
    # One for each role that chooses in the LMS what a new link shall open.
    choices: dict[str, DeepLinking]
    # Of the links that open the course's other activities, by what a row of the table begins with: the key of its address, or
    # the first part of its name.
    other_launches: dict[str, dict[str, Launch]]

    def launch(self, url_name: str, arguments: tuple[str, ...], role: str) -> Launch | None:
        """The one of a role through the link that the URL belongs to."""
        names = (*arguments[:1], url_name.partition(":")[0])
        found = next((self.other_launches[name] for name in names if name in self.other_launches), None)
        return (found or self.launches).get(role)


def make() -> World:
    link = factories.ResourceLinkFactory()
    people = {role: factories.member(link.context, Role(role)) for role in factories.MEMBERS}
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
    guest = factories.guest(link.context)
    assistant = people[Role.TEACHING_ASSISTANT]
    assigned = _assigned(activity, candidate, people[Role.LEARNER], assistant, guest)
    launches[Role.GUEST] = factories.guest_visit(guest, link)
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
        **assigned,
    }
    code = issue_code(launches[Role.INSTRUCTOR], f"/activities/{activity.key}/")
    choices = {role: factories.choice(person, link.context, Role(role)) for role, person in people.items()}
    exam, exam_keys = _exam(link.context)
    keys |= exam_keys
    workplace, workplace_keys = _workplace(people, guest)
    keys |= workplace_keys
    decided, decided_keys = _decided(people)
    keys |= decided_keys
    peer, peer_keys = _round(people, candidate, waiting)
    keys |= peer_keys
    others = {
        "osce": exam.activity,
        "workplace": workplace.activity,
        "decided": decided.activity,
        "peer": peer.activity,
    }
    other_launches = {
        feature: {role: factories.launch(person, activity.link) for role, person in people.items()}
        | {Role.GUEST: factories.guest_visit(guest, activity.link)}
        for feature, activity in others.items()
    }
    return World(keys, launches, code, choices, other_launches)


def _assigned(activity, candidate, learner, assistant, guest) -> dict[str, Any]:
    """Sheets that are somebody's to mark; the last two are handed in."""
    other = factories.member(activity.context, Role.TEACHING_ASSISTANT)
    places = {
        "guests_sheet": (candidate, guest),
        "assistants_sheet": (candidate, assistant),
        "others_sheet": (candidate, other),
        "self_sheet": (learner, learner),
        "guests_submitted": (candidate, guest),
        "assistants_submitted": (candidate, assistant),
    }
    sheets = marking.open_sheets(rubric=activity.rubric, places=list(places.values()), by=None)
    for sheet in sheets[-2:]:
        filled = factories.fill(sheet, sheet.assigned_to)
        marking.submit(sheet=filled, by=sheet.assigned_to, revision=filled.revision)
    return {name: sheet.key for name, sheet in zip(places, sheets, strict=True)}


def _exam(context) -> tuple[Exam, dict[str, Any]]:
    exam = exams.exam(factories.ResourceLinkFactory(context=context), stations=2, candidates=2)
    session = exam.sessions.get()
    candidate = exam.candidates.first()
    idle = exams.staff(exam, "Ida Idle")
    conflict = Conflict.objects.create(exam=exam, staff=idle, candidate=candidate)
    idler = exams.staff(exam, "Otto Idle")
    timetable.make(session=session, by=None)
    # Another session of the same exam, on its day.
    day = exams.add_session(exam, title="Afternoon", starts_at=exams.STARTS + timedelta(hours=5))
    exams.add_candidates(exam, 2, session=day)
    timetable.make(session=day, by=None)
    day = publishing.publish(session=day, by=None)
    encounter = day.encounters.first()
    asked = running.ask_for_help(session=day, kind="come", by=None)
    waits = encounter.sheets.first().sheet
    device = uuid4()
    presence.hear(log=device, by=waits.assigned_to, waiting={waits: 2})
    return exam, {
        "day": day.key,
        "encounter": encounter.key,
        "post": encounter.post_id,
        "help": asked.key,
        "waits": waits.key,
        "device": device,
        "exam": exam.activity.key,
        "station": exam.stations.first().key,
        "circuit": exam.circuits.get().key,
        "session": session.key,
        "candidate": candidate.key,
        "staff": idler.key,
        "examiner": exam.staff.filter(duties__isnull=False).first().key,
        "conflict": conflict.pk,
    }


def _decided(people) -> tuple[Exam, dict[str, Any]]:
    """An exam that is over: its decision is signed, and the learner's result is released."""
    exam = exams.exam(factories.ResourceLinkFactory(context=_course(people)), stations=2, candidates=1)
    learner = people[Role.LEARNER]
    exam.candidates.create(person=learner, number=2, session=exam.sessions.get())
    session = exams.published(exam)
    for row in session.encounters.all():
        exams.hand_in(row.sheets.get().sheet)
    publishing.lock(session=session, by=None)
    moderating.set_rule(activity=exam.activity, by=None, z=0)
    for station in exam.stations.all():
        ruling = {"method": "fixed", "cut": 50, "reason": "A secret comment"}
        moderating.rule_on_part(activity=exam.activity, part=station.key, by=None, **ruling)
    proposal = moderating.propose(activity=exam.activity, by=people[Role.TEACHING_ASSISTANT])
    moderating.sign(activity=exam.activity, seen=proposal.fingerprint, by=people[Role.INSTRUCTOR])
    releasing.release(activity=exam.activity, by=None)
    keys = {
        "pseudonyms": "pseudonyms",
        "long.csv": "long.csv",
        "decided": exam.activity.key,
        "part": exam.stations.first().key,
    }
    return exam, keys | {"decided_person": exam.candidates.get(number=1).person.key}


def _course(people) -> Any:
    return people[Role.LEARNER].memberships.get().context


def _workplace(people, guest) -> tuple[Workplace, dict[str, Any]]:
    """Requests of the learner: to a guest of the list, to the assistant, and to the guest whose visit is open."""
    made = workplaces.workplace(factories.ResourceLinkFactory(context=_course(people)))
    listed = workplaces.guest(made, "Gerda Listed")
    here = Assessor.objects.create(workplace=made, person=guest, is_guest=True)
    assistant = people[Role.TEACHING_ASSISTANT]
    member = assessors.of_member(workplace=made, person=assistant, by=assistant)
    ask = {"learner": people[Role.LEARNER], "situation": "A secret comment"}
    return made, {
        "workplace": made.activity.key,
        "listed": listed.key,
        "request": workplaces.request(made, assessor=listed, **ask).key,
        "assistants_request": workplaces.request(made, assessor=member, **ask).key,
        "guests_request": workplaces.request(made, assessor=here, **ask).key,
    }


def _round(people, candidate, waiting) -> tuple[PeerActivity, dict[str, Any]]:
    """The learner has handed in a text and a file, has a review to write, and reads one of their own work."""
    link = factories.ResourceLinkFactory(context=_course(people))
    peer = peers.peer_round(
        link, self_assesses=False, counts=True, releasing="at_once", reviews_each=2, anonymity="named"
    )
    peer = peers.go_to(peer, PeerActivity.Phase.SUBMIT)
    places = {row.person: row for row in peers.people_of(peer)}
    me, author, other = (places[person] for person in (people[Role.LEARNER], candidate, waiting))
    draft = submitting.begin(participant=me)
    content = io.BytesIO(b"A secret comment, and what I learnt.")
    file = submitting.add_file(submission=draft, by=me, content=content, name="Cara Candidate.txt")
    draft.refresh_from_db()
    mine = submitting.hand_in(submission=draft, by=me, attests=True, revision=draft.revision)
    theirs = peers.work_of(author, "A secret comment")
    PeerActivity.objects.filter(pk=peer.pk).update(phase=PeerActivity.Phase.REVIEW)
    peer = peers.fresh(peer)
    for reviewer, work in ((me, theirs), (author, mine)):
        assigning.give(peer=peer, reviewer=reviewer, submission=work, by=None)
    to_write = Review.objects.whole().get(submission=theirs)
    read = peers.hand_in(Review.objects.whole().get(submission=mine))
    report = peer_moderating.report(peer=peer, by=me, kind="unkind", text="A secret comment", review=read)
    concern = peer_moderating.raise_concern(peer=peer, by=me, text="A secret comment", review=read)
    return peer, {
        "round": peer.activity.key,
        "round_file": file.key,
        "work-1.txt": "work-1.txt",
        "round_work": mine.key,
        "to_write": to_write.key,
        "to_read": read.key,
        "report": report.key,
        "concern": concern.key,
        "place": other.key,
        "pair": PairRule.objects.create(peer=peer, reviewer=me, author=other, kind="must_not").pk,
        "action": me.actions.create(peer=peer, text="A secret comment").pk,
    }


def _seen(activity) -> str:
    return releasing.fingerprint(list(Result.objects.unreleased().filter(activity=activity)))
