"""The sandbox LMS as tests use it: start one, make a school, launch, break something, look at the gradebook.

A school belongs to one test; two tests never see each other's. Times in the sandbox are real times.
"""

import contextlib
import html
import json
import logging
import os
import re
import selectors
import socket
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlencode

from requests import Response, Session

ROOT = Path(__file__).resolve().parent.parent
TOOL_URL = "http://127.0.0.1:8000"
JSON = dict[str, Any]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class SandboxProcess:
    """A sandbox LMS of its own on a free loopback port. It ends with `stop`, or when this process is gone."""

    def __init__(self, database: Path | None = None) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="sandbox-lms-")
        self.database = database or Path(self.folder.name) / "lms.sqlite3"
        self.log = Path(self.folder.name) / "log"

    def start(self) -> "Sandbox":
        for _ in range(5):
            self.port = free_port()
            if self._started():
                self.sandbox = Sandbox(self.url)
                return self.sandbox
        raise RuntimeError(f"the sandbox LMS did not start: {self.log.read_text()[-2000:]}")

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    def _started(self) -> bool:
        command = [sys.executable, "-m", "lti_tool.sandbox", "serve", "--port", str(self.port)]
        command += ["--database", str(self.database), "--control", "--until-stdin-closes"]
        environment = {k: v for k, v in os.environ.items() if k != "DJANGO_SETTINGS_MODULE"}
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=environment,
            )
        return self._is_ready()

    def _is_ready(self, seconds: float = 20) -> bool:
        assert self.process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            if selector.select(seconds) and self.process.stdout.readline().startswith(b"Sandbox LMS on"):
                return True
        self._end()
        return False

    def _end(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(5)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                pipe.close()

    def stop(self) -> None:
        self.sandbox.close()
        self._end()
        self.folder.cleanup()

    def __enter__(self) -> "Sandbox":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


class ControlRefused(Exception):
    """The control API could not do what was asked; its reason."""


@dataclass(frozen=True)
class Form:
    """A page that posts itself: where to, and what."""

    action: str
    fields: dict[str, str]

    def __getitem__(self, name: str) -> str:
        return self.fields[name]

    def __contains__(self, name: str) -> bool:
        return name in self.fields


@dataclass(frozen=True)
class LoginInitiation:
    """What the browser posts to the tool's login URL, and the hint that the id_token waits under."""

    url: str
    params: dict[str, str]
    hint: str


@dataclass(frozen=True)
class DeepLinkingInitiation(LoginInitiation):
    """The same for a choice, with its number on the LMS's side."""

    dialogue: int


@dataclass(frozen=True)
class Person:
    handle: str
    sub: str
    name: str
    given_name: str
    family_name: str
    email: str


class NoForm(Exception):
    """The platform showed a page of its own instead of posting to the tool."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"{status}: {text[:300]}")
        self.status, self.text = status, text

    @property
    def text_line(self) -> str:
        """What the page says first."""
        return re.findall(r"<h1[^>]*>(.*?)</h1>", self.text, re.DOTALL)[0]


def read_form(page: str) -> Form | None:
    form = re.search(r'<form[^>]*action="([^"]*)"[^>]*>(.*?)</form>', page, re.DOTALL)
    if form is None:
        return None
    inputs = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', form.group(2))
    return Form(
        html.unescape(form.group(1)), {html.unescape(name): html.unescape(value) for name, value in inputs}
    )


@contextlib.contextmanager
def unlogged() -> Iterator[None]:
    """The tests' own requests stay out of the log: what is there, the tool wrote."""
    log = logging.getLogger("urllib3.connectionpool")
    was, log.disabled = log.disabled, True
    try:
        yield
    finally:
        log.disabled = was


class Sandbox:
    """A running sandbox LMS, reached over one kept-alive connection."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self.http = Session()
        self.http.trust_env = False

    def close(self) -> None:
        self.http.close()

    def request(self, method: str, url: str, **how: Any) -> Response:
        with unlogged():
            return self.http.request(method, url, timeout=60, **how)

    def control(self, path: str, body: Mapping[str, Any]) -> Any:
        answer = self.request("POST", f"{self.url}/_control/{path}", json=body)
        if answer.status_code == 400:
            raise ControlRefused(answer.json()["error"])
        answer.raise_for_status()
        return answer.json()["ok"]

    def school(
        self,
        profile: str = "plain",
        *,
        public_jwks: JSON | None = None,
        jwks_url: str = "",
        tool_url: str = TOOL_URL,
        issuer: str = "",
        environment: str = "production",
        privacy: str = "all",
        people: Iterable[Mapping[str, Any]] | None = None,
        name: str = "",
        slug: str = "",
        tool: Mapping[str, Any] | None = None,
        activity: bool = True,
    ) -> "School":
        """A new school with one course, a few people and one activity.

        `profile` plain, moodle or canvas; `privacy` none, email, names or all; `people` dicts with handle, name, role
        (teacher ta student observer designer test_student both admin) instead of the usual ones: teacher, ta, student,
        student2, observer. `environment`: which Canvas (production, beta, test, self_hosted,
        old_self_hosted). `tool` overrides fields of the tool: client_id, deployment_id, scopes, login_url, …
        """
        base = tool_url.rstrip("/")
        registered = {
            "login_url": f"{base}/lti/login/",
            "launch_urls": [f"{base}/lti/launch/"],
            "target_link_uri": f"{base}/lti/launch/",
            "jwks_url": jwks_url or f"{base}/lti/jwks.json",
            "public_jwks": public_jwks,
        }
        slug = slug or f"{profile}-{uuid.uuid4().hex[:12]}"
        asked: JSON = {"slug": slug, "profile": profile, "issuer": issuer, "privacy": privacy}
        asked |= {"environment": environment}
        asked |= {"name": name, "tool": registered | dict(tool or {})}
        if people is not None:
            asked["people"] = list(people)
        school = School(self, slug, self.control("schools", asked))
        if activity:
            school.link()
        return school

    def authenticate(
        self, auth_url: str, params: Mapping[str, str] | None = None, *, post: bool = False
    ) -> Form:
        """Does what the browser does at the authentication endpoint; the form that it would post to the tool."""
        if post:
            answer = self.request("POST", auth_url, data=params, allow_redirects=False)
        else:
            url = f"{auth_url}?{urlencode(params)}" if params else auth_url
            answer = self.request("GET", url, allow_redirects=False)
        form = read_form(answer.text) if answer.status_code == 200 else None
        if form is None:
            raise NoForm(answer.status_code, answer.text)
        return form


@dataclass
class School:
    """One LMS customer. People are named by handle or sub, links and line items by number; left out, the first is meant."""

    sandbox: Sandbox
    slug: str
    described: JSON

    def do(self, verb: str, **asked: Any) -> Any:
        return self.sandbox.control(f"schools/{self.slug}/{verb}", asked)

    def refresh(self) -> Self:
        self.described = self.do("read")
        return self

    @property
    def url(self) -> str:
        return f"{self.sandbox.url}/{self.slug}"

    @property
    def profile(self) -> str:
        return self.described["profile"]

    @property
    def registration(self) -> dict[str, str]:
        """issuer, client_id, deployment_id, auth_url, token_url, jwks_url, platform_family, name."""
        return self.described["registration"]

    # People, courses, links, line items

    @property
    def people(self) -> dict[str, Person]:
        return {handle: Person(**person) for handle, person in self.described["people"].items()}

    def person(self, handle: str) -> Person:
        return self.people[handle]

    def sub(self, handle: str) -> str:
        return self.person(handle).sub

    def add_people(self, *people: Mapping[str, Any], course: int | None = None) -> list[Person]:
        made = [Person(**person) for person in self.do("people", people=list(people), course=course)]
        self.refresh()
        return made

    def add_students(self, count: int) -> list[Person]:
        """`count` more students, in one go."""
        first = len(self.people)
        return self.add_people(
            *({"handle": f"s{n}", "name": f"Student {n}"} for n in range(first, first + count))
        )

    def add_student(self) -> str:
        """One more student; the handle."""
        return self.add_students(1)[0].handle

    @property
    def course(self) -> JSON:
        return self.described["courses"][0]

    def add_course(self, **fields: Any) -> JSON:
        made = self.do("course", **fields)
        self.refresh()
        return made

    @property
    def links(self) -> list[JSON]:
        return self.course["links"]

    def link(
        self,
        title: str = "OSCE circuit",
        *,
        line_item: bool = True,
        score_maximum: float = 100,
        published: bool = True,
        custom: Mapping[str, Any] | None = None,
        description: str = "",
        course: int | None = None,
    ) -> JSON:
        """A further activity: {number, resource_link_id, title, published, line_item}."""
        made = self.do(
            "link",
            title=title,
            line_item=line_item,
            score_maximum=score_maximum,
            published=published,
            custom=dict(custom or {}),
            description=description,
            course=course,
        )
        self.refresh()
        return made

    def publish(self, link: int | None = None, *, published: bool = True) -> None:
        self.change("link", {"published": published}, link=link or self.links[0]["number"])

    def unpublish(self, link: int | None = None) -> None:
        self.publish(link, published=False)

    def line_items(self, course: int | None = None) -> list[JSON]:
        return self.do("line_items", course=course)

    def delete_column(self, line_item: int | None = None) -> None:
        self.do("delete_line_item", line_item=line_item)

    def lock(self, line_item: int | None = None, *, locked: bool = True) -> None:
        self.change("line_item", {"locked": locked}, line_item=line_item)

    def change(self, what: str, fields: Mapping[str, Any], **which: Any) -> None:
        """Sets fields of the school, tool, person, course, link or line_item as their tables name them."""
        self.do("change", what=what, fields=dict(fields), **which)
        self.refresh()

    def enrol(self, person: str, role: str) -> None:
        self.do("enrol", person=person, role=role)

    def place(self, person: str, *, sections: Iterable[str] = (), groups: Iterable[str] = ()) -> None:
        """The sections and groups of the course that somebody is in."""
        self.do("enrol", person=person, sections=list(sections), groups=list(groups))

    def unenrol(self, person: str) -> None:
        self.do("enrol", person=person, role=None)

    def suspend(self, person: str, *, suspended: bool = True) -> None:
        self.do("enrol", person=person, suspended=suspended)

    def conclude(self, person: str | None = None) -> None:
        """The whole course, or (Canvas) one student's part in it."""
        if person:
            self.do("enrol", person=person, concluded=True)
        else:
            self.change("course", {"concluded": True})

    def switch_off_tool(self, *, on: bool = False) -> None:
        self.change("tool", {"is_on": on})

    def switch_profile(self, profile: str) -> None:
        self.change("school", {"profile": profile})

    # Launches

    def begin_launch(
        self, person: str = "student", link: int | None = None, **mutations: Any
    ) -> LoginInitiation:
        """The login initiation for somebody opening an activity; link 0 is a launch without one.

        Mutations: set={claim: value}, remove=[claim], claims_replace={…}, header={"kid": …, "alg": "none"|"HS256"},
        iat=…, expires=…, sign_with_other_key=True, login={param: value or None}, form={field: value or None},
        target="window". Claims are named in full, or by their last word (roles, context, ags, nrps, …);
        "resource_link>id" reaches inside.
        """
        chosen = self.links[0]["number"] if link is None else (link or None)
        begun = self.do("launch", person=person, link=chosen, **mutations)
        return LoginInitiation(begun["login_url"], begun["params"], begun["hint"])

    def begin_review(
        self, person: str, of: str | None = None, line_item: int | None = None
    ) -> LoginInitiation:
        """From the gradebook: somebody opens the work of another, or (left out) of everybody."""
        return self._begun("launch_review", person=person, of=of, line_item=line_item)

    def begin_retrieve(self, person: str, url: str, course: int | None = None) -> LoginInitiation:
        """Canvas: somebody opens an address that the tool stored with a submission."""
        return self._begun("launch_retrieve", person=person, url=url, course=course)

    def _begun(self, verb: str, **asked: Any) -> LoginInitiation:
        begun = self.do(verb, **asked)
        return LoginInitiation(begun["login_url"], begun["params"], begun["hint"])

    def registration_pass(self, *, renew: bool = False) -> dict[str, str]:
        """openid_configuration and registration_token: what a tool's registration address is opened with."""
        return self.do("registration_pass", renew=renew)

    def begin_deep_linking(
        self, placement: str, person: str = "teacher", **mutations: Any
    ) -> "DeepLinkingInitiation":
        """The login initiation for somebody who is sent to the tool to choose.

        Placements: plain one many links_only; moodle dialogue; canvas assignment_selection link_selection
        course_assignments_menu module_index_menu_modal. Mutations as for `begin_launch`.
        """
        begun = self.do("deep_link", person=person, placement=placement, **mutations)
        return DeepLinkingInitiation(begun["login_url"], begun["params"], begun["hint"], begun["dialogue"])

    def copy_course(self, course: int | None = None, **how: Any) -> tuple[JSON, list[str]]:
        """The course once more, with its teachers, and the notices (JWTs) that the LMS sends about it.

        title=; notice="sent" | "lost" | "doubled" | "forged"; deliver=True posts them to the tool's handler for real.
        """
        made = self.do("copy_course", course=course, **how)
        self.refresh()
        return made["course"], made["notices"]

    def notice(
        self, type: str = "LtiContextCopyNotice", claims: Mapping[str, Any] | None = None, **bent: Any
    ) -> str:
        """One signed notice with these claims besides the usual ones; bent as launches are."""
        return self.do("notice", type=type, claims=dict(claims or {}), **bent)

    def dialogue(self, number: int) -> JSON:
        """What came back: state, items, errors, message, error_message, module_name, answers, form, links, made."""
        return self.do("dialogue", dialogue=number)

    def save_dialogue(self, number: int, **form: Any) -> list[JSON]:
        """Save in the form that the choice has filled: title, points, published. The activities that it makes."""
        made = self.do("save_dialogue", dialogue=number, **form)
        self.refresh()
        return made

    def auth_params(self, begun: LoginInitiation, **changes: str | None) -> dict[str, str]:
        """The authentication request of a well-behaved tool, for tests of the platform itself. None leaves one out."""
        params: dict[str, str | None] = {
            "scope": "openid",
            "response_type": "id_token",
            "response_mode": "form_post",
            "prompt": "none",
            "client_id": begun.params.get("client_id", ""),
            "redirect_uri": begun.params["target_link_uri"],
            "login_hint": begun.params.get("login_hint", ""),
            "lti_message_hint": begun.hint,
            "state": "state",
            "nonce": uuid.uuid4().hex,
        }
        return {name: value for name, value in (params | changes).items() if value is not None}

    def authenticate(self, auth_url: str) -> Form:
        """Follows the tool's redirect to the authentication endpoint; the form that the browser would post."""
        return self.sandbox.authenticate(auth_url)

    def collect(self, begun: LoginInitiation, *, post: bool = False, **changes: str | None) -> Form:
        """The same with the request of a well-behaved tool, for tests of the platform itself."""
        return self.sandbox.authenticate(
            self.registration["auth_url"], self.auth_params(begun, **changes), post=post
        )

    def mint(self, claims: Mapping[str, Any], **mutations: Any) -> str:
        """An id_token with these claims, signed with the school's key unless the mutations say otherwise."""
        return self.do("mint", claims=dict(claims), **mutations)

    def rotate_key(self, *, keep_old: bool = True) -> str:
        """Signs with another key from now on; its kid."""
        return self.do("rotate_key", keep_old=keep_old)

    def jwks_mode(self, mode: str, **more: Any) -> None:
        """ok, error_json, html, status (status=500), hang (seconds=30), without_alg."""
        self.change("school", {"jwks_mode": {"mode": mode} | more})

    def storage_mode(self, mode: str) -> None:
        """Platform storage in the pages: ok, full (storage_exhaustion) or silent (no answer to any message)."""
        self.change("school", {"storage": mode})

    # Faults

    def fault(self, endpoint: str, *, times: int | None = 1, **how: Any) -> None:
        """The next `times` requests (None: until cleared) to auth, jwks, token, lineitems, scores, results or memberships.

        status=, body=, content_type=, headers= answer instead; hang= seconds; close=True ends the connection without
        an answer; process_first=True does the work before that; method= narrows it to one HTTP method.
        """
        self.do("fault", endpoint=endpoint, times=times, **how)

    def clear_faults(self) -> None:
        self.do("clear_faults")

    def throttle(self, level: float = 800) -> None:
        """Canvas: fills the bucket. From 600 requests are refused; it leaks 10 a second."""
        self.do("throttle", level=level)

    def forget_tokens(self) -> None:
        """Every access token handed out so far is expired."""
        self.do("forget_tokens")

    # The gradebook

    def teacher_types(
        self, person: str, score: float | None, *, line_item: int | None = None, comment: str = ""
    ) -> None:
        self.do("teacher_types", person=person, score=score, line_item=line_item, comment=comment)

    def teacher_clears(self, person: str, *, line_item: int | None = None) -> None:
        self.teacher_types(person, None, line_item=line_item)

    def override(self, person: str, *, line_item: int | None = None, on: bool = True) -> None:
        self.do("override", person=person, line_item=line_item, on=on)

    def gradebook(self, course: int | None = None) -> list[JSON]:
        """Each stored grade: person, line_item, tag, score (shown), given, comments, graded_by, attempts, …"""
        return self.do("grades", course=course)

    def cell(self, person: str, tag: str | None = None) -> JSON:
        """What the gradebook shows of the tool's column for somebody; an empty cell has the score None."""
        found: JSON = {"score": None, "comments": [], "attempts": 0, "graded_by": "", "posted": False}
        for grade in self.gradebook():
            theirs = person in (grade["person"], grade["user_id"]) and tag in (None, grade["tag"])
            if theirs and grade["in_gradebook"] and grade["posted"] >= found["posted"]:
                found = grade
        return found

    def posts(self) -> list[JSON]:
        """Every score request in order: line_item, body (its text), json, status, answer, at."""
        return self.do("posts")

    def requests(self, endpoint: str) -> int:
        """How many requests the endpoint has had; the names are those of `fault`."""
        return self.do("counts")[endpoint]

    # The services as a tool calls them, for tests of the platform itself

    def ask_token(self, assertion: str, scope: str, **form: str) -> Response:
        data = {
            "grant_type": "client_credentials",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": assertion,
            "scope": scope,
        }
        return self.sandbox.request("POST", self.registration["token_url"], data=data | form)

    def call(
        self,
        method: str,
        url: str,
        *,
        token: str = "",
        accept: str = "*/*",
        content_type: str = "",
        body: str | bytes | Mapping[str, Any] | None = None,
    ) -> Response:
        headers = {"Accept": accept} | ({"Authorization": f"Bearer {token}"} if token else {})
        if content_type:
            headers["Content-Type"] = content_type
        text = json.dumps(body) if isinstance(body, Mapping) else body
        data = text.encode() if isinstance(text, str) else text
        return self.sandbox.request(method, url, headers=headers, data=data)
