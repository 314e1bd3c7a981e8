import json

import pytest

from tests.lti_tool.test_production import PRODUCTION, run

FAIL = """
import django; django.setup()
import logging
from django.db import IntegrityError
try:
    try:
        raise ValueError("secret words about Anna")
    except ValueError as error:
        raise IntegrityError("Failing row contains (70, Anna)") from error
except IntegrityError:
    logging.getLogger("django.request").error("Internal Server Error: %s", "/sheets/1/", exc_info=True)
"""


@pytest.mark.row("S25")
def test_errors_are_logged_with_their_place_and_without_their_words():
    logged = run(FAIL, **PRODUCTION).stderr.strip().splitlines()[-1]

    line = json.loads(logged)
    assert [error.split(" ")[0] for error in line["error"]] == ["IntegrityError", "ValueError"]
    assert "<string>:" in line["error"][0]
    assert "Anna" not in logged
