"""docs/sandbox.md says what there is: each test it names exists, and every verb, fault and setting is in it."""

import re
from pathlib import Path

from lti_tool.sandbox import faults, profiles

TESTS = Path(__file__).parent.parent
ROOT = TESTS.parent
TEXT = re.sub(r"```.*?```", "", (ROOT / "docs" / "sandbox.md").read_text(), flags=re.DOTALL)


def named():
    """What stands in backquotes."""
    return set(re.findall(r"`([^`\n]+)`", TEXT))


def test_every_named_test_exists():
    references = {name for name in named() if re.match(r"(sandbox|browser|stories)/test_", name)}
    assert len(references) > 40

    missing = [name for name in references if not is_there(*name.partition("::")[::2])]

    assert missing == []


def is_there(file, test):
    path = TESTS / file
    return path.exists() and (not test or f"def {test}(" in path.read_text())


def test_every_verb_of_the_control_api_is_in_the_table():
    code = (ROOT / "lti_tool" / "sandbox" / "control.py").read_text()
    verbs = set(re.findall(r"\w+", re.search(r"for verb in \((.*?)\n    \)", code, re.DOTALL)[1]))
    assert {"launch", "teacher_types"} <= verbs

    assert verbs - named() == set()


def test_every_endpoint_role_and_environment_is_named():
    wanted = {*faults.ENDPOINTS, *profiles.ROLES, *profiles.CANVASES}

    assert wanted - named() == set()


def test_every_test_of_the_sandbox_is_in_a_table():
    here = {f"sandbox/{path.name}" for path in Path(__file__).parent.glob("test_*.py")} - {
        "sandbox/test_documented.py",
        "sandbox/test_older_file.py",
    }

    assert {file for file in here if file not in TEXT} == set()
