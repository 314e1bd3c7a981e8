"""All settings, from the environment, safe by default. docs/settings.md explains each variable."""

import os
from pathlib import Path

import environ
import structlog
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from config.tracebacks import where_it_happened

# Read when numpy is loaded: its threads would wait busily for each other in every process that answers requests.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()


def required(name: str) -> str:
    """The value of the variable, or one sentence that says which one is missing and where to read."""
    value = env.str(name, default="")
    if not value:
        raise ImproperlyConfigured(f"Set {name} in the environment: docs/settings.md says to what.")
    return value


# A development run (bin/demo, bin/test) may use well-known keys and talk to loopback over http. Never in production.
DEVELOPMENT = env.bool("BELLRINGER_DEVELOPMENT", default=False)
DEVELOPMENT_KEY = "development-only-" + "0" * 33

DEBUG = False
SECRET_KEY = DEVELOPMENT_KEY if DEVELOPMENT else required("SECRET_KEY")
TOOL_URL = (
    env.str("TOOL_URL", default="http://127.0.0.1:8000") if DEVELOPMENT else required("TOOL_URL")
).rstrip("/")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost"] if DEVELOPMENT else [])

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "django_htmx",
    "csp",
    "config",
    "config.apps.AdministrationConfig",  # after config, whose templates stand in for some of its own
    "lti_tool",
    "assessments.audit",
    "assessments.rubrics",
    "assessments.marking",
    "assessments.activities",
    "assessments.results",
    "assessments.people",
    "assessments.osce",
    "assessments.workplace",
    "assessments.peer",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "lti_tool.middleware.FrameAncestorsMiddleware",
    "config.headers.PermissionsPolicy",
    "config.administration.AdministrationHeaders",
    "lti_tool.middleware.CorrelationMiddleware",
    "lti_tool.middleware.LaunchMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "lti_tool.middleware.LaunchLocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    # These three do nothing outside /admin/.
    "config.administration.SessionUnderAdmin",
    "config.administration.AuthenticationUnderAdmin",
    "config.administration.MessagesUnderAdmin",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "lti_tool.context_processors.launch",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# --- database -----------------------------------------------------------------------------------
# SQLite unless DATABASE_URL names PostgreSQL. synchronous=FULL: a mark that was answered with 2xx survives power loss.
DATABASES = {"default": env.db_url("DATABASE_URL", default=f"sqlite:///{BASE_DIR / 'bellringer.sqlite3'}")}
_database = DATABASES["default"]
if _database["ENGINE"] == "django.db.backends.sqlite3":
    _database["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
    }
    # A file, not memory: the tests let real worker processes open it too.
    _database["TEST"] = {
        "NAME": env.str("TEST_DATABASE_PATH", default=str(BASE_DIR / ".cache" / "test.sqlite3"))
    }
# Kept open between requests: opening an SQLite file for each costs more than the rest of a launch's queries.
_database["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=60)
_database["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- language and time --------------------------------------------------------------------------
LANGUAGE_CODE = "en"
# Every string is marked for translation; a language is listed once its catalogue is there.
LANGUAGES = [("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "config" / "locale"]
FORMAT_MODULE_PATH = ["config.formats"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.str("TIME_ZONE", default="UTC")

# --- static files -------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = env.str("STATIC_ROOT", default=str(BASE_DIR / "staticfiles"))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEVELOPMENT
        else "config.static_storage.ModuleManifestStorage"
    },
}
STATIC_BUNDLED = not DEVELOPMENT  # one script and one style sheet, made by collectstatic
WHITENOISE_USE_FINDERS = DEVELOPMENT

# --- files that people hand in --------------------------------------------------------------------
# Kept under names that say nothing, and never served by their address: assessments.peer.file_views gives them out.
MEDIA_ROOT = env.str("FILES_ROOT", default=str(BASE_DIR / (".cache/files" if DEVELOPMENT else "files")))
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700
WORK_FILE_MAX = env.int("WORK_FILE_MEGABYTES", default=50) * 1024 * 1024

# --- security -----------------------------------------------------------------------------------
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=not DEVELOPMENT)
BEHIND_PROXY = env.bool("BEHIND_PROXY", default=False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_HSTS_SECONDS = 0 if DEVELOPMENT else env.int("SECURE_HSTS_SECONDS", default=31_536_000)
SECURE_REFERRER_POLICY = "no-referrer"
# A page opened by the LMS in a new window keeps its opener; framed pages ignore this header.
SECURE_CROSS_ORIGIN_OPENER_POLICY = None
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
FILE_UPLOAD_HANDLERS: list[str] = []  # no view takes a file unless it says how much of one: rubrics.uploads
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "worker-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "object-src": [NONE],
        # Replaced for each answer by lti_tool.middleware.FrameAncestorsMiddleware.
        "frame-ancestors": [NONE],
    }
}

# --- administration -----------------------------------------------------------------------------
# The only cookies that authenticate anything: docs/decisions/0009. They never leave ADMINISTRATION_PATH.
ADMINISTRATION_PATH = "/admin/"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in (
        ("MinimumLengthValidator", {"min_length": 12}),
        ("CommonPasswordValidator", {}),
        ("UserAttributeSimilarityValidator", {}),
        ("NumericPasswordValidator", {}),
    )
]
SESSION_COOKIE_NAME = "bellringer-admin"
SESSION_COOKIE_PATH = ADMINISTRATION_PATH
SESSION_COOKIE_SECURE = not DEVELOPMENT
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 8 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
CSRF_COOKIE_NAME = "bellringer-admin-csrf"
CSRF_COOKIE_PATH = ADMINISTRATION_PATH
CSRF_COOKIE_SECURE = not DEVELOPMENT
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_AGE = None
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SIGN_INS_PER_MINUTE = env.int("SIGN_INS_PER_MINUTE", default=10)

# --- LTI ----------------------------------------------------------------------------------------
LTI_TOOL_NAME = "Bellringer"
LTI_TOOL_DESCRIPTION = (
    "OSCE-style rubric assessment and peer feedback, with grades that go back to the gradebook."
)
LTI_TOOL_ICON = "bellringer/icon.svg"
LTI_INVITE_MINUTES = env.int("LTI_INVITE_MINUTES", default=60)
LTI_LAUNCH_URL = "activities:start"
LTI_REVIEW_URL = "activities:review"  # a launch from the LMS's gradebook, for one person's work
LTI_DEEP_LINKING_URL = "activities:picker"
LTI_LAUNCH_TOKEN_HOURS = 8
LTI_CODE_SECONDS = 60
LTI_LOGIN_MINUTES = 10
LTI_LOGINS_PER_MINUTE = env.int("LTI_LOGINS_PER_MINUTE", default=1200)
LTI_REJECTIONS_PER_MINUTE = env.int("LTI_REJECTIONS_PER_MINUTE", default=120)
LTI_LEEWAY_SECONDS = 60
LTI_MAX_TOKEN_AGE_SECONDS = 3600
LTI_ALLOW_LOOPBACK = DEVELOPMENT
LTI_PRIVATE_HOSTS = env.list("LTI_PRIVATE_HOSTS", default=[])
# Keys at rest. The first key encrypts, all decrypt: put a new one in front to rotate.
LTI_KEY_ENCRYPTION_KEYS = [DEVELOPMENT_KEY] if DEVELOPMENT else required("LTI_KEY_ENCRYPTION_KEYS").split(",")
LTI_KEY_DAYS = env.int("LTI_KEY_DAYS", default=90)
LTI_SCORE_LEASE_SECONDS = env.int("LTI_SCORE_LEASE_SECONDS", default=240)
LTI_WORKER_THREADS = env.int("LTI_WORKER_THREADS", default=6)
LTI_HTTP_TIMEOUT_SECONDS = (5, env.int("LTI_HTTP_READ_TIMEOUT_SECONDS", default=15))

# --- exams --------------------------------------------------------------------------------------
EXAM_LINK_REFUSALS_PER_MINUTE = env.int("EXAM_LINK_REFUSALS_PER_MINUTE", default=120)
EXAM_LINK_OPENINGS_PER_MINUTE = 20  # of one link

# --- API ----------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["lti_tool.api.LaunchTokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["lti_tool.port.LaunchRequired"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["config.api.BoundedJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "config.api.exception_handler",
    "UNAUTHENTICATED_USER": None,
    "COERCE_DECIMAL_TO_STRING": True,
}
SPECTACULAR_SETTINGS = {"TITLE": "Bellringer", "VERSION": "1", "OAS_VERSION": "3.1.0"}

# --- logs: structured, never personal data --------------------------------------------------------
_shared_processors: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
structlog.configure(
    processors=[
        structlog.stdlib.filter_by_level,
        *_shared_processors,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "lines": {
            "()": structlog.stdlib.ProcessorFormatter,
            "foreign_pre_chain": _shared_processors,
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                where_it_happened,
                structlog.dev.ConsoleRenderer(colors=False)
                if DEVELOPMENT
                else structlog.processors.JSONRenderer(),
            ],
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
    "root": {
        "handlers": ["stderr"],
        "level": env.str("LOG_LEVEL", default="WARNING" if DEVELOPMENT else "INFO"),
    },
    # Django's request logger writes paths; the paths carry only opaque ids.
    # urllib3 would write the addresses it calls, and those name people.
    "loggers": {"django.request": {"level": "ERROR"}, "urllib3": {"level": "INFO"}},
}
SILENCED_SYSTEM_CHECKS = [
    "security.W002",  # frames are the point: CSP frame-ancestors names who may
    "security.W003",  # the only cookie that authenticates is the admin's, and the admin checks its own forms
    "security.W005",  # other subdomains are not ours to decide about
    "security.W021",
]
