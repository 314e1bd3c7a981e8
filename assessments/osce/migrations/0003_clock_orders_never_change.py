"""The database itself refuses to change an order to a clock."""

from django.db import migrations

# All but who gave it: that becomes empty when the person's row goes.
COLUMNS = "session_id, circuit_id, kind, at, seconds"
SQLITE = f"""
CREATE TRIGGER osce_clockorder_never_changes BEFORE UPDATE OF {COLUMNS} ON osce_clockorder
BEGIN SELECT RAISE(ABORT, 'osce_clockorder is append-only'); END
"""
POSTGRESQL = f"""
CREATE FUNCTION osce_clockorder_never_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'osce_clockorder is append-only' USING ERRCODE = 'integrity_constraint_violation'; END $$;
CREATE TRIGGER osce_clockorder_never_changes BEFORE UPDATE OF {COLUMNS} ON osce_clockorder
FOR EACH ROW EXECUTE FUNCTION osce_clockorder_never_changes();
"""
DROP = {
    "sqlite": "DROP TRIGGER osce_clockorder_never_changes",
    "postgresql": "DROP FUNCTION osce_clockorder_never_changes() CASCADE",
}


def forbid(apps, schema_editor):
    schema_editor.execute(SQLITE if schema_editor.connection.vendor == "sqlite" else POSTGRESQL)


def allow(apps, schema_editor):
    schema_editor.execute(DROP[schema_editor.connection.vendor])


class Migration(migrations.Migration):
    dependencies = [("osce", "0002_exam_day")]
    operations = [migrations.RunPython(forbid, allow)]
