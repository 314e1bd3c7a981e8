from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from lti_tool import keys


class Command(BaseCommand):
    help = (
        "Sign with the next key from now on. The worker does this by itself; use it when you want it earlier."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        how = parser.add_mutually_exclusive_group()
        how.add_argument(
            "--leaked",
            action="store_true",
            help="The private key got out: stop using and publishing every key at once. Platforms that keep our key set "
            "refuse us until they read it anew; no grade is lost meanwhile.",
        )
        how.add_argument(
            "--encrypt-anew",
            action="store_true",
            help="Keep the keys, encrypt them with the first of LTI_KEY_ENCRYPTION_KEYS.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["encrypt_anew"]:
            count = keys.encrypt_anew()
            self.stdout.write(f"{count} keys are encrypted with the first secret. The older ones can go.")
        elif options["leaked"]:
            row = keys.replace_leaked()
            self.stdout.write(f"Signing with {row.kid} now; every older key is gone from the published set.")
        else:
            self._rotate()

    def _rotate(self) -> None:
        try:
            row = keys.rotate()
        except keys.TooEarly as too_early:
            when = timezone.localtime(too_early.ready_at).strftime("%Y-%m-%d %H:%M %Z")
            raise CommandError(
                f"The next key has not been published for a day yet; platforms may not know it. Try again after {when}. "
                "If the current key has leaked, use --leaked."
            ) from None
        self.stdout.write(f"Signing with {row.kid} now. The key before it stays published for seven days.")
