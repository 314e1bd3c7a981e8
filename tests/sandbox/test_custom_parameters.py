"""Custom parameters as they arrive: types in Canvas, names in Moodle, and what neither of them knows."""

import json
from pathlib import Path

import jwt
import pytest

SAMPLES = Path(__file__).parent.parent / "samples" / "platforms"
CANVAS = json.loads((SAMPLES / "canvas" / "custom_params.type_variants.json").read_text())
WINDOW = json.loads((SAMPLES / "moodle" / "launch_new_window_private.json").read_text())
LTI = "https://purl.imsglobal.org/spec/lti/claim/"
# What a tool asks for to be told the parameters of the sample.
ASKED = {
    "canvas_user_id": "$Canvas.user.id",
    "assignment_points": "$Canvas.assignment.pointsPossible",
    "assignment_published": "$Canvas.assignment.published",
    "anonymous_grading": "$com.instructure.Assignment.anonymous_grading",
    "sis_user_id": "$Canvas.user.sisSourceId",
    "unlock_at": "$Canvas.assignment.unlockAt.iso8601",
    "section_names": "$com.instructure.User.sectionNames",
}


def claims_of(school, **how):
    form = school.collect(school.begin_launch("student", **how))
    return jwt.decode(form["id_token"], options={"verify_signature": False})


def told(school, asked):
    school.change("link", {"custom": asked}, link=school.links[0]["number"])
    custom = claims_of(school)[LTI + "custom"]
    return {name: custom[name] for name in asked}


@pytest.mark.parametrize(
    ("environment", "variant"),
    [("production", "current_canvas"), ("old_self_hosted", "older_self_hosted")],
)
def test_canvas_gives_each_parameter_the_type_it_has_there(sandbox, environment, variant):
    school = sandbox.school("canvas", environment=environment)
    school.change("line_item", {"score_maximum": 20})
    school.do("enrol", person="student", sections=["Stream A, Mon"])
    wanted = {name: value for name, value in CANVAS[variant].items() if name in ASKED}

    custom = told(school, {name: ASKED[name] for name in wanted})

    assert {name: type(value) for name, value in custom.items()} == {
        name: type(value) for name, value in wanted.items()
    }
    same = set(wanted) - {"canvas_user_id"}
    assert {name: custom[name] for name in same} == {name: wanted[name] for name in same}
    assert int(custom["canvas_user_id"]) > 0


def test_canvas_replaces_inside_a_text_and_leaves_a_misspelt_name(sandbox):
    school = sandbox.school("canvas")

    custom = told(school, CANVAS["misspelt_variable"] | CANVAS["inside_a_string"])

    assert custom == {**CANVAS["misspelt_variable"], "y": f"course-{school.course['number']}"}


def test_moodle_spells_a_name_with_capitals_twice_and_leaves_what_it_does_not_know(sandbox):
    recorded = WINDOW["launch_new_window_private"]["claims"][LTI + "custom"]
    asked = {name: recorded[name] for name in ("mixedCase", "end", "assignment_id")}
    school = sandbox.school("moodle")

    custom = told(school, asked)

    assert custom == asked
    arrived = claims_of(school)[LTI + "custom"]
    assert arrived["mixedcase"] == recorded["mixedcase"] == arrived["mixedCase"]
    assert "$ResourceLink.submission.endDateTime" in arrived.values()


def test_a_moodle_launch_in_a_window_without_names_is_the_recorded_one(sandbox):
    recorded = WINDOW["launch_new_window_private"]
    school = sandbox.school("moodle", privacy="none", activity=False)
    school.link(description="A text that came by deep linking", custom=recorded["claims"][LTI + "custom"])

    claims = claims_of(school, target="window")

    assert set(claims) == set(recorded["claims"])
    for name in ("launch_presentation", "lis", "ext", "resource_link"):
        assert set(claims[LTI + name]) == set(recorded["claims"][LTI + name])
    presentation = claims[LTI + "launch_presentation"]
    assert presentation["document_target"] == "window"
    for part in ("course=", "launch_container=4", "instanceid=", "sesskey="):
        assert part in recorded["claims"][LTI + "launch_presentation"]["return_url"]
        assert part in presentation["return_url"]
