import pytest

from assessments.marking import marking
from assessments.marking.models import Mark, MarkSheet
from lti_tool.models import Role
from tests import factories


@pytest.fixture
def sheet(course):
    return factories.sheet(course.activity, course.alice, course.examiner)


@pytest.fixture
def examiner(visit, course):
    return visit(course.examiner)


def address(sheet, rest=""):
    return f"/api/sheets/{sheet.key}/{rest}"


def test_sheet_is_told(sheet, examiner):
    rows = list(sheet.rubric.criteria.all())
    level = rows[0].levels.last()
    saved = examiner.put(address(sheet, f"marks/{rows[0].pk}/"), {"level": level.pk, "comment": "Calm"})
    examiner.put(address(sheet, "comment/"), {"comment": "Overall"})

    assert saved.json().keys() == {"revision", "saved_at"}
    assert examiner.get(address(sheet)).json() == {
        "key": str(sheet.key),
        "state": "draft",
        "revision": 2,
        "overall_comment": "Overall",
        "marks": [{"criterion": rows[0].pk, "level": level.pk, "comment": "Calm"}],
        "unanswered": [rows[1].pk],
    }


def test_ten_thousand_characters_are_kept(sheet, examiner):
    answer = examiner.put(address(sheet, "comment/"), {"comment": "x" * 10_000})

    assert answer.status_code == 200
    assert len(MarkSheet.objects.get().overall_comment) == 10_000


def test_hundred_thousand_are_refused_in_words(sheet, examiner):
    answer = examiner.put(address(sheet, "comment/"), {"comment": "x" * 100_000})

    assert answer.status_code == 400
    assert "100,000 characters; at most 20,000" in answer.json()["detail"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"level": "many", "comment": ""},
        {"level": 10**30, "comment": ""},
        {"level": -1, "comment": ""},
        {"level": 999999, "comment": ""},
        {"level": None, "comment": None},
        {"level": None, "comment": "", "revision": -5},
    ],
)
def test_nonsense_is_refused(sheet, examiner, body):
    row = sheet.rubric.criteria.first()

    assert examiner.put(address(sheet, f"marks/{row.pk}/"), body).status_code == 400
    assert not Mark.objects.exists()


@pytest.mark.parametrize("criterion_id", [0, 999999, 10**30])
def test_unknown_criterion_is_not_found(sheet, examiner, criterion_id):
    body = {"level": None, "comment": ""}

    assert examiner.put(address(sheet, f"marks/{criterion_id}/"), body).status_code == 404


def test_submitted_sheet_answers_conflict_in_words(course, sheet, examiner):
    filled = factories.fill(sheet, course.teacher)
    marking.submit(sheet=filled, by=course.teacher, revision=filled.revision)

    answer = examiner.put(address(sheet, "comment/"), {"comment": "late"})

    assert answer.status_code == 409
    assert "This change was not saved" in answer.json()["detail"]


def test_another_course_does_not_know_the_sheet(visit, sheet):
    link = factories.ResourceLinkFactory()
    stranger = visit(factories.member(link.context, Role.INSTRUCTOR), link)

    assert stranger.get(address(sheet)).status_code == 404
    assert stranger.put(address(sheet, "comment/"), {"comment": "x"}).status_code == 404


@pytest.mark.parametrize("role", [Role.LEARNER, Role.DESIGNER, Role.OBSERVER, Role.VISITOR])
def test_other_roles_are_refused(visit, course, sheet, role):
    someone = visit(factories.member(course.context, role))

    assert someone.get(address(sheet)).status_code == 403
    assert someone.put(address(sheet, "comment/"), {"comment": "x"}).status_code == 403


def test_nobody_marks_themselves(visit, course):
    both = factories.member(course.context, Role.INSTRUCTOR, is_learner=True)
    own = factories.sheet(course.activity, both, course.examiner)

    assert visit(both).get(address(own)).status_code == 403
    assert visit(both).put(address(own, "comment/"), {"comment": "x"}).status_code == 403


def test_without_a_launch_the_answer_is_401(client, sheet):
    assert client.get(address(sheet)).status_code == 401


def test_saving_takes_the_same_few_queries_however_long_the_rubric(
    visit, course, django_assert_max_num_queries
):
    many = [factories.criterion(f"C{n}") for n in range(30)]
    link = factories.ResourceLinkFactory(context=course.context)
    sheet = factories.sheet(factories.activity(link, *many), course.alice, course.examiner)
    row = sheet.rubric.criteria.last()
    examiner = visit(course.examiner)

    with django_assert_max_num_queries(16):
        examiner.put(address(sheet, f"marks/{row.pk}/"), {"level": row.levels.first().pk, "comment": ""})


def test_tap_on_a_level_leaves_the_comment_that_somebody_else_wrote(sheet, examiner, visit, course):
    criterion = sheet.rubric.criteria.first()
    level = criterion.levels.last()
    path = address(sheet, f"marks/{criterion.pk}/")

    examiner.put(path, {"comment": "Ten careful lines."})
    visit(course.teacher).put(path, {"level": level.pk})

    mark = sheet.marks.get()
    assert (mark.level, mark.comment) == (level, "Ten careful lines.")
