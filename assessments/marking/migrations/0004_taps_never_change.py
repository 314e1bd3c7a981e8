"""The database itself refuses to change a Tap."""

from django.db import migrations

# All but who did it: that becomes empty when the person's row goes.
COLUMNS = "sheet_id, log, sequence, field, value, seen, at_device, received_at, outcome, reason, revision"
SQLITE = f"""
CREATE TRIGGER marking_tap_never_changes BEFORE UPDATE OF {COLUMNS} ON marking_tap
BEGIN SELECT RAISE(ABORT, 'marking_tap is append-only'); END
"""
POSTGRESQL = f"""
CREATE FUNCTION marking_tap_never_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'marking_tap is append-only' USING ERRCODE = 'integrity_constraint_violation'; END $$;
CREATE TRIGGER marking_tap_never_changes BEFORE UPDATE OF {COLUMNS} ON marking_tap
FOR EACH ROW EXECUTE FUNCTION marking_tap_never_changes();
"""
DROP = {
    "sqlite": "DROP TRIGGER marking_tap_never_changes",
    "postgresql": "DROP FUNCTION marking_tap_never_changes() CASCADE",
}


def forbid(apps, schema_editor):
    schema_editor.execute(SQLITE if schema_editor.connection.vendor == "sqlite" else POSTGRESQL)


def allow(apps, schema_editor):
    schema_editor.execute(DROP[schema_editor.connection.vendor])


class Migration(migrations.Migration):
    dependencies = [("marking", "0003_taps")]
    operations = [migrations.RunPython(forbid, allow)]
