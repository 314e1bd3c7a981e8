"""Writes docs/lti-matrix.md from what a test run showed: which test covers each row, and whether it passed.

`pytest --matrix docs/lti-matrix.md`; the run fails where a row has neither a test nor a reason.
"""

import re
from collections import defaultdict
from pathlib import Path

import pytest

from tests.matrix.rows import SECTIONS

CERTIFICATION_TEST = re.compile(r"tests/certification/.*::test_([A-Z]{1,2}\d{1,2})_")
HEAD = """# LTI matrix

Written by the test run (`bin/test`): each row of the certification guide, of the security rules and of what Canvas and Moodle
really do, with the tests that show how Bellringer takes it. The browser, process and foreign-client tests run with them.
"""


def pytest_addoption(parser):
    parser.addoption("--matrix", type=Path, help="Write the LTI matrix of this run to a file.")


def pytest_configure(config):
    if config.getoption("--matrix") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Matrix(config.getoption("--matrix")), "matrix")


def pytest_collection_modifyitems(items):
    for item in items:
        for name in rows_of(item):
            item.user_properties.append(("row", name))


def rows_of(item):
    """The rows a test covers, certification rows with a prefix: S10 is the name of two different ones."""
    named = CERTIFICATION_TEST.match(item.nodeid)
    own = [f"certification/{named.group(1)}"] if named else []
    return own + [_key(name) for marker in item.iter_markers("row") for name in marker.args]


def _key(name):
    """A marker names a row of the later sections first: S10 there is a rule, not a student's launch."""
    sections = sorted(SECTIONS, key=lambda section: section.named_by_function)
    return next((key_of(section, name) for section in sections if name in section.rows), name)


class _Matrix:
    def __init__(self, path):
        self.path = path
        self.outcomes = defaultdict(lambda: defaultdict(set))

    def pytest_runtest_logreport(self, report):
        is_tried_again = report.outcome == "rerun"
        if is_tried_again or (report.when != "call" and report.passed):
            return
        for name, row in report.user_properties:
            if name == "row":
                self.outcomes[row][report.nodeid.split("[")[0]].add(report.outcome)

    def pytest_sessionfinish(self, session):
        missing = [
            f"{section.title}: {row}"
            for section in SECTIONS
            for row in section.rows
            if row not in section.cannot_apply and not self.tests_of(section, row)
        ]
        unknown = set(self.outcomes) - {key_of(section, row) for section in SECTIONS for row in section.rows}
        if missing or unknown:
            print(f"\nRows without a test or a reason: {missing}\nRows nobody knows: {sorted(unknown)}")  # noqa: T201
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        self.path.write_text(self.text())

    def tests_of(self, section, row):
        return self.outcomes.get(key_of(section, row), {})

    def text(self):
        parts = [HEAD]
        for section in SECTIONS:
            parts.append(
                f"\n## {section.title}\n\n{section.says}\n\n| row | what happens | shown by | result |\n|---|---|---|---|\n"
            )
            parts += [self.line(section, row, says) for row, says in section.rows.items()]
        return "".join(parts)

    def line(self, section, row, says):
        tests = self.tests_of(section, row)
        if not tests:
            return f"| {row} | {says} | | {section.cannot_apply.get(row, '**nothing**')} |\n"
        shown = "<br>".join(f"`{name.removeprefix('tests/')}`" for name in sorted(tests))
        passed = all(outcome == {"passed"} for outcome in tests.values())
        return f"| {row} | {says} | {shown} | {'passed' if passed else '**failed**'} |\n"


def key_of(section, row):
    return f"certification/{row}" if section.named_by_function else row
