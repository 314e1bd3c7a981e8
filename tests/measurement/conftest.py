import csv
import json
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

SAMPLES = Path(__file__).resolve().parent.parent / "samples" / "osce"


@pytest.fixture(autouse=True)
def _no_silent_trouble():
    """A division by zero is answered in words, not by numpy."""
    with np.errstate(all="raise", under="ignore"):
        yield


@pytest.fixture(scope="session")
def constructed():
    """By station: marks, grades and circuits of the same 24 candidates, and what other libraries computed."""
    stations = defaultdict(lambda: {"marks": [], "grades": [], "circuits": []})
    with (SAMPLES / "osce_constructed_24x4.csv").open() as file:
        for row in csv.DictReader(file):
            station = stations[row["station"]]
            station["marks"].append(float(row["checklist_pct"]))
            station["grades"].append(float(row["global_grade"]))
            station["circuits"].append(row["circuit"])
    expected = json.loads((SAMPLES / "osce_constructed_24x4_expected.json").read_text())
    return dict(stations), expected


@pytest.fixture(scope="session")
def examples():
    return json.loads((SAMPLES / "standard_setting_examples.json").read_text())


@pytest.fixture(scope="session")
def golden():
    """By name: numbers of another program for peer feedback."""
    return lambda name: json.loads((SAMPLES.parent / "peer" / f"{name}_golden.json").read_text())
