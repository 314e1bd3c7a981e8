"""A whole OSCE inside the course, from an empty link to the locked session: 24 candidates, 8 stations, 2 circuits."""

import json
import uuid
from collections import Counter
from datetime import datetime, timedelta

import pytest
import time_machine
from django.urls import reverse

from assessments.activities.models import Activity
from assessments.audit.models import Event
from assessments.marking.models import MarkSheet, Tap
from assessments.osce import links
from assessments.osce.models import Encounter, EncounterSheet, SheetRole
from lti_tool.models import Role
from tests import factories

pytestmark = pytest.mark.django_db

STATIONS = ["Chest pain", "Abdomen", "Cannula", "Bad news", "ECG", "Handover", "Prescribing", "Hand hygiene"]
DAY = datetime.fromisoformat("2026-11-24T08:30:00+00:00")


class Browser:
    """One person's tab."""

    def __init__(self, client, launch):
        self.client = client
        self.headers = {"Authorization": f"Bearer {launch.token}"}
        self.log = str(uuid.uuid4())
        self.sequence = 0

    def get(self, address):
        return self.client.get(address, headers=self.headers)

    def post(self, address, **sent):
        answer = self.client.post(address, sent, headers=self.headers)
        assert answer.status_code in (204, 303), answer.text
        return self.get(answer["Location"]) if answer.status_code == 303 else answer

    def mark(self, sheet):
        """Every criterion by one tap, then submit, as the page of the sheet sends it."""
        fields = [(f"level:{row.pk}", row.levels.last().pk) for row in sheet.rubric.criteria.all()]
        taps = []
        for field, value in [*fields, ("submit", None)]:
            self.sequence += 1
            taps.append({"sequence": self.sequence, "field": field, "value": value, "seen": sheet.revision})
        body = json.dumps({"log": self.log, "taps": taps})
        answer = self.client.post(
            f"/api/sheets/{sheet.key}/taps/", body, content_type="application/json", headers=self.headers
        )
        assert answer.status_code == 200, answer.text
        assert {tap["outcome"] for tap in answer.json()["taken"]} == {"applied"}


def scan(client, session, staff):
    """An examiner's tablet, let in by the card with their code."""
    link = session.links.get(staff=staff)
    answer = client.post("/exam/", {"secret": links.secret(link), "device": str(uuid.uuid4())})
    assert answer.status_code == 200, answer.text
    return Browser(client, answer.context["launch"])


def test_exam_from_blueprint_to_lock(client):
    link = factories.ResourceLinkFactory(title="Finals")
    course = link.context
    tina = factories.member(course, Role.INSTRUCTOR, name="Tina Teacher")
    students = [factories.member(course, name=f"Student {n:02d}") for n in range(24)]
    rubric = factories.published(
        course,
        factories.criterion(competency="COM-1"),
        factories.criterion("Asks openly", competency="CLI-2"),
        factories.global_rating(),
    )

    # The plan: an exam in an empty link, stations, blueprint, a second circuit, a session with rooms and people.
    with time_machine.travel(DAY - timedelta(days=20), tick=False):
        teacher = Browser(client, factories.launch(tina, link))
        page = teacher.post("/activities/setup/kind/", kind="osce")
        assert "What is examined" in page.text
        activity = Activity.objects.get(resource_link=link)
        exam = activity.exam

        def address(name, *more):
            return reverse(f"osce:{name}", args=[activity.key, *more])

        for title in STATIONS:
            teacher.post(
                address("new_station"), title=title, kind="manikin", rubric=rubric.pk, rounds=1, weight=1
            )
        teacher.post(address("new_station") + "?kind=rest", title="Rest", kind="rest", rounds=1, weight=1)
        page = teacher.post(
            address("blueprint"),
            competency_code=["COM-1", "CLI-2", "ETH-3"],
            competency_title=["", "", "Ethics"],
        )
        assert "1 competency is measured by nothing that counts:</strong> Ethics." in page.text
        teacher.post(address("circuits"), title="Circuit B")
        teacher.post(
            address("new_session"), title="Morning", starts_at="2026-11-24T08:30", most_rotations="3"
        )
        session = exam.sessions.get()
        assert "24" in teacher.post(address("candidates")).text
        for circuit in exam.circuits.all():
            form = address("session_posts", session.key, circuit.key)
            teacher.get(form)
            sent = {}
            for post in session.posts.filter(circuit=circuit):
                sent[f"room_{post.pk}"] = f"{circuit.title[-1]}{post.station.place + 1}"
                sent[f"examiner_{post.pk}"] = f"Dr {circuit.title[-1]}{post.station.place + 1}"
            teacher.post(form, **sent)
        page = teacher.post(address("timetable", session.key))
        assert "Everybody meets every station once." in page.text
        page = teacher.post(address("publication", session.key))
        assert "Published. Every sheet is ready" in page.text
        teacher.post(address("links", session.key))
        ada = Browser(client, factories.launch(students[0], link))
        assert "You begin at:" in ada.get("/activities/start/").text

    met = Counter(session.encounters.exclude(post=None).values_list("candidate", "station"))
    assert len(met) == 24 * 8
    assert set(met.values()) == {1}

    # The day: everybody marks by the clock; one candidate is absent, one examiner falls ill, somebody needs help.
    board = address("board", session.key)
    with time_machine.travel(DAY + timedelta(minutes=4), tick=False):
        teacher = Browser(client, factories.launch(tina, link))
        examiners = {row.person_id: scan(client, session, row) for row in exam.staff.all()}
        assert "Not started yet" in teacher.get(board).text
        for circuit in exam.circuits.all():
            seen = session.clock_orders.count()
            teacher.post(address("clock_orders", session.key), kind="start", circuit=circuit.key, seen=seen)
        gone = session.candidates.get(person=students[23])
        somewhere = gone.encounters.exclude(post=None).first()
        teacher.post(address("encounter_change", session.key, somewhere.key), do="absent_everywhere")
    ill = session.posts.get(room="A3")
    rounds = sorted(set(session.encounters.values_list("rotation", "round")))
    moment = DAY + timedelta(minutes=4)
    for n, (rotation, number) in enumerate(rounds):
        moment += timedelta(minutes=10)
        with time_machine.travel(moment, tick=False):
            if n == 3:
                helper = examiners[session.posts.get(room="B2").duties.get().staff.person_id]
                helper.post(address("help_requests", session.key), kind="equipment")
                assert "Equipment" in teacher.get(board).text
                asked = session.help_requests.get()
                assert "Equipment" not in teacher.post(address("help_answer", session.key, asked.key)).text
            if n == 4:
                page = teacher.post(
                    address("post", session.key, ill.pk),
                    do="replace",
                    role="examiner",
                    name="Dr Nora New",
                    reason="Ill",
                )
                assert "Changed: A3." in page.text
                nora = exam.staff.get(name="Dr Nora New")
                teacher.post(address("link", session.key, nora.key))
                examiners[nora.person_id] = scan(client, session, nora)
            sheets = MarkSheet.objects.filter(
                encounter_sheet__encounter__rotation=rotation,
                encounter_sheet__encounter__round=number,
                encounter_sheet__encounter__state=Encounter.State.PLANNED,
            )
            for sheet in sheets.select_related("rubric", "assigned_to"):
                examiners[sheet.assigned_to_id].mark(sheet)

    # The end: what is missing is named, what is there is closed.
    with time_machine.travel(moment + timedelta(hours=2), tick=False):
        page = teacher.get(board)
        assert "184 of 184 encounters submitted." in page.text
        assert "Nothing needs you now." in page.text
        page = teacher.post(address("lock", session.key))
        assert "Locked. Every sheet is closed." in page.text

    assert MarkSheet.objects.submitted().count() == 23 * 8
    assert not MarkSheet.objects.filter(is_closed=False).exists()
    assert set(
        Encounter.objects.filter(candidate=gone, post__isnull=False).values_list("state", flat=True)
    ) == {"absent"}
    assert Tap.objects.count() == 23 * 8 * 4
    assert set(Tap.objects.values_list("outcome", flat=True)) == {"applied"}
    at_a3 = EncounterSheet.objects.filter(
        encounter__post=ill, role=SheetRole.EXAMINER, sheet__state="submitted"
    )
    assert {row.staff.name for row in at_a3.select_related("staff")} == {"Dr A3", "Dr Nora New"}
    assert all(row.sheet.rater_id == row.staff.person_id for row in at_a3.select_related("sheet", "staff"))
    verbs = set(Event.objects.filter(context=course).values_list("verb", flat=True))
    assert {
        "session.published",
        "clock.ordered",
        "encounter.absent",
        "post.replaced",
        "session.locked",
    } <= verbs
