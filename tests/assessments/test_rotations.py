"""Rotation plans: what they look like, what always holds for them, and what is refused in which words."""

import os
import random
import subprocess
import sys
from collections import Counter, defaultdict
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from assessments.osce.rotations.circuits import Infeasible, Post, Room, Timing
from assessments.osce.rotations.planning import plan
from assessments.osce.rotations.timetables import grid, of_candidate, of_examiner, of_room
from assessments.osce.rotations.verification import verify
from tests.assessments.osce_requests import (
    TIMING,
    loose_rests,
    request,
    stations,
)

SEED = 7
# Nothing but stations: no pause of any kind within a day.
NO_BREAKS = replace(TIMING, long_break_after=10**6, lunch_after=10**6)

always = settings(
    max_examples=120,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.generate, Phase.shrink),
)


def refusal(wanted):
    with pytest.raises(Infeasible) as refused:
        plan(wanted, SEED)
    return str(refused.value)


def way(made, candidate):
    """The stations of a candidate in order; None where they wait."""
    return [it.encounter and it.encounter.station for it in of_candidate(made, candidate) if not it.pause]


def seat(made, candidate):
    return next((it.circuit, it.rotation) for it in made.encounters if it.candidate == candidate)


def pauses(made, circuit="A"):
    return [(it.rotation, it.round, it.kind) for it in made.pauses if it.circuit == circuit]


# --- the square ---


def test_candidates_move_one_slot_a_round():
    made = plan(request(4), SEED)

    rows = [row.cells for row in grid(made)]
    first = rows[0]

    assert sorted(first) == ["c1", "c2", "c3", "c4"]
    assert rows == [first, (first[3], *first[:3]), (*first[2:], *first[:2]), (*first[1:], first[0])]


def test_one_station_is_a_circuit():
    made = plan(request(1), SEED)

    assert [row.cells for row in grid(made)] == [("c1",)]


def test_parallel_circuits_have_the_same_stations_with_other_rooms_and_examiners():
    made = plan(request(3, people=6, circuits="AB"), SEED)

    assert [(row.circuit, row.round, None in row.cells) for row in grid(made)] == [
        *[("A", number, False) for number in (1, 2, 3)],
        *[("B", number, False) for number in (1, 2, 3)],
    ]
    assert {it.examiner for it in made.encounters if it.circuit == "B"} == {"e-B-s1", "e-B-s2", "e-B-s3"}


def test_fewer_candidates_than_slots_leave_slots_empty_and_spread_them():
    made = plan(request(6, people=3), SEED)

    for row in grid(made):
        taken = [number for number, cell in enumerate(row.cells) if cell]
        assert taken in ([0, 2, 4], [1, 3, 5])


def test_fewer_candidates_than_places_fill_circuits_evenly_in_as_few_rotations_as_can_be():
    made = plan(request(4, people=13, circuits="AB", rotations=3), SEED)

    sizes = Counter(seat(made, it.id) for it in made.request.candidates)
    assert sorted(sizes) == [("A", 1), ("A", 2), ("B", 1), ("B", 2)]
    assert sorted(sizes.values()) == [3, 3, 3, 4]


def test_no_rotation_more_than_needed_where_extra_time_goes_by_rotation():
    made = plan(request(4, people=5, rotations=3, extra_time_in="rotation"), SEED)

    assert {it.rotation for it in made.rounds} == {1, 2}


def test_rotations_follow_each_other_with_time_to_come_in():
    made = plan(request(2, people=4, rotations=2), SEED)

    assert [(it.rotation, it.number, it.starts) for it in made.rounds] == [
        (1, 1, 0), (1, 2, 600), (2, 1, 1800), (2, 2, 2400),
    ]  # fmt: skip
    assert pauses(made) == [(1, 2, "turnover")]


# --- rests ---


def test_loose_rests_are_spread_evenly():
    made = plan(request(6, people=8, loose_rests=loose_rests(2)), SEED)

    assert [slot.station for slot in made.slots] == ["s1", "s2", "s3", "r1", "s4", "s5", "s6", "r2"]


def test_loose_rest_does_not_part_linked_stations():
    exam = stations(4, linked=(3,))

    made = plan(request(exam=exam, people=3, loose_rests=loose_rests(2)), SEED)

    assert [slot.station for slot in made.slots] == ["s1", "r1", "s2", "s3", "s4", "r2"]


def test_rest_has_nobody_else():
    made = plan(request(exam=stations(3, rests=(2,))), SEED)

    resting = [it for it in made.encounters if it.station == "s2"]
    assert {(it.room, it.examiner, it.patient) for it in resting} == {(None, None, None)}
    assert sorted(it.candidate for it in resting) == ["c1", "c2", "c3"]


def test_rests_of_all_circuits_may_share_a_room():
    exam = stations(3, rests=(2,))
    lounge = Post("s2", Room("lounge", "Lounge"))
    wanted = request(exam=exam, people=6, circuits="AB")
    wanted = replace(wanted, circuits=tuple(replace(it, posts=(*it.posts, lounge)) for it in wanted.circuits))

    made = plan(wanted, SEED)

    assert verify(made, wanted) == []
    assert len(of_room(made, "lounge")) == 6


def test_rests_side_by_side_are_refused():
    assert refusal(request(exam=stations(4, rests=(2, 3)), people=2)) == (
        "“Station 2” and “Station 3” are rests side by side. Put a station between them."
    )


def test_last_and_first_slot_are_side_by_side():
    assert "“Station 4” and “Station 1”" in refusal(request(exam=stations(4, rests=(1, 4)), people=2))


def test_more_rests_than_gaps_are_refused():
    assert refusal(request(2, loose_rests=loose_rests(3))) == (
        "3 rests do not fit: linked stations stay together and no rest is next to a rest, so the most between these "
        "stations is 2."
    )


def test_rests_are_placed_by_one_of_the_two():
    wanted = request(exam=stations(3, rests=(2,)), loose_rests=loose_rests(1))

    assert refusal(wanted) == (
        "Either put all rests into the list of stations, or let the plan place all of them."
    )


# --- linked and long stations ---


def test_nobody_starts_on_the_second_of_linked_stations():
    made = plan(request(exam=stations(4, linked=(3,)), people=3), SEED)

    assert grid(made)[0].cells[2] is None
    assert len(grid(made)) == 4
    for candidate in ("c1", "c2", "c3"):
        stops = way(made, candidate)
        assert stops.index("s3") == stops.index("s2") + 1


def test_start_on_the_second_of_linked_stations_waits_and_comes_to_them_last():
    made = plan(request(exam=stations(4, linked=(3,)), people=4, may_add_rounds=True), SEED)

    rows = grid(made)
    ways = [way(made, candidate) for candidate in ("c1", "c2", "c3", "c4")]

    assert len(rows) == 5
    assert [None, "s4", "s1", "s2", "s3"] in ways
    assert rows[4].cells[:2] == (None, None) and rows[4].cells[2] and rows[4].cells[3] is None


def test_rounds_are_added_only_when_places_are_too_few_without():
    wanted = request(exam=stations(4, linked=(3,)), people=3, may_add_rounds=True)

    assert {len(grid(plan(wanted, seed))) for seed in range(10)} == {4}


def test_three_linked_stations_leave_two_starts_empty():
    exam = stations(5, linked=(2, 3))

    made = plan(request(exam=exam, people=3), SEED)

    assert grid(made)[0].cells[1:3] == (None, None)
    assert refusal(request(exam=exam, people=4)) == (
        "4 candidates need 4 places; 1 circuit × 3 starts (on 2 of 5 slots nobody starts, inside linked or long "
        "stations) × 1 rotation give 3. Add a circuit or a rotation."
    )


def test_long_station_has_two_rooms_that_candidates_enter_in_turn():
    made = plan(request(exam=stations(3, long=(2,)), people=3), SEED)

    stays = sorted((it.round, it.rounds, it.room) for it in made.encounters if it.station == "s2")
    assert [rounds for _round, rounds, _room in stays] == [2, 2, 2]
    for (first, _, room), (then, _, other) in pairwise(stays):
        assert first + 2 <= then or room != other
    assert {room for _, _, room in stays} == {"A-s2", "A-s2′"}
    assert verify(made, made.request) == []


def test_long_station_has_a_column_for_each_of_its_rounds():
    made = plan(request(exam=stations(2, long=(2,)), people=1), SEED)

    assert [(slot.station, slot.part) for slot in made.slots] == [("s1", 0), ("s2", 0), ("s2", 1)]
    assert {row.cells for row in grid(made)} == {("c1", None, None), (None, "c1", None), (None, None, "c1")}


def test_long_station_with_one_room_is_refused():
    wanted = request(exam=stations(3, long=(2,)), people=2)
    posts = tuple(post for post in wanted.circuits[0].posts if not post.room.id.endswith("′"))
    wanted = replace(wanted, circuits=(replace(wanted.circuits[0], posts=posts),))

    assert refusal(wanted) == (
        "Circuit A: “Station 2” needs 2 rooms, because candidates stay 2 rounds, and has 1."
    )


def test_conflict_with_the_examiner_of_one_room_of_a_long_station_means_the_other_room():
    exam = stations(3, long=(2,))

    made = plan(request(exam=exam, people=3, conflicts=frozenset({("e-A-s2", "c2")})), SEED)

    assert [it.examiner for it in made.encounters if (it.candidate, it.station) == ("c2", "s2")] == [
        "e-A-s2′"
    ]


def test_first_station_cannot_be_linked():
    assert refusal(request(exam=stations(3, linked=(1,)), people=2)) == (
        "“Station 1” is linked to the station before it, but that is no pair of stations."
    )


# --- places and conflicts ---


def test_too_few_places_are_refused_with_the_numbers():
    assert refusal(request(8, people=26, circuits="AB")) == (
        "26 candidates need 26 places; 2 circuits × 8 slots × 1 rotation give 16. Add a circuit or a rotation."
    )
    assert "2 circuits × 8 slots × 2 rotations give 32." in refusal(
        request(8, people=33, circuits="AB", rotations=2)
    )


def test_candidates_stay_out_of_the_circuit_of_an_examiner_they_know():
    conflicts = frozenset({("e-A-s1", "c1"), ("e-A-s2", "c2"), ("e-B-s3", "c3")})

    made = plan(request(3, people=6, circuits="AB", conflicts=conflicts), SEED)

    assert [seat(made, candidate)[0] for candidate in ("c1", "c2", "c3")] == ["B", "B", "A"]


def test_candidates_stay_out_of_the_rotation_of_an_examiner_they_know():
    wanted = request(2, people=4, rotations=2, conflicts=frozenset({("e-A-s1", "c1"), ("late", "c2")}))
    first, second = wanted.circuits[0].posts
    late = replace(first.examiners[0], id="late")
    first = replace(first, examiners=(*first.examiners, late))
    wanted = replace(wanted, circuits=(replace(wanted.circuits[0], posts=(first, second)),))

    made = plan(wanted, SEED)

    assert (seat(made, "c1"), seat(made, "c2")) == (("A", 2), ("A", 1))
    assert {it.examiner for it in made.encounters if (it.rotation, it.station) == (2, "s1")} == {"late"}


def test_conflict_may_take_one_rotation_more():
    everyone = frozenset(("e-A-s1", f"c{number}") for number in range(1, 5))

    made = plan(request(3, people=6, circuits="AB", rotations=2, conflicts=everyone), SEED)

    assert {seat(made, f"c{number}") for number in range(1, 5)} == {("B", 1), ("B", 2)}


def test_candidate_in_conflict_everywhere_is_named_with_the_examiners():
    conflicts = frozenset({("e-A-s1", "c2"), ("e-B-s3", "c2")})

    assert refusal(request(3, people=4, circuits="AB", conflicts=conflicts)) == (
        "Candidate 2 cannot be placed in any circuit and rotation, because of conflicts: Candidate 2 with Dr A-s1 "
        "(Station 1, Circuit A), Candidate 2 with Dr B-s3 (Station 3, Circuit B). Give one of these stations "
        "another examiner or simulated patient."
    )


def test_candidates_who_are_too_many_for_the_only_circuit_left_to_them_are_named():
    conflicts = frozenset({("e-A-s1", "c1"), ("e-A-s1", "c2"), ("e-A-s2", "c4")})

    said = refusal(request(2, people=4, circuits="AB", conflicts=conflicts))

    for part in ("Candidate 1", "Candidate 2", "Candidate 4", "can only be in Circuit B (rotation 1)"):
        assert part in said
    assert "with 2 places for these 3" in said
    assert "Candidate 4 with Dr A-s2 (Station 2, Circuit A)" in said
    assert "Candidate 3" not in said


def test_all_places_left_to_candidates_are_named():
    conflicts = frozenset(("e-A-s1", f"c{number}") for number in range(1, 6))

    said = refusal(request(2, people=8, circuits="AB", rotations=2, conflicts=conflicts))

    assert (
        "can only be in Circuit B (rotation 1), Circuit B (rotation 2), with 4 places for these 5, because of "
        "conflicts: Candidate 1 with Dr A-s1 (Station 1, Circuit A), Candidate 2 with"
    ) in said


def test_conflict_with_a_simulated_patient_counts_too():
    conflicts = frozenset({("p-A-s1-1", "c1"), ("p-B-s1-1", "c2"), ("p-B-s1-1", "c3")})

    wanted = request(2, people=4, circuits="AB", patients={"s1": [None]}, patient_conflicts=conflicts)
    for seed in range(10):
        made = plan(wanted, seed)
        assert [seat(made, candidate)[0] for candidate in ("c1", "c2", "c3", "c4")] == ["B", "A", "A", "B"]


def test_conflicts_of_people_who_are_not_here_change_nothing():
    made = plan(request(3), SEED)

    assert plan(request(3, conflicts=frozenset({("x", "c1"), ("e-A-s1", "y")})), SEED).encounters == (
        made.encounters
    )


def test_examiner_in_two_rooms_is_refused():
    wanted = request(2)
    first, second = wanted.circuits[0].posts
    both = (first, replace(second, examiners=first.examiners))
    wanted = replace(wanted, circuits=(replace(wanted.circuits[0], posts=both),))

    assert refusal(wanted) == "Dr A-s1 is needed in two places at once in rotation 1."


def test_room_of_two_stations_is_refused():
    wanted = request(2)
    first, second = wanted.circuits[0].posts
    both = (first, replace(second, room=first.room))
    wanted = replace(wanted, circuits=(replace(wanted.circuits[0], posts=both),))

    assert refusal(wanted) == "Room A-s1 is needed in two places at once."


def test_every_fault_of_a_request_is_told():
    wanted = replace(request(2), candidates=(), rotations=0)

    with pytest.raises(Infeasible) as refused:
        plan(wanted, SEED)

    assert refused.value.sentences == ("There is no candidate.", "There is no rotation.")


def test_same_candidate_twice_is_refused():
    wanted = request(3)
    wanted = replace(wanted, candidates=(*wanted.candidates[:2], wanted.candidates[0]))

    assert refusal(wanted) == "“Candidate 1” is there twice."


# --- extra time ---


def test_extra_time_has_a_circuit_of_its_own_with_longer_rounds():
    made = plan(request(3, people=5, circuits="AB", extra={2: 25, 4: 25}), SEED)

    assert sorted(it.id for it in made.request.candidates if seat(made, it.id)[0] == "B") == ["c2", "c4"]
    assert {(it.circuit, it.reading, it.running, it.change_over) for it in made.rounds} == {
        ("A", 60, 480, 60),
        ("B", 75, 600, 60),
    }


def test_extra_time_takes_no_more_rotations_than_it_fills():
    made = plan(request(3, people=8, circuits="AB", rotations=2, extra={2: 25, 4: 25}), SEED)

    assert sorted({(it.circuit, it.rotation) for it in made.rounds}) == [("A", 1), ("A", 2), ("B", 1)]


def test_extra_time_can_have_a_rotation_of_its_own_in_all_circuits():
    extra = {1: 25, 2: 25, 3: 25, 4: 25}

    made = plan(request(3, people=9, circuits="AB", rotations=2, extra=extra, extra_time_in="rotation"), SEED)

    assert {(seat(made, it.id)[1], it.extra_time) for it in made.request.candidates} == {(1, 0), (2, 25)}
    assert {(it.rotation, it.running) for it in made.rounds} == {(1, 480), (2, 600)}


def test_extra_time_goes_to_another_circuit_when_there_is_a_conflict():
    made = plan(
        request(3, people=4, circuits="AB", extra={2: 25}, conflicts=frozenset({("e-B-s1", "c2")})), SEED
    )

    assert seat(made, "c2")[0] == "A"


def test_nobody_gets_less_than_their_extra_time():
    assert Timing(reading=61, running=481, change_over=60).stretched(25) == (77, 602)


def test_extra_time_without_a_circuit_to_give_is_refused_with_the_numbers():
    assert refusal(request(4, people=5, circuits="AB", extra={1: 25, 2: 50})) == (
        "Candidates with different extra time need different circuits: 1 for those with 0 % (3), 1 for those with "
        "25 % (1), 1 for those with 50 % (1); that makes 3, and there are 2. Add a circuit, or plan extra time by "
        "rotation."
    )


def test_examiner_between_circuits_with_different_bells_is_refused():
    wanted = request(2, people=4, circuits="AB", rotations=2, extra={1: 25})
    one, other = wanted.circuits
    pair = (one.posts[0].examiners[0], other.posts[0].examiners[0])
    one = replace(one, posts=(replace(one.posts[0], examiners=pair), one.posts[1]))
    other = replace(other, posts=(replace(other.posts[0], examiners=pair[::-1]), other.posts[1]))

    assert "Dr A-s1 examines in two circuits" in refusal(replace(wanted, circuits=(one, other)))


# --- pauses and simulated patients ---


def test_long_break_comes_between_rotations_where_it_can():
    made = plan(request(6, people=24, rotations=4), SEED)

    assert pauses(made) == [(1, 6, "turnover"), (2, 6, "long break"), (3, 6, "turnover")]


def test_long_break_comes_inside_a_rotation_where_it_must():
    made = plan(request(20), SEED)

    assert pauses(made) == [(1, 10, "long break")]


def test_lunch_counts_as_a_long_break():
    made = plan(request(6, people=42, rotations=7), SEED)

    assert [kind for _rotation, _round, kind in pauses(made)] == [
        "long break", "turnover", "lunch", "turnover", "long break", "turnover",
    ]  # fmt: skip
    assert verify(made, made.request) == []


def test_patient_without_relief_has_a_break_in_time():
    made = plan(request(8, patients={"s1": [3]}, timing=NO_BREAKS), SEED)

    assert pauses(made) == [(1, 2, "break"), (1, 5, "break")]
    assert verify(made, made.request) == []


def test_round_without_a_candidate_rests_the_patient():
    made = plan(request(8, people=4, patients={"s1": [1]}), SEED)

    assert pauses(made) == []


def test_second_patient_takes_over():
    made = plan(request(8, patients={"s1": [3, 2]}, timing=NO_BREAKS), SEED)

    played = [it.patient[-1] for it in sorted(made.encounters, key=lambda it: it.round) if it.station == "s1"]
    assert "".join(played) == "11122111"
    assert pauses(made) == []


def test_nobody_takes_over_from_a_patient_who_has_rounds_off():
    made = plan(request(8, people=4, patients={"s1": [1, 1]}), SEED)

    assert {it.patient for it in made.encounters if it.station == "s1"} == {"p-A-s1-1"}


def test_patient_inside_a_long_station_cannot_have_a_break_and_is_named():
    wanted = request(exam=stations(6, long=(4,)), people=6, patients={"s1": [2]}, may_add_rounds=True)

    assert refusal(wanted) == (
        "Pat A-s1-1 (“Station 1”) may play 2 rounds in a row and cannot have a break then: at every change-over "
        "somebody is inside “Station 4”. Name a second simulated patient for this station."
    )


def test_patient_who_may_play_less_than_the_station_lasts_is_refused():
    wanted = request(exam=stations(3, long=(2,)), people=2, patients={"s2": [1]})

    assert "“Station 2” lasts 2 rounds, more than Pat A-s2-1 may play in a row (1)." in refusal(wanted)


def test_break_that_long_stations_leave_no_moment_for_is_refused():
    tight = replace(TIMING, long_break_after=40 * 60)

    assert refusal(request(exam=stations(6, long=(4,)), people=6, timing=tight)) == (
        "There is no moment for a break within 40 minutes of running time: at every change-over somebody is inside "
        "“Station 4”. Allow more minutes, or use fewer stations in a rotation."
    )


# --- what people read ---


def test_candidates_day_has_rests_and_pauses():
    timing = replace(TIMING, long_break_after=20 * 60)
    made = plan(request(exam=stations(4, rests=(2,)), timing=timing), SEED)
    first = grid(made)[0].cells[0]

    day = of_candidate(made, first)

    assert [(it.starts, it.ends, it.encounter.station if it.encounter else it.pause.kind) for it in day] == [
        (0, 600, "s1"),
        (600, 1200, "s2"),
        (1200, 2400, "long break"),
        (2400, 3000, "s3"),
        (3000, 3600, "s4"),
    ]


def test_candidates_day_is_over_when_only_others_have_rounds_left():
    made = plan(request(exam=stations(4, linked=(3,)), people=4, may_add_rounds=True), SEED)

    lengths = sorted(len(of_candidate(made, candidate)) for candidate in ("c1", "c2", "c3", "c4"))

    assert lengths == [4, 4, 4, 5]


def test_examiners_day_shows_where_nobody_comes():
    made = plan(request(4, people=2), SEED)

    day = of_examiner(made, "e-A-s1")

    assert [(it.starts, it.ends) for it in day] == [(0, 600), (600, 1200), (1200, 1800), (1800, 2400)]
    assert Counter(it.encounter and it.encounter.station for it in day) == {"s1": 2, None: 2}
    assert [it.encounter for it in day] == [it.encounter for it in of_room(made, "A-s1")]


def test_examiner_of_a_long_station_has_one_line_for_each_candidate():
    made = plan(request(exam=stations(3, long=(2,)), people=3), SEED)

    lines = [*of_examiner(made, "e-A-s2"), *of_examiner(made, "e-A-s2′")]

    assert Counter(it.ends - it.starts for it in lines if it.encounter) == {1200: 3}


def test_examiner_who_changes_circuits_has_one_day():
    wanted = request(2, people=8, circuits="AB", rotations=2)
    one, other = wanted.circuits
    pair = (one.posts[0].examiners[0], other.posts[0].examiners[0])
    one = replace(one, posts=(replace(one.posts[0], examiners=pair), one.posts[1]))
    other = replace(other, posts=(replace(other.posts[0], examiners=pair[::-1]), other.posts[1]))

    made = plan(replace(wanted, circuits=(one, other)), SEED)
    day = of_examiner(made, "e-A-s1")

    assert [(it.encounter.circuit if it.encounter else it.pause.kind) for it in day] == [
        "A", "A", "turnover", "B", "B",
    ]  # fmt: skip


def test_people_who_are_not_in_the_plan_have_no_day():
    made = plan(request(2), SEED)

    assert of_candidate(made, "x") == of_examiner(made, "x") == of_room(made, "x") == []


# --- seeds ---


def test_other_seed_gives_another_plan():
    assert plan(request(8), 1).encounters != plan(request(8), 2).encounters


def test_other_seed_brings_other_people_together():
    def together(seed):
        made = plan(request(4, people=8, circuits="AB"), seed)
        return {it.candidate for it in made.encounters if it.circuit == seat(made, "c1")[0]}

    assert len({frozenset(together(seed)) for seed in range(10)}) > 5


def test_order_in_which_people_are_given_changes_nothing():
    wanted = request(4, people=10, circuits="AB", rotations=2, extra={3: 25, 9: 25})
    shuffled = list(wanted.candidates)
    random.Random(0).shuffle(shuffled)

    assert plan(replace(wanted, candidates=tuple(shuffled)), SEED).encounters == (
        plan(wanted, SEED).encounters
    )


SHOW_A_PLAN = """
from tests.assessments.osce_requests import request, stations
from assessments.osce.rotations.planning import plan

conflicts = frozenset((f"e-{circuit}-s{n}", f"c{n * 3}") for circuit in "AB" for n in (1, 3, 5 if circuit == "A" else 2))
made = plan(request(exam=stations(6, linked=(3,), long=(5,)), people=20, circuits="ABC", rotations=3,
    conflicts=conflicts, extra={1: 25, 7: 25}, patients={"s1": [2, 3]}, may_add_rounds=True), 3)
print(made.encounters, made.rounds, made.pauses)
"""


def test_hash_seed_of_the_process_changes_nothing():
    root = Path(__file__).resolve().parents[2]

    def shown(hash_seed):
        environment = os.environ | {"PYTHONHASHSEED": hash_seed, "DJANGO_SETTINGS_MODULE": "config.settings"}
        command = [sys.executable, "-c", SHOW_A_PLAN]
        return subprocess.run(
            command, cwd=root, env=environment, check=True, capture_output=True, text=True
        ).stdout

    first = shown("1")
    assert "Encounter(candidate='c20'" in first
    assert shown("2") == first


# --- what always holds ---


@st.composite
def requests(draw):
    """Most can be planned; some are short of a place, or of a moment for a break."""
    count = draw(st.integers(2, 8))
    numbers = range(1, count + 1)
    some = st.sets(st.sampled_from(numbers), max_size=2)
    rests = draw(st.sampled_from([set(), set(), {2}, {count}]))
    linked = {n for n in draw(some) if n > 1 and not {n, n - 1} & rests}
    long = draw(st.one_of(st.just(set()), some)) - rests
    exam = stations(count, linked=linked, long=long, rests=rests)
    resting = loose_rests(0 if rests else draw(st.integers(0, min(2, count - len(linked)))))
    may_add_rounds = draw(st.sampled_from([False, False, True]))
    starts = count + len(resting) + (len(long) if may_add_rounds else -len(linked))
    circuits = draw(st.sampled_from(["AB", "A", "ABC"]))
    rotations = draw(st.integers(1, 3))
    places = starts * len(circuits) * rotations
    nearly_all, few = st.integers(max(1, places - 2), places), st.integers(1, max(1, places // 2))
    people = draw(nearly_all if may_add_rounds else st.one_of(st.integers(1, places + 1), nearly_all, few))
    examiners = st.tuples(st.sampled_from(circuits), st.sampled_from(numbers), st.sampled_from(["", "", "′"]))
    pairs = st.tuples(
        examiners.map(lambda it: "e-{}-s{}{}".format(*it)), st.integers(1, people).map("c{}".format)
    )
    extra = {}
    if places - people >= starts * max(len(circuits), rotations):
        extra = draw(st.dictionaries(st.integers(1, people), st.just(25), min_size=1, max_size=3))
    return request(
        exam=exam,
        people=people,
        circuits=circuits,
        rotations=rotations,
        loose_rests=resting,
        conflicts=draw(st.frozensets(pairs, max_size=6)),
        extra=extra,
        extra_time_in=draw(st.sampled_from(["circuit", "rotation"])),
        patients={
            f"s{n}": draw(st.sampled_from([[3], [2], [5, 2], [2, 2], [None]]))
            for n in draw(st.sets(st.sampled_from(numbers), min_size=1, max_size=3))
            if n not in rests
        },
        may_add_rounds=may_add_rounds,
        timing=Timing(
            reading=draw(st.sampled_from([60, 0])),
            running=480,
            change_over=60,
            turnover=draw(st.sampled_from([600, 0, 300, 1500])),
            long_break_after=draw(st.sampled_from([150, 150, 60])) * 60,
            lunch_after=draw(st.sampled_from([360, 200])) * 60,
        ),
    )


def made_or_none(wanted, seed=SEED):
    try:
        return plan(wanted, seed)
    except Infeasible as refused:
        assert refused.sentences and all(refused.sentences)


@always
@given(requests(), st.integers(0, 9))
def test_every_candidate_meets_every_station_exactly_once(wanted, seed):
    made = made_or_none(wanted, seed)
    assume(made)

    assert Counter((it.candidate, it.station) for it in made.encounters) == {
        (candidate.id, station.id): 1 for candidate in wanted.candidates for station in wanted.every_station
    }


@always
@given(requests(), st.integers(0, 9))
def test_nobody_is_in_two_places(wanted, seed):
    made = made_or_none(wanted, seed)
    assume(made)

    seconds = {(it.circuit, it.rotation, it.number): (it.starts, it.ends) for it in made.rounds}
    busy = defaultdict(list)
    for it in made.encounters:
        for part in range(it.rounds):
            for who in (it.candidate, it.examiner, it.patient, it.room):
                if who is not None:
                    busy[who].append(seconds[it.circuit, it.rotation, it.round + part])
    for spans in busy.values():
        assert all(first[1] <= then[0] for first, then in pairwise(sorted(spans)))


@always
@given(requests(), st.integers(0, 9))
def test_linked_stations_follow_directly_and_long_ones_are_not_interrupted(wanted, seed):
    made = made_or_none(wanted, seed)
    assume(made)

    at = {(it.candidate, it.station): it for it in made.encounters}
    for before, station in pairwise(wanted.stations):
        for candidate in wanted.candidates:
            first, then = at[candidate.id, before.id], at[candidate.id, station.id]
            if station.is_linked:
                assert then.round == first.round + first.rounds
    stops = {(it.circuit, it.rotation, it.round) for it in made.pauses}
    for it in made.encounters:
        assert all((it.circuit, it.rotation, it.round + part) not in stops for part in range(it.rounds - 1))


@always
@given(requests(), st.integers(0, 9))
def test_no_pair_in_conflict_meets(wanted, seed):
    made = made_or_none(wanted, seed)
    assume(made)

    assert not wanted.conflicts & {(it.examiner, it.candidate) for it in made.encounters}


@always
@given(requests(), st.integers(0, 9))
def test_nobody_plays_or_works_for_too_long_and_everyone_has_their_time(wanted, seed):
    """The independent look agrees with all of it; the tests below show that it would see a fault."""
    made = made_or_none(wanted, seed)
    assume(made)

    assert verify(made, wanted) == []
    limits = {p.id: p.most_rounds for c in wanted.circuits for post in c.posts for p in post.patients}
    extra = {it.id: it.extra_time for it in wanted.candidates}
    lengths = {(it.circuit, it.rotation): (it.reading, it.running) for it in made.rounds}
    for it in made.encounters:
        assert lengths[it.circuit, it.rotation] == wanted.timing.stretched(extra[it.candidate])
    for name in {it.circuit for it in made.rounds}:
        playing = {
            (it.rotation, it.round + part): it.patient
            for it in made.encounters if it.circuit == name and it.patient
            for part in range(it.rounds)
        }  # fmt: skip
        for patient in {*playing.values()}:
            # Of most + 1 rounds that touch each other, in one of them somebody else is on, or nobody.
            rounds = [it for it in made.rounds if it.circuit == name]
            most = limits[patient] or len(rounds)
            room = [key for key, who in playing.items() if who == patient]
            for number in range(len(rounds) - most):
                run = rounds[number : number + most + 1]
                touching = all(then.starts - first.ends < 600 for first, then in pairwise(run))
                assert not (touching and all((it.rotation, it.number) in room for it in run))


@always
@given(requests(), st.integers(0, 9))
def test_same_seed_gives_the_same_plan(wanted, seed):
    made = made_or_none(wanted, seed)
    assume(made)

    assert plan(wanted, seed) == made


def meetings(wanted, circuit, slot):
    """Whom a candidate meets from that slot, walked through round by round; None where the way is torn apart."""
    columns = [(it, part) for it in wanted.stations for part in range(it.rounds)]
    met = set()
    for number in range(len(columns)):
        station, part = columns[(slot + number) % len(columns)]
        if part == 0:
            mark = "′" if number % 2 and station.rounds > 1 else ""
            met.add(f"e-{circuit}-{station.id}{mark}")
        elif number == 0:
            return None
    return met


@always
@given(st.data())
def test_refuses_for_conflicts_only_what_cannot_be(data):
    """Against trying every way to seat everyone."""
    exam = stations(data.draw(st.integers(1, 3)), long=data.draw(st.sets(st.integers(1, 3), max_size=1)))
    circuits = data.draw(st.sampled_from(["A", "AB"]))
    ids = st.sampled_from(
        [post.examiners[0].id for it in request(exam=exam, circuits=circuits).circuits for post in it.posts]
    )
    people = data.draw(st.integers(1, len(exam) * len(circuits)))
    conflicts = data.draw(st.frozensets(st.tuples(ids, st.integers(1, people).map("c{}".format)), max_size=8))
    wanted = request(exam=exam, people=people, circuits=circuits, conflicts=conflicts)
    slots = sum(it.rounds for it in exam)
    places = [meetings(wanted, circuit, slot) for circuit in circuits for slot in range(slots)]
    places = [met for met in places if met is not None]

    def can_seat(left, free):
        if not left:
            return True
        foes = {examiner for examiner, candidate in conflicts if candidate == left[0].id}
        return any(
            can_seat(left[1:], free[:number] + free[number + 1 :])
            for number, met in enumerate(free)
            if not met & foes
        )

    assert (made_or_none(wanted) is not None) == can_seat(wanted.candidates, places)


def test_the_requests_above_are_worth_asking():
    """Enough of them can be planned, and enough have each of the things that make plans hard."""
    seen = Counter()

    @always
    @given(requests())
    def look(wanted):
        made = made_or_none(wanted)
        seen["planned" if made else "refused"] += 1
        if made:
            seen["conflict"] += bool(wanted.conflicts)
            seen["extra time"] += any(it.extra_time for it in wanted.candidates)
            seen["waits"] += any(way(made, it.id)[0] is None for it in wanted.candidates)
            seen["long"] += any(it.rounds > 1 for it in made.encounters)
            seen["breaks"] += any(it.kind == "break" for it in made.pauses)

    look()

    assert seen["planned"] >= 60 and min(seen.values()) >= 3, seen


# --- the look at a plan ---


def good():
    exam = stations(5, linked=(3,), rests=(5,))
    wanted = request(
        exam=exam, people=8, circuits="AB", patients={"s1": [2, 2]}, conflicts=frozenset({("e-A-s1", "c1")})
    )
    made = plan(wanted, SEED)
    assert verify(made, wanted) == []
    return made


def edited(made, number, **changes):
    encounters = list(made.encounters)
    encounters[number] = replace(encounters[number], **changes)
    return replace(made, encounters=tuple(encounters))


def where(made, **wanted):
    """The number of the first encounter like that."""
    return next(
        number
        for number, it in enumerate(made.encounters)
        if all(getattr(it, name) == value for name, value in wanted.items())
    )


def said(broken, *parts):
    sentences = verify(broken, broken.request)
    return [it for it in sentences if all(part in it for part in parts)]


def test_look_finds_an_encounter_that_was_dropped():
    made = good()
    lost = made.encounters[3]

    broken = replace(made, encounters=made.encounters[:3] + made.encounters[4:])

    label = next(it.label for it in made.request.candidates if it.id == lost.candidate)
    assert verify(broken, made.request) == [f"{label} does not come to “Station {lost.station[1]}”."]


def test_look_finds_an_encounter_that_is_there_twice():
    made = good()

    broken = replace(made, encounters=(*made.encounters, made.encounters[0]))

    assert said(broken, "2 times.")
    assert said(broken, "is needed in two places at once")


def test_look_finds_two_candidates_who_were_swapped():
    made = good()
    first = where(made, circuit="A", station="s1", round=1)
    second = where(made, circuit="A", station="s1", round=2)
    one, other = made.encounters[first].candidate, made.encounters[second].candidate

    broken = edited(edited(made, first, candidate=other), second, candidate=one)

    assert said(broken, f"Candidate {one[1:]} is needed in two places at once")
    assert said(broken, f"Candidate {other[1:]} is needed in two places at once")


def test_look_finds_candidates_who_were_swapped_into_a_conflict():
    made = good()
    other = next(it.candidate for it in made.encounters if it.circuit == "A")
    swap = {"c1": other, other: "c1"}

    encounters = [replace(it, candidate=swap.get(it.candidate, it.candidate)) for it in made.encounters]
    broken = replace(made, encounters=tuple(encounters))

    assert verify(broken, made.request) == [
        "Candidate 1 meets Dr A-s1 at “Station 1”, who have declared a conflict."
    ]


@pytest.mark.parametrize("kind", ["room", "examiner", "patient"])
def test_look_finds_whoever_is_booked_twice(kind):
    made = good()
    first = where(made, circuit="A", station="s1", round=1)
    second = where(made, circuit="B", station="s1", round=1)

    broken = edited(made, second, **{kind: getattr(made.encounters[first], kind)})

    assert said(broken, "A-s1", "is needed in two places at once")
    assert said(broken, "do not belong together", "Circuit B, rotation 1, round 1")


def test_look_finds_linked_stations_out_of_order():
    made = good()
    candidate = next(it.candidate for it in made.encounters if it.station == "s2" and it.round < 4)
    numbers = [where(made, candidate=candidate, station=station) for station in ("s2", "s3")]
    rounds = [made.encounters[number].round for number in numbers]

    broken = edited(edited(made, numbers[0], round=rounds[1]), numbers[1], round=rounds[0])

    assert said(broken, "does not come to “Station 3” directly from “Station 2”")


def test_look_finds_a_patient_who_plays_too_long():
    made = good()
    numbers = [number for number, it in enumerate(made.encounters) if (it.circuit, it.station) == ("A", "s1")]

    broken = made
    for number in numbers:
        broken = edited(broken, number, patient="p-A-s1-1")

    assert said(broken, "Pat A-s1-1 plays", "rounds in a row; 2 are the limit")


def test_look_finds_an_examiner_at_a_rest():
    made = good()

    broken = edited(made, where(made, station="s5"), examiner="e-A-s5")

    assert said(broken, "at “Station 5” do not belong together")


def test_look_finds_strangers_and_rounds_that_do_not_take_place():
    made = good()

    assert said(edited(made, 0, candidate="x"), "Candidate x is not in this exam")
    assert said(edited(made, 0, station="x"), "Station x is not in this exam")
    assert said(edited(made, 0, circuit="x"), "Circuit x is not in this exam")
    assert said(edited(made, 0, round=99), "in a round that does not take place")


def test_look_finds_a_stay_of_the_wrong_length():
    made = good()

    assert said(edited(made, where(made, round=1), rounds=2), "for the wrong number of rounds")


def test_look_finds_a_candidate_in_two_circuits():
    made = good()
    number = where(made, circuit="A", round=5)

    assert said(edited(made, number, circuit="B"), "is in more than one circuit or rotation")


def test_look_finds_time_that_was_not_granted():
    made = good()
    wanted = replace(
        made.request,
        candidates=(replace(made.request.candidates[0], extra_time=25),) + made.request.candidates[1:],
    )

    assert verify(made, wanted) == ["Candidate 1 does not have the time granted to them in rotation 1."]


def test_look_finds_rests_one_after_the_other():
    made = plan(request(exam=stations(4, rests=(2, 4))), SEED)
    first = where(made, station="s2", round=1)
    candidate = made.encounters[first].candidate
    rest = where(made, candidate=candidate, station="s4")
    between = where(made, candidate=candidate, station="s3")

    broken = edited(edited(made, rest, round=2), between, round=3)

    assert said(broken, "has two rests one after the other")


def test_look_finds_a_break_that_was_left_out():
    made = plan(request(20), SEED)
    late = made.pauses[0]
    rounds = tuple(
        replace(it, starts=it.starts - late.seconds) if it.starts > late.starts else it for it in made.rounds
    )

    assert said(replace(made, pauses=()), "the pauses are not where the rounds leave time for them")
    assert verify(replace(made, pauses=(), rounds=rounds), made.request) == [
        "Circuit A: more than 150 minutes without a break of 20 minutes."
    ]


def test_look_finds_rounds_that_overlap():
    made = good()
    rounds = (made.rounds[0], replace(made.rounds[1], starts=made.rounds[1].starts - 60), *made.rounds[2:])

    assert said(replace(made, rounds=rounds), "rounds overlap, or are not in order")


def test_look_finds_a_pause_inside_an_encounter():
    made = plan(request(exam=stations(2, long=(2,)), people=2), SEED)
    rounds = (made.rounds[0], made.rounds[1], replace(made.rounds[2], starts=1800))
    pause = replace(plan(request(20), SEED).pauses[0], round=2, starts=1200, seconds=600)

    broken = replace(made, rounds=rounds, pauses=(pause,))

    assert said(broken, "A pause interrupts", "at “Station 2”")


@always
@given(requests(), st.integers(0, 9), st.data())
def test_look_finds_any_encounter_that_was_moved(wanted, seed, data):
    made = made_or_none(wanted, seed)
    assume(made)
    number = data.draw(st.integers(0, len(made.encounters) - 1))
    change = data.draw(st.sampled_from(["candidate", "round", "drop"]))
    encounters = list(made.encounters)
    it = encounters.pop(number)
    if change == "round":
        encounters.append(replace(it, round=it.round + data.draw(st.sampled_from([-1, 1]))))
    elif change == "candidate":
        others = [other.id for other in wanted.candidates if other.id != it.candidate]
        assume(others)
        encounters.append(replace(it, candidate=data.draw(st.sampled_from(others))))

    assert verify(replace(made, encounters=tuple(encounters)), wanted) or (
        # Whoever waits has a round to spare, and may be moved into it when the room is free too.
        change == "round" and wanted.may_add_rounds
    )
