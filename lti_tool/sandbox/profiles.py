"""What the three kinds of LMS do differently. Each row names where it was seen.

Sources: "Moodle live" is Moodle 5.1.3 (Build 20260216) recorded on 2026-11-22; "Canvas source" and "Canvas docs" are
github.com/instructure/canvas-lms; "spec" is the 1EdTech text, read plainly. The recordings that the tests compare with
are in tests/samples/platforms.
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

LIS = "http://purl.imsglobal.org/vocab/lis/v2/"
INSTRUCTOR = LIS + "membership#Instructor"
TEACHING_ASSISTANT = LIS + "membership/Instructor#TeachingAssistant"
LEARNER = LIS + "membership#Learner"
MENTOR = LIS + "membership#Mentor"
DESIGNER = LIS + "membership#ContentDeveloper"
TEST_USER = "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"
SCHOOL_ADMIN = LIS + "institution/person#Administrator"
SCHOOL_INSTRUCTOR = LIS + "institution/person#Instructor"
SCHOOL_STUDENT = LIS + "institution/person#Student"
SYSTEM_ADMIN = LIS + "system/person#Administrator"
SYSTEM_USER = LIS + "system/person#User"

ROLES = ("teacher", "ta", "student", "observer", "designer", "test_student", "both", "admin")
STAFF = ("teacher", "ta", "designer", "both", "admin")
# Canvas source (platform_storage.ts): the frame beside the tool's that answers for storage.
STORAGE_FRAME = "post_message_forwarding"
GRADABLE = ("student", "test_student", "both")

# spec: LIS context roles, sub-role and base role together.
PLAIN_ROLES = {
    "teacher": [INSTRUCTOR],
    "ta": [INSTRUCTOR, TEACHING_ASSISTANT],
    "student": [LEARNER],
    "observer": [MENTOR],
    "designer": [DESIGNER],
    "test_student": [LEARNER, TEST_USER],
    "both": [INSTRUCTOR, LEARNER],
    "admin": [SCHOOL_ADMIN],
}
# Moodle live: one context role; a non-editing teacher is an Instructor; never TeachingAssistant or Mentor.
MOODLE_ROLES = {
    "teacher": [INSTRUCTOR],
    "ta": [INSTRUCTOR],
    "student": [LEARNER],
    "observer": [LEARNER],
    "designer": [INSTRUCTOR],
    "test_student": [LEARNER],
    "both": [INSTRUCTOR],
    "admin": [SCHOOL_ADMIN, INSTRUCTOR, SYSTEM_ADMIN],
}
# Canvas source (lib/lti/substitutions_helper.rb): course, school and system roles together, sorted.
CANVAS_ROLES = {
    "teacher": [SCHOOL_INSTRUCTOR, INSTRUCTOR, SYSTEM_USER],
    "ta": [SCHOOL_INSTRUCTOR, INSTRUCTOR, TEACHING_ASSISTANT, SYSTEM_USER],
    "student": [SCHOOL_STUDENT, LEARNER, SYSTEM_USER],
    "observer": [MENTOR, SYSTEM_USER],
    "designer": [SCHOOL_INSTRUCTOR, DESIGNER, SYSTEM_USER],
    "test_student": [SCHOOL_STUDENT, LEARNER, SYSTEM_USER, TEST_USER],
    "both": [SCHOOL_INSTRUCTOR, SCHOOL_STUDENT, INSTRUCTOR, LEARNER, SYSTEM_USER],
    "admin": [SCHOOL_ADMIN, SYSTEM_USER],
}
# Moodle live: short names, one each; the non-editing teacher who launches as Instructor is a Learner here.
MOODLE_ROSTER = {role: ["Learner"] for role in ROLES} | {
    "teacher": ["Instructor"],
    "both": ["Instructor"],
    "designer": ["Instructor"],
}


@dataclass(frozen=True)
class Profile:
    name: str
    family: str
    # Moodle live: 60 s. Canvas source: 3600 s.
    id_token_seconds: int
    # Canvas source: the client id stands in azp too. Moodle live: no azp.
    has_azp: bool
    # Moodle live, Canvas source: a launch can be collected once.
    single_use: bool
    # Canvas source: a registered redirect URI matches whatever query the tool adds. Moodle live: letter for letter.
    redirect_ignores_query: bool
    launch_roles: dict[str, list[str]]
    # Canvas docs: platform storage. Moodle live: no storage target, no postMessage is answered.
    has_storage: bool
    # Moodle live: type_id in every service URL. Canvas source: line_items/<id>.
    canvas_urls: bool
    context_type: str


@dataclass(frozen=True)
class Canvas:
    """One kind of Canvas: what its launches begin with."""

    issuer: str
    # What canvas_environment and canvas_region say.
    environment: str
    region: str
    # Canvas live (2018): a key is named by its time alone, and numbers in custom parameters stay numbers.
    is_old: bool = False


# Canvas docs (file.lti_launch_overview) and captures published by others: the same client id lives under three issuers.
CANVASES = {
    "production": Canvas("https://canvas.instructure.com", "production", "eu-west-1"),
    "beta": Canvas("https://canvas.beta.instructure.com", "beta", "eu-west-1"),
    "test": Canvas("https://canvas.test.instructure.com", "test", "eu-west-1"),
    "self_hosted": Canvas("", "prod", "not_configured"),
    "old_self_hosted": Canvas("", "prod", "not_configured", is_old=True),
}


PROFILES = {
    "plain": Profile(
        name="Plain LTI 1.3 Advantage",
        family="other",
        id_token_seconds=300,
        has_azp=False,
        single_use=False,
        redirect_ignores_query=False,
        launch_roles=PLAIN_ROLES,
        has_storage=False,
        canvas_urls=False,
        context_type="http://purl.imsglobal.org/vocab/lis/v2/course#CourseOffering",
    ),
    "moodle": Profile(
        name="Like Moodle 5.1",
        family="moodle",
        id_token_seconds=60,
        has_azp=False,
        single_use=True,
        redirect_ignores_query=False,
        launch_roles=MOODLE_ROLES,
        has_storage=False,
        canvas_urls=False,
        context_type="CourseSection",
    ),
    "canvas": Profile(
        name="Like Canvas",
        family="canvas",
        id_token_seconds=3600,
        has_azp=True,
        single_use=True,
        redirect_ignores_query=True,
        launch_roles=CANVAS_ROLES,
        has_storage=True,
        canvas_urls=True,
        context_type="http://purl.imsglobal.org/vocab/lis/v2/course#CourseOffering",
    ),
}


def of(school) -> Profile:
    return PROFILES[school.profile]


def frame_allow(school) -> str:
    """The frame's `allow`. Moodle live (frames_and_cookies): these six for the tool's origin, no clipboard."""
    if school.profile != "moodle":
        return "clipboard-write; fullscreen"
    parts = urlsplit(school.tool.login_url)
    features = ("microphone", "camera", "geolocation", "midi", "encrypted-media", "autoplay")
    return " ".join(f"{feature} {parts.scheme}://{parts.netloc};" for feature in features)


def canvas_of(school) -> Canvas:
    return CANVASES[school.environment]


def roster_roles(profile: str, role: str) -> list[str]:
    """What the roster calls this role. Empty: the person is not on it."""
    if profile == "moodle":
        return [] if role == "admin" else MOODLE_ROSTER[role]
    if profile == "canvas":
        return [uri for uri in CANVAS_ROLES[role] if "membership" in uri or uri == TEST_USER]
    return [uri for uri in PLAIN_ROLES[role] if "institution" not in uri]
