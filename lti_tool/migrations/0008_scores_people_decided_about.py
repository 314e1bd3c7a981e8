from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("lti_tool", "0007_places_in_sections_and_groups")]

    operations = [
        migrations.AddField(
            model_name="score",
            name="may_replace",
            field=models.CharField(
                blank=True,
                help_text="The grade in the LMS that somebody chose to replace with ours.",
                max_length=60,
            ),
        ),
        migrations.AlterField(
            model_name="score",
            name="state",
            field=models.CharField(
                choices=[
                    ("waiting", "waiting"),
                    ("delivered", "delivered"),
                    ("refused", "refused"),
                    ("conflict", "changed in the LMS"),
                    ("kept", "left as it is in the LMS"),
                ],
                default="waiting",
                max_length=10,
            ),
        ),
    ]
