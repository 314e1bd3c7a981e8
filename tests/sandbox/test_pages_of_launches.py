"""The page that frames the tool: Moodle's frame as it was recorded."""

import html
import json
import re
from pathlib import Path

SAMPLES = Path(__file__).parent.parent / "samples" / "platforms"


def frame_of(page, name_or_id):
    (tag,) = re.findall(rf'<iframe[^>]*(?:name|id)="{name_or_id}"[^>]*>', page)
    return {name: html.unescape(value) for name, value in re.findall(r'([\w-]+)="([^"]*)"', tag)}


def test_moodles_frame_allows_what_the_recorded_one_does_and_answers_no_message(moodle):
    recorded = json.loads((SAMPLES / "moodle" / "frames_and_cookies.json").read_text())
    wanted = frame_of(recorded["iframe_outer_html"], "contentframe")

    page = moodle.call("GET", f"{moodle.url}/as/student/links/{moodle.links[0]['number']}/").text

    frame = frame_of(page, "tool-frame")
    there, here = "https://tool.localhost:9443", "http://127.0.0.1:8000"
    assert frame["allow"] == wanted["allow"].replace(there, here)
    for name in ("height", "allowfullscreen"):
        assert frame[name] == wanted[name]
    # Nothing listens: the probe of the recording had no answer.
    assert recorded["platform_storage_probe"] == []
    assert "data-storage" not in frame


def test_canvas_keeps_a_frame_for_storage_beside_the_tools(canvas):
    page = canvas.call("GET", f"{canvas.url}/as/student/links/{canvas.links[0]['number']}/").text

    wanted = json.loads((SAMPLES / "canvas" / "oidc.login_request.json").read_text())["production"]
    assert frame_of(page, wanted["lti_storage_target"])["data-forwarding"] == f"/{canvas.slug}/lti/storage"
    assert frame_of(page, "tool-frame")["data-storage"] == "ok"
