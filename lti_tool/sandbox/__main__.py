"""`python -m lti_tool.sandbox serve` and `python -m lti_tool.sandbox registrations`."""

import argparse
import json
import os
import sys
from pathlib import Path

import django

LOOPBACK = ("localhost", "127.0.0.1", "::1")


def main() -> None:
    asked = _parser().parse_args()
    os.environ["DJANGO_SETTINGS_MODULE"] = "lti_tool.sandbox.settings"
    os.environ["SANDBOX_URL"] = f"http://{asked.host}:{asked.port}"
    if asked.database:
        os.environ["SANDBOX_DATABASE"] = str(Path(asked.database).resolve())
    os.environ["SANDBOX_CONTROL"] = "1" if getattr(asked, "control", False) else "0"
    django.setup()
    _make_tables()
    {"serve": serve, "registrations": registrations}[asked.command](asked)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m lti_tool.sandbox", description="A small LMS to try the tool with."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    serving = commands.add_parser("serve", help="serve the sandbox LMS on loopback")
    listing = commands.add_parser(
        "registrations", help="print as JSON what the tool must know of each school"
    )
    for command in (serving, listing):
        command.add_argument("--port", type=int, default=8001)
        command.add_argument("--host", choices=LOOPBACK, default="localhost")
        command.add_argument("--database", help="SQLite file (default: in the system's temporary directory)")
    serving.add_argument("--control", action="store_true", help="serve the control API for tests")
    serving.add_argument("--seed", action="store_true", help="make three schools with people in them")
    serving.add_argument("--tool-url", default="http://127.0.0.1:8000", help="where the tool is, for --seed")
    serving.add_argument("--until-stdin-closes", action="store_true", help="end when standard input ends")
    return parser


def _make_tables() -> None:
    from django.core.management import call_command

    call_command("migrate", run_syncdb=True, verbosity=0)
    _add_missing_columns()


def _add_missing_columns() -> None:
    """A file that an older sandbox made gets what has been added since; `migrate` without migrations only adds tables."""
    from django.apps import apps
    from django.db import connection

    for model in apps.get_app_config("sandbox").get_models():
        with connection.cursor() as cursor:
            described = connection.introspection.get_table_description(cursor, model._meta.db_table)
        there = {column.name for column in described}
        for field in model._meta.local_fields:
            if field.column not in there:
                with connection.schema_editor() as editor:
                    editor.add_field(model, field)


def serve(asked: argparse.Namespace) -> None:
    from django.db import connections

    from lti_tool.sandbox import seed, server

    if asked.seed:
        seed.sow(asked.tool_url)
    connections.close_all()
    if asked.until_stdin_closes:
        server.end_with_standard_input()
    server.Server(asked.host, asked.port).run()


def registrations(asked: argparse.Namespace) -> None:
    from lti_tool.sandbox import schools
    from lti_tool.sandbox.models import School

    listed = [schools.registration(school) for school in School.objects.select_related("tool").order_by("pk")]
    sys.stdout.write(json.dumps(listed, indent=2) + "\n")


if __name__ == "__main__":
    main()
