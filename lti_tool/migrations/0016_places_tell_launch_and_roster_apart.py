from django.db import migrations, models


def tell_apart(apps, schema_editor):
    """Until now a role came from the last launch, or from the roster where there was none."""
    places = apps.get_model("lti_tool", "Membership").objects
    launched = {"launched_role": models.F("role"), "launched_learns": models.F("is_learner")}
    places.filter(launched_at__isnull=False).update(**launched)
    listed = {"roster_role": models.F("role"), "roster_learns": models.F("is_learner")}
    places.filter(launched_at=None, on_roster_at__isnull=False).update(**listed)


class Migration(migrations.Migration):
    dependencies = [("lti_tool", "0015_roles_of_launch_and_roster")]

    operations = [migrations.RunPython(tell_apart, migrations.RunPython.noop)]
