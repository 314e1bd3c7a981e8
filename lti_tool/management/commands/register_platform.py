from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from lti_tool import http
from lti_tool.models import Deployment, Registration


class Command(BaseCommand):
    help = "Register a platform (LMS), or change what is registered under the same issuer and client id."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--name", required=True, help="What people here call this LMS.")
        parser.add_argument("--issuer", required=True)
        parser.add_argument("--client-id", required=True)
        parser.add_argument("--auth-url", required=True, help="Authentication request URL.")
        parser.add_argument("--token-url", required=True, help="Access token URL.")
        parser.add_argument("--jwks-url", required=True, help="Public keyset URL.")
        parser.add_argument("--token-audience", default="", help="Only where the platform wants another one.")
        parser.add_argument("--family", choices=Registration.Family.values, default=Registration.Family.OTHER)
        parser.add_argument(
            "--deployment-id", action="append", default=[], help="Approve this deployment; repeatable."
        )
        parser.add_argument(
            "--origin", action="append", default=[], help="A further origin of this LMS; repeatable."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        for name in ("auth_url", "token_url", "jwks_url"):
            if not http.origin(options[name]):
                raise CommandError(f"--{name.replace('_', '-')} is not a web address: {options[name]}")
        registration, is_new = Registration.objects.update_or_create(
            issuer=options["issuer"],
            client_id=options["client_id"],
            defaults={
                "name": options["name"],
                "auth_url": options["auth_url"],
                "token_url": options["token_url"],
                "jwks_url": options["jwks_url"],
                "token_audience": options["token_audience"],
                "platform_family": options["family"],
                "allowed_origins": options["origin"],
            },
        )
        for deployment_id in options["deployment_id"]:
            Deployment.objects.update_or_create(
                registration=registration,
                deployment_id=deployment_id,
                defaults={"status": Deployment.Status.ACTIVE},
            )
        self.stdout.write(f"{'Registered' if is_new else 'Updated'} {registration.name}.")
