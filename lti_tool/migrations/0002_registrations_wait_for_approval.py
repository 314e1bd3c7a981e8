from django.db import migrations, models


def keep_switched_off(apps, schema_editor):
    apps.get_model("lti_tool", "Registration").objects.filter(is_active=False).update(status="blocked")


def keep_off(apps, schema_editor):
    apps.get_model("lti_tool", "Registration").objects.exclude(status="active").update(is_active=False)


class Migration(migrations.Migration):
    dependencies = [("lti_tool", "0001_initial")]

    operations = [
        migrations.AddField(
            "registration",
            "status",
            models.CharField(
                choices=[("pending", "waiting for approval"), ("active", "active"), ("blocked", "blocked")],
                default="active",
                max_length=10,
            ),
        ),
        migrations.RunPython(keep_switched_off, keep_off),
        migrations.RemoveField("registration", "is_active"),
        migrations.AddField(
            "registration",
            "platform_guid",
            models.CharField(
                blank=True, help_text="The school, where many share one issuer.", max_length=255
            ),
        ),
        migrations.AddField(
            "registration",
            "configuration_url",
            models.CharField(
                blank=True, help_text="Where the platform shows what it keeps about us.", max_length=2000
            ),
        ),
        migrations.AddField(
            "registration",
            "configuration",
            models.JSONField(default=dict, help_text="What the platform confirmed at registration."),
        ),
    ]
