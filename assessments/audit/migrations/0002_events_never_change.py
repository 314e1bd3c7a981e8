"""The database itself refuses to change an Event."""

from django.db import migrations

SQLITE = """
CREATE TRIGGER audit_event_never_changes BEFORE UPDATE ON audit_event
BEGIN SELECT RAISE(ABORT, 'audit_event is append-only'); END
"""
POSTGRESQL = """
CREATE FUNCTION audit_event_never_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'audit_event is append-only' USING ERRCODE = 'integrity_constraint_violation'; END $$;
CREATE TRIGGER audit_event_never_changes BEFORE UPDATE ON audit_event
FOR EACH ROW EXECUTE FUNCTION audit_event_never_changes();
"""
DROP = {
    "sqlite": "DROP TRIGGER audit_event_never_changes",
    "postgresql": "DROP FUNCTION audit_event_never_changes() CASCADE",
}


def forbid(apps, schema_editor):
    schema_editor.execute(SQLITE if schema_editor.connection.vendor == "sqlite" else POSTGRESQL)


def allow(apps, schema_editor):
    schema_editor.execute(DROP[schema_editor.connection.vendor])


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]
    operations = [migrations.RunPython(forbid, allow)]
