"""A demo is kept over upgrades: its file gets the columns that a newer sandbox asks for."""

import sqlite3
from contextlib import closing

from tests.sandbox_lms import SandboxProcess, School


def test_a_file_of_an_older_sandbox_keeps_its_schools(tmp_path):
    file = tmp_path / "lms.sqlite3"
    with SandboxProcess(file) as sandbox:
        before = sandbox.school("canvas", environment="beta")
    with closing(sqlite3.connect(file)) as database:
        database.execute("ALTER TABLE sandbox_school DROP COLUMN environment")
        database.execute("ALTER TABLE sandbox_school DROP COLUMN storage")

    with SandboxProcess(file) as sandbox:
        school = School(sandbox, before.slug, {}).refresh()

        assert school.people == before.people
        assert school.begin_launch("student").params["canvas_environment"] == "production"
