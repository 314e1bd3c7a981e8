"""The bell plan of a rotation plan."""

from dataclasses import replace

from assessments.osce.rotations.bells import Phase, bells
from assessments.osce.rotations.planning import plan
from tests.assessments.osce_requests import TIMING, request

SEED = 7


def rung(made, circuit=None):
    return [(bell.at, bell.phase, bell.announcement) for bell in bells(made, circuit)]


def test_each_round_is_rung_through():
    made = plan(request(2), SEED)

    assert rung(made) == [
        (0, Phase.READING_STARTS, "Start reading"),
        (60, Phase.RUNNING_STARTS, "Reading time complete"),
        (510, Phase.WARNING, "30 seconds left"),
        (540, Phase.MOVE_ON, "Move on please"),
        (600, Phase.READING_STARTS, "Start reading"),
        (660, Phase.RUNNING_STARTS, "Reading time complete"),
        (1110, Phase.WARNING, "30 seconds left"),
        (1140, Phase.MOVE_ON, "Move on please"),
    ]
    assert [(bell.rotation, bell.round) for bell in bells(made)] == [(1, 1)] * 4 + [(1, 2)] * 4


def test_without_reading_and_warning_there_are_two_bells_a_round():
    made = plan(request(1, timing=replace(TIMING, reading=0, warning=0)), SEED)

    assert rung(made) == [(0, Phase.RUNNING_STARTS, "Start"), (480, Phase.MOVE_ON, "Move on please")]


def test_breaks_are_rung_and_turnovers_are_not():
    timing = replace(TIMING, long_break_after=40 * 60)
    made = plan(request(2, people=6, rotations=3, timing=timing), SEED)

    pauses = [(it.kind, it.starts, it.ends) for it in made.pauses]
    assert pauses == [("long break", 1200, 2400), ("turnover", 3600, 4200)]
    assert [it for it in rung(made) if it[1] in (Phase.BREAK_STARTS, Phase.BREAK_ENDS)] == [
        (1200, Phase.BREAK_STARTS, "Break: 20 minutes"),
        (2400, Phase.BREAK_ENDS, "The break is over"),
    ]


def test_lunch_is_announced_as_lunch():
    timing = replace(TIMING, lunch_after=40 * 60)
    made = plan(request(2, people=6, rotations=3, timing=timing), SEED)

    assert [words for _at, _phase, words in rung(made) if "unch" in words] == [
        "Lunch: 45 minutes",
        "Lunch is over",
    ]


def test_end_of_a_break_is_rung_before_the_round_that_follows():
    timing = replace(TIMING, long_break_after=20 * 60)
    made = plan(request(4, timing=timing), SEED)

    at_once = [phase for at, phase, _words in rung(made) if at == made.pauses[0].ends]

    assert at_once == [Phase.BREAK_ENDS, Phase.READING_STARTS]


def test_circuits_that_ring_together_are_named_together():
    made = plan(request(2, people=6, circuits="ABC", extra={1: 25, 2: 25}), SEED)

    first = [(bell.at, bell.phase, bell.circuits) for bell in bells(made)[:3]]

    assert first == [
        (0, Phase.READING_STARTS, ("A", "B", "C")),
        (60, Phase.RUNNING_STARTS, ("A", "B")),
        (75, Phase.RUNNING_STARTS, ("C",)),
    ]


def test_one_circuit_can_have_its_own_bell_plan():
    made = plan(request(2, people=4, circuits="AB", extra={1: 25}, rotations=2), SEED)

    own = bells(made, "B")

    assert {bell.circuits for bell in own} == {("B",)}
    assert [bell.at for bell in own] == sorted(bell.at for bell in own)
    assert [bell.at for bell in own][:4] == [0, 75, 645, 675]
