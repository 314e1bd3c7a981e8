"""Three schools to try the tool with: one plain, one like Moodle, one like Canvas. Seeding again changes only the tool."""

from lti_tool.sandbox import schools
from lti_tool.sandbox.models import School, Tool

SCHOOLS = (
    ("northfield", "plain", "Northfield School of Medicine"),
    ("moodle-like", "moodle", "Moodle-like University"),
    ("canvas-like", "canvas", "Canvas-like College"),
)
PEOPLE = (
    {"handle": "tina", "name": "Tina Teacher", "role": "teacher"},
    {"handle": "evan", "name": "Evan Examiner", "role": "ta"},
    {"handle": "priya", "name": "Priya Nair", "role": "student"},
    {"handle": "sam", "name": "Sam Okonkwo", "role": "student"},
    {"handle": "zoe", "name": "Zoë Lindqvist", "role": "student"},
    {"handle": "wei", "name": "Wei Zhang", "role": "student"},
    {"handle": "fatima", "name": "فاطمة الزهراء", "role": "student"},
    {"handle": "marisol", "name": "Marisol Peña Quispe", "role": "student"},
    {"handle": "olivia", "name": "Olivia Observer", "role": "observer"},
)


def tool_at(tool_url: str) -> dict[str, object]:
    base = tool_url.rstrip("/")
    return {
        "login_url": f"{base}/lti/login/",
        "launch_urls": [f"{base}/lti/launch/"],
        "target_link_uri": f"{base}/lti/launch/",
        "jwks_url": f"{base}/lti/jwks.json",
    }


def sow(tool_url: str) -> None:
    for slug, profile, name in SCHOOLS:
        tool = tool_at(tool_url)
        existing = School.objects.filter(slug=slug).first()
        if existing:
            Tool.objects.filter(school=existing).update(**tool)
            continue
        identity = {"client_id": f"bellringer-{slug}", "deployment_id": "1"}
        schools.create(
            slug=slug,
            profile=profile,
            name=name,
            # Its own issuer even where it is like Canvas, as self-hosted ones have: so that it can be registered.
            environment="self_hosted",
            tool=tool | identity,
            people=PEOPLE,
        )
