from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("lti_tool", "0016_places_tell_launch_and_roster_apart")]

    operations = [
        migrations.RenameField("deployment", "notices_asked_at", "notices_ask_at"),
        migrations.AlterField(
            model_name="deployment",
            name="notices_ask_at",
            field=models.DateTimeField(
                null=True, help_text="When the platform is asked, next or again, to send us its notices."
            ),
        ),
        migrations.AlterField(
            model_name="deeplinkingrequest",
            name="answer",
            field=models.JSONField(null=True, help_text="What went back, as claims: items and messages."),
        ),
    ]
