import django.db.models.deletion
from django.db import migrations, models


def name_the_course(apps, schema_editor):
    tokens = apps.get_model("lti_tool", "LaunchToken").objects
    links = apps.get_model("lti_tool", "ResourceLink").objects
    for link in links.filter(launchtoken__isnull=False).distinct():
        tokens.filter(resource_link=link).update(context=link.context_id)


class Migration(migrations.Migration):
    dependencies = [("lti_tool", "0004_tool_keys_take_turns")]

    operations = [
        migrations.CreateModel(
            name="DeepLinkingRequest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("return_url", models.CharField(max_length=2000)),
                (
                    "data",
                    models.TextField(
                        help_text="Sent back letter for letter; null where none was sent.", null=True
                    ),
                ),
                (
                    "settings",
                    models.JSONField(default=dict, help_text="What the platform takes, as it said it."),
                ),
                ("answered_at", models.DateTimeField(null=True)),
                ("answer", models.JSONField(help_text="The content items that went back.", null=True)),
                (
                    "context",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deep_linking_requests",
                        to="lti_tool.context",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="launchtoken",
            name="context",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="lti_tool.context",
            ),
        ),
        migrations.RunPython(name_the_course, migrations.RunPython.noop),
    ]
