from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from lti_tool import approval
from lti_tool.models import Deployment


class Command(BaseCommand):
    help = "List the deployments that wait for approval, or approve one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--client-id")
        parser.add_argument("--deployment-id")

    def handle(self, *args: Any, **options: Any) -> None:
        pending = Deployment.objects.filter(status=Deployment.Status.PENDING).select_related("registration")
        if not options["deployment_id"]:
            for row in pending:
                self.stdout.write(
                    f"{row.registration.name}\t{row.registration.client_id}\t{row.deployment_id}"
                )
            return
        found = pending.filter(
            registration__client_id=options["client_id"], deployment_id=options["deployment_id"]
        )
        if not found:
            raise CommandError("No such deployment is waiting for approval.")
        for row in found:
            approval.decide_deployment(row, status=Deployment.Status.ACTIVE)
        self.stdout.write("Approved.")
