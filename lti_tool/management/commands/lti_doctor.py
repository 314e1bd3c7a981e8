import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.serializers.json import DjangoJSONEncoder

from lti_tool import doctor, support_bundle
from lti_tool.models import Deployment

MARKS = {doctor.OK: "ok     ", doctor.NOTICE: "note   ", doctor.WRONG: "WRONG  ", doctor.UNTRIED: "untried"}


class Command(BaseCommand):
    help = "Check a deployment from end to end, and say what is wrong and whose job it is. Only reads."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--client-id", help="Only deployments of this registration.")
        parser.add_argument("--deployment-id", help="Only this deployment.")
        parser.add_argument(
            "--bundle", type=Path, help="Also write a support bundle here: JSON without secrets or names."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        rows = Deployment.objects.select_related("registration").order_by("registration__name", "pk")
        for field, name in (("registration__client_id", "client_id"), ("deployment_id", "deployment_id")):
            if options[name]:
                rows = rows.filter(**{field: options[name]})
        if not rows:
            raise CommandError("There is no such deployment. Register a platform first: docs/ tells how.")
        well = [self._examine(row) for row in rows]
        if options["bundle"]:
            bundles = [support_bundle.of(row) for row in rows]
            options["bundle"].write_text(json.dumps(bundles, indent=2, cls=DjangoJSONEncoder) + "\n")
            self.stdout.write(f"Support bundle written to {options['bundle']}.")
        if not all(well):
            raise CommandError("Something needs to be mended; see above.", returncode=1)

    def _examine(self, deployment: Deployment) -> bool:
        self.stdout.write(f"\n{deployment.registration.name} · deployment {deployment.deployment_id}")
        findings = doctor.examine(deployment)
        for finding in findings:
            job = f"  → {finding.who}" if finding.who else ""
            self.stdout.write(f"  {MARKS[finding.level]} {finding.sentence}{job}")
        return doctor.is_well(findings)
