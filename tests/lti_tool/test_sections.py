import json
from pathlib import Path

import pytest

from lti_tool import claims, sections

SAMPLES = Path(__file__).parent.parent / "samples" / "platforms" / "canvas"


@pytest.mark.row("C28")
@pytest.mark.parametrize(
    ("custom", "told"),
    [
        ({}, {}),
        (
            {"section_names": "$com.instructure.User.sectionNames", "group_ids": "$Canvas.group.contextIds"},
            {},
        ),
        ({"section_names": '["Stream A, Mon", "Stream B"]'}, {"sections": ["Stream A, Mon", "Stream B"]}),
        ({"section_names": "[]", "group_ids": ""}, {"sections": [], "groups": []}),
        ({"group_ids": "3,7, 3"}, {"groups": ["3", "7"]}),
        ({"group_ids": 3}, {"groups": ["3"]}),
        ({"group_ids": [3, "7", None, {"id": 9}]}, {"groups": ["3", "7"]}),
        ({"group_ids": True, "section_names": {"a": 1}}, {}),
        ({"section_names": "[half a list"}, {"sections": []}),
        ({"section_names": "[" * 5000}, {"sections": []}),
        ({"group_ids": ",".join(map(str, range(500)))}, {"groups": [str(n) for n in range(100)]}),
        ({"group_ids": "a\x00b,\ud800c"}, {"groups": ["ab", "c"]}),
    ],
)
def test_sections_and_groups_are_read_as_platforms_write_them(custom, told):
    assert sections.told(custom) == told


def test_a_canvas_roster_for_the_course_names_sections():
    recorded = json.loads((SAMPLES / "nrps.course.with_rlid_message.json").read_text())["body"]["members"]

    told = [sections.told(member["message"][0][claims.CUSTOM]) for member in recorded]

    assert told == [{"sections": ["Stream A, Mon", "Stream B, Wed"]}, {"sections": ["Stream A, Mon"]}]
