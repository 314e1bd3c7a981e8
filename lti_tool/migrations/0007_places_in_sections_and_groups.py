from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("lti_tool", "0006_every_launch_has_a_course")]

    operations = [
        migrations.AddField(
            model_name="membership",
            name="groups",
            field=models.JSONField(default=list, help_text="Names or ids of the LMS groups they are in."),
        ),
        migrations.AddField(
            model_name="membership",
            name="left_at",
            field=models.DateTimeField(help_text="Missing from complete rosters since.", null=True),
        ),
        migrations.AddField(
            model_name="membership",
            name="sections",
            field=models.JSONField(default=list, help_text="Names of the course's sections they are in."),
        ),
        migrations.AddField(
            model_name="context",
            name="history",
            field=models.JSONField(
                default=list, help_text="The courses this one was copied from, nearest first."
            ),
        ),
    ]
