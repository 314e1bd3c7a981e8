from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from lti_tool import http, registration
from lti_tool.errors import ServiceError
from lti_tool.models import Registration


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
            try:
                http.check_form(options[name])
            except ServiceError as error:
                raise CommandError(f"--{name.replace('_', '-')} is {error.said}: {options[name]}") from None
        there = Registration.objects.filter(issuer=options["issuer"], client_id=options["client_id"]).first()
        agreement = registration.Agreement(
            name=options["name"],
            issuer=options["issuer"],
            client_id=options["client_id"],
            auth_url=options["auth_url"],
            token_url=options["token_url"],
            jwks_url=options["jwks_url"],
            token_audience=options["token_audience"],
            family=options["family"],
            allowed_origins=tuple(options["origin"]),
            platform_guid=there.platform_guid if there else "",
            configuration_url=there.configuration_url if there else "",
        )
        row = registration.keep(agreement, approves=True, renews=there)
        registration.approve_deployments(row, options["deployment_id"])
        self.stdout.write(f"{'Updated' if there else 'Registered'} {row.name}.")
