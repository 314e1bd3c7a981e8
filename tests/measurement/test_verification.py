"""The published tables, and that a wrong number would be seen."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from assessments.measurement import (
    agreement,
    comparative_judgement,
    generalizability,
    rasch,
    team_contribution,
    verification,
    workshop_grades,
)
from assessments.measurement.undefined import Reason, undefined


@pytest.mark.parametrize("check", verification.checks(), ids=lambda check: check.name)
def test_published_number(check):
    assert check.is_good, (check.published, check.computed)


def test_command_prints_published_computed_and_difference():
    out = StringIO()

    call_command("verify_statistics", stdout=out, no_color=True)

    lines = out.getvalue().splitlines()
    assert lines[-1] == f"All {len(verification.checks())} numbers are as published."
    line = next(line for line in lines if "Krippendorff's alpha, ordinal" in line)
    assert line.split() == (
        [
            "good",
            "Krippendorff's",
            "alpha,",
            "ordinal",
            "0.8150",
            "0.8154",
            "+0.0004",
            "Krippendorff",
            "2011,",
            "data",
            "C",
        ]
    )


def test_command_fails_when_a_number_differs_or_is_missing(monkeypatch):
    assert len(verification.checks()) > 60
    monkeypatch.setattr(agreement, "krippendorff_alpha", lambda *given: 0.9)
    with pytest.raises(CommandError, match="4 of"):
        call_command("verify_statistics", stdout=StringIO())
    monkeypatch.setattr(agreement, "krippendorff_alpha", lambda *given: undefined(Reason.NO_DATA))
    with pytest.raises(CommandError, match="4 of"):
        call_command("verify_statistics", stdout=StringIO())


def test_every_number_of_examiners_is_looked_at(monkeypatch):
    """What is not computed is not good, wherever a study is split into numbers."""
    words = undefined(Reason.NO_DATA)
    monkeypatch.setattr(rasch, "many_facet_rasch", lambda *given: words)
    for name in ("g_study", "g_study_of_ratings", "g_study_of_anova"):
        monkeypatch.setattr(generalizability, name, lambda *given, **more: words)

    found = verification.checks()

    bad = [check for check in found if not check.is_good]
    assert {check.source.split(" ")[0] for check in bad} == {"Brennan", "Park", "Uto"}
    assert len(bad) == 5 + 4 + 9 + 7 + 7 + 3 + 9


def test_every_number_of_peers_is_looked_at(monkeypatch):
    words = undefined(Reason.NO_DATA)
    for module, name in (
        (comparative_judgement, "bradley_terry"),
        (team_contribution, "webpa"),
        (team_contribution, "contribution"),
        (workshop_grades, "best"),
        (workshop_grades, "numerrors"),
    ):
        monkeypatch.setattr(module, name, lambda *given, **more: words)

    bad = [check for check in verification.checks() if not check.is_good]

    assert {check.source.split(" ")[0] for check in bad} == {
        "Stigler",
        "Agresti",
        "WebPA,",
        "TEAMMATES,",
        "Moodle",
    }
    assert len(bad) == 3 + 6 + 6 + 15 + 20 + 3 + 4
