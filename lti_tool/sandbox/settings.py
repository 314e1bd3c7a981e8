"""Settings of the sandbox LMS: its own project, its own SQLite file, nothing shared with the tool."""

import os
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
BASE_URL = os.environ.get("SANDBOX_URL", "http://localhost:8001").rstrip("/")
WITH_CONTROL = os.environ.get("SANDBOX_CONTROL") == "1"

SECRET_KEY = "the sandbox keeps no secrets"  # noqa: S105
DEBUG = False
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
INSTALLED_APPS = ["lti_tool.sandbox.apps.SandboxConfig"]
MIDDLEWARE = [
    "lti_tool.sandbox.throttle.Throttle",
    "lti_tool.sandbox.faults.Faults",
    "lti_tool.sandbox.pages.SecurityHeaders",
]
ROOT_URLCONF = "lti_tool.sandbox.urls"
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
STATIC_URL = "/static/"
STATIC_ROOT = HERE / "static"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ.get("SANDBOX_DATABASE", str(Path(tempfile.gettempdir()) / "sandbox-lms.sqlite3")),
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;",
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
APPEND_SLASH = False
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"stderr": {"class": "logging.StreamHandler"}},
    "loggers": {
        "django.request": {"handlers": ["stderr"], "level": "CRITICAL", "propagate": False},
        "sandbox": {"handlers": ["stderr"], "level": "INFO"},
    },
}
