"""A minimal Django tool on PyLTI1p3, put together as its examples show: login, launch, a first page.

With BENCH_ROWS=1 it also keeps what such a tool soon keeps: state and launches in the database cache, a session row and
a user row. Without, everything is in the process's memory.
"""

import json
import os

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.template import engines
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

ROWS = os.environ.get("BENCH_ROWS") == "1"
# Django's caches keep 300 entries unless told otherwise, and then refuse launches after some 130 logins under way.
CACHE = {
    "BACKEND": f"django.core.cache.backends.{'db.DatabaseCache' if ROWS else 'locmem.LocMemCache'}",
    "LOCATION": "cache",
    "OPTIONS": {"MAX_ENTRIES": 1_000_000},
}
settings.configure(
    SECRET_KEY="bench" * 10,
    DEBUG=False,
    LOGGING={
        "version": 1,
        "disable_existing_loggers": False,
        "handlers": {"e": {"class": "logging.StreamHandler"}},
        "root": {"handlers": ["e"], "level": "ERROR"},
    },
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions"],
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": os.environ["BENCH_DATABASE"],
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
            },
        }
    },
    CACHES={"default": CACHE},
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
)
django.setup()

from django.contrib.auth import login as sign_in  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from pylti1p3.contrib.django import (  # noqa: E402
    DjangoCacheDataStorage,
    DjangoMessageLaunch,
    DjangoOIDCLogin,
)
from pylti1p3.tool_config import ToolConfDict  # noqa: E402

TOOL = ToolConfDict(json.loads(os.environ["BENCH_TOOL_CONFIGURATION"]))
PAGE = engines["django"].from_string("<!doctype html><title>Tool</title><h1>Hello {{ name }}</h1>{{ roles }}")


def login(request):
    storage = DjangoCacheDataStorage()
    begun = DjangoOIDCLogin(request, TOOL, launch_data_storage=storage)
    return begun.redirect(request.GET.get("target_link_uri") or request.POST["target_link_uri"])


def launch(request):
    storage = DjangoCacheDataStorage()
    opened = DjangoMessageLaunch(request, TOOL, launch_data_storage=storage)
    opened.set_public_key_caching(storage, cache_lifetime=7200)
    claims = opened.get_launch_data()
    if ROWS:
        user, _ = User.objects.get_or_create(
            username=claims["sub"],
            defaults={"first_name": claims["given_name"], "email": claims["email"]},
        )
        sign_in(request, user, backend="django.contrib.auth.backends.ModelBackend")
    roles = claims["https://purl.imsglobal.org/spec/lti/claim/roles"]
    return HttpResponse(PAGE.render({"name": claims["name"], "roles": roles}, request))


urlpatterns = [path("lti/login/", csrf_exempt(login)), path("lti/launch/", csrf_exempt(launch))]
application = get_wsgi_application()
if os.environ.get("BENCH_PREPARE") == "1":
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
