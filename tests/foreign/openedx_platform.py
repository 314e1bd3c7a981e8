"""Open edX' LTI platform (lti-consumer-xblock, unmodified) as a server of its own, without an LMS around it.

Runs in the environment of tests/foreign/requirements.lock, never in ours. What an LMS would give the package is given here:
people, a course, a block, a gradebook. `/begin` stands for the click in the course, `/state` shows what has arrived.
Usage: python openedx_platform.py PORT TOOL_URL FOLDER
"""

import json
import sys
from types import SimpleNamespace

import django
from django.conf import settings

PORT, TOOL_URL, FOLDER = int(sys.argv[1]), sys.argv[2], sys.argv[3]
URL = f"http://localhost:{PORT}"
LOCATION = "block-v1:edX+OSCE+2026+type@lti_consumer+block@history"
PEOPLE = {
    "teacher": ("instructor", "Tara Teacher"),
    "student": ("student", "Sam Student"),
    **{f"student{n}": ("student", f"Student {n}") for n in range(2, 7)},
}

settings.configure(
    SECRET_KEY="foreign" * 8,
    DEBUG_PROPAGATE_EXCEPTIONS=True,
    ALLOWED_HOSTS=["localhost"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "config_models",
        "rest_framework",
        "django_filters",
        "lti_consumer",
    ],
    MIDDLEWARE=[
        "edx_django_utils.cache.middleware.RequestCacheMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "edx_django_utils.cache.middleware.TieredCacheMiddleware",
    ],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": f"{FOLDER}/openedx.sqlite3"}},
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
    USAGE_ID_PATTERN=r"(?P<usage_id>(?:i4x://?[^/]+/[^/]+/[^/]+/[^@]+(?:@[^/]+)?)|(?:[^/]+))",
    PLATFORM_NAME="Open edX",
    LMS_ROOT_URL=URL,
    LTI_BASE=URL,
    LTI_API_BASE=URL,
    LEARNING_MICROFRONTEND_URL=f"{URL}/learning",
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    USE_TZ=True,
)
django.setup()

from django.contrib.auth import get_user_model  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import connection  # noqa: E402
from django.db import models as dbmodels  # noqa: E402
from django.http import JsonResponse  # noqa: E402
from django.urls import include, path  # noqa: E402
from lti_consumer import api, models, utils  # noqa: E402
from lti_consumer.data import Lti1p3LaunchData  # noqa: E402
from lti_consumer.plugin import compat, views  # noqa: E402
from opaque_keys.edx.keys import UsageKey  # noqa: E402

GRADEBOOK = {}


class Profile(dbmodels.Model):
    """The LMS keeps a profile for each user; the package reads names from there."""

    user = dbmodels.OneToOneField(get_user_model(), dbmodels.CASCADE, related_name="profile")
    name = dbmodels.CharField(max_length=255)

    class Meta:
        app_label = "auth"


# --- what the LMS gives the package: one course of invented people, one graded block -------------------


class Block:
    has_score = True
    accept_grades_past_due = True
    weight = 20
    display_name = "History taking"
    lti_1p3_passport_id = ""
    scope_ids = SimpleNamespace(usage_id=LOCATION)

    def is_past_due(self):
        return False

    def max_score(self):
        return 20

    def set_user_module_score(self, user, score, max_score, comment):
        GRADEBOOK[user.username] = {"score": score, "maximum": max_score, "comment": comment}


def external_id(user):
    return f"edx-{user.username}"


def user_of(external):
    return get_user_model().objects.get(username=external.removeprefix("edx-"))


def course_members(course_key):
    return {
        user.pk: {
            "id": user.pk,
            "username": user.username,
            "email": user.email,
            "name": user.first_name,
            "profile": {"name": user.first_name},
            "roles": [PEOPLE[user.username][0]],
        }
        for user in get_user_model().objects.all()
    }


compat.load_block_as_user = compat.load_enough_xblock = lambda location: Block()
compat.get_user_from_external_user_id = user_of
compat.user_has_studio_write_access = lambda user, course_key: True
compat.save_xblock = lambda block: block
compat.get_course_members = course_members
compat.merge_course_forum_roles = lambda course_id, members: members
compat.batch_get_or_create_externalids = lambda users: {
    user.pk: SimpleNamespace(external_user_id=external_id(user)) for user in users
}
views.get_lti_pii_sharing_state_for_course = lambda course_key: True


# --- the clicks of a person, and what the LMS holds --------------------------------------------------


def begin(request):
    """Where the browser goes when a person opens the activity, or picks what it shall be."""
    handle = request.GET["person"]
    role, name = PEOPLE[handle]
    user = get_user_model().objects.get(username=handle)
    config = models.LtiConfiguration.objects.get()
    launch = Lti1p3LaunchData(
        user_id=user.pk,
        user_role=role,
        config_id=str(config.config_id),
        resource_link_id=LOCATION,
        external_user_id=external_id(user),
        name=name,
        email=user.email,
        launch_presentation_document_target="iframe",
        launch_presentation_return_url=f"{URL}/learning",
        message_type=request.GET.get("message", "LtiResourceLinkRequest"),
        context_id="course-v1:edX+OSCE+2026",
        context_type=["course_offering"],
        context_title="Clinical skills",
        context_label="OSCE",
    )
    return JsonResponse({"url": config.get_lti_consumer().prepare_preflight_url(launch)})


def state(request):
    return JsonResponse(
        {
            "gradebook": GRADEBOOK,
            "line_items": list(models.LtiAgsLineItem.objects.values("id", "label", "score_maximum", "tag")),
            "scores": list(
                models.LtiAgsScore.objects.values(
                    "user_id", "score_given", "score_maximum", "comment", "timestamp"
                )
            ),
            "content_items": [item.attributes for item in models.LtiDlContentItem.objects.all()],
        }
    )


urlpatterns = [
    path("api/", include("lti_consumer.plugin.urls")),
    path("begin", begin),
    path("state", state),
]


def main():
    call_command("migrate", verbosity=0)
    with connection.schema_editor() as editor:
        editor.create_model(Profile)
    for handle, (_role, name) in PEOPLE.items():
        user = get_user_model().objects.create(
            username=handle, first_name=name, email=f"{handle}@example.org"
        )
        Profile.objects.create(user=user, name=name)
    passport = models.Lti1p3Passport.objects.create(lti_1p3_tool_keyset_url=f"{TOOL_URL}/lti/jwks.json")
    models.LtiConfiguration.objects.create(
        version="lti_1p3",
        config_store="CONFIG_ON_DB",
        location=UsageKey.from_string(LOCATION),
        lti_1p3_passport=passport,
        lti_1p3_oidc_url=f"{TOOL_URL}/lti/login/",
        lti_1p3_launch_url=f"{TOOL_URL}/lti/launch/",
        lti_advantage_enable_nrps=True,
        lti_advantage_deep_linking_enabled=True,
        lti_advantage_deep_linking_launch_url=f"{TOOL_URL}/lti/launch/",
        lti_advantage_ags_mode="programmatic",
    )
    server = ThreadedWSGIServer(("127.0.0.1", PORT), WSGIRequestHandler)
    server.set_app(get_wsgi_application())
    registration = {
        "issuer": utils.get_lti_api_base(),
        "client_id": passport.lti_1p3_client_id,
        "auth_url": utils.get_lms_lti_launch_link(),
        "token_url": utils.get_lms_lti_access_token_link(passport.passport_id),
        "jwks_url": utils.get_lms_lti_keyset_link(passport.passport_id),
        "deployment_id": "1",
    }
    print(json.dumps(registration), flush=True)
    server.serve_forever()


assert api  # its receivers write the gradebook
main()
