"""A rubric with all it can have, on every page that shows or changes it."""

from dataclasses import replace
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from assessments.activities import activities
from assessments.audit.models import Event
from assessments.marking import marking
from assessments.marking.marking import Answer
from assessments.marking.models import MarkSheet
from assessments.results import releasing
from assessments.rubrics import drafting, kinds, publishing
from assessments.rubrics.forms import as_sent, read_criterion
from assessments.rubrics.models import Rubric
from assessments.rubrics.outline import outline
from assessments.rubrics.wording import Kind, RubricWording, StatementKind, StatementWording
from tests import factories
from tests.assessments.test_rubric_kinds import EVERYTHING, tap, whole
from tests.factories import criterion, global_rating


@pytest.fixture
def draft(course):
    return drafting.start(context=course.context, by=course.teacher, wording=EVERYTHING)


@pytest.fixture
def teacher(visit, course):
    return visit(course.teacher)


def address(rubric, rest=""):
    return f"/rubrics/{rubric.key}/{rest}"


def sent_for(wording):
    """A wording as the criterion form sends it."""
    sent = {}
    for name, value in as_sent(wording):
        sent.setdefault(name, []).append(value)
    return sent


def wordings(rubric):
    return Rubric.objects.whole().get(pk=rubric.pk).wording().criteria


def titles(rubric):
    return [row.title for row in rubric.criteria.all()]


class TestForm:
    @pytest.mark.parametrize("wording", EVERYTHING.criteria, ids=lambda row: row.title)
    def test_fields_say_the_same_as_the_wording(self, wording):
        query = QueryDict(mutable=True)
        for name, value in as_sent(wording):
            query.appendlist(name, value)

        read = read_criterion(query)

        levels = tuple(replace(level, points=str(level.points)) for level in wording.levels)
        assert replace(read, weight=Decimal(read.weight)) == replace(wording, levels=levels)

    def test_everything_the_form_sends_is_kept(self, teacher, draft):
        row = draft.criteria.first()
        changed = criterion(
            "Keeps hands clean",
            ("No", "0"),
            ("Half", "1"),
            ("Yes", "2"),
            section="Closing",
            weight="0.5",
            is_mandatory=False,
            is_shown_to_student=False,
        )

        answer = teacher.post(address(draft, f"criteria/{row.pk}/"), sent_for(changed))

        assert answer.status_code == 303
        kept = wordings(draft)[0]
        assert sent_for(kept) == sent_for(replace(changed, levels=kept.levels, weight=Decimal("0.5")))
        assert [(level.title, level.points) for level in kept.levels] == [("No", 0), ("Half", 1), ("Yes", 2)]

    @pytest.mark.parametrize("beginning", kinds.beginnings(), ids=lambda one: one.slug)
    def test_ready_levels_can_be_used_as_they_are(self, course, teacher, beginning):
        empty = drafting.start(context=course.context, by=course.teacher, wording=RubricWording("Empty"))
        page = teacher.get(address(empty, f"criteria/?start={beginning.slug}"))
        for level in beginning.levels:
            assert f'name="level_title" value="{level.title}"' in page.text
        assert page.text.count('name="level_title"') == len(beginning.levels) + 1  # and the template's

        teacher.post(address(empty, "criteria/"), sent_for(replace(page.context["wording"], title="Made so")))

        made = wordings(empty)[0]
        assert (made.kind, [level.title for level in made.levels]) == (
            beginning.kind,
            [level.title for level in beginning.levels],
        )
        assert [level.title for level in made.levels if level.is_borderline] == (
            ["Borderline"] if beginning.kind == Kind.GLOBAL else []
        )

    def test_only_a_new_criterion_is_offered_ready_levels(self, teacher, draft):
        offer = "Start with ready levels"

        assert offer in teacher.get(address(draft, "criteria/")).text
        assert offer in teacher.post(address(draft, "criteria/"), {}).text
        assert offer not in teacher.get(address(draft, f"criteria/{draft.criteria.first().pk}/")).text

    def test_what_was_typed_survives_a_problem(self, teacher, draft):
        wrong = {
            "title": "",
            "kind": "global",
            "section": "Last <thing>",
            "weight": "heavy",
            "is_critical": "yes",
            "is_hidden_from_student": "yes",
            "level_row": ["0", "new-1", "new-2"],
            "level_title": ["Fail", "Nearly", ""],
            "level_points": ["0", "some", ""],
            "level_description": ["", "", ""],
            "borderline": "new-1",
        }

        page = teacher.post(address(draft, "criteria/"), wrong)

        assert page.status_code == 400
        assert set(page.context["problems"]) == {"title", "kind", "weight", "level_1_points"}
        for field in page.context["problems"]:
            assert f'href="#field-{field}"' in page.text
            assert f'id="field-{field}"' in page.text
        for kept in (
            'value="Last &lt;thing&gt;"',
            'value="heavy"',
            'name="kind" value="global" checked',
            'name="is_critical" value="yes" checked',
            'name="is_hidden_from_student" value="yes" checked',
            'name="level_points" value="some"',
            'name="borderline" value="1" checked',
        ):
            assert kept in page.text
        assert page.text.count(" checked") == 4

    @pytest.mark.parametrize(
        ("change", "is_open"),
        [
            ({}, False),
            ({"kind": "rating"}, False),
            ({"weight": "1"}, False),
            ({"weight": "2"}, True),
            ({"section": "Opening"}, True),
            ({"is_optional": "yes"}, True),
            ({"competency": "x" * 101}, True),
        ],
    )
    def test_more_opens_by_itself_when_there_is_something_in_it(self, teacher, draft, change, is_open):
        page = teacher.post(address(draft, "criteria/"), change).text

        assert ('id="more" open' in page) == is_open
        assert 'id="more"' in page

    def test_preview_follows_what_is_typed(self, teacher, draft):
        page = teacher.post(address(draft, "hints/"), sent_for(EVERYTHING.criteria[1])).text

        assert 'id="live-preview" hx-swap-oob="innerHTML"' in page
        for shown in ("Percusses", "Partly", "Not applicable", "May stay unanswered"):
            assert shown in page


class TestBuilder:
    def test_says_in_words_what_is_not_as_usual(self, teacher, draft):
        page = teacher.get(address(draft)).text

        for words in (
            "Opening",
            "Further criteria",
            "critical",
            "weight ×2.5",
            "domain: Safety",
            "competency: IPC-1",
            "may stay unanswered",
            "may be not applicable",
            "hidden from the student",
            "rating scale",
            "the borderline",
            "maximum 8.5 points",
            "Summarise sooner.",
        ):
            assert words in page

    @pytest.mark.parametrize("place", range(len(EVERYTHING.criteria)))
    def test_everything_of_what_was_removed_can_be_put_back(self, teacher, draft, place):
        before = wordings(draft)
        row = draft.criteria.all()[place]

        page = teacher.post(address(draft, f"criteria/{row.pk}/removal/"))
        assert wordings(draft) == before[:place] + before[place + 1 :]
        sent = {}
        for name, value in page.context["undo"]["fields"]:
            assert f'type="hidden" name="{name}" value="{value}"' in page.text
            sent.setdefault(name, []).append(value)
        teacher.post(address(draft, "criteria/"), sent)

        assert wordings(draft) == before

    def test_global_rating_stays_last_wherever_the_others_go(self, teacher, draft):
        drafting.write_criterion(rubric=draft, by=None, wording=criterion("Late"))
        first = draft.criteria.first()
        for _ in range(5):
            page = teacher.post(address(draft, f"criteria/{first.pk}/place/"), {"direction": "down"})

        assert titles(draft) == ["Percusses", "Manner", "Late", "Washes hands", "Global rating"]
        assert "Washes hands is now number 4 of 4." in page.text
        assert "Move Manner up" in page.text
        assert "Move Global rating up" not in page.text
        assert page.text.count('aria-disabled="true"') == 2  # the first up, the last down

    def test_sections_are_read_in_their_order(self):
        rows = [
            criterion("A"),
            criterion("B", section="Opening"),
            criterion("C", section="Opening"),
            global_rating(),
            criterion("D"),
        ]

        seen = outline(rows)

        assert [(section.title, [row.title for row in section.rows]) for section in seen.sections] == [
            ("", ["A"]),
            ("Opening", ["B", "C"]),
            ("Further criteria", ["D"]),
        ]
        assert seen.global_rating == global_rating()


class TestStatements:
    def test_are_set_from_the_page_in_the_order_of_its_rows(self, teacher, draft):
        page = teacher.get(address(draft, "statements/"))
        assert 'name="strength" value="Listened well."' in page.text

        sent = {"strength": ["Calm.", " ", "Listened well."], "next_step": ["", "Ask why."]}
        answer = teacher.post(address(draft, "statements/"), sent)

        assert answer.headers["Location"] == f"{address(draft)}?done=saved#statements"
        assert Rubric.objects.get(pk=draft.pk).wording().statements == (
            StatementWording("Calm."),
            StatementWording("Listened well."),
            StatementWording("Ask why.", StatementKind.NEXT_STEP),
        )

    def test_what_was_typed_survives_a_problem(self, teacher, draft):
        sent = {"strength": ["Calm."], "next_step": ["x" * 201, "Ask <why>."]}

        page = teacher.post(address(draft, "statements/"), sent)

        assert page.status_code == 400
        assert 'href="#field-statement_1"' in page.text
        assert page.text.count('id="field-statement_1"') == 1
        assert page.text.count("This text has 201 characters") == 2  # above, and at its field
        for text in ("Calm.", "x" * 201, "Ask &lt;why&gt;."):
            assert f'value="{text}"' in page.text
        assert draft.statements.count() == 2

    def test_too_many_are_refused_in_words(self, teacher, draft):
        page = teacher.post(address(draft, "statements/"), {"strength": [f"S{n}" for n in range(61)]})

        assert page.status_code == 400
        assert "at most 60 feedback statements" in page.text
        assert 'id="field-statements"' in page.text

    def test_of_a_published_rubric_do_not_change(self, course, teacher):
        assert teacher.get(address(course.activity.rubric, "statements/")).status_code == 403


class TestDuplicate:
    @pytest.mark.parametrize("is_published", [False, True])
    def test_is_a_draft_of_its_own_with_the_same_text(self, course, teacher, draft, is_published):
        if is_published:
            publishing.publish(rubric=draft, by=course.teacher)

        answer = teacher.post(address(draft, "duplicate/"))

        made = Rubric.objects.whole().get(title="Copy of Chest pain")
        assert answer.headers["Location"] == f"{made.get_absolute_url()}?done=duplicated"
        assert (made.is_draft, made.version, made.context, made.created_by) == (
            True, 1, course.context, course.teacher,
        )  # fmt: skip
        assert made.family != draft.family
        original = Rubric.objects.whole().get(pk=draft.pk).wording()
        assert made.wording() == replace(original, title="Copy of Chest pain")
        event = Event.objects.get(verb="rubric.duplicated")
        assert (event.object_id, event.actor, event.data) == (made.pk, course.teacher, {"from": draft.pk})

    def test_long_title_is_cut(self, course):
        draft = factories.draft(course.context, title="x" * 200)

        made = drafting.duplicate(rubric=draft, by=course.teacher)

        assert made.title == "Copy of " + "x" * 192

    def test_is_offered_on_the_list_and_on_the_rubric_to_those_who_write(self, visit, course, draft):
        published = course.activity.rubric
        pages = ["/rubrics/", address(draft), address(published)]
        button = 'duplicate/">'

        assert all(button in visit(course.teacher).get(path).text for path in pages)
        assert not any(button in visit(course.examiner).get(path).text for path in pages)


class TestPreview:
    def test_is_what_examiners_see(self, teacher, draft):
        page = teacher.get(address(draft, "preview/")).text

        for shown in (
            "Opening",
            "Washes hands",
            "Not applicable",
            "Global rating",
            "Excellent",
            "Listened well.",
        ):
            assert shown in page
        assert page.count("Not applicable") == 1
        for hidden in ("2.5", "points", "weight", "the borderline", "critical"):
            assert hidden not in page

    def test_each_question_has_its_own_answers(self, teacher, draft):
        page = teacher.get(address(draft, "preview/")).text

        for name, count in (("preview-0", 2), ("preview-1", 4), ("preview-2", 3), ("preview-global", 4)):
            assert page.count(f'name="{name}"') == count


@pytest.fixture
def sheet(course, draft):
    """Alice's, submitted: one not applicable, one comment each on what she may and may not read."""
    rubric = Rubric.objects.whole().get(pk=publishing.publish(rubric=draft, by=course.teacher).pk)
    activity = activities.set_up(resource_link=course.link, rubric=rubric, by=course.teacher)
    return activities.assess(activity=activity, candidate=course.alice, by=course.teacher).sheet


def marked(sheet, by, **more):
    answers = {"Washes hands": "Done", "Percusses": "n/a", "Manner": "Fair", "Global rating": "Pass"} | more
    for title, level in answers.items():
        tap(sheet, title, level, by)
    for row in sheet.rubric.criteria.all():
        marking.mark(sheet=sheet, criterion=row, by=by, comment=f"About {row.title}.")
    return marking.submit(sheet=sheet, by=by, revision=whole(sheet).revision)


class TestReading:
    def test_staff_read_all_of_it(self, course, teacher, sheet):
        marked(sheet, course.teacher)
        activity = course.link.activity

        for path in (
            sheet.get_absolute_url(),
            f"/activities/{activity.key}/candidates/{course.alice.key}/",
        ):
            page = teacher.get(path).text
            for words in (
                "Opening",
                "Further criteria",
                "critical",
                "Level: Done, 2.5 of 2.5 points.",
                "Not applicable",
                "About Percusses.",
                "Chosen: Pass.",
                "About Global rating.",
                "of 6.5 points",
            ):
                assert words in page, path
            assert "weight" not in page
            assert '<span>Done</span> <span class="figure">2.5</span>' in page
            assert page.count('class="figure"') == 2 + 3  # nothing applied, and the global rating has none

    def test_student_never_meets_what_is_hidden_from_them(self, visit, course, teacher, sheet):
        marked(sheet, course.teacher)
        hidden = ("Percusses", "About Percusses.", "critical")
        staff = teacher.get(sheet.get_absolute_url()).text
        assert all(words in staff for words in hidden)

        releasing.release(activity=course.link.activity, by=course.teacher)
        page = visit(course.alice).get("/activities/start/").text

        for words in (
            "Opening",
            "Your level: Done, 2.5 of 2.5 points.",
            "About Manner.",
            "Chosen: Pass.",
        ):
            assert words in page
        for words in (*hidden, "weight", "may stay unanswered", "the borderline"):
            assert words not in page

    def test_global_rating_can_be_hidden_from_the_student(self, visit, course, teacher):
        rubric = factories.published(
            course.context, criterion(), replace(global_rating(), is_shown_to_student=False)
        )
        activity = activities.set_up(resource_link=course.link, rubric=rubric, by=course.teacher)
        sheet = factories.marked(activity, course.alice, course.teacher)
        assert "Excellent" in teacher.get(sheet.get_absolute_url()).text

        releasing.release(activity=activity, by=course.teacher)
        page = visit(course.alice).get("/activities/start/").text

        assert "Introduces self" in page
        assert "Excellent" not in page
        assert "Global rating" not in page

    def test_student_reads_that_something_was_not_applicable_or_not_answered(self, visit, course):
        rubric = factories.published(
            course.context,
            criterion(),
            criterion("Applies to some", allows_not_applicable=True),
            criterion("Skipped", is_mandatory=False),
        )
        activity = activities.set_up(resource_link=course.link, rubric=rubric, by=course.teacher)
        sheet = factories.sheet(activity, course.alice, course.teacher)
        tap(sheet, "Introduces self", "Fully", course.teacher)
        tap(sheet, "Applies to some", "n/a", course.teacher)
        marking.submit(sheet=sheet, by=course.teacher, revision=whole(sheet).revision)
        releasing.release(activity=activity, by=course.teacher)

        page = visit(course.alice).get("/activities/start/").text

        assert page.count("Not applicable") == 1
        assert page.count("Not answered") == 1


class TestAmendment:
    def path(self, sheet):
        return f"/sheets/{sheet.key}/amendment/"

    def sent(self, sheet, **answers):
        rows = {row.title: row.pk for row in sheet.rubric.criteria.all()}
        sheet = whole(sheet)
        now = {mark.criterion_id: mark.level_id or "na" for mark in sheet.marks.all()}
        sent = {f"level_{pk}": now.get(pk, "") for pk in rows.values()}
        sent |= {f"level_{rows[title]}": answer for title, answer in answers.items()}
        return sent | {"revision": sheet.revision, "overall_comment": "", "reason": "Recording"}

    def test_offers_what_each_criterion_allows(self, course, teacher, sheet):
        marked(sheet, course.teacher)
        percusses = sheet.rubric.criteria.get(title="Percusses")

        page = teacher.get(self.path(sheet)).text

        assert f'name="level_{percusses.pk}" value="na" checked' in page
        assert "Now: Not applicable" in page
        assert page.count('value="na"') == 1
        assert page.count("No answer") == 1

    def test_goes_from_not_applicable_to_no_answer_and_back(self, course, teacher, sheet):
        marked(sheet, course.teacher)
        percusses = sheet.rubric.criteria.get(title="Percusses")

        for sent, expected in (("", (None, False)), ("na", (None, True))):
            answer = teacher.post(self.path(sheet), self.sent(sheet, Percusses=sent))
            assert answer.status_code == 303
            row = sheet.marks.get(criterion=percusses)
            assert (row.level, row.is_not_applicable) == expected
        assert "Not applicable" in teacher.get(sheet.get_absolute_url()).text

    def test_chosen_answer_survives_a_problem(self, course, teacher, sheet):
        marked(sheet, course.teacher, Percusses="Partly")
        percusses = sheet.rubric.criteria.get(title="Percusses")

        page = teacher.post(self.path(sheet), self.sent(sheet, Percusses="na") | {"reason": ""})

        assert page.status_code == 400
        assert f'name="level_{percusses.pk}" value="na" checked' in page.text
        assert "Now: Partly" in page.text

    def test_leaves_something_to_go_by(self, course):
        rubric = factories.published(course.context, criterion("Only", allows_not_applicable=True))
        activity = activities.set_up(resource_link=course.link, rubric=rubric, by=course.teacher)
        sheet = factories.marked(activity, course.alice, course.teacher)
        only = sheet.rubric.criteria.get()

        with pytest.raises(ValidationError, match="nothing to go by"):
            marking.amend(
                sheet=sheet,
                by=course.teacher,
                reason="Recording",
                marks={only: Answer(None, is_not_applicable=True)},
                overall_comment="",
                revision=sheet.revision,
            )

        assert MarkSheet.objects.whole().get(pk=sheet.pk).total == 2


def test_pages_take_the_same_queries_for_one_as_for_thirty(visit, course):
    def rows(count):
        wordings = [
            criterion(f"C{n}", section=f"S{n % 5}", allows_not_applicable=True, weight="2")
            for n in range(count)
        ]
        return (*wordings, global_rating())

    def queries(count):
        draft = factories.draft(course.context, *rows(count), title=f"Draft {count}")
        said = [StatementWording(f"Well {n}.") for n in range(count)]
        drafting.write_statements(rubric=draft, by=course.teacher, statements=said)
        link = factories.ResourceLinkFactory(context=course.context)
        activity = factories.activity(link, *rows(count), by=course.teacher)
        sheet = factories.marked(activity, course.alice, course.teacher)
        releasing.release(activity=activity, by=course.teacher)
        teacher, alice = visit(course.teacher, link), visit(course.alice, link)
        home = f"/activities/{activity.key}/"
        pages = {
            "builder": (teacher, address(draft)),
            "new criterion": (teacher, address(draft, "criteria/")),
            "criterion": (teacher, address(draft, f"criteria/{draft.criteria.first().pk}/")),
            "preview": (teacher, address(draft, "preview/")),
            "statements": (teacher, address(draft, "statements/")),
            "published": (teacher, address(activity.rubric)),
            "sheet": (teacher, sheet.get_absolute_url()),
            "amendment": (teacher, f"{sheet.get_absolute_url()}amendment/"),
            "candidate": (teacher, f"{home}candidates/{course.alice.key}/"),
            "feedback": (alice, home),
        }
        counts = {}
        for name, (someone, path) in pages.items():
            with CaptureQueriesContext(connection) as captured:
                assert someone.get(path).status_code == 200
            counts[name] = len(captured)
        return counts

    assert queries(1) == queries(30)
