import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("lti_tool", "0003_invites")]

    operations = [
        migrations.AddField(
            model_name="toolkey",
            name="current_at",
            field=models.DateTimeField(help_text="Signs since.", null=True),
        ),
        migrations.AddField(
            model_name="toolkey",
            name="retiring_at",
            field=models.DateTimeField(help_text="Signs no more since.", null=True),
        ),
        migrations.AlterField(
            model_name="toolkey",
            name="created_at",
            field=models.DateTimeField(default=django.utils.timezone.now, help_text="Published since."),
        ),
        migrations.AddConstraint(
            model_name="toolkey",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "next")), fields=("state",), name="one_next_tool_key"
            ),
        ),
    ]
