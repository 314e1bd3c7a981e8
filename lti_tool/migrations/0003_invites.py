import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("lti_tool", "0002_registrations_wait_for_approval")]

    operations = [
        migrations.CreateModel(
            name="Invite",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code_sha256", models.CharField(max_length=64, unique=True)),
                ("label", models.CharField(help_text="Who it is for.", max_length=200)),
                (
                    "privacy_level",
                    models.CharField(
                        blank=True, help_text="What Canvas is asked to tell us of people.", max_length=10
                    ),
                ),
                (
                    "approves",
                    models.BooleanField(
                        default=False,
                        help_text="The registration works at once; else it waits for approval here.",
                    ),
                ),
                ("created_by", models.CharField(blank=True, max_length=150)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("expires_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(null=True)),
                (
                    "registration",
                    models.ForeignKey(
                        help_text="What came of it.",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="invites",
                        to="lti_tool.registration",
                    ),
                ),
                (
                    "renews",
                    models.ForeignKey(
                        blank=True,
                        help_text="The registration that this invitation renews.",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="lti_tool.registration",
                    ),
                ),
            ],
        ),
    ]
