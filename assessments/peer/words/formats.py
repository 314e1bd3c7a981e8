"""Ways to hold a feedback conversation in the health professions, as prompts in an order. The words are ours.

Who speaks first is part of a format: the author looks at their own work before a peer does, wherever its source says so.
Prompts are English; wherever people read them, they are translated first.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Who(StrEnum):
    AUTHOR = "author"  # of the work, or who was watched
    REVIEWER = "reviewer"


@dataclass(frozen=True)
class Step:
    key: str
    who: Who
    prompt: str
    help: str = ""
    required: bool = True


@dataclass(frozen=True)
class Format:
    key: str
    name: str
    source: str
    for_whom: str  # which occasion it suits
    steps: tuple[Step, ...]

    @property
    def begins(self) -> Who:
        return self.steps[0].who


def by_key(key: str) -> Format:
    """KeyError where no format has it."""
    return _BY_KEY[key]


def steps_for(form: Format, who: str) -> tuple[Step, ...]:
    """What this side answers, in order."""
    return tuple(step for step in form.steps if step.who == who)


def unanswered(form: Format, answers: Mapping[str, str], who: str) -> tuple[Step, ...]:
    """The required steps of this side that are still blank. Answers by step key."""
    return tuple(
        step for step in steps_for(form, who) if step.required and not answers.get(step.key, "").strip()
    )


def is_open(form: Format, step: Step, answers: Mapping[str, str]) -> bool:
    """Whether it is this step's turn: whatever is required of the other side before it has been answered."""
    before = form.steps[: form.steps.index(step)]
    return all(
        answers.get(other.key, "").strip() for other in before if other.required and other.who != step.who
    )


def _author(key: str, prompt: str, help: str = "", *, required: bool = True) -> Step:
    return Step(key, Who.AUTHOR, prompt, help, required)


def _reviewer(key: str, prompt: str, help: str = "", *, required: bool = True) -> Step:
    return Step(key, Who.REVIEWER, prompt, help, required)


STRENGTH_NEXT_STEP = Format(
    "strength_next_step",
    "A strength and a next step",
    "Common practice; the shortest form that holds a behaviour and a suggestion",
    "Any work, and people who give feedback for the first time.",
    (
        _reviewer("strength", "What worked?", "Name one moment, and what it did to the patient or to you."),
        _reviewer("next_step", "What would you try next time?", "One thing, small enough to do tomorrow."),
    ),
)

PENDLETON = Format(
    "pendleton",
    "Pendleton's rules",
    "Pendleton, Schofield, Tate & Havelock 1984, The Consultation",
    "A consultation or procedure that was watched, where trust is still new.",
    (
        _author("own_strengths", "What went well?", "What you did, in your own eyes. Facts first."),
        _reviewer(
            "strengths", "What did you see go well?", "Moments that you saw or heard, with their effect."
        ),
        _author(
            "own_changes", "What would you do differently?", "One or two things, and how you would do them."
        ),
        _reviewer(
            "changes",
            "What could be done differently, and how?",
            "Each with a way to do it, not only a fault.",
        ),
        _author("plan", "What do you take with you?", "What you both agree on.", required=False),
    ),
)

SET_GO = Format(
    "set_go",
    "SET-GO",
    "Silverman, Draper & Kurtz 1996, The Calgary-Cambridge approach to communication skills teaching",
    "A watched or recorded consultation, where seeing comes before judging.",
    (
        _reviewer("saw", "What did you see and hear?", "Describe, as a camera would. No judgement yet."),
        _reviewer(
            "else_seen",
            "What else happened?",
            "What came next, or what the patient did then.",
            required=False,
        ),
        _author(
            "think", "What do you think about that?", "Your own view of what was seen, before anyone else's."
        ),
        _author("goals", "What do you want to reach?", "The outcome for the patient and for you."),
        _reviewer("offers", "What could lead there?", "Phrases or ways to try; offers, not orders."),
    ),
)

ALOBA = Format(
    "aloba",
    "Agenda-led, outcome-based analysis",
    "Silverman, Draper & Kurtz 1996, The Calgary-Cambridge approach to communication skills teaching",
    "A longer session on one consultation, led by what the author wants help with.",
    (
        _author("agenda", "What do you want help with?", "The problem as you met it."),
        _author(
            "outcome",
            "What did you and the patient want to come out of it?",
            "Then it can be told what helps.",
        ),
        _author("own_view", "How did you try, and what happened?", "Your own answer first."),
        _reviewer(
            "described", "What did you see and hear on that point?", "Descriptive, specific, with its effect."
        ),
        _reviewer(
            "ways", "Which ways could lead to that outcome?", "More than one, in words that can be tried."
        ),
        _author(
            "rehearsed", "Which one did you try out, and how was it?", "Say it aloud once.", required=False
        ),
        _author("learned", "What do you keep?", "In one sentence."),
    ),
)

R2C2 = Format(
    "r2c2",
    "R2C2: relationship, reactions, content, coaching",
    "Sargeant et al. 2015, Academic Medicine 90:1698",
    "Feedback that is already written, such as a report or marks, that two people go through together.",
    (
        _reviewer(
            "relationship",
            "What did you enjoy or find hard in this work?",
            "Ask about the person's aims first.",
        ),
        _author(
            "aims", "What do you hope to get out of this?", "So that the other one knows where you stand."
        ),
        _author(
            "reactions", "How does the feedback strike you? What surprises you?", "Feelings count as answers."
        ),
        _reviewer(
            "content",
            "Which points stand out, and what do they rest on?",
            "What was seen, in two or three points.",
        ),
        _author("understood", "Which of this fits what you know of yourself, and what is unclear?"),
        _reviewer(
            "coaching",
            "What could be one change to begin with, and who can help?",
            "Small, with a day to look back.",
        ),
        _author("plan", "What will you do, and by when?", "One or two actions."),
    ),
)

ONE_MINUTE = Format(
    "one_minute_preceptor",
    "One-minute preceptor",
    "Neher, Gordon, Meyer & Stevens 1992, Journal of the American Board of Family Practice 5:419",
    "A case that was just presented, when time is short.",
    (
        _author(
            "commitment",
            "What do you think is going on, or needs doing?",
            "Commit yourself before others speak.",
        ),
        _author("evidence", "What led you to it?", "Findings for it, and what else you thought of."),
        _reviewer(
            "rule", "What general rule does this case teach?", "One that holds for the next such patient."
        ),
        _reviewer("right", "What was right, and why did it matter?", "A specific step, with its effect."),
        _reviewer(
            "mistakes", "What was missed, and what to do next time?", "How to notice it, without blame."
        ),
    ),
)

FORMATS = (STRENGTH_NEXT_STEP, PENDLETON, SET_GO, ALOBA, R2C2, ONE_MINUTE)
_BY_KEY = {form.key: form for form in FORMATS}
