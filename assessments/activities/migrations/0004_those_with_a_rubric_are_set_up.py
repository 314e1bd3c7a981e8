from django.db import migrations


def mark(apps, schema_editor):
    apps.get_model("activities", "Activity").objects.filter(rubric__isnull=False).update(is_set_up=True)


class Migration(migrations.Migration):
    dependencies = [("activities", "0003_kinds_say_when_they_are_set_up")]

    operations = [migrations.RunPython(mark, migrations.RunPython.noop)]
