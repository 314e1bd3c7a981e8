import secrets
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    help = "Give the demo an administrator with a new password, and print the password. For development only."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEVELOPMENT:
            raise CommandError("Use createsuperuser: this command is for the demo only.")
        password = secrets.token_urlsafe(12)
        administrator, _ = User.objects.get_or_create(
            username="admin", defaults={"is_staff": True, "is_superuser": True}
        )
        administrator.set_password(password)
        administrator.save()
        self.stdout.write(password)
