import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("lti_tool", "0005_launches_of_deep_linking_and_review")]

    operations = [
        migrations.AlterField(
            model_name="launchtoken",
            name="context",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="lti_tool.context"
            ),
        ),
        migrations.AlterField(
            model_name="launchtoken",
            name="resource_link",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.CASCADE, to="lti_tool.resourcelink"
            ),
        ),
        migrations.AddField(
            model_name="launchtoken",
            name="deep_linking",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.CASCADE, to="lti_tool.deeplinkingrequest"
            ),
        ),
        migrations.AddField(
            model_name="launchtoken",
            name="for_person",
            field=models.ForeignKey(
                help_text="Whose work the LMS's gradebook asked for. Says what to show, never who may see it.",
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="lti_tool.person",
            ),
        ),
        migrations.AddConstraint(
            model_name="launchtoken",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("resource_link__isnull", False), ("deep_linking__isnull", False), _connector="XOR"
                ),
                name="launch_opens_a_link_or_chooses_one",
            ),
        ),
    ]
