"""What identifiers of people look like in English text: one pattern for each kind, with what a match must also fulfil.

Patterns have no repeated part that could match in two ways, so a search takes time linear in the text.
Where a passage fits several kinds, the first of `RULES` has it.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from assessments.peer.words.lexicons.places import MONTHS, NO_NAMES, POSTCODE_AREAS

FEWEST_DIGITS_OF_A_RECORD = 5  # "patient number 3" and "NHS 2019" have fewer


class Kind(StrEnum):
    NHS_NUMBER = "nhs_number"
    RECORD_NUMBER = "record_number"
    BIRTH_DATE = "birth_date"
    EMAIL = "email"
    SSN = "ssn"
    PHONE = "phone"
    POSTCODE = "postcode"
    ZIP = "zip"
    NAME = "name"
    # Hints: often harmless.
    TEN_DIGITS = "ten_digits"
    DATE = "date"
    STAFF = "staff"


HINTS = frozenset((Kind.TEN_DIGITS, Kind.DATE, Kind.STAFF))

# Wherever people read them, they are translated first.
SENTENCES = {
    Kind.NHS_NUMBER: "This is an NHS number. Take it out.",
    Kind.RECORD_NUMBER: "This looks like the number of a patient's record. Take it out.",
    Kind.BIRTH_DATE: "This looks like a date of birth. Give the age in years, or leave it out.",
    Kind.EMAIL: "This is an e-mail address. Take it out.",
    Kind.SSN: "This looks like a social security number. Take it out.",
    Kind.PHONE: "This looks like a telephone number. Take it out.",
    Kind.POSTCODE: "This looks like a postcode. Take it out.",
    Kind.ZIP: "This looks like a full ZIP code. Take it out.",
    Kind.NAME: "This looks like a person's name. If it is a real patient's, write “the patient” instead.",
    Kind.TEN_DIGITS: "Ten digits: is this the number of a person or a record? Then take it out.",
    Kind.DATE: "A full date can identify somebody. Would “last spring” or “day 3” do?",
    Kind.STAFF: "This looks like a colleague's name. Their role is enough.",
}


@dataclass(frozen=True)
class Rule:
    kind: Kind
    pattern: re.Pattern[str]
    holds: Callable[[re.Match[str]], bool] = lambda _found: True


def is_nhs_number(digits: str) -> bool:
    """Ten digits whose last is the check digit: 11 − (Σ digit·weight mod 11), weights 10 to 2.

    Source: NHS Data Dictionary, "NHS number". A remainder of 10 is never given out.
    """
    check = -sum(int(digit) * weight for digit, weight in zip(digits, range(10, 1, -1), strict=False)) % 11
    return len(digits) == 10 and len(set(digits)) > 1 and check == int(digits[9])


def _digits(text: str) -> str:
    return "".join(char for char in text if char.isdecimal())


def _is_date(found: re.Match[str]) -> bool:
    """Day and month could be meant, in either order; where a month is in letters, it is a date anyway."""
    numbers = [int(number) for number in re.findall(r"\d+", found["date"])]
    if len(numbers) < 3:
        return True
    day_and_month = numbers[1:] if numbers[0] > 31 else numbers[:2]
    return 1 <= min(day_and_month) <= 12 and max(day_and_month) <= 31


def _is_number_in_groups(found: re.Match[str]) -> bool:
    """Not a list such as "0 1 2 3 4 5 6 7 8 9"."""
    groups = re.findall(r"\d+", found[0])
    return len(groups) <= 5 and max(map(len, groups)) >= 3


def _is_postcode(found: re.Match[str]) -> bool:
    return found["area"] in POSTCODE_AREAS


def _is_name(found: re.Match[str]) -> bool:
    return not NO_NAMES & set(found["name"].split())


_GAP = "[ \u00a0\u202f.\\-\u2010-\u2013]?"
_MONTH = rf"(?:{'|'.join(MONTHS)})[a-z]{{0,6}}\.?"
_DATE = (
    r"(?P<date>\d{1,2}/\d{1,2}/(?:\d{4}|\d{2})(?![\d/])|\d{1,2}[.-]\d{1,2}[.-]\d{4}(?!\d)|\d{4}-\d{2}-\d{2}(?!\d)"
    rf"|\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {_MONTH},? \d{{4}}(?!\d)|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}}(?!\d))"
)
_SURNAME = r"(?:(?:van|von|de|der|den|al|el|bin|la|le|O|D)['’\- ]){0,2}[A-Z\u00c0-\u00de][\w'’\-]{1,30}"
_GIVEN = r"[A-Z\u00c0-\u00de][\w'’\-]{1,30}"
_NUMBER = r"(?:no\.?|nr\.?|num(?:ber)?\.?|id|#|№)"
_RECORD = (
    rf"(?:(?:MRN|CRN|CHI|NHS|URN)(?: ?{_NUMBER})?"
    rf"|(?:hospital|medical|health|patient|chart|unit|case)(?: record)? ?{_NUMBER})"
)

RULES = (
    Rule(Kind.EMAIL, re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}")),
    Rule(
        Kind.NHS_NUMBER,
        re.compile(rf"(?<![\w.])\d{{3}}{_GAP}\d{{3}}{_GAP}\d{{4}}(?!\w)"),
        lambda found: is_nhs_number(_digits(found[0])),
    ),
    Rule(
        Kind.RECORD_NUMBER,
        re.compile(
            rf"\b{_RECORD}[ \t]{{0,3}}[:=]?[ \t]{{0,3}}(?:is |was )?[A-Z]{{0,3}}[-/]?\d[\dA-Z/-]{{3,14}}\b",
            re.IGNORECASE,
        ),
        lambda found: len(_digits(found[0])) >= FEWEST_DIGITS_OF_A_RECORD,
    ),
    Rule(
        Kind.BIRTH_DATE,
        re.compile(
            rf"\b(?:D\.?O\.?B\.?|(?:date of birth|birth ?date|birthday|born)(?: is| was| on)?)[\s:,(-]{{0,3}}{_DATE}",
            re.IGNORECASE,
        ),
        _is_date,
    ),
    Rule(
        Kind.SSN, re.compile(r"(?<![\w-])(?!000|666|9)\d{3}[- ](?!00)\d{2}[- ](?!0000)\d{4}(?![\w-])")
    ),
    Rule(
        Kind.PHONE,
        re.compile(
            r"(?<![\w.])(?:(?:\+|00)44[ -]?(?:\(0\)[ -]?)?|\(?0(?=[1235789]))(?:\d[ ()-]{0,2}){8,9}\d(?!\d)"
        ),
        _is_number_in_groups,
    ),
    Rule(
        Kind.PHONE,
        re.compile(
            r"(?<![\w.])(?:\+?1[ .-]?)?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[ .-])[2-9]\d{2}[ .-]\d{4}(?![\w-])"
        ),
    ),
    Rule(Kind.PHONE, re.compile(r"(?<![\w.])\+[1-9]\d{0,2}(?:[ ().-]{0,2}\d){7,12}(?!\d)"), _is_number_in_groups),
    Rule(Kind.ZIP, re.compile(r"(?<![\w-])\d{5}-\d{4}(?![\w-])")),
    Rule(
        Kind.POSTCODE,
        re.compile(r"\b(?P<area>[A-Z]{1,2})\d[A-Z\d]? ?\d[ABD-HJLNP-UW-Z]{2}\b"),
        _is_postcode,
    ),
    Rule(Kind.DATE, re.compile(rf"(?<![\w/.-]){_DATE}"), _is_date),
    Rule(Kind.TEN_DIGITS, re.compile(rf"(?<![\w.])\d{{3}}{_GAP}\d{{3}}{_GAP}\d{{4}}(?![\w.])")),
    Rule(
        Kind.NAME,
        re.compile(
            rf"\b(?:Mr|Mrs|Ms|Miss|Mx|Master|Sir|Lady|Dame)\b\.?[ ](?:{_GIVEN}[ ])?(?P<name>{_SURNAME})"
        ),
        _is_name,
    ),
    Rule(Kind.NAME, re.compile(r"\b(?:mr|mrs)\b\.? (?P<name>[a-z][\w'’-]{1,30})")),
    Rule(
        Kind.NAME,
        re.compile(
            rf"\b[Pp]atient(?:['’]s name is|,? (?:is )?(?:called|named))?,? (?P<name>{_GIVEN} {_SURNAME})"
        ),
        _is_name,
    ),
    Rule(
        Kind.NAME,
        re.compile(rf"\b[Pp]atient(?:['’]s name is|,? (?:is |was )?(?:called|named)) (?P<name>{_GIVEN})"),
        _is_name,
    ),
    Rule(
        Kind.STAFF,
        re.compile(
            rf"\b(?:Dr|Doctor|Prof|Professor|Nurse|Sister)\b\.?[ ](?:{_GIVEN}[ ])?(?P<name>{_SURNAME})"
        ),
        _is_name,
    ),
)  # fmt: skip


def matches(text: str) -> Iterator[tuple[Kind, int, int]]:
    """Every passage once, by the first rule that has it; in the order of the rules."""
    taken = bytearray(len(text))
    for rule in RULES:
        for found in rule.pattern.finditer(text):
            start, end = found.span()
            if rule.holds(found) and not any(taken[start:end]):
                taken[start:end] = b"\1" * (end - start)
                yield rule.kind, start, end
