import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from lti_tool import registrations_file
from lti_tool.errors import ServiceError
from lti_tool.models import Registration


class Command(BaseCommand):
    help = "Registrations as a file: export them, import a file, or show where file, database and platforms differ."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", choices=("export", "import", "drift"))
        parser.add_argument("file", help="A JSON file; - for standard output or input.")
        parser.add_argument("--dry-run", action="store_true", help="import: only say what would change.")
        parser.add_argument("--no-platforms", action="store_true", help="drift: do not ask any platform.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["what"] == "export":
            return self._export(options["file"])
        entries = self._read(options["file"])
        if options["what"] == "import":
            self._import(entries, is_rehearsal=options["dry_run"])
        else:
            self._drift(entries, asks_platforms=not options["no_platforms"])

    def _export(self, name: str) -> None:
        text = json.dumps(registrations_file.export(), indent=2, ensure_ascii=False) + "\n"
        if name == "-":
            self.stdout.write(text, ending="")
        else:
            Path(name).write_text(text, encoding="utf-8")

    def _read(self, name: str) -> list[dict[str, Any]]:
        try:
            text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
            return registrations_file.read(json.loads(text))
        except OSError as error:
            raise CommandError(f"{name} cannot be read: {error.strerror}.") from None
        except registrations_file.Unusable as error:
            raise CommandError(f"{error} Nothing was changed.") from None
        except ValueError:
            raise CommandError(f"{name} is not JSON. Nothing was changed.") from None

    def _import(self, entries: list[dict[str, Any]], *, is_rehearsal: bool) -> None:
        changes = [found for found in registrations_file.differences(entries) if found.there is not None]
        for change in changes:
            self.stdout.write(str(change))
        if not changes:
            self.stdout.write("Nothing to change.")
        elif is_rehearsal:
            self.stdout.write("Nothing was changed: this was a rehearsal.")
        else:
            registrations_file.bring_in(entries)
            self.stdout.write(f"{len(changes)} changed.")

    def _drift(self, entries: list[dict[str, Any]], *, asks_platforms: bool) -> None:
        found = registrations_file.differences(entries)
        for row in Registration.objects.exclude(configuration_url="") if asks_platforms else ():
            try:
                found += registrations_file.changed_at_platform(row)
            except ServiceError as error:
                self.stderr.write(f"{row.name}: the platform could not be asked: {error.said or error}")
        for difference in found:
            self.stdout.write(str(difference))
        if found:
            raise CommandError(f"{len(found)} differences.", returncode=1)
        self.stdout.write("No difference.")
