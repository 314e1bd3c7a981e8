import json
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from lti_tool.models import Deployment, Registration


class Command(BaseCommand):
    help = "Register the schools of the demo LMS, read as JSON from standard input. For development only."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEVELOPMENT:
            raise CommandError(
                "The demo LMS is never registered with a production tool: use register_platform."
            )
        for school in json.load(sys.stdin):
            registration, _ = Registration.objects.update_or_create(
                issuer=school["issuer"],
                client_id=school["client_id"],
                defaults={
                    name: school[name]
                    for name in ("name", "auth_url", "token_url", "jwks_url", "platform_family")
                },
            )
            Deployment.objects.update_or_create(
                registration=registration,
                deployment_id=school["deployment_id"],
                defaults={"status": Deployment.Status.ACTIVE},
            )
