from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("lti_tool", "0008_scores_people_decided_about")]

    operations = [
        migrations.AddField(
            model_name="deployment",
            name="pause_reason",
            field=models.CharField(blank=True, help_text="An errors.Kind.", max_length=30),
        ),
        migrations.AddField(
            model_name="deployment",
            name="paused_until",
            field=models.DateTimeField(null=True),
        ),
    ]
