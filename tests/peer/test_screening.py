"""Screening: which passages look like a patient's identity, which must not, and what staff read first."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessments.peer.words import identifiers, screening
from assessments.peer.words.identifiers import Kind, is_nhs_number
from assessments.peer.words.screening import Finding, Level, Reason, Risk, risk, screen
from tests.peer.texts import always, any_text, seconds_for_very_long, slowest


def seen(text):
    return [(finding.kind, text[finding.start : finding.end]) for finding in screen(text)]


def reasons(text, **given_score):
    return [worry.reason for worry in risk(text, **given_score).reasons]


# --- NHS numbers ---


@pytest.mark.parametrize("number", ["9434765919", "4505577104", "9876543210", "4010232137"])
def test_check_digit_of_an_nhs_number(number):
    assert is_nhs_number(number)
    assert not is_nhs_number(number[:-1] + str((int(number[-1]) + 1) % 10))


@always
@given(st.integers(10**8, 10**9 - 1))
def test_at_most_one_last_digit_is_right(first_nine):
    assert sum(is_nhs_number(f"{first_nine}{last}") for last in range(10)) <= 1


@pytest.mark.parametrize("number", ["0000000000", "1111111111", "943476591", "94347659190"])
def test_no_nhs_number(number):
    assert not is_nhs_number(number)


@pytest.mark.parametrize(
    "written", ["9434765919", "943 476 5919", "943-476-5919", "943\u00a0476\u00a05919", "943.476.5919"]
)
def test_nhs_number_is_found_as_people_write_it(written):
    text = f"Her number ({written}) was on the slide"

    assert seen(text) == [(Kind.NHS_NUMBER, written)]


def test_ten_digits_with_another_check_digit_are_a_hint():
    finding, = screen("number 9434765918")  # fmt: skip

    assert finding == Finding(Kind.TEN_DIGITS, identifiers.SENTENCES[Kind.TEN_DIGITS], 7, 17)
    assert finding.is_hint


# --- other identifiers ---


@pytest.mark.parametrize(
    ("text", "kind", "passage"),
    [
        ("see MRN 123456 today", Kind.RECORD_NUMBER, "MRN 123456"),
        ("mrn: A-12345", Kind.RECORD_NUMBER, "mrn: A-12345"),
        ("Hospital no. 0012345", Kind.RECORD_NUMBER, "Hospital no. 0012345"),
        ("the hospital number is K123456", Kind.RECORD_NUMBER, "hospital number is K123456"),
        ("patient ID 7788990", Kind.RECORD_NUMBER, "patient ID 7788990"),
        ("NHS number 12345678", Kind.RECORD_NUMBER, "NHS number 12345678"),
        ("DOB 01/02/1950", Kind.BIRTH_DATE, "DOB 01/02/1950"),
        ("D.O.B.: 1-2-1950", Kind.BIRTH_DATE, "D.O.B.: 1-2-1950"),
        ("She was born on 3rd March 1961", Kind.BIRTH_DATE, "born on 3rd March 1961"),
        ("born March 3, 1961", Kind.BIRTH_DATE, "born March 3, 1961"),
        ("date of birth is 1961-03-03", Kind.BIRTH_DATE, "date of birth is 1961-03-03"),
        ("(born 3/3/61)", Kind.BIRTH_DATE, "born 3/3/61"),
        ("mail ann.o'x@nhs.example.net now", Kind.EMAIL, "x@nhs.example.net"),
        ("SSN 078-05-1120", Kind.SSN, "078-05-1120"),
        ("call 020 7946 0958", Kind.PHONE, "020 7946 0958"),
        ("call 07700 900123", Kind.PHONE, "07700 900123"),
        ("call (01632) 960 001.", Kind.PHONE, "(01632) 960 001"),
        ("call +44 (0)20 7946 0958", Kind.PHONE, "+44 (0)20 7946 0958"),
        ("call (555) 234-5678", Kind.PHONE, "(555) 234-5678"),
        ("call 555-234-5678", Kind.PHONE, "555-234-5678"),
        ("call +1 555 234 5678", Kind.PHONE, "+1 555 234 5678"),
        ("call +49 30 12345678", Kind.PHONE, "+49 30 12345678"),
        ("lives at SW1A 1AA", Kind.POSTCODE, "SW1A 1AA"),
        ("lives at M11AE", Kind.POSTCODE, "M11AE"),
        ("ZIP 12345-6789", Kind.ZIP, "12345-6789"),
        ("Asked Mr Smith", Kind.NAME, "Mr Smith"),
        ("Asked Mrs. O’Neill", Kind.NAME, "Mrs. O’Neill"),
        ("Asked Ms van der Berg", Kind.NAME, "Ms van der Berg"),
        ("Asked Miss Anna Öberg", Kind.NAME, "Miss Anna Öberg"),
        ("asked mr smith", Kind.NAME, "mr smith"),
        ("the patient John Smith", Kind.NAME, "patient John Smith"),
        ("The patient’s name is Anna", Kind.NAME, "patient’s name is Anna"),
        ("a patient called Anna Smith-Jones", Kind.NAME, "patient called Anna Smith-Jones"),
    ],
)  # fmt: skip
def test_identifier_is_found(text, kind, passage):
    assert seen(text) == [(kind, passage)]
    assert not screen(text)[0].is_hint


@pytest.mark.parametrize(
    ("text", "kind", "passage"),
    [
        ("on 12/08/2024 in clinic", Kind.DATE, "12/08/2024"),
        ("on 2024-08-12", Kind.DATE, "2024-08-12"),
        ("on 12 August 2024", Kind.DATE, "12 August 2024"),
        ("Dr Jones helped", Kind.STAFF, "Dr Jones"),
        ("Professor Anna Li", Kind.STAFF, "Professor Anna Li"),
        ("Nurse Ratched", Kind.STAFF, "Nurse Ratched"),
    ],
)
def test_weaker_signs_are_hints(text, kind, passage):
    assert seen(text) == [(kind, passage)]
    assert screen(text)[0].is_hint


@pytest.mark.parametrize(
    "text",
    [
        "BP 120/80, HR 88, RR 16, sats 98%, temp 37.5",
        "BP 120/80/90",
        "GCS 15/15, E4 V5 M6",
        "Gave 500 mg of paracetamol, 1 g IV, 0.5 ml of 1:1000 adrenaline",
        "Na 140, K 4.2, urea 5.4, creatinine 88, CRP 120, WCC 11.2, Hb 134",
        "pH 7.35, pCO2 5.3, HCO3 24",
        "Heparin 5000 units, then 25000 units in 500 ml",
        "1,000,000 cases in 2019-2020",
        "pain from 0 1 2 3 4 5 6 7 8 9 10",
        "scores 01 02 03 04 05 06, and +1 2 3 4 5 6 7 8 9",
        "Steps 1-2-3, page 12-14, section 1.2.10",
        "vitamin B12 5ug, T4 10 nmol/l, C5 6th nerve, L4 L5 S1",
        "Ask Dr about it; the doctor and the nurse agreed",
        "patient number 3 of station 12",
        "NHS 2019 guidance; call 111 or 999",
        "Patient Safety Incident, Patient Health Questionnaire, patient Glasgow Coma Scale",
        "Nurse Practitioner, Doctor Patient relationship",
        "Did not miss anything; Mr, Mrs or Miss?",
        "born in 1950, born too early",
        "99/99/2020 and 2020-13-45",
        "@home and a@b",
        "000-12-3456",
        "ABC1 2DE and QQ1 1AA",
        "12:30:45 and 10.30 to 11.15",
    ],
)
def test_clinical_numbers_and_plain_words_are_left_alone(text):
    assert seen(text) == []


def test_each_passage_is_told_once_and_in_order():
    text = "Mr Smith, born 1/2/1950, 943 476 5919, SW1A 1AA"

    assert seen(text) == [
        (Kind.NAME, "Mr Smith"),
        (Kind.BIRTH_DATE, "born 1/2/1950"),
        (Kind.NHS_NUMBER, "943 476 5919"),
        (Kind.POSTCODE, "SW1A 1AA"),
    ]


def test_every_kind_has_a_sentence():
    assert set(identifiers.SENTENCES) == set(Kind) == {rule.kind for rule in identifiers.RULES}
    assert set(screening.SENTENCES) == set(Reason)


# --- what staff read first ---


def test_harmless_comment_is_no_risk():
    assert risk("You asked openly. Try to pause more.", score=0.0) == Risk(Level.NONE)


@pytest.mark.parametrize(
    ("text", "reason", "level"),
    [
        ("That was idiotic of the whole team today", Reason.INSULT, Level.FIRST),
        ("There is no need to wash your hands between", Reason.UNSAFE, Level.FIRST),
        ("Next time skip the allergies, it saves time", Reason.UNSAFE, Level.FIRST),
        ("You told Mrs Brown the result too early", Reason.IDENTIFIER, Level.FIRST),
        ("You are lazy and it shows in this", Reason.PERSON, Level.LOOK),
        ("PLEASE SPEAK UP A BIT MORE", Reason.SHOUTED, Level.LOOK),
    ],
)
def test_risk_says_why(text, reason, level):
    assert reasons(text) == [reason]
    assert risk(text).level == level


def test_very_low_score_with_hardly_a_word_is_looked_at():
    assert reasons("Not good", score=0.25) == [Reason.LOW_AND_SHORT]
    assert reasons("", score=0.0) == [Reason.LOW_AND_SHORT]
    assert reasons("Not good", score=0.3) == []
    assert reasons("Not good") == []
    assert reasons("Your hands were not clean", score=0.0) == []


def test_hints_alone_are_no_risk():
    assert risk("As Dr Jones said on 12 August 2024, wait longer") == Risk(Level.NONE)


def test_worst_reason_decides_and_all_are_told():
    found = risk("You are lazy. Stupid!")

    assert found.level == Level.FIRST
    assert [(worry.reason, worry.span) for worry in found.reasons] == [
        (Reason.INSULT, (14, 20)),
        (Reason.PERSON, (0, 12)),
    ]


def test_describing_harm_is_not_advising_it():
    assert reasons("You examined her without consent, which was not safe") == []


# --- any text ---


@always
@given(any_text)
def test_any_text_is_screened_and_passages_do_not_overlap(text):
    found = screen(text)

    assert all(0 <= one.start < one.end <= len(text) for one in found)
    assert all(one.end <= other.start for one, other in zip(found, found[1:], strict=False))
    assert Level.NONE <= risk(text, score=0.1).level <= Level.FIRST


def test_time_grows_with_the_length_and_not_its_square():
    assert slowest(risk) < 0.6


def test_100_000_characters_are_screened_in_time():
    assert seconds_for_very_long(risk) < 3
