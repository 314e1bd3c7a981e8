import pytest

from lti_tool.claims import decide_role, learns
from lti_tool.models import Role

M = "http://purl.imsglobal.org/vocab/lis/v2/membership"
I = "http://purl.imsglobal.org/vocab/lis/v2/institution/person"


@pytest.mark.row("C22", "S22")
@pytest.mark.parametrize(
    ("roles", "role"),
    [
        ([f"{M}#Instructor"], Role.INSTRUCTOR),
        ([f"{M}#Administrator"], Role.INSTRUCTOR),
        ([f"{M}/Instructor#PrimaryInstructor"], Role.INSTRUCTOR),
        ([f"{M}#Instructor", f"{M}/Instructor#TeachingAssistant"], Role.TEACHING_ASSISTANT),
        ([f"{M}/Instructor#Grader"], Role.TEACHING_ASSISTANT),
        (["TeachingAssistant"], Role.TEACHING_ASSISTANT),
        ([f"{M}#ContentDeveloper", f"{I}#Instructor"], Role.DESIGNER),
        ([f"{M}#Learner", f"{I}#Instructor", f"{I}#Administrator"], Role.LEARNER),
        ([f"{M}#Learner", f"{M}#Instructor"], Role.INSTRUCTOR),
        ([f"{M}#Mentor"], Role.OBSERVER),
        ([f"{M}#Manager"], Role.VISITOR),
        ([f"{I}#Administrator"], Role.VISITOR),
        ([f"{M}x#Instructor"], Role.VISITOR),
        (["https://evil.example/membership#Instructor"], Role.VISITOR),
        ([""], Role.VISITOR),
        ([], Role.VISITOR),
    ],
)
def test_only_context_roles_decide_and_unknown_ones_give_the_least(roles, role):
    assert decide_role(roles) == role


@pytest.mark.row("M30")
def test_a_teacher_who_also_learns_wears_both_hats():
    assert learns([f"{M}#Instructor", f"{M}#Learner"])
    assert not learns([f"{M}#Instructor", f"{I}#Student"])
