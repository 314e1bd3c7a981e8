from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from lti_tool import invites
from lti_tool.models import Registration
from lti_tool.tool_configuration import PRIVACY_LEVELS


class Command(BaseCommand):
    help = "Print a one-time address by which an LMS registers itself (Dynamic Registration)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--label", required=True, help="Who it is for; the name of the registration.")
        parser.add_argument(
            "--approve", action="store_true", help="What comes of it works without a further look."
        )
        parser.add_argument(
            "--privacy", choices=PRIVACY_LEVELS, default="", help="What to be told of people."
        )
        parser.add_argument("--minutes", type=int, help="How long it can be used; an hour unless given.")
        parser.add_argument("--renews", type=int, help="The number of the registration that it renews.")

    def handle(self, *args: Any, **options: Any) -> None:
        renews = None
        if options["renews"] is not None:
            renews = Registration.objects.filter(pk=options["renews"]).first()
            if renews is None:
                raise CommandError("There is no registration of that number.")
        if options["minutes"] is not None and not 0 < options["minutes"] <= 7 * 24 * 60:
            raise CommandError("--minutes is between 1 and a week.")
        row, address = invites.invite(
            label=options["label"][:200],
            by="invite_platform",
            approves=options["approve"],
            privacy_level=options["privacy"],
            renews=renews,
            minutes=options["minutes"],
        )
        self.stdout.write(address)
        self.stderr.write(
            f"Works once, until {row.expires_at:%Y-%m-%d %H:%M} UTC. It is shown now and never again."
        )
