import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("lti_tool", "0009_deployments_pause")]

    operations = [
        migrations.AddField(
            model_name="deployment",
            name="notices_asked_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="deployment",
            name="notices_url",
            field=models.CharField(blank=True, help_text="Platform Notification Service.", max_length=2000),
        ),
        migrations.CreateModel(
            name="Notice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("notice_id", models.CharField(max_length=255)),
                ("notice_type", models.CharField(max_length=100)),
                ("body", models.JSONField(default=dict)),
                ("received_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("handled_at", models.DateTimeField(null=True)),
                (
                    "deployment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notices",
                        to="lti_tool.deployment",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="notice",
            constraint=models.UniqueConstraint(
                fields=("deployment", "notice_id"), name="notice_once_per_deployment"
            ),
        ),
    ]
