import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("activities", "0002_chosen_in_the_lms_and_copied"),
        ("rubrics", "0003_kinds_weights_and_statements"),
    ]

    operations = [
        migrations.AddField(
            model_name="activity",
            name="is_set_up",
            field=models.BooleanField(
                default=False, help_text="Whether it can be opened; its kind knows when."
            ),
        ),
        migrations.AlterField(
            model_name="activity",
            name="rubric",
            field=models.ForeignKey(
                help_text="Of the kind “assessment”.",
                null=True,
                on_delete=django.db.models.deletion.RESTRICT,
                related_name="activities",
                to="rubrics.rubric",
            ),
        ),
    ]
