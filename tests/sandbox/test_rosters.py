"""Rosters beside the recorded ones: Moodle's exchanges played again, Canvas's pages and rules."""

import json
from pathlib import Path

import pytest

from tests.sandbox.services import JWKS, MEMBERS, NRPS, token

SAMPLES = Path(__file__).parent.parent / "samples" / "platforms"
EXCHANGES = json.loads((SAMPLES / "moodle" / "nrps_exchanges.json").read_text())
THERE = "https://moodle.localhost:8443/mod/lti/services.php/CourseSection/{number}/bindings/1/memberships"
PAGES = [
    json.loads((SAMPLES / "canvas" / f"nrps.course.{name}.json").read_text())
    for name in ("page1", "page2", "page3_last")
]
RULES = json.loads((SAMPLES / "canvas" / "nrps.rules.json").read_text())
ANONYMOUS = json.loads((SAMPLES / "canvas" / "nrps.course.privacy_anonymous.json").read_text())
MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership"


class Replay:
    """The recorded Moodle with its two courses, and the words to compare its answers with."""

    def __init__(self, sandbox):
        listed = next(e for e in EXCHANGES if e["name"] == "members all")["body"]["members"]
        roles = {"6": "both", "3": "teacher", "4": "ta"}
        people = [
            {"handle": f"p{sub}", "name": "Somebody Here", "sub": sub, "role": roles.get(sub, "student")}
            for sub, _ in listed
        ]
        people[0] |= {"handle": "both1", "name": "Bo Both", "email": "both1@example.com"}
        people.append({"handle": "gone", "name": "Sus Pended", "sub": "7", "suspended": True})
        self.school = sandbox.school("moodle", public_jwks=JWKS, people=people, activity=False)
        course = self.school.course
        self.school.change("course", {"context_id": "2", "label": "PEER101", "title": "Peer Assessment 101"})
        other = self.school.add_course(label="PEER102", title="Second Course 102")
        self.school.change("course", {"context_id": "3"}, course=other["number"])
        for sub in ("3", "8", "9", "10"):
            role = "teacher" if sub == "3" else "student"
            self.school.do("enrol", person=sub, role=role, course=other["number"])
        for link in ("2", "3"):
            self.school.do("link", title="Link", resource_link_id=link)
        self.urls = {
            THERE.format(number=2): course["memberships_url"],
            THERE.format(number=3): other["memberships_url"],
        }

    def here(self, url):
        path, mark, query = url.partition("?")
        return f"{self.urls[path]}{mark}{query}"

    def there(self, text):
        for there, here in self.urls.items():
            path = here.removeprefix(self.school.sandbox.url)
            numbers = f"/CourseSection/{here.split('/courses/')[1].split('/')[0]}/bindings"
            text = text.replace(here, there).replace(
                path, there.removeprefix("https://moodle.localhost:8443")
            )
            text = text.replace(numbers, "/CourseSection/2/bindings")
        return text

    def play(self, exchange):
        access = {"members without token": "", "members without scope": token(self.school, READ_ONLY)}
        return self.school.call(
            "GET",
            self.here(exchange["url"]),
            token=access.get(exchange["name"], token(self.school, NRPS)),
            accept=exchange["accept"],
        )


READ_ONLY = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem.readonly"


@pytest.fixture(scope="module")
def replay(sandbox):
    return Replay(sandbox)


@pytest.mark.parametrize("exchange", EXCHANGES, ids=[exchange["name"] for exchange in EXCHANGES])
def test_a_roster_is_answered_as_moodle_answered_it(replay, exchange):
    answer = replay.play(exchange)

    body = json.loads(replay.there(answer.text))
    if "members" in body:
        body["members"] = [[member["user_id"], member["roles"]] for member in body["members"]]
    assert {
        "status": answer.status_code,
        "reason": replay.there(answer.reason),
        "content_type": answer.headers["Content-Type"],
        "link": replay.there(answer.headers.get("Link", "")) or None,
        "body": body,
    } == {name: exchange[name] for name in ("status", "reason", "content_type", "link", "body")}


def without_secrets(member):
    """What is random there is random here; the address of the service is the platform's own."""
    (message,) = member["message"]
    outcome = message["https://purl.imsglobal.org/spec/lti-bo/claim/basicoutcome"]
    sourced = json.loads(outcome["lis_result_sourcedid"])
    sourced["data"].pop("launchid")
    return member | {"message": [set(message), set(outcome), sourced["data"], len(sourced["hash"])]}


def test_a_roster_of_a_link_has_moodles_message_and_no_custom_parameters(replay):
    (exchange,) = [e for e in EXCHANGES if "first_member" in e]

    member = replay.play(exchange).json()["members"][0]

    assert without_secrets(member) == without_secrets(exchange["first_member"])


def test_moodle_hides_names_and_still_tells_the_id_number(sandbox):
    school = sandbox.school("moodle", public_jwks=JWKS, privacy="none")

    answer = school.call("GET", school.course["memberships_url"], token=token(school), accept=MEMBERS)

    # Recorded with privacy "never": {'status', 'roles', 'user_id', 'lis_person_sourcedid'}
    assert {tuple(sorted(member)) for member in answer.json()["members"]} == {
        ("lis_person_sourcedid", "roles", "status", "user_id")
    }


@pytest.fixture
def canvas(sandbox):
    """The six people of the recorded pages, in their order."""
    roles = {
        "#Instructor": "teacher",
        "#TeachingAssistant": "ta",
        "#Mentor": "observer",
        "#TestUser": "test_student",
    }
    people = []
    for number, member in enumerate(member for page in PAGES for member in page["body"]["members"]):
        kinds = [
            role for ending, role in roles.items() if any(uri.endswith(ending) for uri in member["roles"])
        ]
        people.append(
            {
                "handle": f"p{number}",
                "name": member["name"],
                "sub": member["user_id"],
                "role": (kinds or ["student"])[-1],
                "given_name": member["given_name"],
                "family_name": member["family_name"],
                "email": member.get("email", ""),
            }
        )
    school = sandbox.school("canvas", public_jwks=JWKS, people=people)
    context = PAGES[0]["body"]["context"]
    school.change(
        "course", {"context_id": context["id"], "label": context["label"], "title": context["title"]}
    )
    return school


def ask(school, query=""):
    url = school.course["memberships_url"] + query
    return school.call("GET", url, token=token(school), accept=MEMBERS)


def members(answer):
    """Ids of Canvas's own making left out."""
    own = ("picture", "lti11_legacy_user_id", "lis_person_sourcedid")
    return [
        {name: value for name, value in member.items() if name not in own} | {"roles": set(member["roles"])}
        for member in answer["members"]
    ]


def test_canvas_pages_have_the_recorded_links_and_people(canvas):
    here = canvas.course["memberships_url"]
    there = "https://northfield.canvas.example/api/lti/courses/912/names_and_roles"
    query = "?limit=2"

    for page in PAGES:
        answer = ask(canvas, query)
        assert answer.headers["Link"].replace(here, there) == page["headers"]["Link"]
        assert answer.json()["id"].replace(here, there) == page["body"]["id"]
        assert answer.json()["context"] == page["body"]["context"]
        assert members(answer.json()) == members(page["body"])
        query = "?" + answer.links.get("next", {"url": "?"})["url"].partition("?")[2]

    assert RULES["limit_param_in_next_link"] == "becomes per_page"


def test_canvas_rules_of_roles_and_page_sizes(canvas):
    canvas.add_students(RULES["max_page"] + 5)
    sizes = [len(ask(canvas, query).json()["members"]) for query in ("", "?limit=51", "?limit=3")]

    assert sizes == [RULES["default_page"], RULES["max_page"], 3]
    mentors = ask(canvas, f"?role={MEMBERSHIP}%23Mentor").json()["members"]
    assert [member["roles"] for member in mentors] == [[f"{MEMBERSHIP}#Mentor"]]
    assert ask(canvas, "?role=Learner").json()["members"] == []


def test_canvas_refuses_a_link_that_is_unknown_or_anothers_and_takes_the_course(canvas):
    unknown, others = ask(canvas, "?rlid=nobodys"), canvas.links[0]
    canvas.change("link", {"of_other_tool": True}, link=others["number"])
    foreign = ask(canvas, f"?rlid={others['resource_link_id']}")

    for answer, rule in ((unknown, "unknown"), (foreign, "other tool's")):
        assert (answer.status_code, answer.json()) == (
            RULES["rlid"][rule]["status"],
            RULES["rlid"][rule]["body"],
        )
    of_course = ask(canvas, f"?rlid={canvas.course['context_id']}").json()["members"]
    assert all("message" in member for member in of_course)


def test_an_anonymous_canvas_roster_has_ids_only(canvas):
    canvas.change("school", {"privacy": "none"})

    answer = ask(canvas).json()

    (recorded,) = ANONYMOUS["body"]["members"]
    assert set(answer) == set(ANONYMOUS["body"])
    assert {frozenset(member) for member in answer["members"]} == {frozenset(recorded)}
