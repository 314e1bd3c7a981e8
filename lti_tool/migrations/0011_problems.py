import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("lti_tool", "0010_notices")]

    operations = [
        migrations.CreateModel(
            name="Problem",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "area",
                    models.CharField(
                        choices=[
                            ("launch", "opening the tool"),
                            ("registration", "registration"),
                            ("deep_linking", "adding activities"),
                            ("roster", "course members"),
                            ("grades", "grades"),
                            ("notices", "notices"),
                        ],
                        max_length=20,
                    ),
                ),
                ("code", models.CharField(help_text="An errors.Reason or errors.Kind.", max_length=40)),
                ("said", models.CharField(blank=True, max_length=500)),
                ("times", models.PositiveIntegerField(default=1)),
                ("first_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("last_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "deployment",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="problems",
                        to="lti_tool.deployment",
                    ),
                ),
                (
                    "registration",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="problems",
                        to="lti_tool.registration",
                    ),
                ),
            ],
            options={
                "ordering": ["-last_at"],
            },
        ),
        migrations.AddConstraint(
            model_name="problem",
            constraint=models.UniqueConstraint(
                condition=models.Q(("deployment", None)),
                fields=("registration", "area", "code"),
                name="problem_once_per_registration_and_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="problem",
            constraint=models.UniqueConstraint(
                fields=("deployment", "area", "code"), name="problem_once_per_deployment_and_kind"
            ),
        ),
    ]
