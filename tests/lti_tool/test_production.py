"""What a production start loads and what it refuses."""

import os
import subprocess
import sys

PRODUCTION = {
    "SECRET_KEY": "s" * 60,
    "TOOL_URL": "https://tool.example",
    "ALLOWED_HOSTS": "tool.example",
    "LTI_KEY_ENCRYPTION_KEYS": "one,two",
}
LOAD = """
import sys, django, importlib, pkgutil
django.setup()
from django.urls import get_resolver
get_resolver().url_patterns
import config.wsgi, lti_tool.worker, lti_tool.management.commands.run_worker
print([name for name in sys.modules if name.startswith("lti_tool.sandbox")])
"""


def run(code, **variables):
    clean = {
        name: value
        for name, value in os.environ.items()
        if name not in ("BELLRINGER_DEVELOPMENT", "DATABASE_URL")
    }
    return subprocess.run(
        [sys.executable, "-c", code],
        env=clean | {"DJANGO_SETTINGS_MODULE": "config.settings"} | variables,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_production_never_imports_the_sandbox_lms():
    loaded = run(LOAD, **PRODUCTION)

    assert (loaded.returncode, loaded.stdout.strip()) == (0, "[]"), loaded.stderr


def test_a_missing_setting_is_named_with_the_page_to_read():
    for name in PRODUCTION:
        missing = {key: value for key, value in PRODUCTION.items() if key != name}
        started = run("import django; django.setup()", **missing)
        if name == "ALLOWED_HOSTS":
            assert started.returncode == 0
            continue
        assert started.returncode != 0
        assert f"Set {name} in the environment: docs/settings.md" in started.stderr


def test_sandbox_schools_are_not_registered_in_production():
    register = "from django.core.management import execute_from_command_line as run; run(['manage.py', 'register_sandbox'])"

    refused = run(register, **PRODUCTION)

    assert refused.returncode != 0
    assert "never registered with a production tool" in refused.stderr
