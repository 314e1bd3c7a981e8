from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("lti_tool", "0012_lanes_for_grades")]

    operations = [
        migrations.AddField(
            model_name="lineitem",
            name="review_offered_at",
            field=models.DateTimeField(
                help_text="When the platform was told where its gradebook finds a person's sheet.", null=True
            ),
        ),
    ]
