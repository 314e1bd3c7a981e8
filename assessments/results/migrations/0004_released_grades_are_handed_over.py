"""What was released before went to the outbox in the same moment."""

from typing import Any

from django.db import migrations
from django.db.models import F


def note(apps: Any, schema_editor: Any) -> None:
    results = apps.get_model("results", "Result").objects
    results.filter(released_at__isnull=False, handed_over_at=None).update(handed_over_at=F("released_at"))


class Migration(migrations.Migration):
    dependencies = [("results", "0003_moderation")]

    operations = [migrations.RunPython(note, migrations.RunPython.noop)]
