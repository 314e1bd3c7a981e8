"""Every role, yes or no. The last column teaches and learns in the same course, looking at their own."""

from types import SimpleNamespace

import pytest

from assessments.activities import permissions as activities
from assessments.marking import permissions as marking
from assessments.results import permissions as results
from assessments.rubrics import permissions as rubrics
from lti_tool.models import Role


@pytest.fixture(autouse=True)
def _no_shields(monkeypatch):
    """What a feature withholds from teachers is tested with the feature."""
    monkeypatch.setattr(marking, "_shields", [])


ROLES = [*Role, "both hats"]
ME, OTHER, THIRD = 1, 2, 3
EVERYBODY = " ".join(role.split()[0] for role in ROLES)


def launch(role):
    is_both = role == "both hats"
    return SimpleNamespace(
        role=Role.INSTRUCTOR if is_both else role,
        is_learner=is_both or role == Role.LEARNER,
        person=SimpleNamespace(pk=ME),
        context=SimpleNamespace(pk=1),
    )


def sheet(role, context=1, assigned_to=None, candidate=OTHER):
    candidate = ME if role == "both hats" else candidate
    return SimpleNamespace(
        context_id=context,
        candidate_id=candidate,
        assigned_to_id=assigned_to,
        is_self_assessment=assigned_to == candidate,
    )


def result(candidate=ME, released=True):
    return SimpleNamespace(candidate_id=candidate, is_released=released)


TABLE = [
    # question, {roles that get a yes}
    (lambda role: rubrics.can_see_rubrics(launch(role)), "instructor teaching_assistant designer both"),
    (lambda role: rubrics.can_edit_rubrics(launch(role)), "instructor designer both"),
    (lambda role: activities.can_set_up(launch(role)), "instructor designer both"),
    (lambda role: activities.can_see_candidates(launch(role)), "instructor teaching_assistant both"),
    (lambda role: activities.can_assess(launch(role), OTHER), "instructor teaching_assistant both"),
    (lambda role: activities.can_assess(launch(role), ME), "nobody marks themselves"),
    (lambda role: marking.can_see_sheets(launch(role)), "instructor teaching_assistant both"),
    (lambda role: marking.can_see(launch(role), sheet(role)), "instructor teaching_assistant"),
    (lambda role: marking.can_mark(launch(role), sheet(role)), "instructor teaching_assistant"),
    (lambda role: marking.can_amend(launch(role), sheet(role)), "instructor teaching_assistant"),
    (lambda role: marking.can_mark(launch(role), sheet(role, context=2)), "nobody from elsewhere"),
    (lambda role: marking.can_see(launch(role), sheet(role, assigned_to=ME)), EVERYBODY),
    (lambda role: marking.can_mark(launch(role), sheet(role, assigned_to=ME)), EVERYBODY),
    (lambda role: marking.can_amend(launch(role), sheet(role, assigned_to=ME)), "instructor"),
    (lambda role: marking.can_see(launch(role), sheet(role, assigned_to=THIRD)), "instructor"),
    (lambda role: marking.can_mark(launch(role), sheet(role, assigned_to=THIRD)), "instructor"),
    (lambda role: marking.can_amend(launch(role), sheet(role, assigned_to=THIRD)), "instructor"),
    (lambda role: marking.can_mark(launch(role), sheet(role, assigned_to=ME, candidate=ME)), EVERYBODY),
    (lambda role: marking.can_amend(launch(role), sheet(role, assigned_to=ME, candidate=ME)), "nobody"),
    (lambda role: marking.can_see(launch(role), sheet(role, 2, assigned_to=ME)), "nobody from elsewhere"),
    (lambda role: marking.can_amend(launch(role), sheet(role, 2, assigned_to=ME)), "nobody from elsewhere"),
    (lambda role: results.can_release(launch(role)), "instructor both"),
    (lambda role: results.can_read_feedback(launch(role), result()), "learner both"),
    (lambda role: results.can_read_feedback(launch(role), result(released=False)), "nobody before"),
    (lambda role: results.can_read_feedback(launch(role), result(candidate=OTHER)), "nobody else's"),
]


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("row", TABLE, ids=range(len(TABLE)))
def test_truth_table(row, role, monkeypatch):
    monkeypatch.setattr(marking, "_withholding", [])
    ask, yes = row

    assert ask(role) == (role.split()[0] in yes.split())


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("why", ["", "Not yet."])
def test_self_assessment_is_its_candidates_unless_a_feature_withholds_it(role, why, monkeypatch):
    monkeypatch.setattr(marking, "_withholding", [lambda sheet: "", lambda sheet: why])
    own, examined = sheet(role, candidate=ME, assigned_to=ME), sheet("", candidate=OTHER, assigned_to=ME)

    assert marking.can_see(launch(role), own) == marking.can_mark(launch(role), own) == (not why)
    assert marking.can_see(launch(role), examined)
    assert (marking.why_not_seen(launch(role), own) == why) == bool(why)
