"""OpenLearning's LTI platform library (lti1p3platform, unmodified) as a server of its own.

Runs in the environment of tests/foreign/requirements.lock, never in ours. The library asks its user for storage; that is
here, in memory: one course of invented people, its columns and scores. `/begin` stands for the click in the course,
`/state` shows what has arrived. Usage: python openlearning_platform.py PORT TOOL_URL
"""

import json
import sys
import uuid
from datetime import datetime

import django
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings

PORT, TOOL_URL = int(sys.argv[1]), sys.argv[2]
URL = f"http://localhost:{PORT}"
CLIENT_ID, DEPLOYMENT_ID, LINK = "openlearning-client", "openlearning-deployment", "link-1"
COURSE = {"id": "course-1", "label": "OSCE", "title": "Clinical skills"}
MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership"
PEOPLE = {"teacher": [f"{MEMBERSHIP}#Instructor"]} | {
    handle: [f"{MEMBERSHIP}#Learner"] for handle in ("student", *(f"student{n}" for n in range(2, 6)))
}

settings.configure(
    SECRET_KEY="foreign" * 8,
    ALLOWED_HOSTS=["localhost"],
    ROOT_URLCONF=__name__,
    DEBUG_PROPAGATE_EXCEPTIONS=True,
)
django.setup()

from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.http import HttpResponse, JsonResponse  # noqa: E402
from django.urls import path  # noqa: E402
from lti1p3platform.framework.django.message_launch import DjangoLTI1P3MessageLaunch  # noqa: E402
from lti1p3platform.framework.django.oidc_login import DjangoAPIOIDCLogin  # noqa: E402
from lti1p3platform.framework.django.request import DjangoRequest  # noqa: E402
from lti1p3platform.framework.django.response import wrap_json_resp  # noqa: E402
from lti1p3platform.ltiplatform import LTI1P3PlatformConfAbstract  # noqa: E402
from lti1p3platform.membership import Context  # noqa: E402
from lti1p3platform.registration import Registration  # noqa: E402
from lti1p3platform.score import UpdateScoreStatus  # noqa: E402
from lti1p3platform.service_connector import (  # noqa: E402
    AssignmentsGradesService,
    NamesRoleProvisioningService,
)

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
LINE_ITEMS, SCORES, CONTENT_ITEMS, LAUNCHES = {}, {}, [], {}


class Platform(LTI1P3PlatformConfAbstract):
    def init_platform_config(self, **kwargs):
        private = KEY.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        public = KEY.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        self._registration = (
            Registration()
            .set_iss(URL)
            .set_client_id(CLIENT_ID)
            .set_deployment_id(DEPLOYMENT_ID)
            .set_oidc_login_url(f"{TOOL_URL}/lti/login/")
            .set_launch_url(f"{TOOL_URL}/lti/launch/")
            .set_deeplink_launch_url(f"{TOOL_URL}/lti/launch/")
            .set_tool_key_set_url(f"{TOOL_URL}/lti/jwks.json")
            .set_platform_private_key(private.decode())
            .set_platform_public_key(public.decode())
        )

    def get_registration_by_params(self, **kwargs):
        return self._registration


class Login(DjangoAPIOIDCLogin):
    def set_lti_message_hint(self, *, hint):
        self._lti_message_hint = hint


class Launch(DjangoLTI1P3MessageLaunch):
    """Says who opens what: the hint of the login names the launch that `/begin` kept."""

    def prepare_launch(self, preflight_response):
        asked = LAUNCHES.pop(preflight_response["lti_message_hint"])
        handle = asked["person"]
        roles = asked["roles"] if "roles" in asked else PEOPLE[handle]
        self.set_user_data(handle, roles, handle.title(), f"{handle}@example.org")
        self.set_launch_context_claim(COURSE["id"], [], COURSE["title"], COURSE["label"])
        self.set_launch_presentation_claim("iframe", f"{URL}/course")
        self.set_ags(f"{URL}/lineitems")
        self.set_nrps(f"{URL}/members?limit=3")
        self.set_extra_claims(asked.get("claims", {}))
        if asked.get("message") == "LtiDeepLinkingRequest":
            self.set_dl(f"{URL}/deep-link", extra_data=asked.get("data", "kept as sent"))
        else:
            self.set_resource_link_claim(LINK, title="History taking")


class Columns(AssignmentsGradesService):
    def find_lineitems(
        self, page=1, limit=None, line_item_id=None, resource_link_id=None, resource_id=None, tag=None
    ):
        items = [item for item in LINE_ITEMS.values() if tag in (None, item.get("tag"))]
        return {"content": items, "has_next": False, "next": None}

    def find_lineitem(self, line_item_id):
        return LINE_ITEMS[line_item_id]

    def create_lineitem(self, creation_data):
        number = str(len(LINE_ITEMS) + 1)
        LINE_ITEMS[number] = {**creation_data, "id": f"{URL}/lineitems/{number}"}
        return LINE_ITEMS[number]

    def update_lineitem(self, update_data):
        LINE_ITEMS[update_data["id"]].update({**update_data, "id": f"{URL}/lineitems/{update_data['id']}"})
        return LINE_ITEMS[update_data["id"]]

    def delete_lineitem(self, line_item_id):
        del LINE_ITEMS[line_item_id]

    def update_score(self, line_item_id, score):
        kept = SCORES.get((line_item_id, score["userId"]))
        if kept and datetime.fromisoformat(score["timestamp"]) <= datetime.fromisoformat(kept["timestamp"]):
            return UpdateScoreStatus.OLD_TIMESTAMP
        SCORES[line_item_id, score["userId"]] = score
        return UpdateScoreStatus.SUCCESS

    def get_results(self, line_item_id, page=1, limit=None, user_id=None):
        found = [
            {
                "id": f"{URL}/lineitems/{line_item_id}/results/{user}",
                "userId": user,
                "resultScore": score.get("scoreGiven"),
                "resultMaximum": score.get("scoreMaximum", 1),
                "comment": score.get("comment", ""),
            }
            for (item, user), score in SCORES.items()
            if item == line_item_id and user_id in (None, user) and "scoreGiven" in score
        ]
        return {"content": found, "has_next": False, "next": None}


class Members(NamesRoleProvisioningService):
    def get_context_by_id(self):
        return Context(**COURSE)

    def get_member_data_page(self, page=1, limit=None, role=None, since=None):
        everybody = [
            {"user_id": handle, "roles": roles, "name": handle.title(), "email": f"{handle}@example.org"}
            for handle, roles in PEOPLE.items()
        ]
        size, first = int(limit or len(everybody)), (int(page) - 1) * int(limit or 0)
        shown = everybody[first : first + size]
        return {"content": shown, "has_next": first + size < len(everybody)}


def begin(request):
    asked = json.loads(request.body)
    login, hint = Login(DjangoRequest(request), Platform()), uuid.uuid4().hex
    LAUNCHES[hint] = asked
    login.set_lti_message_hint(hint=hint)
    return JsonResponse({"url": login.initiate_login(asked["person"]).url})


def auth(request):
    return Launch(DjangoRequest(request), Platform()).lti_launch()


def token(request):
    return JsonResponse(Platform().get_access_token(request.POST.dict()))


def keys(request):
    return JsonResponse(Platform().get_jwks())


def line_items(request):
    service = Columns(DjangoRequest(request), Platform(), f"{URL}/lineitems")
    handle = service.handle_create_lineitem if request.method == "POST" else service.handle_get_lineitems
    return wrap_json_resp(service.handle_resp(handle))


def line_item(request, number):
    service = Columns(DjangoRequest(request), Platform(), f"{URL}/lineitems", f"{URL}/lineitems/{number}")
    handle = service.handle_update_lineitem if request.method == "PUT" else service.handle_get_lineitem
    return wrap_json_resp(service.handle_resp(handle, line_item_id=number))


def scores(request, number):
    service = Columns(DjangoRequest(request), Platform(), f"{URL}/lineitems", f"{URL}/lineitems/{number}")
    return wrap_json_resp(service.handle_resp(service.handle_update_score, line_item_id=number))


def results(request, number):
    service = Columns(DjangoRequest(request), Platform(), f"{URL}/lineitems", f"{URL}/lineitems/{number}")
    return wrap_json_resp(service.handle_resp(service.handle_get_results, line_item_id=number))


def members(request):
    service = Members(DjangoRequest(request), Platform(), f"{URL}/members")
    return wrap_json_resp(service.handle_resp(service.handle_get_members))


def deep_link(request):
    CONTENT_ITEMS.extend(Platform().validate_deeplinking_resp(request.POST.dict()))
    return HttpResponse("<h1>Added to the course</h1>")


def state(request):
    kept = [{"line_item": item, "user": user, **score} for (item, user), score in SCORES.items()]
    return JsonResponse(
        {"line_items": list(LINE_ITEMS.values()), "scores": kept, "content_items": CONTENT_ITEMS}
    )


urlpatterns = [
    path("begin", begin),
    path("auth", auth),
    path("token", token),
    path("jwks", keys),
    path("lineitems", line_items),
    path("lineitems/<number>", line_item),
    path("lineitems/<number>/scores", scores),
    path("lineitems/<number>/results", results),
    path("members", members),
    path("deep-link", deep_link),
    path("state", state),
]


def main():
    server = ThreadedWSGIServer(("127.0.0.1", PORT), WSGIRequestHandler)
    server.set_app(get_wsgi_application())
    registration = {
        "issuer": URL,
        "client_id": CLIENT_ID,
        "auth_url": f"{URL}/auth",
        "token_url": f"{URL}/token",
        "jwks_url": f"{URL}/jwks",
        "deployment_id": DEPLOYMENT_ID,
    }
    print(json.dumps(registration), flush=True)
    server.serve_forever()


main()
