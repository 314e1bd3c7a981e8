"""The messages between a frame and the sandbox LMS, beside those that Canvas' source and Moodle's page answer."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

SAMPLE = Path(__file__).parent.parent / "samples" / "platforms" / "canvas" / "post_message.json"
EXCHANGES = json.loads(SAMPLE.read_text())["exchanges"]
ALLOWED = set(json.loads(SAMPLE.read_text())["allow_list"])
LIMITS = json.loads(SAMPLE.read_text())["storage_limits"]
ASK = """([message, target]) => new Promise((resolve) => {
    const frame = target === null ? window.parent : window.parent.frames[target];
    window.addEventListener("message", (event) => resolve(event.data), {once: true});
    setTimeout(() => resolve(null), 400);
    frame.postMessage(message, "*");
})"""


@pytest.fixture(scope="module")
def blank_tool():
    """A tool that answers its login with an empty page."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!DOCTYPE html><title>Tool</title>")

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


class Framed:
    def __init__(self, browser, sandbox, tool, profile):
        self.school = sandbox.school(profile, tool_url=tool)
        self.tab, self.tool = browser.new_page(), tool

    def opens(self):
        self.tab.goto(f"{self.school.url}/as/student/links/{self.school.links[0]['number']}/")
        self.tab.wait_for_function("() => window.frames.length > 0")
        self.frame = self.tab.frame(name="tool-frame")
        self.frame.wait_for_url(f"{self.tool}/**")
        return self

    def asks(self, message, target=None):
        return self.frame.evaluate(ASK, [message, target])


@pytest.fixture
def framed(browser, sandbox, blank_tool):
    return lambda profile: Framed(browser, sandbox, blank_tool, profile)


def recorded(subject):
    return [exchange for exchange in EXCHANGES if exchange["send"]["subject"] == subject]


def test_canvas_answers_for_storage_in_the_recorded_words(framed):
    canvas = framed("canvas").opens()
    (asked,) = recorded("lti.capabilities")
    target = asked["reply"]["supported_messages"][0]["frame"]
    too_long = {"value": "x" * (LIMITS["chars_per_tool"] + 1)}

    answer = canvas.asks(asked["send"])
    # The recording shows three of the messages; each one the page names is one that Canvas allows.
    told = answer.pop("supported_messages")
    assert answer == {name: value for name, value in asked["reply"].items() if name != "supported_messages"}
    assert [message for message in told if message in asked["reply"]["supported_messages"]] == asked["reply"][
        "supported_messages"
    ]
    assert {message["subject"] for message in told} <= ALLOWED
    put, over = recorded("lti.put_data")
    (got,) = recorded("lti.get_data")
    for exchange, sent in (
        (put, put["send"]),
        (got, got["send"]),
        (over, over["send"] | too_long),
    ):
        assert canvas.asks(sent, target) == exchange["reply"]
    assert canvas.asks(got["send"]) == got["reply"]  # the page itself answers too


def test_a_value_is_gone_after_null_and_each_tool_has_so_many_keys(framed):
    canvas = framed("canvas").opens()
    for number in range(LIMITS["keys_per_tool"]):
        canvas.asks({"subject": "lti.put_data", "message_id": "x", "key": f"k{number}", "value": "1"})

    def put(key, value):
        return canvas.asks({"subject": "lti.put_data", "message_id": "x", "key": key, "value": value})

    assert put("one more", "1")["error"]["code"] == "storage_exhaustion"
    assert "error" not in put("k0", None)
    assert canvas.asks({"subject": "lti.get_data", "message_id": "y", "key": "k0"})["value"] is None
    assert "error" not in put("one more", "1")


def test_a_full_storage_refuses_and_a_silent_one_says_nothing(framed):
    canvas = framed("canvas")
    (asked,) = recorded("lti.capabilities")
    put, over = recorded("lti.put_data")

    canvas.school.storage_mode("full")
    assert canvas.opens().asks(put["send"])["error"] == over["reply"]["error"]
    canvas.school.storage_mode("silent")
    canvas.opens()
    assert canvas.asks(asked["send"]) is None
    assert canvas.asks(put["send"], "post_message_forwarding") is None


def test_moodle_answers_no_message_at_all(framed):
    moodle = framed("moodle").opens()
    before = moodle.tab.locator("iframe[name=tool-frame]").bounding_box()["height"]

    for subject in ("lti.capabilities", "lti.put_data", "lti.frameResize"):
        assert moodle.asks({"subject": subject, "message_id": "m", "key": "k", "height": 1240}) is None

    assert moodle.tab.locator("iframe[name=tool-frame]").bounding_box()["height"] == before


@pytest.mark.parametrize(
    "subject",
    [
        "lti.fetchWindowSize",
        "lti.getPageSettings",
        "lti.screenReaderAlert",
        "lti.setUnloadMessage",
        "lti.scrollToTop",
    ],
)
def test_canvas_answers_what_helps_a_page_in_the_recorded_shape(framed, subject):
    (exchange,) = recorded(subject)

    answer = framed("canvas").opens().asks(exchange["send"])

    assert shape(answer, leave={"message_id"}) == shape(exchange["reply"], leave={"message_id"})


def shape(value, leave=()):
    """Which members there are, and what each is: texts, numbers, yes or no."""
    if isinstance(value, dict):
        return {name: shape(member) for name, member in value.items() if name not in leave}
    return float if isinstance(value, int | float) and not isinstance(value, bool) else type(value)


def test_canvas_resizes_the_frame_without_a_word(framed):
    canvas = framed("canvas").opens()
    (resize,) = recorded("lti.frameResize")

    assert canvas.asks(resize["send"]) == resize["reply"]

    height = canvas.tab.locator("iframe[name=tool-frame]").bounding_box()["height"]
    assert abs(height - resize["send"]["height"]) < 5
