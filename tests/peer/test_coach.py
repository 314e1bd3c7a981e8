"""The coach: what it says of which comment, what it leaves alone, and that only emptiness counts as empty."""

import pytest
from hypothesis import given

from assessments.peer.words import coach, signs
from assessments.peer.words.coach import Advice, Code, Quality, advise, is_empty, quality_hints
from assessments.peer.words.lexicons import insults, persons, suggestions, unsafe
from assessments.peer.words.tokens import tokens
from tests.peer.texts import always, any_text, seconds_for_very_long, slowest

GOOD = "You asked about allergies before the injection. Next time, ask before you draw it up."


def codes(text, **given_words):
    return [advice.code for advice in advise(text, **given_words)]


def marked(text, code):
    return [text[slice(*advice.span)] for advice in advise(text) if advice.code == code]


def cut(text, spans):
    return [text[slice(*place)] for place in spans]


# --- emptiness ---


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n\t",
        "x",
        "7",
        "aaaaaaa",
        "A a a",
        "👍",
        "👍🏽👍🏽🇬🇧",
        "1️⃣2️⃣",
        "...!?",
        "—",
        "\u200d\u202e",
        "א",
        "好好好",
    ],
)
def test_nothing_to_read_is_empty(text):
    assert is_empty(text)
    assert advise(text) == (Advice(Code.EMPTY, coach.SENTENCES[Code.EMPTY]),)
    assert quality_hints(text) == Quality(0, 0, 0)


@pytest.mark.parametrize("text", ["ok", "no", "👍 yes", "很好", "כן", "42"])
def test_two_characters_are_not_empty(text):
    assert not is_empty(text)
    assert Code.EMPTY not in codes(text)


# --- what a good comment is left alone for ---


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        "When you paused, the patient went on talking. Try to pause like this after each question.",
        "You recognised the red flag and apologised for the delay; perhaps say sorry once, not three times.",
        "You recognized the red flag and apologized for the delay; perhaps say sorry once, not three times.",
        "“What worries you most?” opened it up for her. Keep doing that.",
        "Your hands shook while you cannulated, so try to rest your wrist on the couch.",
    ],
)
def test_comment_with_a_behaviour_and_a_suggestion_is_left_alone(text):
    assert codes(text) == []


# --- one thing at a time ---


def test_no_behaviour_is_asked_for():
    assert codes("Overall a really good station. Try to be more structured.") == [Code.BEHAVIOUR]


def test_quotation_is_a_behaviour():
    assert codes("“Any questions?” at the end. Try to leave time for answers.") == []


@pytest.mark.parametrize("where", ["criterion_words", "work_words"])
def test_word_of_the_criterion_or_the_work_is_a_behaviour(where):
    text = "Eye contact with the mother good. Try this with the father too."

    assert codes(text) == [Code.BEHAVIOUR]
    assert codes(text, **{where: ["Makes eye contact."]}) == []


def test_small_words_of_the_criterion_are_no_behaviour():
    assert codes(
        "All of this was good. Try to do more.", criterion_words=["This was done with more care"]
    ) == [Code.BEHAVIOUR]


def test_what_should_have_been_done_was_not_seen():
    assert Code.BEHAVIOUR in codes("It would have been better if you could have asked more.")


def test_no_suggestion_is_asked_for():
    assert codes("You washed your hands and greeted the patient by name.") == [Code.SUGGESTION]


def test_hearing_and_seeing_are_no_suggestion():
    assert codes("I could hear you well when you explained the risks to her.") == [Code.SUGGESTION]


def test_short_comment_is_asked_for_more():
    assert codes("You asked, try more") == [Code.SHORT]
    assert codes("You asked, try more pauses") == []


@pytest.mark.parametrize("text", ["Very good communication", "VERY GOOD COMMUNICATION"])
def test_praise_alone_lacks_all_three(text):
    assert codes(text)[:3] == [Code.SHORT, Code.BEHAVIOUR, Code.SUGGESTION]


# --- copies ---


def test_the_same_comment_again_is_noticed():
    assert codes(GOOD, earlier=["Something else.", GOOD.upper() + "!!"]) == [Code.REPEATED]


def test_one_word_of_ten_changed_is_nearly_the_same():
    earlier = "You asked her about allergies before you gave the injection; try again."
    changed = earlier.replace("her", "him")
    different = changed.replace("allergies", "pain")

    assert codes(changed, earlier=[earlier]) == [Code.REPEATED]
    assert codes(different, earlier=[earlier]) == []


def test_short_comments_are_copies_only_when_the_same():
    assert Code.REPEATED in codes("Well done", earlier=["well done."])
    assert Code.REPEATED not in codes("Well done Sam", earlier=["well done."])


def test_words_of_the_rubric_are_no_comment():
    levels = ["Listened", "Let the patient finish, and took it up in the next question."]

    assert Code.RUBRIC in codes("let the patient finish and took it up", criterion_words=levels)
    assert Code.RUBRIC in codes("Listened", criterion_words=levels)
    assert Code.RUBRIC not in codes("Let her finish, then summarised what she said", criterion_words=levels)


def test_part_of_a_word_is_no_copy():
    assert Code.RUBRIC not in codes("listen", criterion_words=["Listened"])


# --- the person, capitals, insults ---


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("You are lazy.", ["You are lazy"]),
        ("Sorry, but you're really a bit Arrogant today.", ["you're really a bit Arrogant"]),
        ("You’re brilliant", ["You’re brilliant"]),
        ("She was so disorganised", ["She was so disorganised"]),
        ("She was so disorganized", ["She was so disorganized"]),
        ("You were slow to wash your hands", []),
        ("You are right, the lazy eye was missed", []),
        ("You were standing. Lazy eye missed.", []),
        ("You seem not very kind", ["You seem not very kind"]),
        ("You were kind when she cried", []),
    ],
)
def test_judging_the_person_is_marked(text, words):
    assert marked(text, Code.PERSON) == words


@pytest.mark.parametrize(
    ("text", "is_shouted"),
    [
        ("WASH YOUR HANDS PLEASE", True),
        ("NO EYE CONTACT AT ALL", True),
        ("GCS 15, ECG OK", False),
        ("GCS ECG SBP MRI OK", False),
        ("GREAT", False),
        ("You gave METHYLPREDNISOLONE slowly", False),
        ("Wash your HANDS, please", False),
        ("1234567890 !!!!!!!!", False),
        ("ПОМОЙТЕ РУКИ СНАЧАЛА", True),
    ],
)
def test_capitals_throughout_are_shouting(text, is_shouted):
    assert (Code.CAPITALS in codes(text)) == is_shouted


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("What an Idiot!", ["Idiot"]),
        ("you ｉｄｉｏｔ", ["ｉｄｉｏｔ"]),
        ("piece  of\nshit", ["piece  of\nshit"]),
        ("Assessed the scunthorpe class with passion", []),
        ("The finger prick and the knee jerk were explained", []),
        ("What a prick", ["prick"]),
    ],
)
def test_insults_are_whole_words(text, words):
    assert marked(text, Code.INSULT) == words


def test_most_weighty_comes_first():
    text = "YOU ARE STUPID AND LAZY"

    assert codes(text, earlier=[text]) == [
        *(Code.INSULT, Code.PERSON, Code.REPEATED, Code.BEHAVIOUR, Code.SUGGESTION, Code.CAPITALS),
    ]


def test_every_code_has_a_sentence():
    assert set(coach.SENTENCES) == set(Code)
    assert all(sentence.endswith((".", "?")) and "!" not in sentence for sentence in coach.SENTENCES.values())


# --- other languages ---


@pytest.mark.parametrize(
    "text",
    [
        "Du hast die Patientin ausreden lassen und alles gut zusammengefasst.",
        "Вы внимательно слушали пациента и задавали открытые вопросы.",
        "你很认真地听了病人的话，并且解释得很清楚。",
        "لقد استمعت إلى المريض جيدا وشرحت له الخطوات التالية",
    ],
)
def test_other_languages_are_not_measured_by_english_words(text):
    assert codes(text) == []


def test_short_in_a_script_without_spaces():
    assert codes("很好的") == [Code.SHORT]


# --- the self-check ---


@pytest.mark.parametrize(
    ("text", "scores"),
    [
        ("Good job", (1, 0, 0)),
        ("Good with the patient", (1, 0, 0)),
        ("Read more around this", (1, 0, 0)),
        ("Try to read more around this", (1, 1, 0)),
        ("You summarised twice", (2, 0, 0)),
        ("You summarized twice", (2, 0, 0)),
        ("You summarised twice for the patient", (3, 0, 0)),
        ("You summarised twice for the patient. Try a shorter greeting.", (3, 1, 0)),
        ("You summarised twice for the patient. Try to make the second summary shorter, so that she can speak.", (3, 1, 1)),
        ("You summarised twice for the patient; once would help her more", (3, 1, 1)),
        ("Your greeting was said too softly. Try a louder greeting.", (2, 1, 1)),
    ],
)  # fmt: skip
def test_quality_follows_the_three_questions(text, scores):
    found = quality_hints(text)

    assert (found.evidence, found.suggestion, found.connection) == scores


def test_quality_shows_the_words_that_led_to_it():
    text = "You said “sit down” to the mother. Instead, try to ask her."

    found = quality_hints(text)

    assert cut(text, found.evidence_spans) == ["said", "“sit down”", "mother"]
    assert cut(text, found.suggestion_spans) == ["Instead", "try to"]
    assert cut(text, found.connection_spans) == ["“sit down”", "Instead"]


# --- any text ---


@always
@given(any_text)
def test_any_text_gets_an_answer_whose_places_are_in_the_text(text):
    spans = [advice.span for advice in advise(text, criterion_words=[text[:9]], earlier=["a", text[1:]])]
    found = quality_hints(text)

    for start, end in [*filter(None, spans), *found.evidence_spans, *found.suggestion_spans]:
        assert 0 <= start < end <= len(text)
    assert 0 <= found.evidence <= 3
    assert found.connection <= found.suggestion <= 1


def test_time_grows_with_the_length_and_not_its_square():
    assert slowest(lambda text: (advise(text, earlier=[text[:-9]]), quality_hints(text))) < 0.6


def test_a_comment_of_100_000_characters_is_read_in_time():
    assert seconds_for_very_long(lambda text: (advise(text), quality_hints(text))) < 3


# --- the lists ---


@pytest.mark.parametrize(
    "listed",
    [insults.INSULTS, insults.HARMLESS, persons.SUBJECTS, suggestions.SUGGESTIONS, suggestions.LINKS, unsafe.UNSAFE],
)  # fmt: skip
def test_every_listed_phrase_can_be_found(listed):
    assert len(listed) == len(set(listed))
    assert all([token.word for token in tokens(phrase)] == phrase.split() for phrase in listed)


def test_forms_of_verbs():
    seen = "You carried it, stopped, planned, placed, watched, and told her. She worries."

    assert cut(seen, signs.behaviour(tokens(seen))) == [
        *("carried", "stopped", "planned", "placed", "watched", "told"),
    ]
