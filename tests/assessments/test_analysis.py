"""Pages for those who look after an exam's quality: charts with words, what is tried out, examiners, reliability, other years."""

import io
import re
from decimal import Decimal

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pypdf import PdfReader

from assessments.activities.models import Activity
from assessments.measurement import agreement
from assessments.measurement.generalizability import P_BY_R_IN_S, P_BY_S, g_study
from assessments.measurement.undefined import Undefined
from assessments.osce.models import SheetRole
from assessments.results import charts, moderating
from assessments.results.examiners import examiners
from assessments.results.item_scores import items_of
from assessments.results.models import Moderation, Proposal
from assessments.results.quality import quality
from assessments.results.wording import shown
from lti_tool.models import Role
from tests import exams, factories
from tests.assessments.moderating import MARKS, PATTERN, Moderator, add_second, fill, hand_in, locked_exam
from tests.assessments.test_decisions import part, person, signed

pytestmark = pytest.mark.django_db


@pytest.fixture
def exam():
    return locked_exam()


@pytest.fixture
def browser(client, exam):
    return Moderator(client, exam)


def teachers(exam):
    return [factories.member(exam.activity.context, Role.INSTRUCTOR, name=name) for name in ("One", "Two")]


class TestCharts:
    def test_say_what_they_are_and_hold_under_the_strict_policy(self, browser, exam):
        exam.stations.filter(place=0).update(title="History <script>alert(1)</script>")

        page = browser.get("part", part(exam)).text

        [svg] = re.findall(r"<svg .*?</svg>", page, re.S)
        assert 'role="img"' in svg
        assert "Marks on global grades at History &lt;script&gt;" in svg
        assert "<script>alert" not in page
        assert "style=" not in svg
        assert "cut 36.5 %" in svg

    def test_colours_are_the_pages(self):
        svg = charts.curve([(1, 0.5), (2, 0.7)], words="Curve", axes=("n", "share"), at=2)

        colours = set(re.findall(r'(?:fill|stroke)="([^"]+)"', svg))
        assert colours <= {"currentColor", "none", "transparent"}

    def test_names_in_a_chart_stay_text(self):
        svg = charts.intervals([("<b>Ann</b>", -1.0, 0.0, 1.0)], words="Examiners", axis="difference")

        assert "<b>Ann" not in svg
        assert "&lt;b&gt;Ann" in svg

    @pytest.mark.parametrize(("candidates", "ticks"), [(2, [0, 1, 2]), (60, [0, 12, 24, 36, 48, 60])])
    def test_candidates_are_counted_whole(self, candidates, ticks):
        words = {"words": "Totals", "axes": ("total", "candidates"), "at": None, "at_words": ""}

        svg = charts.histogram([52.0] * candidates, **words)

        written = [int(text) for text in re.findall(r">(\d+)</text>", svg)]
        assert written == [*range(0, 101, 10), *ticks]

    def test_totals_stand_beside_their_table(self, browser):
        page = browser.get("quality")

        assert "pass mark 43" in page.text or "pass mark 4" in page.text
        assert page.text.count("<svg ") == 1


class TestStation:
    def test_everything_that_is_computed_of_it_is_shown(self, client):
        session = exams.published(exams.exam(stations=2, candidates=6, circuits=2))
        played = [
            add_second(session, number, role=SheetRole.PATIENT, name=f"Pat {number}") for number in (1, 2, 3)
        ]
        fill(session, [*PATTERN, PATTERN[2]])
        for sheet, levels in zip(played, [(0, 0), (1, 1), (1, 2)], strict=True):
            hand_in(sheet, *levels, grade=1)

        page = Moderator(client, session.exam).get("part", part(session.exam))

        row = page.context["row"]
        found = quality(moderating.standing(session.exam.activity)).rows[0]
        assert (row.spread, row.between_groups, row.patients) == (
            found.spread,
            found.between_groups,
            found.patients,
        )
        assert row.patients.concerns == pytest.approx(1 / 3)
        words = " ".join(page.text.split())
        for told in (
            f"F {shown(row.between_groups.f, 2)}, p {shown(row.between_groups.p, 3)}",
            "Their r with examiners</dt><dd>0.98",
            "Patients who are unhappy</dt><dd>33 %",
            "25 % or less",
        ):
            assert told in words
        assert page.context["points"][3] == ("C-004", 2, 75)
        assert "The chart as a table" in page.text

    def test_patients_without_spread_have_words(self, client):
        session = exams.published(exams.exam(stations=2, candidates=5))
        played = add_second(session, 1, role=SheetRole.PATIENT, name="Pat")
        fill(session, PATTERN)
        hand_in(played, 1, 1, grade=1)

        page = Moderator(client, session.exam).get("part", part(session.exam)).text

        assert "Only 1 of the 2 needed are there." in page
        assert "nan" not in page


class TestTryingOut:
    def test_another_rule_says_for_whom_it_would_differ_and_changes_nothing(self, browser, exam):
        page = browser.get("quality", z="3", least="0")

        assert "For 1 candidate it would come out differently: C-003 (would not pass)." in " ".join(
            page.text.split()
        )
        assert "nothing of it is stored" in page.text
        assert not Moderation.objects.exists()
        same = browser.get("quality", z="1", least="0").text
        assert "It would come out the same for everybody." in same

    def test_without_a_station(self, browser, exam):
        page = browser.get("quality", z="0", least="0", without=str(part(exam, 1)))

        found = page.context["found"]
        assert [line.decision.total for line in found.lines] == [0, 25, 50, 75, 100]
        assert [row.counts for row in found.rows] == [True, False]
        assert moderating.standing(exam.activity).counted == [0, 1]

    def test_another_cut_at_one_station_changes_nothing_until_it_is_decided(self, browser, exam):
        page = browser.get("quality", z="0", least="0", part=str(part(exam)), cut="80")

        found = page.context["found"]
        assert found.rows[0].cut.value == 80
        assert found.rows[1].cut == moderating.standing(exam.activity).cuts[1]
        assert [(new.candidate.code, new.decision.passed) for _old, new in page.context["changes"]] == [
            ("C-003", False)
        ]
        assert not Moderation.objects.exists()
        there = f"{browser.url('part', part(exam))}?method=fixed&cut=80"
        assert there.replace("&", "&amp;") in page.text
        form = browser.get("part", part(exam), method="fixed", cut="80").context["form"]
        assert (form["method"].value(), form["cut"].value()) == ("fixed", "80")

    @pytest.mark.parametrize("asked", [{"cut": "60"}, {"part": "first"}, {"part": "first", "cut": "120"}])
    def test_cut_without_a_station_or_beyond_the_marks_is_refused(self, browser, exam, asked):
        if "part" in asked:
            asked = {**asked, "part": str(part(exam))}

        page = browser.get("quality", z="0", least="0", **asked)

        assert page.status_code == 400
        assert not page.context["is_tried"]

    def test_dropped_on_trial_leads_to_where_it_is_decided(self, browser, exam):
        page = browser.get("quality", z="0", least="0", without=str(part(exam, 1)))

        assert f"{browser.url('part', part(exam, 1))}?is_dropped=on" in page.text
        assert browser.get("part", part(exam, 1), is_dropped="on").context["form"]["is_dropped"].value()

    def test_station_of_another_exam_is_refused(self, browser):
        assert browser.get("quality", z="0", least="0", without=str(part(locked_exam()))).status_code == 400


def test_items_are_those_of_the_sheets(exam):
    found = items_of(moderating.standing(exam.activity).scores, 0)

    # 0 1 1 2 2 and 0 0 1 1 2 of two points each
    assert [(row.n, row.facility) for row in found] == [(5, 0.6), (5, 0.4)]
    assert all(row.rest == pytest.approx(2.2 / 2.8) for row in found)


class TestExaminers:
    def test_stands_beside_the_others_at_the_same_station(self, browser):
        session = exams.published(exams.exam(stations=2, candidates=6))
        strict = [add_second(session, number, name=f"Strict {number}") for number in (1, 2, 3, 4, 5, 6)]
        person_of = strict[0].assigned_to
        for sheet in strict[1:]:
            sheet.encounter_sheet.staff = strict[0].encounter_sheet.staff
            sheet.encounter_sheet.save()
            type(sheet).objects.filter(pk=sheet.pk).update(assigned_to=person_of)
        usual = [(1, 1, 2), (1, 0, 1), (2, 2, 3), (1, 1, 2), (0, 1, 1), (2, 1, 3)]
        other_station = [(1, 0, 1), (1, 1, 2), (1, 1, 2), (0, 0, 0), (2, 2, 3), (1, 0, 1)]
        fill(session, list(zip(usual, other_station, strict=True)))
        strictly = [(0, 0, 1), (0, 0, 2), (0, 1, 1), (1, 1, 1), (0, 0, 0), (1, 0, 2)]
        for sheet, (*levels, grade) in zip(strict, strictly, strict=True):
            sheet.refresh_from_db()
            hand_in(sheet, *levels, grade=grade)

        found = examiners(moderating.standing(session.exam.activity).scores)

        rows = {row.name: row for row in found.rows}
        assert [row.name for row in found.rows][0] == "Strict 1"
        assert rows["Strict 1"].difference.value == pytest.approx(100 * (4 - 13) / 24)
        assert rows["Strict 1"].severity > rows["Examiner A1"].severity
        page = Moderator(browser.client, session.exam).get("examiners").text
        assert "no mark changes by it" in page
        assert "Strict 1" in page

    def test_those_nobody_links_are_not_compared(self, exam, browser):
        found = examiners(moderating.standing(exam.activity).scores)

        assert all(isinstance(row.difference, Undefined) for row in found.rows)
        assert all(isinstance(row.severity, Undefined) or row.group for row in found.rows)
        page = browser.get("examiners").text
        assert "One examiner alone says nothing about how examiners differ." in page
        assert "nan" not in page


class TestReliability:
    def test_says_what_to_expect_of_more_stations(self, browser):
        page = browser.get("reliability", n="12")

        assert page.status_code == 200
        assert "12 stations × 1 examiner gives Φ ≈" in page.text
        study = page.context["study"]
        assert study == page.context["found"].study
        assert "r" not in page.context["form"].fields
        expected = study.d_study(s=12)
        assert page.context["planned"] == expected
        assert expected.dependability > study.observed.dependability

    def test_interval_comes_from_candidates_redrawn_the_same_each_time(self, browser):
        page, again = browser.get("reliability"), browser.get("reliability")

        found = page.context["found"]
        assert found == again.context["found"]
        assert found.interval.low < found.study.observed.dependability < found.interval.high
        assert "candidates redrawn 400 times" in " ".join(page.text.split())

    def test_examiners_count_where_enough_was_marked_by_two(self, client):
        session = exams.published(exams.exam(stations=2, candidates=5))
        others = [add_second(session, n, place, name="Two") for place in (0, 1) for n in (1, 2, 3, 4, 5)]
        fill(session, PATTERN)
        levels = [(0, 1), (2, 0), (1, 0), (2, 2), (2, 1), (1, 0), (0, 0), (2, 1), (2, 1), (2, 2)]
        for sheet, chosen in zip(others, levels, strict=True):
            hand_in(sheet, *chosen, grade=1)
        browser = Moderator(client, session.exam)

        page = browser.get("reliability", n="12", r="2")

        study = page.context["study"]
        assert study.design == P_BY_R_IN_S
        second = [[25, 25], [50, 0], [25, 75], [100, 75], [75, 100]]
        cube = np.stack([MARKS, second], axis=1)
        assert study.components["pr:s"].estimate == pytest.approx(
            g_study(P_BY_R_IN_S, cube).components["pr:s"].estimate
        )
        assert page.context["planned"] == study.d_study(s=12, r=2)
        words = " ".join(page.text.split())
        assert "12 stations × 2 examiners gives Φ ≈" in words
        assert "10 encounters were marked by two." in words
        assert browser.get("reliability", n="12", r="5").status_code == 400

    def test_one_encounter_marked_by_two_tells_nothing_of_examiners(self, client):
        session = exams.published(exams.exam(stations=2, candidates=4))
        other = add_second(session, 1)
        fill(session, PATTERN[:4])
        hand_in(other, 1, 1, grade=1)

        page = Moderator(client, session.exam).get("reliability")

        assert page.context["study"].design == P_BY_S
        assert "1 encounter was marked by two; from 10 on, examiners have a part of their own" in page.text

    @pytest.mark.parametrize("n", ["0", "61", "many"])
    def test_odd_numbers_are_refused(self, browser, n):
        assert browser.get("reliability", n=n).status_code == 400

    def test_one_station_says_why_not(self, client):
        session = exams.published(exams.exam(stations=1, candidates=3))
        fill(session, [[row[0]] for row in PATTERN[:3]])

        page = Moderator(client, session.exam).get("reliability")

        assert "One station alone says nothing about how stations agree." in page.text


class TestTwoExaminers:
    def test_their_agreement_stands_beside_what_is_to_decide(self, client):
        session = exams.published(exams.exam(stations=2, candidates=4))
        others = [add_second(session, n, name="Two") for n in (1, 2, 3, 4)]
        fill(session, PATTERN[:4])
        for sheet, (*levels, grade) in zip(others, [(0, 1, 0), (1, 0, 1), (2, 2, 3), (2, 1, 2)], strict=True):
            hand_in(sheet, *levels, grade=grade)
        moderating.set_rule(activity=session.exam.activity, by=None, threshold=Decimal(25))

        page = Moderator(client, session.exam).get("discrepancies")

        found = page.context["agreement"]
        marks = [[0, 25], [25, 25], [50, 100], [75, 75]]
        grades = [[0, 0], [1, 1], [1, 3], [2, 2]]
        assert (found.n, found.within) == (4, 0.75)
        assert found.correlations == agreement.intraclass_correlations(marks)
        assert found.grades == agreement.krippendorff_alpha(np.transpose(grades), agreement.Metric.ORDINAL)
        assert "How far two examiners agree" in page.text

    def test_one_encounter_and_a_rater_with_one_sheet_have_words(self, client):
        session = exams.published(exams.exam(stations=2, candidates=4))
        other = add_second(session, 1)
        fill(session, PATTERN[:4])
        hand_in(other, 0, 0, grade=0)

        browser = Moderator(client, session.exam)
        pages = [browser.get(name).text for name in ("discrepancies", "examiners")]

        for page in pages:
            assert "Only 1 of the 2 needed are there." in page
            assert "nan" not in page

    def test_nothing_is_said_where_nothing_was_marked_by_two(self, browser):
        assert browser.get("discrepancies").context["agreement"] is None


class TestYears:
    def test_stands_beside_what_it_was_copied_from_where_one_teaches(self, client, exam):
        signed(exam, *teachers(exam))
        new = locked_exam()
        Activity.objects.filter(pk=new.activity.pk).update(copied_from=exam.activity, title="Finals again")
        signed(new, *teachers(new))
        browser = Moderator(client, new)

        alone = browser.get("years")
        teacher = Proposal.objects.latest("pk").signed_by
        membership = teacher.memberships.get()
        membership.pk, membership.context = None, exam.activity.context
        membership.save()
        token = factories.launch(teacher, new.activity.link, Role.INSTRUCTOR).token
        browser.headers = {"Authorization": f"Bearer {token}"}
        both = browser.get("years")

        assert [row.activity.title for row in alone.context["years"]] == ["Finals again"]
        assert [row.activity.title for row in both.context["years"]] == ["Finals again", "Finals"]
        assert both.context["years"][1].summary["passing"] == 3

    def test_says_so_when_nothing_is_signed(self, browser):
        assert "No decision is signed yet." in browser.get("years").text


def test_pack_for_the_board_holds_everything(browser, exam):
    [one, two] = teachers(exam)
    moderating.rule_on_part(
        activity=exam.activity, part=part(exam), by=one, reason="Noise in the corridor", adjustment=Decimal(5)
    )
    moderating.rule_on_candidate(
        activity=exam.activity, candidate=person(exam, 1), verdict="pass", reason="Fire alarm", by=one
    )
    signed(exam, one, two)

    answer = browser.get("board_pack")

    text = " ".join(
        " ".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages).split()
    )
    assert answer["Content-Type"] == "application/pdf"
    for words in (
        "Noise in the corridor",
        "Fire alarm",
        "signed by Two",
        "C-005 Candidate 005",
        "Examiner A1",
        "alpha",
    ):
        assert words in text


def test_analysis_asks_the_database_as_often_for_many_as_for_few(client):
    def queries(name, candidates):
        exam = locked_exam([PATTERN[place % 5] for place in range(candidates)])
        browser = Moderator(client, exam)
        places = [part(exam)] if name == "part" else []
        browser.get(name, *places)
        with CaptureQueriesContext(connection) as seen:
            assert browser.get(name, *places).status_code == 200
        return len(seen)

    for name in ("part", "examiners", "reliability", "years", "board_pack"):
        assert queries(name, 3) == queries(name, 8) <= 40, name


def test_pages_of_an_exam_nobody_marked(client):
    exam = exams.published(exams.exam(stations=2, candidates=2)).exam
    browser = Moderator(client, exam)

    pages = [browser.get(name) for name in ("quality", "examiners", "reliability", "years", "moderation")]

    assert [page.status_code for page in pages] == [200] * 5
    assert browser.get("part", part(exam)).status_code == 200
    assert browser.get("board_pack").status_code == 200
