import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("lti_tool", "0011_problems")]

    operations = [
        migrations.CreateModel(
            name="SendingLane",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveSmallIntegerField()),
                ("lease", models.UUIDField(null=True)),
                ("lease_expires_at", models.DateTimeField(null=True)),
                (
                    "taken_at",
                    models.DateTimeField(help_text="Last: whoever waited longest goes first.", null=True),
                ),
                ("rests_until", models.DateTimeField(null=True)),
                (
                    "failures",
                    models.PositiveIntegerField(default=0, help_text="Times in a row that nobody answered."),
                ),
                (
                    "registration",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lanes",
                        to="lti_tool.registration",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("registration", "number"), name="sending_lane_once")
                ],
            },
        ),
    ]
