"""Pages as each role gets them, through Django's own client with a real launch token."""

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessments.activities import activities
from assessments.activities.models import Activity
from assessments.marking import marking, taps
from assessments.marking.models import MarkSheet
from assessments.marking.taps import Told
from assessments.results import releasing
from assessments.results.models import Result
from assessments.rubrics import drafting, publishing
from assessments.rubrics.models import Rubric
from assessments.rubrics.wording import RubricWording, StatementWording
from lti_tool.models import Role, Score
from tests import factories

START = "/activities/start/"


def home(activity, rest=""):
    return f"/activities/{activity.key}/{rest}"


class TestStart:
    @pytest.fixture
    def new_link(self, course):
        return factories.ResourceLinkFactory(context=course.context, title="Another")

    def test_teacher_of_a_new_link_is_offered_a_beginning(self, visit, course, new_link):
        page = visit(course.teacher, new_link).get(START)

        assert page.status_code == 200
        assert "Focused history taking" in page.text
        assert course.activity.rubric.title in page.text

    @pytest.mark.parametrize("role", [Role.TEACHING_ASSISTANT, Role.LEARNER, Role.OBSERVER, Role.VISITOR])
    def test_others_are_told_that_it_is_not_ready(self, visit, course, new_link, role):
        page = visit(factories.member(course.context, role), new_link).get(START)

        assert "Not ready yet" in page.text
        assert "Use this rubric" not in page.text

    @pytest.mark.parametrize("role", factories.MEMBERS)
    def test_every_role_gets_a_page_of_a_running_activity(self, visit, course, role):
        factories.marked(course.activity, course.alice, course.examiner)

        page = visit(factories.member(course.context, role)).get(START)

        assert page.status_code == 200
        assert course.activity.title in page.text
        assert ("Alice" in page.text) == (role in {Role.INSTRUCTOR, Role.TEACHING_ASSISTANT})

    def test_without_a_launch_there_is_the_shell(self, client, course):
        page = client.get(home(course.activity))

        assert page.status_code == 200
        assert course.activity.title not in page.text

    def test_using_a_rubric_sets_the_link_up(self, visit, course, new_link):
        teacher = visit(course.teacher, new_link)

        answer = teacher.post("/activities/setup/", {"rubric": course.activity.rubric.key})

        assert (answer.status_code, answer.headers["Location"]) == (303, f"{START}?done=set_up")
        assert Activity.objects.get(resource_link=new_link).rubric == course.activity.rubric

    @pytest.mark.parametrize("rubric", ["", "nonsense", "00000000-0000-0000-0000-000000000000"])
    def test_using_an_unknown_rubric_is_not_found(self, visit, course, new_link, rubric):
        assert (
            visit(course.teacher, new_link).post("/activities/setup/", {"rubric": rubric}).status_code == 404
        )

    def test_examiner_does_not_set_up(self, visit, course, new_link):
        answer = visit(course.examiner, new_link).post(
            "/activities/setup/", {"rubric": course.activity.rubric.key}
        )

        assert answer.status_code == 403
        assert "set up by" in answer.text


class TestDoors:
    """Foreign course and other link: not there. Right place, wrong role: refused in words."""

    def addresses(self, course, sheet, rubric):
        return [
            ("get", home(course.activity)),
            ("get", home(course.activity, "feedback/")),
            ("get", home(course.activity, "release/")),
            ("post", home(course.activity, "release/")),
            ("post", home(course.activity, "deliveries/")),
            ("post", home(course.activity, f"candidates/{course.alice.key}/sheet/")),
            ("get", f"/sheets/{sheet.key}/"),
            ("get", f"/sheets/{sheet.key}/amendment/"),
            ("get", f"/rubrics/{rubric.key}/"),
            ("post", f"/rubrics/{rubric.key}/"),
            ("get", f"/rubrics/{rubric.key}/criteria/"),
            ("post", f"/rubrics/{rubric.key}/publication/"),
            ("post", f"/rubrics/{rubric.key}/discard/"),
        ]

    def test_foreign_course_finds_nothing(self, visit, course):
        link = factories.ResourceLinkFactory()
        stranger = visit(factories.member(link.context, Role.INSTRUCTOR, is_learner=True), link)
        sheet = factories.sheet(course.activity, course.alice, course.examiner)

        for method, path in self.addresses(course, sheet, factories.draft(course.context)):
            assert getattr(stranger, method)(path).status_code == 404, path

    def test_learner_gets_no_further_than_their_own_feedback(self, visit, course):
        sheet = factories.sheet(course.activity, course.alice, course.examiner)
        alice = visit(course.alice)

        for method, path in self.addresses(course, sheet, factories.draft(course.context))[2:]:
            answer = getattr(alice, method)(path)
            assert answer.status_code == 403, path
            assert "Nothing was changed." in answer.text

    def test_activity_of_another_link_in_the_course_is_not_found(self, visit, course):
        link = factories.ResourceLinkFactory(context=course.context)
        teacher = visit(course.teacher, link)

        assert teacher.get(home(course.activity)).status_code == 404
        assert teacher.get(home(course.activity, "release/")).status_code == 404

    def test_designer_never_sees_marks(self, visit, course):
        sheet = factories.marked(course.activity, course.alice, course.examiner)
        designer = visit(factories.member(course.context, Role.DESIGNER))

        assert designer.get(f"/sheets/{sheet.key}/").status_code == 403
        assert designer.get(home(course.activity, "release/")).status_code == 403
        assert designer.get(f"/rubrics/{course.activity.rubric.key}/").status_code == 200

    def test_examiner_neither_edits_rubrics_nor_releases(self, visit, course):
        draft = factories.draft(course.context)
        examiner = visit(course.examiner)

        assert examiner.get(f"/rubrics/{draft.key}/").status_code == 200
        assert examiner.post(f"/rubrics/{draft.key}/publication/").status_code == 403
        assert examiner.post(home(course.activity, "release/")).status_code == 403

    def test_person_outside_the_course_cannot_become_a_candidate(self, visit, course):
        stranger = factories.member(factories.ContextFactory())

        for person in (stranger, course.examiner):
            path = home(course.activity, f"candidates/{person.key}/sheet/")
            assert visit(course.teacher).post(path).status_code == 404


def fields_of(undo):
    """The hidden fields behind “Put it back”, as the browser sends them."""
    sent = {}
    for name, value in undo["fields"]:
        sent.setdefault(name, []).append(value)
    return sent


class TestBuilder:
    def test_from_template_to_published(self, visit, course):
        teacher = visit(course.teacher)

        started = teacher.post("/rubrics/", {"template": "cannulation"})
        rubric = Rubric.objects.drafts().get()
        assert started.headers["Location"] == rubric.get_absolute_url()
        assert "Places the cannula" in teacher.get(rubric.get_absolute_url()).text

        published = teacher.post(f"/rubrics/{rubric.key}/publication/")
        assert published.headers["Location"] == f"{rubric.get_absolute_url()}?done=published"
        assert "Use it for this activity" in teacher.get(rubric.get_absolute_url()).text

    def test_criterion_form_shows_what_is_wrong_and_keeps_what_was_typed(self, visit, course):
        draft = factories.draft(course.context)

        page = visit(course.teacher).post(
            f"/rubrics/{draft.key}/criteria/",
            {"title": "Greets <b>", "level_title": ["No", ""], "level_points": ["abc", ""]},
        )

        assert page.status_code == 400
        assert "“abc” is not a number of points" in page.text
        assert 'value="Greets &lt;b&gt;"' in page.text
        assert 'aria-invalid="true"' in page.text

    def test_removal_offers_to_put_it_back(self, visit, course):
        draft = factories.draft(course.context)
        teacher = visit(course.teacher)
        row = draft.criteria.first()

        page = teacher.post(f"/rubrics/{draft.key}/criteria/{row.pk}/removal/")
        sent = fields_of(page.context["undo"])
        assert "Put it back" in page.text
        teacher.post(f"/rubrics/{draft.key}/criteria/", sent)

        assert [criterion.title for criterion in draft.criteria.all()] == ["Introduces self", "Asks openly"]

    def test_empty_rubric_is_not_published_and_says_why(self, visit, course):
        empty = drafting.start(context=course.context, by=course.teacher, wording=RubricWording("Empty"))

        page = visit(course.teacher).post(f"/rubrics/{empty.key}/publication/")

        assert page.status_code == 400
        assert "The rubric has no criteria yet" in page.text

    def test_draft_thrown_away_is_gone(self, visit, course):
        draft = factories.draft(course.context)

        visit(course.teacher).post(f"/rubrics/{draft.key}/discard/")

        assert not Rubric.objects.filter(pk=draft.pk).exists()

    def test_hints_follow_what_is_typed(self, visit, course):
        draft = factories.draft(course.context)

        page = visit(course.teacher).post(f"/rubrics/{draft.key}/hints/", {"title": "Washes and dries hands"})

        assert "this may ask for two things at once" in page.text


class TestSheet:
    def test_begins_where_nobody_has(self, visit, course):
        examiner = visit(course.examiner)
        begun = examiner.post(home(course.activity, f"candidates/{course.alice.key}/sheet/"))

        sheet = MarkSheet.objects.get()
        assert begun.headers["Location"] == sheet.get_absolute_url()
        assert "Introduces self" in examiner.get(sheet.get_absolute_url()).text

    def test_shows_what_can_be_marked_and_nothing_of_weights_or_points(self, visit, course):
        wording = RubricWording(
            "Chest pain",
            criteria=(
                factories.criterion("Opens", weight="7.5", is_critical=True, section="Beginning"),
                factories.criterion("Percusses", allows_not_applicable=True, is_mandatory=False),
                factories.global_rating(),
            ),
            statements=(StatementWording("Listened well."), StatementWording("Sum up.", "next_step")),
        )
        draft = drafting.start(context=course.context, by=course.teacher, wording=wording)
        rubric = publishing.publish(rubric=draft, by=course.teacher)
        activity = activities.set_up(resource_link=course.link, rubric=rubric, by=course.teacher)
        sheet = factories.sheet(activity, course.alice, course.examiner)

        page = visit(course.examiner).get(sheet.get_absolute_url()).text

        for shown in ("Beginning", "Critical.", "May stay unanswered.", "Not applicable", "Global rating"):
            assert shown in page, shown
        assert page.index("Listened well.") < page.index("Sum up.")
        for hidden in ("7.5", "points", "weight"):
            assert hidden not in page, hidden

    def test_late_taps_are_shown_until_somebody_decides(self, visit, course):
        sheet = factories.sheet(course.activity, course.alice, course.examiner)
        row = sheet.rubric.criteria.first()
        field, (low, _middle, high) = f"level:{row.pk}", row.levels.all()
        tablet, phone = uuid.uuid4(), uuid.uuid4()
        taps.take(sheet=sheet, log=phone, told=[Told(1, field, high.pk, 0)], by=course.teacher)
        taps.take(sheet=sheet, log=tablet, told=[Told(1, field, low.pk, 0)], by=course.examiner)
        examiner = visit(course.examiner)

        assert "Introduces self: Not done (received" in examiner.get(sheet.get_absolute_url()).text

        taps.take(sheet=sheet, log=tablet, told=[Told(2, field, low.pk, 1)], by=course.examiner)
        assert "(received" not in examiner.get(sheet.get_absolute_url()).text

    def test_amendment_shows_before_and_after(self, visit, course):
        sheet = factories.marked(course.activity, course.alice, course.examiner)
        teacher = visit(course.teacher)
        answers = {f"level_{mark.criterion_id}": mark.level_id for mark in sheet.marks.all()}
        row = sheet.rubric.criteria.first()
        answers[f"level_{row.pk}"] = row.levels.first().pk
        sent = answers | {"revision": sheet.revision, "overall_comment": "", "reason": "Recording"}

        done = teacher.post(f"/sheets/{sheet.key}/amendment/", sent)
        page = teacher.get(sheet.get_absolute_url())

        assert done.status_code == 303
        assert "Recording" in page.text
        assert "What was amended" in page.text

    def test_amendment_without_a_reason_keeps_what_was_typed(self, visit, course):
        sheet = factories.marked(course.activity, course.alice, course.examiner)
        answers = {f"level_{mark.criterion_id}": mark.level_id for mark in sheet.marks.all()}
        sent = answers | {"revision": sheet.revision, "overall_comment": "Typed just now", "reason": ""}

        page = visit(course.teacher).post(f"/sheets/{sheet.key}/amendment/", sent)

        assert page.status_code == 400
        assert "Say why the sheet is amended" in page.text
        assert "Typed just now" in page.text

    def test_both_hats_cannot_open_their_own_sheet(self, visit, course):
        both = factories.member(course.context, Role.INSTRUCTOR, name="Ada", is_learner=True)
        sheet = factories.marked(course.activity, both, course.examiner, comment="Secret until released")
        ada = visit(both)

        for path in (sheet.get_absolute_url(), f"/sheets/{sheet.key}/amendment/"):
            answer = ada.get(path)
            assert answer.status_code == 403
            assert "This is your own mark sheet" in answer.text
        for path in (START, home(course.activity, "release/"), home(course.activity, "feedback/")):
            page = ada.get(path).text
            assert "Secret until released" not in page
            assert str(sheet.key) not in page
        assert ada.post(home(course.activity, f"candidates/{both.key}/sheet/")).status_code == 403


class TestRelease:
    def test_preview_names_who_gets_what_and_who_gets_nothing(self, visit, course):
        factories.marked(course.activity, course.alice, course.examiner)

        page = visit(course.teacher).get(home(course.activity, "release/"))

        assert "1 candidate gets marks and comments" in page.text
        assert "2 candidates are not marked and get nothing" in page.text

    def test_releases_what_was_shown(self, visit, course):
        factories.marked(course.activity, course.alice, course.examiner)
        teacher = visit(course.teacher)
        seen = teacher.get(home(course.activity, "release/")).context["seen"]

        done = teacher.post(home(course.activity, "release/"), {"seen": seen})

        assert done.headers["Location"] == home(course.activity, "?done=released")
        assert Result.objects.get().is_released
        assert "Waiting to be sent." in teacher.get(home(course.activity)).text

    def test_releases_nothing_that_was_not_shown(self, visit, course):
        factories.marked(course.activity, course.alice, course.examiner)

        page = visit(course.teacher).post(home(course.activity, "release/"), {"seen": ""})

        assert page.status_code == 409
        assert "please look again" in page.text
        assert not Result.objects.released().exists()

    def test_refused_grade_says_why_and_can_be_sent_again(self, visit, course):
        factories.marked(course.activity, course.alice, course.examiner)
        releasing.release(activity=course.activity, by=course.teacher)
        Score.objects.update(state="refused", reason="gone_user")
        teacher = visit(course.teacher)

        page = teacher.get(home(course.activity))
        assert "1 grade has not arrived in the gradebook." in page.text
        assert "not a student in the course there" in page.text
        done = teacher.post(home(course.activity, "deliveries/"))

        assert done.headers["Location"] == home(course.activity, "?done=sent_again")
        assert Score.objects.get().state == "waiting"

    def test_page_looks_again_only_while_something_is_on_its_way(self, visit, course):
        factories.marked(course.activity, course.alice, course.examiner)
        releasing.release(activity=course.activity, by=course.teacher)
        teacher = visit(course.teacher)
        assert 'hx-trigger="every 4s"' in teacher.get(home(course.activity)).text

        Score.objects.update(state="delivered", lms_shows="4 of 4")

        assert "hx-trigger" not in teacher.get(home(course.activity)).text


class TestFeedback:
    def test_nothing_shows_before_the_release(self, visit, course):
        factories.marked(course.activity, course.alice, course.examiner, comment="A clear opening")
        alice = visit(course.alice)

        page = alice.get(START).text

        assert "not released yet" in page
        assert "A clear opening" not in page

    def test_unmarked_candidate_is_told_so(self, visit, course):
        assert "not ready yet" in visit(course.alice).get(START).text

    def test_released_feedback_is_whole_and_names_no_examiner(self, visit, course):
        sheet = factories.sheet(course.activity, course.alice, course.examiner)
        row = sheet.rubric.criteria.first()
        factories.fill(sheet, course.examiner, comment="A clear opening")
        marked = marking.mark(
            sheet=sheet, criterion=row, level=row.levels.last(), comment="Said both names", by=course.examiner
        )
        marking.submit(sheet=marked, by=course.examiner, revision=marked.revision)
        releasing.release(activity=course.activity, by=course.teacher)

        page = visit(course.alice).get(START).text

        for text in ("A clear opening", "Said both names", "Your level: Fully", "of 4 points"):
            assert text in page
        for name in (course.examiner.name, course.teacher.name):
            assert name not in page

    def test_others_see_only_their_own(self, visit, course):
        factories.marked(course.activity, course.alice, course.examiner, comment="A clear opening")
        releasing.release(activity=course.activity, by=course.teacher)

        page = visit(course.bob).get(START).text

        assert "A clear opening" not in page
        assert "Alice" not in page


@pytest.mark.parametrize("who", ["teacher", "examiner"])
def test_home_takes_the_same_queries_for_one_as_for_thirty(visit, course, who):
    def queries():
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert someone.get(START).status_code == 200
        return len(captured)

    someone = visit(getattr(course, who))
    factories.marked(course.activity, course.alice, course.examiner)
    releasing.release(activity=course.activity, by=course.teacher)
    few = queries()

    for n in range(30):
        factories.marked(course.activity, factories.member(course.context, name=f"More {n}"), course.examiner)
    releasing.release(activity=course.activity, by=course.teacher)
    for n in range(5):
        factories.sheet(course.activity, factories.member(course.context, name=f"Begun {n}"), course.examiner)

    assert queries() == few


def test_other_lists_take_the_same_queries_for_one_as_for_thirty(visit, course):
    teacher = visit(course.teacher)
    draft = factories.draft(course.context, factories.criterion("Only"))
    sheet = factories.marked(course.activity, course.alice, course.examiner)
    paths = [
        "/rubrics/",
        "/activities/setup/",
        f"/rubrics/{draft.key}/",
        f"/rubrics/{draft.key}/preview/",
        sheet.get_absolute_url(),
        home(course.activity, "release/"),
    ]

    def queries():
        counts = []
        for path in paths:
            with CaptureQueriesContext(connection) as captured:
                assert teacher.get(path).status_code == 200
            counts.append(len(captured))
        return dict(zip(paths, counts, strict=True))

    few = queries()
    for n in range(30):
        factories.published(course.context, title=f"Rubric {n}")
        factories.draft(course.context, title=f"Draft {n}")
        drafting.write_criterion(rubric=draft, by=course.teacher, wording=factories.criterion(f"C{n}"))
        factories.marked(course.activity, factories.member(course.context, name=f"More {n}"), course.examiner)

    assert queries() == few


def test_long_names_and_markup_are_shown_as_text(visit, course):
    factories.member(course.context, name="<script>alert(1)</script>")

    page = visit(course.teacher).get(START).text

    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page


def test_pages_carry_no_inline_style_or_script(visit, course):
    sheet = factories.sheet(course.activity, course.alice, course.examiner)
    draft = factories.draft(course.context)
    teacher = visit(course.teacher)

    for path in (
        START,
        sheet.get_absolute_url(),
        f"/rubrics/{draft.key}/",
        f"/rubrics/{draft.key}/criteria/",
    ):
        page = teacher.get(path).text
        assert " style=" not in page
        assert "<style" not in page
        assert " onclick=" not in page
        assert page.count("<script") == page.count("<script ")


def test_every_address_has_a_name():
    assert reverse("activities:start") == START
