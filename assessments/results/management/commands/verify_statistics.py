from typing import Any

from django.core.management.base import BaseCommand, CommandError

from assessments.measurement.undefined import Undefined
from assessments.measurement.verification import checks


class Command(BaseCommand):
    help = "Computes published tables again on this installation: published, computed, difference."

    def handle(self, *args: Any, **options: Any) -> None:
        found = checks()
        width = max(len(check.name) for check in found)
        for check in found:
            computed = (
                check.computed.sentence
                if isinstance(check.computed, Undefined)
                else f"{check.computed:10.4f}"
            )
            apart = "" if isinstance(check.difference, Undefined) else f"{check.difference:+9.4f}"
            sign = self.style.SUCCESS("good") if check.is_good else self.style.ERROR("BAD ")
            self.stdout.write(
                f"{sign} {check.name:<{width}} {check.published:10.4f} {computed} {apart}  {check.source}"
            )
        bad = sum(not check.is_good for check in found)
        if bad:
            raise CommandError(f"{bad} of {len(found)} numbers are not what was published.")
        self.stdout.write(f"All {len(found)} numbers are as published.")
