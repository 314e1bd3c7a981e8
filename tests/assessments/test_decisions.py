"""From locked marks to a signed decision: what is in the way, what people decide, and the chain that is kept."""

import io
import json
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pypdf import PdfReader

from assessments.audit.models import Event
from assessments.marking import marking
from assessments.marking.conflict import Conflict
from assessments.marking.marking import Answer
from assessments.measurement.undefined import Undefined
from assessments.osce import publishing
from assessments.osce.models import Exam
from assessments.results import moderating, releasing
from assessments.results.models import Moderation, Outcome, Proposal, Result
from assessments.results.traces import fingerprint, traces
from lti_tool.models import Role
from tests import exams, factories
from tests.assessments.moderating import MARKS, PATTERN, Moderator, add_second, fill, hand_in, locked_exam
from tests.assessments.test_exam_pages import Planner

pytestmark = pytest.mark.django_db


@pytest.fixture
def exam():
    return locked_exam()


@pytest.fixture
def first(exam):
    return factories.member(exam.activity.context, Role.INSTRUCTOR, name="First Teacher")


@pytest.fixture
def second(exam):
    return factories.member(exam.activity.context, Role.INSTRUCTOR, name="Second Teacher")


def stand(exam):
    return moderating.standing(exam.activity)


def part(exam, place=0):
    return exam.stations.get(place=place).key


def person(exam, number):
    return exam.candidates.get(number=number).person


def signed(exam, first, second):
    proposal = moderating.propose(activity=exam.activity, by=first)
    return moderating.sign(activity=exam.activity, seen=proposal.fingerprint, by=second)


def amend(sheet, place, by=None):
    criterion = sheet.rubric.criteria.first()
    return marking.amend(
        sheet=sheet,
        by=by or sheet.rater,
        reason="Looked again",
        marks={criterion: Answer(list(criterion.levels.all())[place])},
        overall_comment="",
        revision=sheet.revision,
    )


class TestObstacles:
    def test_locked_and_complete_exam_has_none(self, exam):
        assert moderating.obstacles(stand(exam)) == []

    def test_open_session_and_missing_sheets_are_named(self, first):
        session = exams.published(exams.exam(stations=2, candidates=2))
        fill(session, [PATTERN[0], [PATTERN[1][0], None]])

        found = moderating.obstacles(stand(session.exam))

        assert found[:2] == ["The session “Morning” is not locked yet.", "1 sheet is not submitted."]
        with pytest.raises(ValidationError, match="is not locked yet"):
            moderating.propose(activity=session.exam.activity, by=first)
        assert not Proposal.objects.exists()

    def test_station_without_a_cut_is_one_until_it_has_one_or_is_dropped(self, exam, first):
        exam.stations.filter(place=1).update(
            rubric=factories.published(exam.activity.context, factories.criterion(), title="Plain")
        )
        assert moderating.obstacles(stand(exam)) == ["1 station has no cut."]

        moderating.rule_on_part(
            activity=exam.activity,
            part=part(exam, 1),
            by=first,
            reason="Panel",
            method="fixed",
            cut=Decimal(55),
        )
        assert moderating.obstacles(stand(exam)) == []
        moderating.rule_as_planned(activity=exam.activity, part=part(exam, 1), by=first)
        assert moderating.obstacles(stand(exam)) == ["1 station has no cut."]
        moderating.rule_on_part(
            activity=exam.activity, part=part(exam, 1), by=first, reason="Broken", is_dropped=True
        )
        assert moderating.obstacles(stand(exam)) == []

    def test_exam_whose_every_station_is_dropped_decides_nothing(self, exam, first):
        for place in (0, 1):
            moderating.rule_on_part(
                activity=exam.activity, part=part(exam, place), by=first, reason="Fire", is_dropped=True
            )

        assert moderating.obstacles(stand(exam)) == ["No station counts."]
        assert all(row.passed is None for row in stand(exam).decisions.candidates)


class TestTwoExaminers:
    @pytest.fixture
    def exam(self):
        session = exams.published(exams.exam(stations=2, candidates=5))
        sheet = add_second(session, 3)
        fill(session, PATTERN)
        hand_in(sheet, 2, 2, grade=3)  # 100 per cent; the first examiner gave 50
        publishing.lock(session=session, by=None)
        return session.exam

    def test_too_far_apart_has_to_be_decided(self, exam, first):
        assert moderating.obstacles(stand(exam)) == [
            "1 encounter was marked too differently by two examiners."
        ]

        moderating.resolve(
            activity=exam.activity,
            part=part(exam),
            candidate=person(exam, 3),
            mark=Decimal(60),
            seen=[50.0, 100.0],
            reason="Both watched the video",
            by=first,
        )

        found = stand(exam)
        assert found.marks[2, 0] == 60
        assert moderating.obstacles(found) == []
        link = traces(found)[2].trace["parts"][0]
        assert (link["examiners"]["marks"], link["examiners"]["resolved"]) == (
            [50, 100],
            "Both watched the video",
        )

    @pytest.mark.parametrize(("resolving", "mark", "grade"), [("mean", 75, 2.0), ("senior", 50, 1.0)])
    def test_rule_of_the_exam_decides_by_itself(self, exam, first, resolving, mark, grade):
        moderating.set_rule(activity=exam.activity, by=first, resolving=resolving)

        found = stand(exam)

        assert (found.marks[2, 0], found.grades[2, 0]) == (mark, grade)
        assert moderating.obstacles(found) == []
        assert traces(found)[2].trace["parts"][0]["examiners"]["resolving"] == resolving

    def test_within_the_threshold_the_mean_counts(self, exam, first):
        moderating.set_rule(activity=exam.activity, by=first, threshold=Decimal(50))

        assert stand(exam).marks[2, 0] == 75
        assert moderating.obstacles(stand(exam)) == []

    def test_decision_falls_when_the_marks_change(self, exam, first):
        moderating.resolve(
            activity=exam.activity,
            part=part(exam),
            candidate=person(exam, 3),
            mark=Decimal(60),
            seen=[50.0, 100.0],
            reason="Agreed",
            by=first,
        )
        session = exam.sessions.get()
        publishing.unlock(session=session, by=None)
        amend(exams.sheet_of(session, exam.candidates.get(number=3), exam.stations.first()), 2)
        publishing.lock(session=session, by=None)

        assert moderating.obstacles(stand(exam)) == [
            "1 encounter was marked too differently by two examiners."
        ]

    def test_page_asks_for_the_mark_and_the_reason(self, client, exam):
        browser = Moderator(client, exam)
        page = browser.get("discrepancies").text
        assert "Examiner A1" in page and "50.0 apart" in page

        place = {"part": part(exam), "candidate": person(exam, 3).key}
        silent = browser.post("discrepancies", **place, mark="60", reason=" ")
        beyond = browser.post("discrepancies", **place, mark="160", reason="Agreed")
        kept = browser.post("discrepancies", **place, mark="62.5", reason="Agreed")

        assert (silent.status_code, beyond.status_code, kept.status_code) == (400, 400, 303)
        assert "decided: 62.5 %" in browser.get("discrepancies").text
        assert stand(exam).marks[2, 0] == 62.5


class TestStations:
    def test_dropped_station_counts_for_nobody(self, exam, first):
        moderating.rule_on_part(
            activity=exam.activity, part=part(exam, 1), by=first, reason="The manikin broke", is_dropped=True
        )

        found = stand(exam)

        assert [row.total for row in found.decisions.candidates] == [marks[0] for marks in MARKS]
        assert traces(found)[0].trace["parts"][1]["dropped"] == "The manikin broke"
        assert isinstance(found.sem, Undefined)  # one station alone: so nobody is decided by cut + SEM
        assert [row.passed for row in found.decisions.candidates] == [None] * 5
        moderating.set_rule(activity=exam.activity, by=first, z=Decimal(0))
        assert [row.passed for row in stand(exam).decisions.candidates] == [False, False, True, True, True]

    def test_marks_are_added_for_everybody_and_the_cut_stays(self, exam, first):
        before = stand(exam)
        moderating.rule_on_part(
            activity=exam.activity, part=part(exam), by=first, reason="Noise", adjustment=Decimal(10)
        )

        found = stand(exam)

        assert found.marks[:, 0].tolist() == [10, 35, 60, 85, 100]
        assert found.cuts[0].value == before.cuts[0].value
        link = traces(found)[0].trace["parts"][0]
        assert (link["given"], link["added"], link["mark"], link["added_because"]) == (0, 10, 10, "Noise")

    @pytest.mark.parametrize(
        ("method", "panel", "cut"),
        [
            ("angoff", "50 60 70\n70 80 90", 70.0),
            ("angoff", "10 20 30\n10 10 10\n---\n50 60 70\n70 80 90\n", 70.0),
            ("ebel", "10; 80\n30; 40", 50.0),
            ("hofstee", "20 60 10 70", 40.0),
        ],
    )
    def test_cut_of_a_panel(self, client, exam, method, panel, cut):
        browser = Moderator(client, exam)
        sent = {"method": method, "panel": panel, "adjustment": "0", "reason": "Panel of November"}

        answer = browser.post("part", part(exam), **sent)

        assert answer.status_code == 303
        assert stand(exam).cuts[0].value == pytest.approx(cut)
        assert "Panel of November" in browser.get("part", part(exam)).text

    def test_second_round_of_judges_stands_beside_what_candidates_did(self, client, exam, first):
        rounds = "20 60\n60 80\n---\n45 70\n55 70"
        moderating.rule_on_part(
            activity=exam.activity, part=part(exam), by=first, reason="Panel", method="angoff", panel=rounds
        )

        page = Moderator(client, exam).get("part", part(exam))

        assert [(item.facility, expected) for item, expected in page.context["items"]] == [
            (0.6, pytest.approx(0.5)),
            (0.4, pytest.approx(0.7)),
        ]
        words = " ".join(page.text.split())
        assert "the cut went from 55.0 to 60.0 %" in words
        assert (
            "the standard deviation of the judges&#x27; cuts from 21.2 to 3.5" in words
            or "from 21.2 to 3.5" in words
        )

    def test_judges_of_other_items_have_a_dash(self, client, exam, first):
        moderating.rule_on_part(
            activity=exam.activity,
            part=part(exam),
            by=first,
            reason="Panel",
            method="angoff",
            panel="50 60 70",
        )

        page = Moderator(client, exam).get("part", part(exam))

        assert [expected for _item, expected in page.context["items"]] == [None, None]

    @pytest.mark.parametrize(("method", "panel"), [("cohen", ""), ("hofstee", "20 60 10 70")])
    def test_cut_without_an_error_has_an_interval_of_redrawn_candidates(self, client, first, method, panel):
        exam = locked_exam(PATTERN + PATTERN[:3])
        moderating.rule_on_part(
            activity=exam.activity, part=part(exam), by=first, reason="Other", method=method, panel=panel
        )

        page, again = (Moderator(client, exam).get("part", part(exam)) for _time in range(2))

        found, cut = page.context["cut_interval"], page.context["cut"]
        assert found.low <= cut.value <= found.high
        assert found.low < found.high
        assert found == again.context["cut_interval"]
        assert "candidates redrawn 1,000 times" in " ".join(page.text.split())

    def test_cut_by_judges_or_with_an_error_has_none(self, exam, first):
        assert stand(exam).cut_interval(0) is None
        moderating.rule_on_part(
            activity=exam.activity, part=part(exam), by=first, reason="Panel", method="ebel", panel="10 80"
        )
        assert stand(exam).cut_interval(0) is None

    @pytest.mark.parametrize(
        ("sent", "sentence"),
        [
            ({"method": "fixed"}, "Write the cut, in per cent."),
            ({"method": "fixed", "cut": "120"}, "above the most marks nobody could pass"),
            ({"method": "angoff", "panel": "50 x"}, "Line 1 is not all numbers"),
            ({"method": "angoff", "panel": "50 60\n70"}, "as many numbers as the first one"),
            ({"method": "angoff", "panel": "50 160"}, "per cent, 0 to 100: a line a judge"),
            ({"method": "angoff", "panel": ""}, "Write down the panel"),
            ({"method": "angoff", "panel": "50 60\n---\n50 60 70"}, "the same judges and items"),
            ({"method": "angoff", "panel": "50\n--\n50\n--\n50"}, "the same judges and items"),
            ({"method": "angoff", "panel": "50 60\n---"}, "Write down the panel"),
            ({"method": "ebel", "panel": "1 2 3"}, "Ebel needs two numbers a line"),
            ({"method": "hofstee", "panel": "60 20 10 70"}, "Hofstee needs four numbers a line"),
            ({"method": "regression", "adjustment": "80"}, "less than or equal to 50"),
        ],
    )
    def test_what_cannot_be_is_refused_with_a_sentence(self, client, exam, sent, sentence):
        browser = Moderator(client, exam)

        answer = browser.post("part", part(exam), **{"adjustment": "0", "reason": "Because", **sent})

        assert answer.status_code == 400
        assert sentence in answer.text
        assert not Moderation.objects.exists() or not Moderation.objects.get().part_rulings.exists()

    def test_no_reason_no_ruling(self, client, exam):
        answer = Moderator(client, exam).post(
            "part", part(exam), method="cohen", adjustment="0", reason=" ", cut="", panel=""
        )

        assert answer.status_code == 400
        assert stand(exam).rulings.parts == {}

    @pytest.mark.parametrize("method", ["group", "contrasting", "cohen"])
    def test_cut_by_another_method_or_why_there_is_none(self, client, exam, first, method):
        moderating.rule_on_part(
            activity=exam.activity, part=part(exam), by=first, reason="Small", method=method
        )

        page = Moderator(client, exam).get("part", part(exam)).text

        expected = {
            "group": "The borderline grade was given to 2 only",
            "contrasting": "The groups do not overlap",
            "cohen": "Cut: 57.00 %",
        }
        assert expected[method] in page


class TestAbsentAndVoid:
    @pytest.fixture
    def exam(self):
        session = exams.published(exams.exam(stations=2, candidates=5))
        fill(session, [*PATTERN[:4], [None, PATTERN[4][1]]])
        encounter = session.encounters.get(candidate__number=5, station__place=0)
        type(encounter).objects.filter(pk=encounter.pk).update(state="void", reason="Power cut")
        publishing.lock(session=session, by=None)
        return session.exam

    def test_missing_mark_is_no_zero_and_not_decided(self, exam):
        found = traces(stand(exam))[4]

        assert (found.verdict, found.total) == ("none", None)
        assert found.trace["total"]["reason"] == "INCOMPLETE"
        assert found.trace["parts"][0]["gap"] == {"state": "void", "reason": "Power cut"}

    def test_what_remains_stands_for_the_whole(self, client, exam):
        browser = Moderator(client, exam)
        value = f"{person(exam, 5).key}:{part(exam)}"
        assert "the station was void: Power cut" in browser.get("gaps").text

        nothing = browser.post("gaps", reason="No fault of theirs")
        silent = browser.post("gaps", place=value, reason="")
        done = browser.post("gaps", place=value, reason="No fault of theirs")

        assert (nothing.status_code, silent.status_code, done.status_code) == (400, 400, 303)
        found = stand(exam)
        decided, link = found.decisions.candidates[4], traces(found)[4].trace["parts"][0]
        assert (decided.total, decided.passed) == (100, True)
        assert decided.cuts == pytest.approx(found.cuts[1].value)
        assert (link["counts"], link["excused"]) == (False, "No fault of theirs")
        again = browser.post("gaps", again=value)
        assert again.status_code == 303
        assert traces(stand(exam))[4].verdict == "none"


class TestConcerns:
    @pytest.fixture
    def exam(self):
        session = exams.published(exams.exam(stations=2, candidates=5))
        sheet = exams.sheet_of(session, session.exam.candidates.get(number=1), session.exam.stations.first())
        marking.raise_concern(sheet=sheet, concern="Left the patient\nalone.", by=sheet.assigned_to)
        fill(session, PATTERN)
        publishing.lock(session=session, by=None)
        return session.exam

    def test_has_to_be_read_and_changes_no_mark(self, client, exam):
        browser = Moderator(client, exam)
        before = stand(exam).marks.tolist()
        sheet = next(row.sheet for row in stand(exam).scores.ratings if row.concern)
        assert moderating.obstacles(stand(exam)) == ["1 concern is not read."]
        assert "Examiner A1: 1 of 5 sheets with a concern" in browser.get("concerns").text

        sent = {"sheet": sheet, "concern": "Left the patient\r\nalone."}
        silent = browser.post("concerns", **sent, note=" ")
        done = browser.post("concerns", **sent, note="Talk with the tutor")

        assert (silent.status_code, done.status_code) == (400, 303)
        assert "Talk with the tutor" in browser.get("concerns").text
        assert moderating.obstacles(stand(exam)) == []
        assert stand(exam).marks.tolist() == before

    def test_note_on_something_else_is_refused(self, client, exam):
        sheet = next(row.sheet for row in stand(exam).scores.ratings if row.concern)
        browser = Moderator(client, exam)

        stale = browser.post("concerns", sheet=sheet, concern="Was late.", note="Nothing")
        foreign = browser.post("concerns", sheet=0, concern="Was late.", note="Nothing")

        assert (stale.status_code, foreign.status_code) == (400, 404)
        assert "has changed the concern since" in stale.text
        assert moderating.obstacles(stand(exam)) == ["1 concern is not read."]


class TestBoard:
    def test_decides_on_one_candidate_in_place_of_the_rule(self, client, exam):
        browser = Moderator(client, exam)
        who = person(exam, 1)
        assert traces(stand(exam))[0].verdict == "fail"

        silent = browser.post("decision", who.key, verdict="pass", reason="")
        done = browser.post("decision", who.key, verdict="pass", reason="Fire alarm in both stations")

        assert (silent.status_code, done.status_code) == (400, 303)
        found = traces(stand(exam))[0]
        assert (found.verdict, found.trace["by_rule"]) == ("pass", "fail")
        assert "Fire alarm in both stations" in browser.get("decision", who.key).text
        assert browser.post("decision", who.key, plain="yes").status_code == 303
        assert traces(stand(exam))[0].verdict == "fail"

    def test_whoever_is_a_candidate_does_not_decide(self, client, exam):
        browser = Moderator(client, exam)
        teacher = person(exam, 1)
        token = factories.launch(teacher, exam.activity.link, Role.INSTRUCTOR).token
        browser.headers = {"Authorization": f"Bearer {token}"}

        answer = browser.get("moderation")

        assert answer.status_code == 403
        assert "You are a candidate here" in answer.text


class TestProposalAndSignature:
    def test_second_person_signs_and_results_are_there(self, exam, first, second):
        proposal = moderating.propose(activity=exam.activity, by=first)
        with pytest.raises(ValidationError, match="takes a second person"):
            moderating.sign(activity=exam.activity, seen=proposal.fingerprint, by=first)
        assert not Result.objects.exists()

        moderating.sign(activity=exam.activity, seen=proposal.fingerprint, by=second)

        results = Result.objects.order_by("candidate__name").select_related("outcome")
        assert [row.outcome.verdict for row in results] == ["fail", "fail", "pass", "pass", "pass"]
        assert [row.total for row in results] == [Decimal(n) for n in ("12.5", "25", "50", "75", "100")]
        assert not any(row.is_released for row in results)
        verbs = list(Event.objects.filter(verb__startswith="moderation").values_list("verb", "actor__name"))
        assert verbs == [("moderation.proposed", first.name), ("moderation.signed", second.name)]

    def test_nothing_changes_while_it_waits_or_is_signed(self, exam, first, second):
        proposal = moderating.propose(activity=exam.activity, by=first)
        session = exam.sessions.get()

        with pytest.raises(ValidationError, match="waits for its signature"):
            moderating.set_rule(activity=exam.activity, by=first, z=Decimal(0))
        with pytest.raises(ValidationError, match="waits for its signature"):
            publishing.unlock(session=session, by=first)
        moderating.sign(activity=exam.activity, seen=proposal.fingerprint, by=second)
        with pytest.raises(ValidationError, match="The decision is signed"):
            publishing.unlock(session=session, by=first)

        moderating.take_back(activity=exam.activity, reason="A sheet was mixed up", by=first)
        publishing.unlock(session=session, by=first)
        assert Result.objects.count() == 5  # as they were signed

    def test_what_changed_since_is_not_signed(self, exam, first, second):
        proposal = moderating.propose(activity=exam.activity, by=first)
        exam.stations.filter(place=0).update(weight=3)

        with pytest.raises(Conflict, match="has changed since it was proposed"):
            moderating.sign(activity=exam.activity, seen=proposal.fingerprint, by=second)
        with pytest.raises(Conflict, match="has changed since it was proposed"):
            moderating.sign(activity=exam.activity, seen="something else", by=second)
        assert not Result.objects.exists()

    def test_each_proposal_is_kept(self, exam, first, second):
        signed(exam, first, second)
        moderating.take_back(activity=exam.activity, reason="Rule was wrong", by=second)
        moderating.set_rule(activity=exam.activity, by=first, z=Decimal(3))
        signed(exam, second, first)

        old, new = Proposal.objects.all()
        assert (old.withdrawn_reason, new.withdrawn_at) == ("Rule was wrong", None)
        assert (old.rule["z"], new.rule["z"]) == (1, 3)
        assert Outcome.objects.get(proposal=old, candidate=person(exam, 3)).verdict == "pass"
        assert Outcome.objects.get(proposal=new, candidate=person(exam, 3)).verdict == "fail"
        assert Result.objects.get(candidate=person(exam, 3)).outcome.proposal == new

    def test_chain_can_be_computed_again_from_what_is_kept(self, exam, first, second):
        proposal = signed(exam, first, second)

        again = stand(exam)

        assert fingerprint(again, traces(again)) == proposal.fingerprint
        kept = {row.candidate_id: row.trace for row in proposal.outcomes.all()}
        assert {row.person.pk: json.loads(json.dumps(row.trace)) for row in traces(again)} == kept

    def test_pages_lead_through_it(self, client, exam):
        proposer, signer = Moderator(client, exam), Moderator(client, exam)
        assert "the decision can be proposed" in proposer.get("moderation").text

        assert proposer.post("sign_off", step="propose").status_code == 303
        own = proposer.get("moderation")
        assert "You proposed it, so somebody else signs" in own.text
        assert (
            proposer.post("sign_off", step="sign", seen=own.context["proposal"].fingerprint).status_code
            == 409
        )
        page = signer.get("moderation")
        done = signer.post("sign_off", step="sign", seen=page.context["proposal"].fingerprint)
        assert done.status_code == 303
        assert "Signed. The results are ready" in signer.follow(done).text
        refused = signer.post("sign_off", step="take_back", reason="")
        assert refused.status_code == 409
        assert "Write down why" in refused.text
        assert signer.post("sign_off", step="take_back", reason="Typing error").status_code == 303
        assert "Typing error" in signer.get("moderation").text
        assert signer.post("sign_off", step="nothing").status_code == 404


class TestTraceFiles:
    def test_json_holds_the_chain_and_nobody_else(self, client, exam, first, second):
        moderating.rule_on_candidate(
            activity=exam.activity,
            candidate=person(exam, 2),
            verdict="pass",
            reason="About the other",
            by=first,
        )
        moderating.rule_on_part(
            activity=exam.activity, part=part(exam), by=first, reason="Noise", adjustment=Decimal(5)
        )
        signed(exam, first, second)
        browser = Moderator(client, exam)

        told = json.loads(browser.get("trace_json", person(exam, 1).key).content)

        assert (told["candidate"], told["verdict"], told["signed"]["by"]) == (
            "Candidate 001",
            "fail",
            "Second Teacher",
        )
        assert told["rule"]["parts"][0]["reason"] == "Noise"
        assert told["trace"]["parts"][0]["mark"] == 5
        assert "About the other" not in json.dumps(told)
        assert "Candidate 002" not in json.dumps(told)
        assert "Examiner" not in json.dumps(told)

    def test_pdf_can_be_read(self, client, exam, first, second):
        signed(exam, first, second)

        answer = Moderator(client, exam).get("trace_pdf", person(exam, 1).key)

        text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages)
        assert answer["Content-Type"] == "application/pdf"
        for words in (
            "Candidate 001",
            "not passed",
            "12.50 %",
            "Second Teacher",
            "Station 1",
            "up to 20 % apart their mean counts; beyond that the two agree on a mark.",
        ):
            assert words in " ".join(text.split())

    def test_there_is_none_before_the_signature(self, client, exam, first):
        moderating.propose(activity=exam.activity, by=first)

        browser = Moderator(client, exam)

        assert browser.get("trace_json", person(exam, 1).key).status_code == 404
        assert "As signed" not in browser.get("decision", person(exam, 1).key).text


ODD = {
    "two candidates": PATTERN[:2],
    "everybody the same": [PATTERN[2]] * 5,
    "no borderline, perfectly apart": [[(0, 0, 0), (0, 0, 0)], [(2, 2, 3), (2, 2, 3)]] * 3,
    "the wrong way round": [[(2, 2, 0), (2, 2, 0)], [(0, 0, 3), (0, 0, 3)]] * 3,
}


@pytest.mark.parametrize(
    ("cohort", "method", "sentence"),
    [
        ("two candidates", "regression", "Only 2 of the 3 needed are there."),
        ("two candidates", "group", "The borderline grade was given to 1 only; at least 3 are needed."),
        ("two candidates", "contrasting", "There is only one group, so groups cannot be compared."),
        ("two candidates", "cohen", "Cut: 14.25 %"),
        ("everybody the same", "regression", "Everybody has the same global grade"),
        ("everybody the same", "group", "Cut: 50.00 %"),
        ("everybody the same", "contrasting", "There is only one group"),
        ("everybody the same", "cohen", "Cut: 30.00 %"),
        ("no borderline, perfectly apart", "regression", "Cut: 33.33 %"),
        ("no borderline, perfectly apart", "group", "Nobody has the borderline grade."),
        ("no borderline, perfectly apart", "contrasting", "The groups do not overlap"),
        ("no borderline, perfectly apart", "cohen", "Cut: 60.00 %"),
        ("the wrong way round", "regression", "Marks do not rise with the global grade"),
        ("the wrong way round", "group", "Nobody has the borderline grade."),
        ("the wrong way round", "contrasting", "Marks do not rise with the global grade"),
        ("the wrong way round", "cohen", "Cut: 60.00 %"),
    ],
)
def test_odd_cohorts_have_sentences_on_every_page(client, cohort, method, sentence):
    exam = locked_exam(ODD[cohort])
    for place in (0, 1):
        moderating.rule_on_part(
            activity=exam.activity, part=part(exam, place), by=None, reason="Try", method=method
        )
    browser = Moderator(client, exam)

    names = ["moderation", "quality", "decisions", "discrepancies", "gaps", "examiners", "reliability"]
    pages = [browser.get(name).text for name in names]
    pages += [browser.get("part", part(exam)).text, browser.get("decision", person(exam, 1).key).text]

    assert not [page for page in pages if ">nan" in page or "nan " in page or "{" + "n}" in page]
    assert sentence in pages[-2]


def test_pages_ask_the_database_as_often_for_many_as_for_few(client, first):
    def queries(name, candidates):
        exam = locked_exam([PATTERN[place % 5] for place in range(candidates)])
        browser = Moderator(client, exam)
        browser.get(name)
        with CaptureQueriesContext(connection) as seen:
            assert browser.get(name).status_code == 200
        return len(seen)

    for name in ("moderation", "quality", "decisions", "discrepancies", "gaps", "concerns"):
        assert queries(name, 3) == queries(name, 8) <= 40, name


def test_amended_mark_writes_a_handful_of_rows_whatever_the_cohort():
    def writes(candidates):
        exam = locked_exam([PATTERN[place % 5] for place in range(candidates)])
        teachers = [factories.member(exam.activity.context, Role.INSTRUCTOR, name=name) for name in "AB"]
        signed(exam, *teachers)
        moderating.take_back(activity=exam.activity, reason="Correct a sheet", by=teachers[0])
        session = exam.sessions.get()
        publishing.unlock(session=session, by=None)
        sheet = exams.sheet_of(session, exam.candidates.get(number=1), exam.stations.first())
        with CaptureQueriesContext(connection) as seen:
            amend(sheet, 2)
        return sum(query["sql"].startswith(("INSERT", "UPDATE", "DELETE")) for query in seen)

    assert writes(3) == writes(8) <= 12


def test_exam_is_found_by_its_own_launch_only(client, exam):
    other = Exam.objects.get(pk=exams.exam(stations=1, candidates=1).pk)
    browser = Moderator(client, exam)
    browser.exam = other

    assert browser.get("moderation").status_code == 404


def test_home_of_the_exam_leads_on_after_the_day(client, exam, first, second):
    browser = Planner(client, exam)

    assert "Every session is locked. Next: the decision." in browser.get("home").text
    signed(exam, first, second)
    assert "The decision is signed. Next: the release." in browser.get("home").text
    releasing.release(activity=exam.activity, by=first)
    home = browser.get("home").text
    assert "Next:" not in home
    assert "How the exam did" in home
