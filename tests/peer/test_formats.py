"""Feedback formats: who speaks first, in which order, and what is still to be answered."""

from itertools import groupby

import pytest

from assessments.peer.words.formats import (
    ALOBA,
    FORMATS,
    ONE_MINUTE,
    PENDLETON,
    R2C2,
    SET_GO,
    STRENGTH_NEXT_STEP,
    Who,
    by_key,
    is_open,
    steps_for,
    unanswered,
)

every_format = pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.key)
A, R = Who.AUTHOR, Who.REVIEWER


def turns(form):
    """Who speaks, in turns."""
    return [who for who, _steps in groupby(form.steps, key=lambda step: step.who)]


def keys(steps):
    return [step.key for step in steps]


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        (STRENGTH_NEXT_STEP, [R]),
        (PENDLETON, [A, R, A, R, A]),
        (SET_GO, [R, A, R]),
        (ALOBA, [A, R, A]),
        (R2C2, [R, A, R, A, R, A]),
        (ONE_MINUTE, [A, R]),
    ],
    ids=lambda value: getattr(value, "key", None),
)
def test_turns_are_those_of_the_source(form, expected):
    assert turns(form) == expected


@pytest.mark.parametrize("form", [PENDLETON, ALOBA, ONE_MINUTE], ids=lambda form: form.key)
def test_author_speaks_before_the_peer(form):
    assert form.begins == Who.AUTHOR


def test_in_set_go_seeing_comes_before_the_authors_view_and_advice_after_it():
    assert keys(SET_GO.steps) == ["saw", "else_seen", "think", "goals", "offers"]


@every_format
def test_format_is_found_by_its_key(form):
    assert by_key(form.key) is form


def test_unknown_key_is_an_error():
    with pytest.raises(KeyError):
        by_key("sandwich")


@every_format
def test_both_sides_together_are_all_steps(form):
    both = [*steps_for(form, "author"), *steps_for(form, "reviewer")]

    assert sorted(keys(both)) == sorted(keys(form.steps))
    assert len(set(keys(form.steps))) == len(form.steps)


@every_format
def test_each_step_asks_in_plain_words(form):
    assert form.name and form.for_whom.endswith(".")
    for step in form.steps:
        assert step.prompt.endswith("?")
        assert "!" not in step.prompt + step.help
        assert step.required or step.key in ("plan", "else_seen", "rehearsed")


@pytest.mark.parametrize(
    ("key", "source"),
    [
        ("pendleton", "1984"),
        ("set_go", "Silverman, Draper & Kurtz 1996"),
        ("aloba", "Silverman, Draper & Kurtz 1996"),
        ("r2c2", "Sargeant et al. 2015"),
        ("one_minute_preceptor", "Neher"),
    ],
)
def test_source_is_named(key, source):
    assert source in by_key(key).source


def test_blank_answers_are_still_to_be_given():
    answers = {"own_strengths": "I said my name.", "own_changes": " \n"}

    assert keys(unanswered(PENDLETON, answers, "author")) == ["own_changes"]
    assert keys(unanswered(PENDLETON, answers, "reviewer")) == ["strengths", "changes"]


def test_what_is_not_required_is_never_missing():
    answers = {step.key: "yes" for step in PENDLETON.steps if step.required}

    assert unanswered(PENDLETON, answers, "author") == ()
    assert unanswered(PENDLETON, answers, "reviewer") == ()


def test_peer_waits_until_the_author_has_spoken():
    first_of_peer, first_of_author = PENDLETON.steps[1], PENDLETON.steps[0]

    assert is_open(PENDLETON, first_of_author, {})
    assert not is_open(PENDLETON, first_of_peer, {"own_strengths": " "})
    assert is_open(PENDLETON, first_of_peer, {"own_strengths": "I said my name."})


def test_ones_own_earlier_step_and_what_is_not_required_keep_nobody_waiting():
    think = SET_GO.steps[2]

    assert not is_open(SET_GO, think, {})
    assert is_open(SET_GO, think, {"saw": "You paused."})
    assert is_open(SET_GO, SET_GO.steps[1], {})
