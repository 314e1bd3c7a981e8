from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from assessments.rubrics.points import read_points
from assessments.rubrics.templatetags.points import points


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("2", "2"),
        (" 1.5 ", "1.5"),
        ("1,5", "1.5"),
        ("0", "0"),
        ("0,25", "0.25"),
        ("١٫٥", "1.5"),
        ("1000", "1000"),
    ],
)
def test_points_are_read_as_people_write_them(typed, read):
    assert read_points(typed) == Decimal(read)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "0 is fine"),
        ("-1", "below zero"),
        ("\u22122", "below zero"),
        ("NaN", "not a number"),
        ("Infinity", "not a number"),
        ("1e3", "not a number"),
        ("1_000", "not a number"),
        ("1,000", "at most two decimals"),
        ("two", "“two” is not a number"),
        ("1001", "at most 1000"),
        ("9" * 5000, "at most 1000"),
    ],
)
def test_other_points_are_refused_in_words(typed, sentence):
    with pytest.raises(ValidationError) as refusal:
        read_points(typed)

    assert sentence in " ".join(refusal.value.messages)


@pytest.mark.parametrize(
    ("value", "shown"), [("12.50", "12.5"), ("10.00", "10"), ("0.00", "0"), ("100", "100")]
)
def test_points_are_shown_without_idle_zeros(value, shown):
    assert points(Decimal(value)) == shown
